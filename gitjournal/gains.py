"""What an entry's best gained over its baseline's best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.record import Record
from gitjournal.stats import Interval, paired_difference, unpack_hits
from gitjournal.summary import Configuration, Summary


@dataclass(frozen=True)
class Baseline:
    """The entry that others are compared with, and what it reached."""

    id: str
    title: str
    summary: Summary
    records: list[Record]


@dataclass(frozen=True)
class Gain:
    """A difference in the deciding metric, in the metric's own direction; with an interval where the rows allow one."""

    baseline: str
    title: str
    score: float
    difference: float
    interval: Interval | None


def gain_over(summary: Summary, records: Sequence[Record], baseline: Baseline) -> Gain | None:
    """Return the gain of an entry's best over the baseline's best, or None where one of them has no such score.

    The baseline's best is chosen by its own first metric. The interval pairs right and wrong answers over the dev
    rows, so it is given for accuracy alone, for one run each on the same rows.
    """
    ours, theirs = summary.best_score, baseline.summary.best
    if ours is None or theirs is None or summary.deciding not in theirs.scores:
        return None
    reached = theirs.scores[summary.deciding].mean
    interval = None
    if summary.deciding == "dev.accuracy" and summary.best is not None:
        interval = _paired(_one_run(summary.best, records), _one_run(theirs, baseline.records))
    return Gain(baseline.id, baseline.title, reached, ours.mean - reached, interval)


def _one_run(configuration: Configuration, records: Sequence[Record]) -> Record | None:
    found = [one for one in records if one.fingerprint == configuration.fingerprint and one.hits]
    return found[0] if len(found) == 1 and len(configuration.seeds) == 1 else None


def _paired(a: Record | None, b: Record | None) -> Interval | None:
    if a is None or b is None or not a.hits or not b.hits or a.parts.get("dev") is None or a.parts.get("dev") != b.parts.get("dev"):
        return None
    hits_a, hits_b = (unpack_hits(one.hits or "", one.rows.get("dev", 0)) for one in (a, b))
    return paired_difference(hits_a, hits_b) if hits_a and hits_b else None
