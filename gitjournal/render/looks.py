"""Looks at the test set in words: beside every test score, the number of the look it is from and what so many looks mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gitjournal.entry.record import Record, read_time
from gitjournal.journal.branches import short_ref
from gitjournal.render import text
from gitjournal.stats import looks as counting
from gitjournal.stats.looks import Look


def look_score(record: Record, metric: str | None, looks: int) -> str:
    """Return ``test.accuracy 0.961 [0.936, 0.977]``, the interval widened for so many looks."""
    value = counting.score_of(record, metric)
    return f"test.{text.clean(metric or '')} {text.number(value)}{_interval_words(record, metric, looks)}"


def _interval_words(record: Record, metric: str | None, looks: int) -> str:
    interval = counting.look_interval(record, metric, looks) if metric else None
    value = counting.score_of(record, metric) or 0.0
    if interval is None:
        return ""
    low, high = (f"{end:.{text.decimals(value)}f}" for end in (interval.low, interval.high))
    return f" [{low}, {high}]"


def look_number(look: Look, looks: Sequence[Look]) -> str:
    """Return ``look 2 of 3 on this test set``."""
    return f"look {look.number} of {len(looks)} on this test set"


def look_count(looks: Sequence[Look]) -> str:
    """Return ``test set: looked at 0 times``."""
    return f"test set: looked at {text.count(len(looks), 'time')}"


def look_meaning(look: Look, looks: Sequence[Look], metric: str | None) -> str:
    """Return what that many looks mean for a difference between two of their scores; nothing to say of the first one."""
    interval = counting.look_interval(look.record, metric, len(looks)) if metric else None
    if interval is None or len(looks) < 2:
        return ""
    half = (interval.high - interval.low) / 2
    return f"after {len(looks)} looks differences below about {half:.2g} may be chance, and more if looks guided choices"


def look_as_plain(look: Look, looks: Sequence[Look]) -> dict[str, Any]:
    """Return one look as plain values; intervals are widened for all looks."""
    record = look.record
    intervals = {name: counting.look_interval(record, name, len(looks)) for name in record.metrics.get("test", {})}
    return {
        "number": look.number,
        "of": len(looks),
        "run": record.run,
        "entry": look.entry,
        "at": record.at,
        "branch": short_ref(look.ref),
        "reason": record.reason,
        "forced": record.forced,
        "rows": record.rows.get("test"),
        "metrics": record.metrics.get("test", {}),
        "intervals": {name: [one.low, one.high] for name, one in intervals.items() if one},
    }


def looks_table(looks: Sequence[Look], *, width: int | None, color: bool) -> str:
    """Return a table of all looks, in the order in which they were taken."""
    columns = [
        text.Column("look", right=True),
        text.Column("entry"),
        text.Column("title", shrinks=True),
        text.Column("score"),
        text.Column("reason", shrinks=True),
        text.Column("branch", spare=True),
        text.Column("age", right=True, spare=True),
    ]
    now = datetime.now(UTC)
    rows = []
    for look in looks:
        metric = next(iter(look.record.metrics.get("test", {})), None)
        reason = text.clean(look.record.reason or "") + (
            f"; beyond the budget: {text.clean(look.record.forced)}" if look.record.forced else ""
        )
        age = text.age(read_time(look.record.at), now, short=True)
        rows.append(
            [
                str(look.number),
                text.clean(look.entry[-4:]),
                text.clean(look.title),
                look_score(look.record, metric, len(looks)),
                reason,
                text.clean(short_ref(look.ref)),
                age,
            ]
        )
    return text.table(columns, rows, width=width, color=color)


def block_line(records: Sequence[Record], metric: str | None) -> str:
    """Return the last look of an entry for its results block, as it was when it was taken; nothing where none was."""
    last = counting.last_look(records)
    if last is None:
        return ""
    number = last.look or 1
    return f"On the test part: **{look_score(last, metric, number)}**, look {number} on this test set when it was taken."
