"""A commit built aside: no branch moves, no file of the person's is read or written."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gitjournal.errors import EntryError, GitError, Place
from gitjournal.git.commit_tree import CommitTree
from gitjournal.git.process import git
from gitjournal.git.repository import Repository, TreeFile, ask_identity
from gitjournal.git.working_files import FileChange, blob_id
from gitjournal.git.worktree import Worktree


def index_info(files: Mapping[str, TreeFile | None], repository: Repository) -> bytes:
    """Return what `git update-index -z --index-info` reads."""
    lines = []
    for path, file in files.items():
        head = f"{file.mode} {file.blob}" if file else f"0 {'0' * repository.id_length}"
        lines.append(head.encode() + b"\t" + os.fsencode(path) + b"\0")
    return b"".join(lines)


@dataclass(frozen=True)
class CommitBuilder:
    """Builds one commit on top of the one that `tree` is of.

    Files that are edited go through git's own checkout and add in a small worktree with an index of its own, so that filters,
    attributes and line ends are what they are in the lab, also while there is no lab.
    """

    tree: CommitTree
    git_dir: Path
    folder: Path

    @property
    def repository(self) -> Repository:
        """Where the commit is stored."""
        return self.tree.repository

    @property
    def parent(self) -> str:
        """The commit that it follows."""
        return self.tree.revision

    @property
    def worktree(self) -> Path:
        """The worktree; only the files that are being changed lie in it."""
        return self.folder / "worktree"

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run git on the temporary index. Raises GitError with what git said."""
        paths = {"GIT_INDEX_FILE": str(self.folder / "index"), "GIT_DIR": str(self.git_dir), "GIT_WORK_TREE": str(self.worktree)}
        plain = ("-c", "core.fsmonitor=false", "-c", "core.splitIndex=false", "-c", "i18n.commitEncoding=UTF-8")
        return git([*plain, *arguments], cwd=self.worktree, stdin=stdin, extra=paths)

    def edit(self, file: TreeFile, change: Callable[[bytes], bytes]) -> TreeFile:
        """Return `file` changed by `change` as it stands on the disk.

        Raises GitError where a required filter fails, EntryError where it is no plain file.
        """
        if file.mode not in ("100644", "100755"):
            raise EntryError("not a plain file", place=Place(file.path))
        # git reads attributes from the index where they do not lie on the disk
        folders = [parent.as_posix() for parent in PurePosixPath(file.path).parents]
        attributes = self.tree.files(*(".gitattributes" if folder == "." else f"{folder}/.gitattributes" for folder in folders))
        self.git("update-index", "-z", "--index-info", stdin=index_info({**attributes, file.path: file}, self.repository))
        self.git("checkout-index", "--force", "--", file.path)
        path = self.worktree / file.path
        path.write_bytes(change(path.read_bytes()))
        self.git("update-index", "--", file.path)
        blob = self.git("ls-files", "--stage", "-z", "--", file.path).split(" ")[1]
        return TreeFile(file.mode, blob, file.path)

    def commit(self, changes: list[FileChange], message: str) -> str:
        """Return a commit on top of the parent; no branch moves. Raises GitError where git does not know who commits."""
        tree = self.tree.write({change.path: change.new for change in changes})
        sign = ["-S"] if self.repository.config.signs_commits else []
        text = message.rstrip("\n") + "\n"
        try:
            # a guessed name would stay in the history
            asked = ("-c", "user.useConfigOnly=true", "commit-tree", *sign, "-p", self.parent, tree)
            return self.git(*asked, stdin=text.encode())
        except GitError:
            ask_identity(self.repository)
            raise


@contextlib.contextmanager
def commit_builder(worktree: Worktree | None, tree: CommitTree) -> Iterator[CommitBuilder]:
    """Prepare the commit that follows the one of `tree`; what is temporary is removed at the end."""
    repository = tree.repository
    folder = Path(tempfile.mkdtemp(prefix="build-", dir=repository.private))
    try:
        builder = CommitBuilder(tree, worktree.git_dir if worktree else repository.common, folder)
        builder.worktree.mkdir()
        yield builder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def store_files(repository: Repository, contents: Mapping[str, bytes], tree: Mapping[str, TreeFile], like: str) -> dict[str, TreeFile]:
    """Store files as they are, and return them by path; what `tree` has already is not stored again.

    `like` is any object id of the repository, for the hash that it uses.
    """
    files = {}
    for path, data in contents.items():
        file = tree.get(path)
        if file and file.mode == "100644" and file.blob == blob_id(data, like):
            files[path] = file
    missing = [path for path in contents if path not in files]
    blobs = repository.store_each([contents[path] for path in missing])
    return files | {path: TreeFile("100644", blob, path) for path, blob in zip(missing, blobs, strict=True)}


def plain_changes(contents: Mapping[str, bytes], tree: Mapping[str, TreeFile], stored: Mapping[str, TreeFile]) -> list[FileChange]:
    """Return what becomes of the files in `contents`, where they are not in `tree` as they are `stored`."""
    changes = [FileChange(path, "plain", tree.get(path), stored[path]) for path in contents]
    return [change for change in changes if change.old != change.new]


def subject_of(message: str) -> str:
    """Return the first line of a commit message."""
    return message.partition("\n")[0]
