"""The commits of a journal branch, one by one. The only user of GitPython."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import git

from gitjournal.errors import GitError
from gitjournal.git.repository import Repository


@dataclass(frozen=True)
class LoggedCommit:
    """One commit of the journal."""

    commit: str
    at: datetime
    author: str
    email: str
    subject: str
    trailers: dict[str, str]


class _Repo(git.Repo):
    """GitPython 3.2 asks for `git_dir` before it sets it, where `.git/config` holds an `includeIf` as ours does."""

    git_dir = ""


def read_commits(
    repository: Repository,
    ref: str,
    *,
    paths: Sequence[str] = (),
    wanted: Callable[[LoggedCommit], bool] = lambda _: True,
    limit: int | None = None,
) -> Iterator[LoggedCommit]:
    """Yield the commits of a branch that are `wanted`, newest first; only those that touch `paths`, where there are any.

    Raises GitError with what git said.
    """
    # what git sets inside a hook would answer for another worktree
    with (
        _Repo(repository.common) as repo,
        repo.git.custom_environment(GIT_DIR=str(repository.common), GIT_COMMON_DIR=str(repository.common)),
    ):
        yield from _iterate_commits(repo, ref, paths, wanted, limit)


def _iterate_commits(
    repo: git.Repo, ref: str, paths: Sequence[str], wanted: Callable[[LoggedCommit], bool], limit: int | None
) -> Iterator[LoggedCommit]:
    count = 0
    try:
        for commit in repo.iter_commits(ref, paths=list(paths)):
            change = _read_commit(commit)
            if not wanted(change):
                continue
            if limit is not None and count >= limit:
                return
            count += 1
            yield change
    except (git.GitCommandError, ValueError) as fault:
        raise GitError(f"git cannot read {ref}: {str(fault).strip()}") from None


def _read_commit(commit: git.Commit) -> LoggedCommit:
    message = commit.message if isinstance(commit.message, str) else commit.message.decode(errors="replace")
    subject = message.partition("\n")[0]
    name, email = commit.author.name or "?", commit.author.email or ""
    return LoggedCommit(commit.hexsha, commit.committed_datetime, name, email, subject, _parse_trailers(message))


def _parse_trailers(message: str) -> dict[str, str]:
    """Return the ``Name: value`` lines of the last paragraph, as git takes them (`git interpret-trailers`)."""
    last = message.rstrip().rpartition("\n\n")[2] if "\n\n" in message.rstrip() else ""
    return {found[1]: found[2] for found in re.finditer(r"^([A-Z][A-Za-z-]*): (.*)$", last, re.MULTILINE)}
