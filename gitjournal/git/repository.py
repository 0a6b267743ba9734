"""A repository, by git's plumbing: its refs, trees and objects, and who commits there."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gitjournal.errors import GitError
from gitjournal.git.config import GitConfig, read_config
from gitjournal.git.objects import ObjectReader
from gitjournal.git.process import git, git_bytes, run_git

_OBJECT_ID = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
RESTING_NS = 20_000_000  # clocks of file systems tick as rarely as every 10 ms
RefsStamp = frozenset[tuple[str, int, int, int]]  # path, inode, time of change, size


@dataclass(frozen=True)
class TreeFile:
    """One file of a tree."""

    mode: str
    blob: str
    path: str


@dataclass(frozen=True)
class Repository:
    """A repository, known by its common directory, the same for all its worktrees: a method for each question that git is asked."""

    common: Path

    @cached_property
    def private(self) -> Path:
        """Where gitjournal keeps what is local and can be lost: index, spool, locks, hooks, artifacts."""
        return self.common / "gitjournal"

    @cached_property
    def config(self) -> GitConfig:
        """What git's settings say of it, read once: a process for each question would be felt at every start."""
        return read_config(self.common)

    @cached_property
    def objects(self) -> ObjectReader:
        """What reads its objects, by one process as long as somebody has that kept."""
        return ObjectReader(self.common)

    @property
    def bare(self) -> bool:
        """Whether there is no main worktree."""
        return self.config.bare

    @cached_property
    def top(self) -> Path | None:
        """The folder of the main worktree; None where there is none, or where only that folder knows of us.

        The last is `git init --separate-git-dir`, which writes no `core.worktree`.
        """
        if self.bare:
            return None
        worktree = self.config.worktree
        if worktree:
            return Path(os.path.realpath(self.common / worktree))
        return self.common.parent if self.common.name == ".git" else None

    @cached_property
    def id_length(self) -> int:
        """How many characters an object id has: 40, or 64 in a sha256 repository."""
        return 64 if self.git("rev-parse", "--show-object-format") == "sha256" else 40

    def git_dirs(self) -> list[Path]:
        """Return the private git directory of every worktree, the main one's (the common directory) first."""
        return [self.common, *sorted(path for path in (self.common / "worktrees").glob("*") if path.is_dir())]

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Ask about refs and objects; never about a worktree."""
        # a branch of ours moves under our hooks, not under those that the person has for their own
        options = ["--git-dir", str(self.common), "-c", f"core.hooksPath={self.private / 'hooks'}"]
        return git([*options, *arguments], cwd=self.common, stdin=stdin)

    def resolve(self, revision: str) -> str | None:
        """Return the object id of a revision, or None where there is none."""
        loose = self._read_loose_ref(revision) if revision.startswith("refs/heads/") else None
        if loose:
            return loose
        answer = run_git(["--git-dir", str(self.common), "rev-parse", "--verify", "--quiet", "--end-of-options", revision], cwd=self.common)
        return answer.stdout.decode().strip() or None if answer.returncode == 0 else None

    def _read_loose_ref(self, name: str) -> str | None:
        """Return what the file of a ref says, which goes before all else (gitrepository-layout); None where git has to be asked."""
        try:
            content = (self.common / name).read_bytes().removesuffix(b"\n")
        except (OSError, ValueError):
            return None
        return content.decode() if _OBJECT_ID.fullmatch(content) else None

    def refs(self, *patterns: str) -> dict[str, str]:
        """Return full ref names and the commits they point to."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", *patterns).splitlines()
        return {name: commit for name, _, commit in (line.rpartition(" ") for line in lines)}

    def refs_stamp(self) -> RefsStamp | None:
        """Return what `stat` says of the files that hold branches. While it is the same no branch has moved; git need not be asked.

        None where one of them changed so lately that the next change may carry the same time.
        """
        places = [str(self.common / name) for name in ("packed-refs", "reftable", "reftable/tables.list")]
        for kind in ("heads", "remotes"):
            for folder, _, files in os.walk(self.common / "refs" / kind):
                places += [folder, *(f"{folder}/{file}" for file in files)]
        stamps = set()
        for path in places:
            with contextlib.suppress(FileNotFoundError):
                now = os.lstat(path)
                stamps.add((path, now.st_ino, now.st_mtime_ns, now.st_size))
        newest = max((mtime for _, _, mtime, _ in stamps), default=0)
        return frozenset(stamps) if newest + RESTING_NS < time.time_ns() else None

    def tree(self, revision: str, *folders: str) -> list[TreeFile]:
        """Return every file of a commit's tree (or of some folders of it)."""
        listing = git_bytes(
            ["--git-dir", str(self.common), "ls-tree", "-r", "-z", "--full-tree", revision, "--", *folders], cwd=self.common
        )
        files = []
        for line in listing.split(b"\0"):
            if line:
                head, _, path = line.partition(b"\t")
                mode, _, blob = head.decode().split(" ")
                files.append(TreeFile(mode, blob, os.fsdecode(path)))
        return files

    def blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of many objects. Names that do not exist are left out.

        A name is an object id or `REVISION:path`; it must hold no newline.
        """
        return {name: stored.data for name, stored in self.objects.read(names).items()}

    def files(self, revision: str, *paths: str) -> dict[str, TreeFile]:
        """Return those of `paths` that are files of a commit's tree."""
        return {file.path: file for file in self.tree(revision, *paths) if file.path in paths} if paths else {}

    def store_each(self, contents: Sequence[bytes], *, kind: str = "blob") -> list[str]:
        """Keep some bytes as objects, as they are, in one process; return their ids in the same order."""
        if len(contents) < 2:
            return [self.store(data, kind=kind) for data in contents]
        with tempfile.TemporaryDirectory(prefix="build-", dir=self.private) as folder:
            for number, data in enumerate(contents):
                (Path(folder) / str(number)).write_bytes(data)
            names = "".join(f"{number}\n" for number in range(len(contents))).encode()
            arguments = ["--git-dir", str(self.common), "hash-object", "-w", "-t", kind, "--no-filters", "--stdin-paths"]
            return git(arguments, cwd=Path(folder), stdin=names).splitlines()

    def store(self, data: bytes, *, kind: str = "blob") -> str:
        """Keep the bytes as an object, as they are, and return its id."""
        return self.git("hash-object", "-w", "-t", kind, "--no-filters", "--stdin", stdin=data)

    def blob(self, name: str) -> bytes | None:
        """Return the bytes of one object, or None."""
        return self.blobs([name]).get(name)


def author_email(repository: Repository) -> str:
    """Return the address that git would commit with here; "" where it knows none."""
    answer = run_git(["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"], cwd=repository.common).stdout.decode(errors="replace")
    return answer.partition("<")[2].partition(">")[0]


def require_identity(repository: Repository) -> None:
    """Raise GitError where git does not know who commits: a guessed name would stay in the history."""
    if not repository.config.has_identity:
        ask_identity(repository)


def ask_identity(repository: Repository) -> None:
    """Ask git whether it knows who commits. Raises GitError with what to do where it does not."""
    for role in ("AUTHOR", "COMMITTER"):
        if run_git(["-c", "user.useConfigOnly=true", "var", f"GIT_{role}_IDENT"], cwd=repository.common).returncode:
            raise GitError(
                "git does not know who you are",
                hint='tell it: git config --global user.name "Your Name"; git config --global user.email you@example.org',
            )
