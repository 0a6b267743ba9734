"""What identifies the runs of one entry, value by value: recorded where it ran, worked out where it did not yet. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gitjournal.entry.model import Entry, Facts
from gitjournal.errors import GitjournalError
from gitjournal.git.lab import Lab, work_root
from gitjournal.journal.journal import Opened
from gitjournal.procedure import counts, difference, origins
from gitjournal.procedure.canonical_text import fingerprint
from gitjournal.procedure.configuration import Configuration, configurations
from gitjournal.procedure.declaration import Declared, Versions, written_out
from gitjournal.procedure.difference import DeclaredConfiguration, ValueChange
from gitjournal.procedure.origins import ValueOrigin
from gitjournal.run import known_runs, plan
from gitjournal.worker.jobs import A, ErrorReply, Job


@dataclass(frozen=True)
class Explained:
    """One configuration. `canonical` is None where its text stands with another entry, `owner`.

    `written` is None, and `values` and `left_out` are empty, where what the entry says now does not give the recorded text.
    """

    fingerprint: str
    canonical: str | None
    grid: dict[str, Any]
    seeds: list[int | None]
    values: list[ValueOrigin]
    left_out: list[ValueOrigin]
    owner: str | None
    written: DeclaredConfiguration | None


@dataclass(frozen=True)
class Same:
    """A configuration that two entries share."""

    fingerprint: str
    grids: tuple[dict[str, Any], dict[str, Any]]
    seeds: tuple[list[int | None], list[int | None]]
    otherwise: list[str]


@dataclass(frozen=True)
class Likeness:
    """What two entries share, what only one of them has, and how the two nearest of those differ."""

    same: list[Same]
    only_left: list[Explained]
    only_right: list[Explained]
    changes: list[ValueChange]


def explain(lab: Lab, start: Path, opened: Opened) -> list[Explained]:
    """Return the distinct configurations of an entry, in the order of its records, else of its grid.

    Raises GitjournalError, with the way out, where the entry did not run and the data were not looked at yet.
    """
    if opened.records:
        return _recorded(lab, start, opened)
    entry = opened.entry
    versions = Versions(plan.installed_version(), plan.keras_version(entry))
    declared = written_out(entry) or _inspected(lab, start, entry)
    found = configurations(entry, declared, versions, _code(lab, start, entry))
    distinct = {fingerprint(one.canonical): one for one in reversed(found)}
    return [_explained(entry, name, declared, one, versions, []) for name, one in reversed(distinct.items())]


def _inspected(lab: Lab, start: Path, entry: Entry) -> Declared:
    """Return what was found in the data when they were looked at for this entry; without looking again."""

    def refuse(job: Job[A], /) -> A | ErrorReply:  # noqa: ARG001 - a worker would be asked
        raise GitjournalError(
            f"{entry.id} does not say yet what its data are, so there is nothing to hash",
            hint=f"have them read (nothing is written): gitjournal exec {entry.short_id} --dry-run",
        )

    return plan.inspect(entry, root=work_root(lab, start), cache=lab.repository.private, ask=refuse)


def _recorded(lab: Lab, start: Path, opened: Opened) -> list[Explained]:
    entry, declared = opened.entry, written_out(opened.entry)
    now: dict[str, tuple[Configuration, Versions]] = {}
    for versions in _versions(lab, opened) if declared else ():
        for one in _configurations(lab, start, entry, declared, versions):
            now.setdefault(fingerprint(one.canonical), (one, versions))
    found: dict[str, Explained] = {}
    for record in opened.records:
        name = record.fingerprint
        if name in found:
            found[name].seeds.append(record.seed)
        elif declared and name in now:
            found[name] = _explained(entry, name, declared, *now[name], [record.seed])
        else:
            found[name] = Explained(name, record.canonical, record.grid, [record.seed], [], [], record.from_, None)
    return list(found.values())


def _versions(lab: Lab, opened: Opened) -> list[Versions]:
    """Return the versions that an entry was run with, and those that are installed."""
    environments = sorted({one.environment for one in opened.records if one.environment})
    recorded = [known_runs.versions(lab.repository, opened.listed.ref or "", name) for name in environments]
    here = plan.installed_version()
    used = [Versions(one.get("scikit-learn", here), one.get("keras", "")) for one in recorded]
    return list(dict.fromkeys([*used, Versions(here)]))


def _configurations(lab: Lab, start: Path, entry: Entry, declared: Declared | None, versions: Versions) -> list[Configuration]:
    """Return what the entry says now; nothing where that cannot be worked out, as when its code is not here."""
    try:
        return configurations(entry, declared, versions, _code(lab, start, entry)) if declared else []
    except GitjournalError:
        return []


def _code(lab: Lab, start: Path, entry: Entry) -> dict[str, Any] | None:
    code = plan.procedure_code(entry, work_root(lab, start))
    return plan.described(code) if code else None


def _explained(entry: Entry, name: str, declared: Declared, one: Configuration, versions: Versions, seeds: list[int | None]) -> Explained:
    sizes = counts.sizes(declared.data, declared.split, msgspec.convert(declared.facts, Facts))
    return Explained(
        fingerprint=name,
        canonical=one.canonical,
        grid=one.point,
        seeds=seeds,
        values=origins.trace_origins(one.canonical, entry, one.point, one.tree),
        left_out=origins.omissions(one.tree, version=versions.sklearn, sizes=sizes),
        owner=None,
        written=DeclaredConfiguration(declared.data, declared.split, one.tree, versions.sklearn, sizes),
    )


def compare(left: Sequence[Explained], right: Sequence[Explained]) -> Likeness:
    """Say which configurations two entries share, and how the nearest of the others differ."""
    ours, theirs = ({one.fingerprint: one for one in side} for side in (left, right))
    same = [_same(one, theirs[name]) for name, one in ours.items() if name in theirs]
    only_left = [one for name, one in ours.items() if name not in theirs]
    only_right = [one for name, one in theirs.items() if name not in ours]
    texts = {one.fingerprint: one.canonical for one in only_left if one.canonical}
    wanted = [one.canonical for one in only_right if one.canonical]
    nearest = difference.nearest_configurations(wanted, texts) if wanted and not same else []
    return Likeness(same, only_left, only_right, nearest[0][1] if nearest else [])


def _same(one: Explained, other: Explained) -> Same:
    otherwise = difference.spelling_differences(one.written, other.written) if one.written and other.written else []
    return Same(one.fingerprint, (one.grid, other.grid), (one.seeds, other.seeds), otherwise)
