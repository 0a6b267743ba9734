"""Authors and commits of all entries at once: one call of git, and no library, which would be felt at every start."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.git.repository import Repository
from gitjournal.git.working_files import same_entry
from gitjournal.journal.entry_ids import FOLDER, PAGE


@dataclass(frozen=True)
class CommitSummary:
    """One commit of the journal, for a list of many: its whole id, the day, who, and what the first line says."""

    commit: str
    day: str
    author: str
    subject: str


def commits_by_file(repository: Repository, ref: str, folder: str) -> dict[str, list[CommitSummary]]:
    """Return for each file below a folder of a branch the commits that changed it, newest first, in one call of git.

    The day is that of the committer's own clock. Raises GitError with what git said.
    """
    form = "--format=%x01%H%x00%cs%x00%an%x00%s"
    log = repository.git("log", form, "--name-only", "--no-renames", "-z", "--no-merges", ref, "--", folder)
    commits: dict[str, list[CommitSummary]] = {}
    # a subject may hold anything but NUL, so only what begins like a commit of ours is one
    for part in re.split(r"\x01(?=[0-9a-f]{40,64}\0\d{4}-\d\d-\d\d\0)", log)[1:]:
        commit_id, day, author, message = part.split("\0", 3)
        subject, _, names = message.partition("\0")
        commit = CommitSummary(commit_id, day, author, subject)
        for name in filter(None, names.replace("\n", "").split("\0")):
            commits.setdefault(name, []).append(commit)
    return commits


def first_authors(repository: Repository, refs: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return who first committed each entry, as `Ada <ada@example.org>`, by what a renamed entry keeps: day and last four letters."""
    arguments = ["log", "--format=%x00%an <%ae>", "--name-only", "--diff-filter=A", "--no-renames", *refs, "--", FOLDER]
    authors: dict[tuple[str, str], str] = {}
    for commit in repository.git(*arguments).split("\0")[1:]:
        author, *paths = commit.split("\n")
        for path in (path for path in paths if path.endswith(PAGE)):
            day, letters, _ = same_entry(path)
            authors[day, letters] = author  # git tells the newest first: the last one is the first
    return authors
