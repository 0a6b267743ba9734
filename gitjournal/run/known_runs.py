"""Runs of other entries: duplicates of a plan, the nearest configuration, and what was done since the last look.

Writes nothing. What others have done is looked at again whenever it is asked: another process may have finished meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from gitjournal.entry.metrics import direction
from gitjournal.entry.model import Facts
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, decode_lines
from gitjournal.entry.summary import COUNTS, Key
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.git.lab import Lab
from gitjournal.git.repository import Repository
from gitjournal.git.spool import Results, read_spool
from gitjournal.journal.entries import entry_records, entry_text
from gitjournal.journal.entry_ids import id_of_page, page_path, records_path
from gitjournal.journal.index.results import configurations_on
from gitjournal.journal.index.runs import Run, find_runs, list_runs
from gitjournal.procedure import counts, difference, reader
from gitjournal.procedure.declaration import Declared, written_out
from gitjournal.procedure.difference import DeclaredConfiguration, ValueChange
from gitjournal.run import plan as planning
from gitjournal.run.entry_state import Subject, is_done_by_another
from gitjournal.run.plan import Plan, PlannedRun

MOST_TWINS = 3  # entries that are told in full


@dataclass(frozen=True)
class Twin:
    """An entry that a plan duplicates: `run` is its best of these `runs`.

    `n` are the rows it was measured on, `otherwise` says what was written in another way, `version` is the scikit-learn it was
    done with where that is not the one at hand.
    """

    run: Run
    runs: int
    n: int | None
    author: str
    otherwise: list[str]
    version: str | None


@dataclass(frozen=True)
class Nearest:
    """The nearest earlier run; without `changes` it is the same configuration with another seed."""

    run: Run
    changes: list[ValueChange]


def find_twins(subject: Subject, plan: Plan, by_others: dict[Key, Run]) -> list[Twin]:
    """Return the entries that did the runs of a plan, the most important branch first."""
    planned = {run.key: run for run in plan.runs}
    by_entry: dict[str, list[Run]] = {}
    for run in by_others.values():
        by_entry.setdefault(run.entry, []).append(run)
    metric = plan.declared.metrics[0]
    twins = []
    for runs in list(by_entry.values())[:MOST_TWINS]:
        best = max(runs, key=lambda run: direction(metric) * (_score(run, metric) or 0.0))
        twins.append(_describe_twin(subject, plan.declared, planned[best.key], best, len(runs)))
    return twins


def _score(run: Run, metric: str) -> float | None:
    return run.metrics.get("dev", {}).get(metric)


def _describe_twin(subject: Subject, declared: Declared, planned: PlannedRun, run: Run, runs: int) -> Twin:
    lab, ref = subject.lab, subject.journal.refs.get(run.ref, "")
    record = next((one for one in _records_or_none(lab, run.entry, ref) if one.run == run.run), None) if ref else None
    if record is None:
        return Twin(run, runs, None, "", [], None)
    version = library_versions(lab.repository, ref, record.environment).get("scikit-learn")
    here = planning.installed_version()
    recorded = _read_declaration(lab, ref, run.entry, record, version or here)
    asked = DeclaredConfiguration(declared.data, declared.split, planned.tree, here, _sizes(declared))
    otherwise = difference.spelling_differences(asked, recorded) if recorded else []
    author = lab.repository.git("log", "-1", "--format=%an", f"-S{run.run}", ref, "--", records_path(run.entry))
    return Twin(run, runs, record.rows.get("dev"), author, otherwise, version if version != here else None)


def _records_or_none(lab: Lab, entry_id: str, ref: str) -> list[Record]:
    try:
        return entry_records(lab, entry_id, ref)
    except GitjournalError:
        return []


def library_versions(repository: Repository, ref: str, environment: str | None) -> dict[str, str]:
    """Return the versions of libraries of a recorded environment, as far as they can be read."""
    blob = repository.blob(f"{ref}:environments/{environment}.json") if environment and environment.isalnum() else None
    try:
        described = json.loads(blob or b"{}")
    except (ValueError, RecursionError):
        return {}
    listed = described.get("versions") if isinstance(described, dict) else None
    return {name: version for name, version in listed.items() if isinstance(version, str)} if isinstance(listed, dict) else {}


def _read_declaration(lab: Lab, ref: str, entry_id: str, record: Record, version: str) -> DeclaredConfiguration | None:
    """Return how a run was declared, from its plan; None where that cannot be read any more."""
    blob = lab.repository.blob(record.plan) if record.plan else None
    text = blob.decode(errors="replace") if blob else entry_text(lab, entry_id, ref)
    try:
        entry = parse(text or "", entry_id=entry_id, file=page_path(entry_id))
        declared = written_out(entry)
        if declared is None:
            return None
        tree = reader.build_tree(entry, record.grid, msgspec.convert(declared.facts, Facts))
    except (GitjournalError, msgspec.ValidationError):
        return None
    return DeclaredConfiguration(declared.data, declared.split, tree, version, _sizes(declared))


def _sizes(declared: Declared) -> counts.Sizes:
    return counts.sizes(declared.data, declared.split, msgspec.convert(declared.facts, Facts))


def find_nearest(subject: Subject, plan: Plan, runs: Sequence[PlannedRun]) -> Nearest | None:
    """Return the run of another entry on the same data that is nearest to one of `runs`."""
    if not runs:
        return None
    index = subject.journal.index
    own = {one.fingerprint for one in subject.records}
    texts = {name: text for name, text in configurations_on(index, plan.declared.hash).items() if name not in own}
    canonicals = list(dict.fromkeys(run.canonical for run in runs))
    for fingerprint, changes in difference.nearest_configurations(canonicals, texts):
        for run in list_runs(index, [fingerprint]):
            if is_done_by_another(run, subject.entry.id):
                return Nearest(run, changes)
    return None


class OtherRuns:
    """Which of `keys` other entries have done: on any journal branch, or waiting on this clone to be committed."""

    def __init__(self, subject: Subject, keys: Sequence[Key]) -> None:
        self._subject = subject
        self._keys = keys
        self._seen: set[str] = set()
        self._waiting: dict[Key, Run] = {}
        self._refs: dict[str, str] = {}
        self._committed: dict[Key, Run] = {}

    def look_again(self) -> dict[Key, Run]:
        """Return the runs that are done by now; retracted ones do not count."""
        # a result moves from the spool to a branch: looked at in this order it is never missed
        self._read_spool()
        self._read_branches()
        return {**self._waiting, **self._committed}

    def _read_spool(self) -> None:
        for name, results in read_spool(self._subject.lab, without=self._seen).items():
            self._seen.add(name)
            if results.path != self._subject.path:
                for record in _records_in_spool(results):
                    if record.status in COUNTS and record.owned:
                        self._waiting.setdefault(record.key, _run_in_spool(record, results))

    def _read_branches(self) -> None:
        """Ask the index; where no branch has moved since the last time, its answer stands."""
        journal = self._subject.journal
        if not self._keys:
            return
        journal.refresh()
        if journal.refs == self._refs:
            return
        self._refs = dict(journal.refs)
        for run in find_runs(journal.index, self._keys):
            if is_done_by_another(run, self._subject.entry.id):
                self._committed.setdefault(run.key, run)


def _records_in_spool(results: Results) -> list[Record]:
    try:
        return decode_lines(b"".join(results.lines), file=results.path)
    except EntryError:
        return []  # not written by this version: it waits for one that can read it


def _run_in_spool(record: Record, results: Results) -> Run:
    return Run(
        run=record.run,
        fingerprint=record.fingerprint,
        seed=record.seed,
        status=record.status,
        origin=None,
        at=record.at,
        metrics=record.metrics,
        seconds=record.seconds,
        entry=id_of_page(results.path),
        title="",
        state="done",
        ref=f"refs/heads/{results.branch}",
    )
