"""Where a commit is built, aside: no branch moves, no file of the person's is read or written."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gitjournal.errors import EntryError, Place
from gitjournal.git.process import git, run_git
from gitjournal.git.repository import Repository, TreeFile, require_identity
from gitjournal.git.working_files import Change
from gitjournal.git.worktree import Worktree


def index_info(files: dict[str, TreeFile | None], repository: Repository) -> bytes:
    """Return what `git update-index -z --index-info` reads."""
    lines = []
    for path, file in files.items():
        head = f"{file.mode} {file.blob}" if file else f"0 {'0' * repository.id_length}"
        lines.append(head.encode() + b"\t" + os.fsencode(path) + b"\0")
    return b"".join(lines)


@dataclass(frozen=True)
class Bench:
    """Where a commit is built: a temporary index that holds the branch's tip, and a small worktree of its own.

    Files go through git's own checkout and add there, so that filters, attributes and line ends are what they are in
    the lab, also while there is no lab.
    """

    repository: Repository
    git_dir: Path
    folder: Path

    @property
    def desk(self) -> Path:
        """The worktree; only the files that are being changed lie on it."""
        return self.folder / "desk"

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run git on the temporary index. Raises GitError with what git said."""
        where = {"GIT_INDEX_FILE": str(self.folder / "index"), "GIT_DIR": str(self.git_dir), "GIT_WORK_TREE": str(self.desk)}
        plain = ("-c", "core.fsmonitor=false", "-c", "core.splitIndex=false", "-c", "i18n.commitEncoding=UTF-8")
        return git([*plain, *arguments], cwd=self.desk, stdin=stdin, extra=where)

    def edited(self, file: TreeFile, edit: Callable[[bytes], bytes]) -> TreeFile:
        """Return `file` changed by `edit` as it stands on the disk.

        Raises GitError where a required filter fails, EntryError where it is no plain file.
        """
        if file.mode not in ("100644", "100755"):
            raise EntryError("not a plain file", place=Place(file.path))
        self.git("update-index", "-z", "--index-info", stdin=index_info({file.path: file}, self.repository))
        self.git("checkout-index", "--force", "--", file.path)
        lying = self.desk / file.path
        lying.write_bytes(edit(lying.read_bytes()))
        self.git("update-index", "--", file.path)
        blob = self.git("ls-files", "--stage", "-z", "--", file.path).split(" ")[1]
        return TreeFile(file.mode, blob, file.path)

    def commit(self, changes: list[Change], parent: str, message: str) -> str:
        """Return a commit on top of `parent`; no branch moves."""
        self.git("read-tree", parent)  # what lay on the desk meanwhile is no part of it
        self.git("update-index", "-z", "--index-info", stdin=index_info({change.path: change.new for change in changes}, self.repository))
        tree = self.git("write-tree", "--missing-ok")  # in a partial clone the rest need not be here
        signed = run_git(["config", "--type=bool", "commit.gpgSign"], cwd=self.repository.common).stdout.strip() == b"true"
        text = message.rstrip("\n") + "\n"
        require_identity(self.repository)
        return self.git("commit-tree", *(["-S"] if signed else []), "-p", parent, tree, stdin=text.encode())


@contextlib.contextmanager
def bench(repository: Repository, worktree: Worktree | None, tip: str) -> Iterator[Bench]:
    """Set up a bench with the tree of `tip` on it."""
    folder = Path(tempfile.mkdtemp(prefix="build-", dir=repository.private))
    try:
        made = Bench(repository, worktree.git_dir if worktree else repository.common, folder)
        made.desk.mkdir()
        made.git("read-tree", tip)
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def store_plain(repository: Repository, known: dict[str, TreeFile], files: dict[str, bytes]) -> list[Change]:
    """Store files as they are, and return what changes by them; `known` are the files of the tree at those paths."""
    changes = [Change(name, "plain", known.get(name), TreeFile("100644", repository.store(data), name)) for name, data in files.items()]
    return [change for change in changes if change.old != change.new]


def subject_of(message: str) -> str:
    """Return the first line of a commit message."""
    return message.partition("\n")[0]
