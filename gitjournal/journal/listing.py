"""Entries as `ls`, `log` and `export` list them: which match what was asked, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from gitjournal.entry.record import read_time
from gitjournal.journal.entry_ids import can_mean
from gitjournal.journal.index.rows import Row, data_names
from gitjournal.journal.journal import Listed
from gitjournal.journal.query import Clause, Order, Value, parse_where


def entry_clauses(where: Sequence[str], tags: Sequence[str], data: str | None, state: str | None) -> list[Clause]:
    """Return what the options of a command ask for. Raises UsageError that quotes what was not understood."""
    clauses = [clause for text in where for clause in parse_where(text)]
    clauses += [Clause("tag", "==", tag) for tag in tags]
    return clauses + [Clause(name, "==", value) for name, value in (("data", data), ("state", state)) if value]


def query_values(listed: Listed) -> dict[str, Value]:
    """Return what `--where` can ask of an entry, by name."""
    row = listed.row
    return {**row.values, "runs": row.runs, "tag": row.tags, "data": data_names(row), "state": row.state, "verdict": row.verdict or "none"}


def sort_entries(entries: Sequence[Listed], order: Order) -> list[Listed]:
    """Sort by a name; entries without a value come last whichever way, those with the same value by their age."""
    newest = sorted(entries, key=_age_key, reverse=True)
    if order.name == "age":
        return newest[::-1] if order.descending else newest
    keyed = [(_sort_key(listed.row, order.name), listed) for listed in newest]
    with_value = [(key, listed) for key, listed in keyed if key is not None]
    with_value.sort(key=lambda pair: pair[0], reverse=order.descending)
    return [listed for _, listed in with_value] + [listed for key, listed in keyed if key is None]


def _sort_key(row: Row, name: str) -> str | float | None:
    if name == "title":
        return row.title.lower() or None
    values: dict[str, str | float] = {**row.values, "id": row.id, "state": row.state, "runs": row.runs}
    return values.get(name)


def _age_key(listed: Listed) -> tuple[str, str]:
    changed = last_change(listed)
    return (listed.row.id[:8], changed.isoformat() if changed else "")


def last_change(listed: Listed) -> datetime | None:
    """Return when something last happened: the last run, else the draft's last change, else the day in the id."""
    if listed.row.at:
        return read_time(listed.row.at)
    if listed.draft and listed.draft.changed:
        return datetime.fromtimestamp(listed.draft.changed, UTC)
    return read_time(listed.row.id[:8])


def lacks_baseline(row: Row, baselines: set[str]) -> bool:
    """Whether an entry names no baseline, and is none itself: `baselines` are parts of ids, as entries name them."""
    return not (row.baseline or row.estimator.startswith("Dummy") or any(can_mean(part, row.id) for part in baselines))
