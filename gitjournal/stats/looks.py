"""Repeated use of a test set: its looks numbered, and the interval of a score widened for their number. Pure.

A look is one `exec --final`, and counts for the data, whoever took it. The interval of a score is widened for all looks
that were taken (Bonferroni), so that it holds for all of them together. That is honest for looks that were decided on
beforehand, whose price grows with sqrt(log k); where a look decides what is tried next it costs more (Dwork et al. 2015,
Blum and Hardt 2015).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gitjournal.entry.record import Record
from gitjournal.stats.distributions import normal_quantile
from gitjournal.stats.intervals import LEVEL, Interval, wilson

FINAL: Literal["final"] = "final"  # the status of a record that is a look


@dataclass(frozen=True)
class Look:
    """One look: who took it when, on which branch it stands, and what was seen. `number` counts from 1 over all branches."""

    record: Record
    entry: str
    title: str
    ref: str
    number: int = 0


def is_look(record: Record) -> bool:
    """Whether a record is a look at the test part, and not a run."""
    return record.status == FINAL


def number_looks(looks: Iterable[Look]) -> list[Look]:
    """Return each look once, whatever branches it stands on, in the order in which they were taken."""
    once = {one.record.run: one for one in reversed(list(looks))}
    ordered = sorted(once.values(), key=lambda one: (one.record.at or "", one.record.run))
    return [replace(one, number=number) for number, one in enumerate(ordered, start=1)]


def look_of_entry(looks: Sequence[Look], entry_id: str) -> Look | None:
    """Return the last look that an entry took."""
    return next((one for one in reversed(looks) if one.entry == entry_id), None)


def last_look(records: Sequence[Record]) -> Record | None:
    """Return the last look among the records of an entry."""
    return next((one for one in reversed(records) if is_look(one)), None)


def score_of(record: Record, metric: str | None) -> float | None:
    """Return the test score of a look."""
    return record.metrics.get("test", {}).get(metric or "")


def look_interval(record: Record, metric: str, looks: int) -> Interval | None:
    """Return the 95 % interval of a test score, widened so that it holds for `looks` looks together; None where nothing tells.

    For accuracy over plain rows that of Wilson (1927), else the standard error over rows that the record holds.
    """
    value, rows = score_of(record, metric), record.rows.get("test", 0)
    if value is None:
        return None
    z = normal_quantile(1 - LEVEL / (2 * max(looks, 1)))
    error = record.errors.get(metric)
    if error is not None:
        return Interval(value, value - z * error, value + z * error)
    if metric != "accuracy" or rows < 1:
        return None
    return wilson(value * rows, rows, z)
