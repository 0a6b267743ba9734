"""Rows that are alike, within the data and across the parts of a split, asked for by hand. Knows no git; runs in the worker process."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from gitjournal.data import overlaps, splits
from gitjournal.data.loading import load
from gitjournal.worker.cache import Shelf
from gitjournal.worker.jobs import OnData


class Dups(OnData, tag_field="do", tag="dups", kw_only=True):
    """Compare all rows; numbers are rounded to `digits`. `group` and `time` are columns to look at, whatever the split goes by.

    With `divided` the parts of the split are looked at too.
    """

    digits: int = overlaps.DIGITS
    group: str | None = None
    time: str | None = None
    divided: bool = False


def find(job: Dups, shelf: Shelf) -> dict[str, Any]:
    """Return how many rows are alike within the data, and what two parts share, with the first few row numbers (from 1).

    Raises EntryError or DataError for data that cannot be read, and for a column that is not there.
    """
    table = shelf.table(job)
    alike = overlaps.likeness(table, Path(job.cache), job.digits)
    found: dict[str, Any] = {
        "hash": table.content,
        "rows": table.n_rows,
        "digits": job.digits,
        "exact": overlaps.within(alike.exact),
        "rounded": overlaps.within(alike.rounded),
    }
    if not job.divided:
        return found
    split = splits.effective(job.split, table.task)
    folds = splits.divide(table, split, seed=0)
    across = [overlaps.Found(overlaps.ROWS, overlaps.shared(alike.exact, folds))]
    across.append(overlaps.Found(overlaps.ROUNDED, overlaps.shared(alike.rounded, folds)))
    group, time = job.group or split.get("group"), job.time or split.get("time")
    if group or time:
        beside = load(job.data, Path(job.root), Path(job.cache), group=group, time=time, task=job.task, code=job.code)
        if beside.groups is not None:
            across.append(overlaps.Found(overlaps.GROUPS, overlaps.shared(beside.groups, folds)))
        if beside.times is not None:
            across.append(overlaps.Found(overlaps.TIMES, overlaps.too_late(beside.times, folds)))
    parts = {name: len(rows) for name, rows in folds[0].items()}
    return {**found, "folds": len(folds), "parts": parts, "across": [asdict(one) for one in across]}
