"""The identity of the configurations of an entry, value by value: as recorded, or worked out before it has run. Writes nothing."""

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
class ConfigurationIdentity:
    """The identity of one configuration. `canonical` is None where its text stands with another entry, `owner`.

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
class SharedConfiguration:
    """A configuration that two entries share."""

    fingerprint: str
    grids: tuple[dict[str, Any], dict[str, Any]]
    seeds: tuple[list[int | None], list[int | None]]
    otherwise: list[str]


@dataclass(frozen=True)
class IdentityComparison:
    """A comparison of two entries: configurations they share, those of one alone, and how the two nearest of these differ."""

    same: list[SharedConfiguration]
    only_left: list[ConfigurationIdentity]
    only_right: list[ConfigurationIdentity]
    changes: list[ValueChange]


def explain_identity(lab: Lab, start: Path, opened: Opened) -> list[ConfigurationIdentity]:
    """Return the distinct configurations of an entry, in the order of its records, else of its grid.

    Raises GitjournalError, with the way out, where the entry did not run and the data were not looked at yet.
    """
    if opened.records:
        return _explain_records(lab, start, opened)
    entry = opened.entry
    versions = Versions(plan.installed_version(), plan.keras_version(entry))
    declared = written_out(entry) or _read_inspection(lab, start, entry)
    expanded = configurations(entry, declared, versions, _describe_own_code(lab, start, entry))
    distinct = {fingerprint(one.canonical): one for one in reversed(expanded)}
    return [_explain_configuration(entry, name, declared, one, versions, []) for name, one in reversed(distinct.items())]


def _read_inspection(lab: Lab, start: Path, entry: Entry) -> Declared:
    """Return what was found in the data when they were looked at for this entry; without looking again."""

    def refuse(job: Job[A], /) -> A | ErrorReply:  # noqa: ARG001 - a worker would be asked
        raise GitjournalError(
            f"{entry.id} does not say yet what its data are, so there is nothing to hash",
            hint=f"have them read (nothing is written): gitjournal exec {entry.short_id} --dry-run",
        )

    return plan.inspect_data(entry, plan.Workplace(work_root(lab, start), lab.repository.private, refuse))


def _explain_records(lab: Lab, start: Path, opened: Opened) -> list[ConfigurationIdentity]:
    entry, declared = opened.entry, written_out(opened.entry)
    now: dict[str, tuple[Configuration, Versions]] = {}
    for versions in _list_versions(lab, opened) if declared else ():
        for configuration in _expand_or_nothing(lab, start, entry, declared, versions):
            now.setdefault(fingerprint(configuration.canonical), (configuration, versions))
    identities: dict[str, ConfigurationIdentity] = {}
    for record in opened.records:
        name = record.fingerprint
        if name in identities:
            identities[name].seeds.append(record.seed)
        elif declared and name in now:
            identities[name] = _explain_configuration(entry, name, declared, *now[name], [record.seed])
        else:
            identities[name] = ConfigurationIdentity(name, record.canonical, record.grid, [record.seed], [], [], record.from_, None)
    return list(identities.values())


def _list_versions(lab: Lab, opened: Opened) -> list[Versions]:
    """Return the versions that an entry was run with, and those that are installed."""
    environments = sorted({one.environment for one in opened.records if one.environment})
    recorded = [known_runs.library_versions(lab.repository, opened.listed.ref or "", name) for name in environments]
    here = plan.installed_version()
    used = [Versions(one.get("scikit-learn", here), one.get("keras", "")) for one in recorded]
    return list(dict.fromkeys([*used, Versions(here)]))


def _expand_or_nothing(lab: Lab, start: Path, entry: Entry, declared: Declared | None, versions: Versions) -> list[Configuration]:
    """Return the configurations of the entry as it is now; none where they cannot be worked out, as when its code is not here."""
    try:
        return configurations(entry, declared, versions, _describe_own_code(lab, start, entry)) if declared else []
    except GitjournalError:
        return []


def _describe_own_code(lab: Lab, start: Path, entry: Entry) -> dict[str, Any] | None:
    code = plan.procedure_code(entry, work_root(lab, start))
    return plan.describe_code(code) if code else None


def _explain_configuration(
    entry: Entry, name: str, declared: Declared, configuration: Configuration, versions: Versions, seeds: list[int | None]
) -> ConfigurationIdentity:
    sizes = counts.sizes(declared.data, declared.split, msgspec.convert(declared.facts, Facts))
    return ConfigurationIdentity(
        fingerprint=name,
        canonical=configuration.canonical,
        grid=configuration.point,
        seeds=seeds,
        values=origins.trace_origins(configuration.canonical, entry, configuration.point, configuration.tree),
        left_out=origins.omissions(configuration.tree, version=versions.sklearn, sizes=sizes),
        owner=None,
        written=DeclaredConfiguration(declared.data, declared.split, configuration.tree, versions.sklearn, sizes),
    )


def compare_identities(left: Sequence[ConfigurationIdentity], right: Sequence[ConfigurationIdentity]) -> IdentityComparison:
    """Say which configurations two entries share, and how the nearest of the others differ."""
    left_by_name, right_by_name = ({one.fingerprint: one for one in side} for side in (left, right))
    same = [_share(one, right_by_name[name]) for name, one in left_by_name.items() if name in right_by_name]
    only_left = [one for name, one in left_by_name.items() if name not in right_by_name]
    only_right = [one for name, one in right_by_name.items() if name not in left_by_name]
    texts = {one.fingerprint: one.canonical for one in only_left if one.canonical}
    wanted = [one.canonical for one in only_right if one.canonical]
    nearest = difference.nearest_configurations(wanted, texts) if wanted and not same else []
    return IdentityComparison(same, only_left, only_right, nearest[0][1] if nearest else [])


def _share(left: ConfigurationIdentity, right: ConfigurationIdentity) -> SharedConfiguration:
    otherwise = difference.spelling_differences(left.written, right.written) if left.written and right.written else []
    return SharedConfiguration(left.fingerprint, (left.grid, right.grid), (left.seeds, right.seeds), otherwise)
