"""Which branches of the repository count as the journal, the most important first."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

from gitjournal.entry import settings as config
from gitjournal.errors import EntryError
from gitjournal.git.lab import Lab, current_branch


def current_ref(lab: Lab) -> str:
    """Return the full name of the branch that the lab folder has checked out."""
    return f"refs/heads/{current_branch(lab).removeprefix('refs/heads/')}"


def journal_refs(lab: Lab, current: str) -> dict[str, str]:
    """Return the refs that count and their commits: `current`, the journal, its upstream, then the branches by pattern."""
    journal = f"refs/heads/{lab.branch.removeprefix('refs/heads/')}"
    listed = lab.repository.git("for-each-ref", "--format=%(refname) %(objectname) %(upstream)", "refs/heads", "refs/remotes")
    commits, upstream = {}, {}
    for line in listed.splitlines():
        name, commit, follows = line.split(" ")
        commits[name] = commit
        upstream[name] = follows
    patterns = branch_patterns(lab.repository.blob(f"{commits.get(journal, '')}:{config.FILE}"))
    matching = [name for name in commits if name != current and _matches(name, patterns)]
    # code branches may be called exp/... too: what has no settings is no journal
    settings = lab.repository.blobs(f"{name}:{config.FILE}" for name in matching)
    wanted = [current, journal, upstream.get(journal, ""), *(name for name in matching if f"{name}:{config.FILE}" in settings)]
    return {name: commits[name] for name in wanted if name in commits}


def branch_patterns(settings: bytes | None) -> tuple[str, ...]:
    """Return `branches` of journal.yaml; where that cannot be read, the default: looking must not fail for it."""
    try:
        return tuple(config.parse((settings or b"").decode()).branches)
    except (EntryError, UnicodeDecodeError):
        return tuple(config.Settings().branches)


def _matches(ref: str, patterns: Iterable[str]) -> bool:
    local, remote = ref.removeprefix("refs/heads/"), ref.removeprefix("refs/remotes/").partition("/")[2]
    short = local if ref.startswith("refs/heads/") else remote
    return any(fnmatch.fnmatchcase(short, pattern) for pattern in patterns)


def short_ref(ref: str) -> str:
    """Return a ref as people name it."""
    return ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
