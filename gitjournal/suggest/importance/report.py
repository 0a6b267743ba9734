"""Collects what was tried on one data set, for a report on what mattered there. Reads the index alone: no data, no worker."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gitjournal.errors import UsageError
from gitjournal.journal.entry_ids import match_id
from gitjournal.journal.index.results import Result, list_results
from gitjournal.journal.index.rows import Row, data_names
from gitjournal.journal.journal import Journal
from gitjournal.procedure import canonical_text
from gitjournal.suggest.importance.analysis import importances
from gitjournal.suggest.importance.result import Importances, TriedConfiguration

SOURCES = ("sklearn:", "python:")


@dataclass(frozen=True)
class ImportanceReport:
    """What was tried: of `entries` entries, with configurations that `failed` and runs without the metric (`unscored`) left out.

    `others` are runs on the same data with other columns, target or task, which is another question.
    """

    label: str
    hash: str
    found: Importances
    entries: int
    failed: int
    unscored: int
    others: int


def tried(journal: Journal, what: str | None, metric: str | None) -> ImportanceReport:
    """Return what was tried on a data set by name, on that of an entry, or on that of the newest entry that has results.

    By default the metric is that which decides there. Raises UsageError where nothing is meant or nothing has that metric.
    """
    results = list_results(journal.index)
    if not results:
        raise UsageError("nothing was run yet, so nothing can be told", hint="gitjournal exec ID")
    row = _meant(what, list({one.row.id: one.row for one in results}.values()))
    data = next(one.data for one in results if one.row.id == row.id)
    there = [one for one in results if one.data == data]
    known = Counter(name for one in there for name, score in one.scores.items() if score is not None)
    asked = metric or row.metric
    if asked is None or asked not in known:
        said = f"no run on {row.data} has the metric `{asked}`" if asked else f"no run on {row.data} has a score"
        raise UsageError(said, hint=f"metrics that runs there have: {', '.join(sorted(known)) or 'none'}")
    return weigh(row.data, row.id, asked, there)


def weigh(label: str, entry: str, metric: str, results: Sequence[Result]) -> ImportanceReport:
    """Return what mattered among results on one data set, for the question (columns, target, task) of this entry."""
    question = next((_question(one.canonical) for one in results if one.row.id == entry), None)
    mine: dict[str, list[Result]] = defaultdict(list)
    others = 0
    for one in results:
        if _question(one.canonical) == question:
            mine[one.canonical].append(one)
        else:
            others += 1
    runs = [(one, _run(text, metric, one)) for text, one in mine.items()]
    scored = [run for _, run in runs if run is not None]
    missing = [group for group, run in runs if run is None]
    failed = sum(all(one.status == "failed" for one in group) for group in missing)
    entries = {one.row.id for group, run in runs if run is not None for one in group}
    return ImportanceReport(
        label, results[0].data if results else "", importances(metric, scored), len(entries), failed, len(missing) - failed, others
    )


def _meant(what: str | None, rows: Sequence[Row]) -> Row:
    """Return the newest entry with results on the data that are meant, or the entry that is."""
    newest = sorted(rows, key=lambda row: (row.at or "", row.id), reverse=True)
    if what is None:
        return newest[0]
    name = what.partition(":")[2] if what.startswith(SOURCES) else what
    found = next((row for row in newest if name == row.data), None) or next((row for row in newest if name in data_names(row)), None)
    if found is not None:
        return found
    known = ", ".join(dict.fromkeys(row.data for row in newest))
    try:
        entry = match_id(what, [row.id for row in rows])
    except UsageError as fault:
        raise UsageError(f"`{what}` is neither data with results nor an entry with some", hint=f"data with results: {known}") from fault
    return next(row for row in rows if row.id == entry)


def _question(canonical: str) -> str:
    """Return what a canonical text says of data and task; the whole of what is none."""
    parts = canonical_text.sections(canonical)
    return parts.data if parts else canonical


def _run(canonical: str, metric: str, results: Iterable[Result]) -> TriedConfiguration | None:
    """Return the runs of one configuration as one; None where none has the metric, or where it cannot be read."""
    found = [one.scores.get(metric) for one in results if one.status != "failed"]
    scores = [score for score in found if score is not None and math.isfinite(score)]
    parts = canonical_text.sections(canonical)
    steps = canonical_text.read_steps(parts.procedure) if parts else None
    if not scores or not parts or steps is None:
        return None
    return TriedConfiguration(
        steps, statistics.fmean(scores), statistics.stdev(scores) if len(scores) > 1 else None, len(scores), parts.split
    )
