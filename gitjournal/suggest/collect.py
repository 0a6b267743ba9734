"""Reads trials, the training data of suggestions, from the journal at hand and from others. Those are never written to."""

from __future__ import annotations

import math
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitjournal.entry.record import is_believable
from gitjournal.git.lab import find_journal
from gitjournal.journal.index.results import Result, list_results
from gitjournal.journal.index.rows import Row
from gitjournal.journal.journal import Journal, open_journal
from gitjournal.procedure import canonical_text
from gitjournal.suggest import portable
from gitjournal.suggest.trial import DataSet, Evidence, Trial

# the plan of an entry writes its facts on one line; a page of a stranger may say anything, and only numbers are taken
_FACT = re.compile(rb"\b(n_rows|n_features): (\d{1,12})\b")


@dataclass(frozen=True)
class RunHistory:
    """The runs of one journal and the sizes of its data sets. `name` is "" for the journal at hand."""

    name: str
    results: list[Result]
    sets: dict[str, DataSet]


def read_own(journal: Journal, near: str = "", most: int | None = None) -> RunHistory:
    """Read the journal at hand; of very many runs about `most`, those on the data `near` first."""
    return _read_runs("", journal, near, most)


def read_other(path: Path) -> RunHistory:
    """Read another journal; nothing is written there, not even an index. Raises GitError where there is none."""
    with open_journal(path, find_journal(path), on_disk=False) as journal:
        return _read_runs(path.resolve().name, journal)


def _read_runs(name: str, journal: Journal, near: str = "", most: int | None = None) -> RunHistory:
    results = list_results(journal.index, near, most)
    newest: dict[str, Row] = {}
    for result in results:
        if result.data not in newest or result.row.id > newest[result.data].id:
            newest[result.data] = result.row
    pages = journal.lab.repository.blobs({row.page for row in newest.values() if row.page})
    return RunHistory(name, results, {data: _read_data_set(data, row, pages.get(row.page, b"")) for data, row in newest.items()})


def _read_data_set(data: str, row: Row, page: bytes) -> DataSet:
    facts = {name.decode(): int(value) for name, value in _FACT.findall(page)}
    return DataSet(data, row.data, facts.get("n_rows"), facts.get("n_features"))


def collect_evidence(data: DataSet, metric: str, task: str, journals: Sequence[RunHistory], *, split: str = "") -> Evidence:
    """Return the trials of one metric and task on all data sets, means over seeds and splits; seconds are those of a run with `split`.

    Scores of dummies, and of runs whose findings say that they cannot be believed, tell nothing of other configurations: such a
    trial has none.

    `split` is its canonical text; without one it is a holdout. Of two journals that hold the same data set, the first one's word on
    its name and size stands.
    """
    sets = {name: data_set for history in reversed(journals) for name, data_set in history.sets.items()} | {data.hash: data}
    grouped: dict[tuple[str, str], list[tuple[str, Result]]] = defaultdict(list)
    keys: dict[tuple[str, int | None], str] = {}
    for history in journals:
        for result in history.results:
            procedure = _steps_text(result.canonical, task)
            if procedure is None:
                continue
            columns = sets[result.data].columns if "max_" in procedure else None
            if (procedure, columns) not in keys:
                keys[procedure, columns] = _key_of_steps(procedure, columns)
            grouped[result.data, keys[procedure, columns]].append((history.name, result))
    trials = [_make_trial(where, key, metric, found, split) for (where, key), found in grouped.items()]
    return Evidence(metric, data, [trial for trial in trials if trial is not None], sets)


def _steps_text(canonical: str, task: str) -> str | None:
    """Return the part of a canonical text that holds the steps; None for one of another task."""
    parts = canonical_text.read_sections(canonical)
    return parts.procedure if parts and canonical_text.read_header(canonical).task == task else None


def portable_key(canonical: str, columns: int | None) -> str:
    """Return the portable text of a configuration, as trials know it, from its canonical one; `columns` are those of its data."""
    parts = canonical_text.read_sections(canonical)
    return _key_of_steps(parts.procedure if parts else "", columns)


def _key_of_steps(procedure: str, columns: int | None) -> str:
    return portable.portable_text(portable.make_portable(canonical_text.read_steps(procedure) or [], columns))


def times_with_split(results: Iterable[Result], split: str) -> list[float]:
    """Return the seconds that these runs took, as runs with this split (its canonical text) take them.

    Where some had this very split they alone count, else all, each by the number of models that it fitted.
    """
    timed = [(parts.split if (parts := canonical_text.read_sections(one.canonical)) else "", one.seconds) for one in results]
    same = [seconds for its_split, seconds in timed if its_split == split and seconds is not None]
    fits = canonical_text.count_fits(split)
    return same or [seconds * fits / canonical_text.count_fits(its_split) for its_split, seconds in timed if seconds is not None]


def _make_trial(data: str, key: str, metric: str, runs: Sequence[tuple[str, Result]], split: str) -> Trial | None:
    ended = [(name, result, result.scores.get(metric)) for name, result in runs if result.status != "failed"]
    scored = [(name, result, score) for name, result, score in ended if score is not None and math.isfinite(score)]
    if ended and not scored:
        return None  # it ran, and another metric was asked for
    dummy = canonical_text.is_dummy(canonical_text.read_steps(key) or [])
    telling = [] if dummy else [run for run in scored if is_believable(run[1].findings)]
    if not telling:
        name, result = runs[0]
        return Trial(data, key, None, _entry_name(name, result))
    times = times_with_split((result for _, result, _ in telling), split)
    mean = statistics.fmean(score for _, _, score in telling)
    return Trial(data, key, mean, _entry_name(*telling[0][:2]), statistics.median(times) if times else None)


def _entry_name(journal_name: str, result: Result) -> str:
    return f"{journal_name}:{result.row.id}" if journal_name else result.row.id
