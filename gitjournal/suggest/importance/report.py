"""The report on hyper-parameter importance of one data set. It reads the index alone: no data, no worker."""

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
from gitjournal.suggest.importance.analysis import compute_importances
from gitjournal.suggest.importance.result import Importances, TriedConfiguration

SOURCES = ("sklearn:", "python:")


@dataclass(frozen=True)
class ImportanceReport:
    """The importances from the runs of `entries` entries; configurations that `failed` or have no such metric (`unscored`) are left out.

    `others` are runs on the same data with other columns, target or task, which is another question.
    """

    label: str
    hash: str
    importances: Importances
    entries: int
    failed: int
    unscored: int
    others: int


def report_importance(journal: Journal, what: str | None, metric: str | None) -> ImportanceReport:
    """Report on a data set by name, on that of an entry, or on that of the newest entry that has results.

    By default the metric is that which decides there. Raises UsageError where nothing is meant or nothing has that metric.
    """
    results = list_results(journal.index)
    if not results:
        raise UsageError("nothing was run yet, so nothing can be told", hint="gitjournal exec ID")
    row = _resolve_entry(what, list({one.row.id: one.row for one in results}.values()))
    data = next(one.data for one in results if one.row.id == row.id)
    on_data = [one for one in results if one.data == data]
    counts = Counter(name for one in on_data for name, score in one.scores.items() if score is not None)
    asked = metric or row.metric
    if asked is None or asked not in counts:
        message = f"no run on {row.data} has the metric `{asked}`" if asked else f"no run on {row.data} has a score"
        raise UsageError(message, hint=f"metrics that runs there have: {', '.join(sorted(counts)) or 'none'}")
    return report_results(row.data, row.id, asked, on_data)


def report_results(label: str, entry: str, metric: str, results: Sequence[Result]) -> ImportanceReport:
    """Report on results on one data set, for the question (columns, target, task) of this entry."""
    question = next((_question(result.canonical) for result in results if result.row.id == entry), None)
    by_configuration: dict[str, list[Result]] = defaultdict(list)
    of_other_questions = 0
    for result in results:
        if _question(result.canonical) == question:
            by_configuration[result.canonical].append(result)
        else:
            of_other_questions += 1
    runs = [(group, _summarise_configuration(text, metric, group)) for text, group in by_configuration.items()]
    scored = [run for _, run in runs if run is not None]
    missing = [group for group, run in runs if run is None]
    failed = sum(all(result.status == "failed" for result in group) for group in missing)
    entries = {result.row.id for group, run in runs if run is not None for result in group}
    data = results[0].data if results else ""
    importances = compute_importances(metric, scored)
    return ImportanceReport(label, data, importances, len(entries), failed, len(missing) - failed, of_other_questions)


def _resolve_entry(what: str | None, rows: Sequence[Row]) -> Row:
    """Return the newest entry with results on the data that are meant, or the entry that is."""
    newest = sorted(rows, key=lambda row: (row.at or "", row.id), reverse=True)
    if what is None:
        return newest[0]
    name = what.partition(":")[2] if what.startswith(SOURCES) else what
    row = next((row for row in newest if name == row.data), None) or next((row for row in newest if name in data_names(row)), None)
    if row is not None:
        return row
    labels = ", ".join(dict.fromkeys(row.data for row in newest))
    try:
        entry = match_id(what, [row.id for row in rows])
    except UsageError as fault:
        raise UsageError(f"`{what}` is neither data with results nor an entry with some", hint=f"data with results: {labels}") from fault
    return next(row for row in rows if row.id == entry)


def _question(canonical: str) -> str:
    """Return the section of a canonical text on data and task; the whole text where it is none."""
    parts = canonical_text.read_sections(canonical)
    return parts.data if parts else canonical


def _summarise_configuration(canonical: str, metric: str, results: Iterable[Result]) -> TriedConfiguration | None:
    """Return the runs of one configuration as one; None where none has the metric, or where it cannot be read."""
    scores_or_none = [one.scores.get(metric) for one in results if one.status != "failed"]
    scores = [score for score in scores_or_none if score is not None and math.isfinite(score)]
    parts = canonical_text.read_sections(canonical)
    steps = canonical_text.read_steps(parts.procedure) if parts else None
    if not scores or not parts or steps is None:
        return None
    return TriedConfiguration(
        steps, statistics.fmean(scores), statistics.stdev(scores) if len(scores) > 1 else None, len(scores), parts.split
    )
