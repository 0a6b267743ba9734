"""Which branches of the repository count as the journal, the most important first."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gitjournal.entry import settings as config
from gitjournal.errors import EntryError
from gitjournal.git.lab import Lab, current_branch


def current_ref(lab: Lab) -> str:
    """Return the full name of the branch that the lab folder has checked out."""
    return f"refs/heads/{current_branch(lab).removeprefix('refs/heads/')}"


@dataclass(frozen=True)
class Branch:
    """The commit of a branch, local or remote, and the full name of the one that it follows ("" where it follows none)."""

    commit: str
    upstream: str


def list_branches(lab: Lab) -> dict[str, Branch]:
    """Return all branches of the repository by their full names, by one question to git."""
    listed = lab.repository.git("for-each-ref", "--format=%(refname) %(objectname) %(upstream)", "refs/heads", "refs/remotes")
    return {name: Branch(commit, upstream) for name, commit, upstream in (line.split(" ") for line in listed.splitlines())}


def journal_refs(lab: Lab, current: str, listed: Mapping[str, Branch] | None = None) -> dict[str, str]:
    """Return the refs that count and their commits: `current`, the journal, its upstream, then the branches by pattern.

    `listed` are all branches, where they are known already.
    """
    listed = list_branches(lab) if listed is None else listed
    journal = f"refs/heads/{lab.branch.removeprefix('refs/heads/')}"
    known = listed.get(journal, Branch("", ""))
    patterns = branch_patterns(lab.repository.blob(f"{known.commit}:{config.FILE}"))
    matching = [name for name in listed if name != current and _matches(name, patterns)]
    # code branches may be called exp/... too: what has no settings is no journal
    settings = lab.repository.blobs(f"{name}:{config.FILE}" for name in matching)
    wanted = [current, journal, known.upstream, *(name for name in matching if f"{name}:{config.FILE}" in settings)]
    return {name: listed[name].commit for name in wanted if name in listed}


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
