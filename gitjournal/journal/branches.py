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


def journal_refs(lab: Lab, current: str) -> dict[str, str]:
    """Return the refs that count and their commits: `current`, the journal, its upstream, then the branches by pattern."""
    return choose_refs(lab, current, list_branches(lab))[0]


def choose_refs(lab: Lab, current: str, listed: Mapping[str, Branch]) -> tuple[dict[str, str], bytes]:
    """Return of all branches the refs that count and their commits, as `journal_refs` does, and the settings of the current one."""
    journal = f"refs/heads/{lab.branch.removeprefix('refs/heads/')}"
    stored = _settings_of(lab, listed, {journal, current})
    patterns = branch_patterns(stored.get(journal))
    matching = [name for name in listed if name != current and _matches_pattern(name, patterns)]
    # code branches may be called exp/... too: what has no settings is no journal
    journals = _settings_of(lab, listed, matching)
    upstream = listed[journal].upstream if journal in listed else ""
    wanted = [current, journal, upstream, *(name for name in matching if name in journals)]
    return {name: listed[name].commit for name in wanted if name in listed}, stored.get(current, b"")


def _settings_of(lab: Lab, listed: Mapping[str, Branch], names: Iterable[str]) -> dict[str, bytes]:
    """Return the text of journal.yaml of those branches that have one."""
    places = {name: f"{listed[name].commit}:{config.FILE}" for name in names if name in listed}
    texts = lab.repository.blobs(dict.fromkeys(places.values()))
    return {name: texts[place] for name, place in places.items() if place in texts}


def branch_patterns(settings: bytes | None) -> tuple[str, ...]:
    """Return `branches` of journal.yaml; where that cannot be read, the default: looking must not fail for it."""
    try:
        return tuple(config.parse((settings or b"").decode()).branches)
    except (EntryError, UnicodeDecodeError):
        return tuple(config.Settings().branches)


def _matches_pattern(ref: str, patterns: Iterable[str]) -> bool:
    local, remote = ref.removeprefix("refs/heads/"), ref.removeprefix("refs/remotes/").partition("/")[2]
    short = local if ref.startswith("refs/heads/") else remote
    return any(fnmatch.fnmatchcase(short, pattern) for pattern in patterns)


def short_ref(ref: str) -> str:
    """Return a ref as people name it."""
    return ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
