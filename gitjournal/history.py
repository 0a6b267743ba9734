"""The history of the journal branch, in words. The only user of GitPython."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import git

from gitjournal.errors import GitError
from gitjournal.repo import Repository


@dataclass(frozen=True)
class Change:
    """One commit of the journal."""

    commit: str
    at: datetime
    author: str
    email: str
    subject: str


class _Repo(git.Repo):
    """GitPython 3.2 asks for `git_dir` before it sets it, where `.git/config` holds an `includeIf` as ours does."""

    git_dir = ""


def changes(repository: Repository, ref: str, *, paths: Sequence[str] = (), author: str = "", limit: int | None = None) -> Iterator[Change]:
    """Yield the commits of a branch, newest first; only those that touch `paths`, or whose author's name holds `author`.

    Raises GitError with what git said.
    """
    # what git sets inside a hook would answer for another worktree
    with (
        _Repo(repository.common) as found,
        found.git.custom_environment(GIT_DIR=str(repository.common), GIT_COMMON_DIR=str(repository.common)),
    ):
        yield from _changes(found, ref, paths, author, limit)


def _changes(found: git.Repo, ref: str, paths: Sequence[str], author: str, limit: int | None) -> Iterator[Change]:
    told = 0
    try:
        for commit in found.iter_commits(ref, paths=list(paths)):
            change = _change(commit)
            if author.lower() not in f"{change.author} <{change.email}>".lower():
                continue
            if limit is not None and told >= limit:
                return
            told += 1
            yield change
    except (git.GitCommandError, ValueError) as fault:
        raise GitError(f"git cannot read {ref}: {str(fault).strip()}") from None


def _change(commit: git.Commit) -> Change:
    subject = commit.summary if isinstance(commit.summary, str) else commit.summary.decode(errors="replace")
    return Change(commit.hexsha, commit.committed_datetime, commit.author.name or "?", commit.author.email or "", subject)
