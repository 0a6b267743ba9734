"""Worktrees: which one a folder is, whether it belongs to the repository, and what it has checked out."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from gitjournal.errors import GitError
from gitjournal.git.process import git, run_git
from gitjournal.git.repository import Repository


@dataclass(frozen=True)
class Worktree:
    """A worktree that was seen to belong to the repository."""

    repository: Repository
    path: Path
    git_dir: Path

    def git(self, *arguments: str, stdin: bytes | None = None, index: Path | None = None) -> str:
        """Run git inside this worktree, on another index where one is given. Raises GitError with what git said."""
        return git(arguments, cwd=self.path, stdin=stdin, extra={"GIT_INDEX_FILE": str(index)} if index else None)

    def head(self) -> str | None:
        """Return the branch that is checked out, or None on a detached HEAD."""
        plain = _plain_head(self.git_dir)
        if plain is not None:
            return plain.removeprefix("refs/heads/") if plain.startswith("refs/heads/") else None
        answer = run_git(["symbolic-ref", "--quiet", "HEAD"], cwd=self.path)
        name = os.fsdecode(answer.stdout).removesuffix("\n")
        return name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else None


def same_place(path: Path, candidate: Path) -> bool:
    """Whether two paths name the same existing file or folder."""
    try:
        return path.samefile(candidate)
    except OSError:
        return False


def worktree_at(repository: Repository, path: Path) -> Worktree | None:
    """Return the worktree whose top is `path`, or None where it belongs to another repository or is not there.

    Without this question `git -C path` answers for whatever repository lies above, and in a copied folder for the
    original.
    """
    if not path.is_dir():
        return None
    plain = _plain_worktree(repository, path)
    if plain is not None:
        return plain
    answer = run_git(["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir"], cwd=path)
    lines = os.fsdecode(answer.stdout).splitlines()
    if answer.returncode or len(lines) != 3:
        return None
    top, git_dir, common = map(Path, lines)
    if not same_place(top, path) or not same_place(common, repository.common):
        return None
    if same_place(git_dir, common):
        return Worktree(repository, path, repository.common)
    return Worktree(repository, path, git_dir) if same_place(registered_path(git_dir), path) else None


def _plain_worktree(repository: Repository, path: Path) -> Worktree | None:
    """Return the linked worktree at `path` as its own files say it (gitrepository-layout), or None where git has to be asked."""
    try:
        content = (path / ".git").read_bytes()
        git_dir = Path(os.path.realpath(path / os.fsdecode(content.removeprefix(b"gitdir: ").removesuffix(b"\n"))))
        common = git_dir / os.fsdecode((git_dir / "commondir").read_bytes().removesuffix(b"\n"))
        whole = content.startswith(b"gitdir: ") and _plain_head(git_dir) is not None and not (git_dir / "config.worktree").exists()
        is_ours = same_place(common, repository.common) and same_place(registered_path(git_dir), path)
    except (OSError, ValueError):
        return None
    return Worktree(repository, path, git_dir) if whole and is_ours else None


def _plain_head(git_dir: Path) -> str | None:
    """Return the full name of what is checked out, "" for a commit; None where git has to be asked (another way to store refs)."""
    head = git_dir / "HEAD"
    try:
        content = None if head.is_symlink() else head.read_bytes().removesuffix(b"\n")
    except OSError:
        return None
    if content is None or content == b"ref: refs/heads/.invalid":
        return None
    if content.startswith(b"ref: refs/"):
        return os.fsdecode(content.removeprefix(b"ref: "))
    return "" if re.fullmatch(rb"[0-9a-f]{40}|[0-9a-f]{64}", content) else None


def find_holder(repository: Repository, branch: str) -> Worktree | None:
    """Return the worktree that has the branch checked out."""
    for git_dir in repository.git_dirs():
        head = _plain_head(git_dir)
        if head is None:
            return _ask_holder(repository, branch)
        if head == f"refs/heads/{branch}":
            top = repository.top if git_dir == repository.common else registered_path(git_dir)
            worktree = worktree_at(repository, top) if top else None
            if worktree:
                return worktree
    return None


def _ask_holder(repository: Repository, branch: str) -> Worktree | None:
    answer = run_git(["for-each-ref", "--format=%(worktreepath)", f"refs/heads/{branch}"], cwd=repository.common).stdout
    path = Path(os.fsdecode(answer.removesuffix(b"\n")))
    if not answer.strip():
        return None
    if path == repository.common and repository.top:  # what git says of a submodule's main worktree
        path = repository.top
    worktree = worktree_at(repository, path)
    return worktree if worktree and worktree.head() == branch else None


def registered_path(git_dir: Path) -> Path:
    """Return the folder that git has noted for a linked worktree."""
    path = Path(os.fsdecode((git_dir / "gitdir").read_bytes().removesuffix(b"\n")))
    return (path if path.is_absolute() else git_dir / path).parent


@dataclass(frozen=True)
class Location:
    """Where a folder stands: in which repository, and in which worktree of it (None where it is in none)."""

    repository: Repository
    git_dir: Path
    top: Path | None


def find_repository(start: Path) -> Repository:
    """Return the repository that `start` lies in.

    Raises GitError with a way out where there is none.
    """
    return find_location(start).repository


def find_location(start: Path) -> Location:
    """Return where `start` lies, asked of git once.

    Raises GitError with a way out where there is no repository.
    """
    asked = ("--git-common-dir", "--git-dir", "--show-toplevel")
    answer = run_git(["rev-parse", "--path-format=absolute", *asked], cwd=start)
    lines = os.fsdecode(answer.stdout).removesuffix("\n").split("\n")
    if len(lines) == (2 if answer.returncode else 3):  # the last question fails where there is no worktree
        return Location(Repository(Path(lines[0])), Path(lines[1]), None if answer.returncode else Path(lines[2]))
    answers = [
        run_git(["rev-parse", "--path-format=absolute", asked], cwd=start) for asked in ("--git-common-dir", "--git-dir", "--show-toplevel")
    ]
    if answers[0].returncode:
        stderr = answers[0].stderr.decode(errors="replace")
        if "dubious ownership" in stderr:
            raise GitError(f"git does not trust the owner of this repository: {stderr.strip()}")
        raise GitError(f"no git repository at {start}", hint="begin one with: git init")
    common, git_dir, top = (Path(os.fsdecode(reply.stdout.removesuffix(b"\n"))) for reply in answers)
    return Location(Repository(common), git_dir, None if answers[2].returncode else top)
