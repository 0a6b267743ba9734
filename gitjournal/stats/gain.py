"""The gain: an entry's best score minus its baseline's best, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.record import Record
from gitjournal.entry.summary import Summary
from gitjournal.errors import ComparisonError
from gitjournal.stats.compare import difference
from gitjournal.stats.intervals import Interval
from gitjournal.stats.sample import configuration


@dataclass(frozen=True)
class Baseline:
    """The entry that others are compared with, and what it reached."""

    id: str
    title: str
    summary: Summary
    records: list[Record]
    front: FrontMatter | None = None

    @property
    def retracted(self) -> bool:
        """Whether its results should not be believed: then nothing is compared with it."""
        return bool(self.front and self.front.retracted)


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

    What was retracted is nobody's baseline. The baseline's best is chosen by its own first metric. The interval is that of
    `compare`, without what the choice of the best costs: over rows for accuracy on a holdout, over seeds, splits or folds for
    whatever metric.
    """
    score, best = summary.best_score, baseline.summary.best
    if baseline.retracted or score is None or best is None or summary.deciding not in best.scores:
        return None
    reached = best.scores[summary.deciding].mean
    interval = _gain_interval(summary, records, baseline)
    return Gain(baseline.id, baseline.title, reached, score.mean - reached, interval)


def _gain_interval(summary: Summary, records: Sequence[Record], baseline: Baseline) -> Interval | None:
    best, baseline_best, metric = summary.best, baseline.summary.best, summary.deciding
    if best is None or baseline_best is None or metric is None:
        return None
    sample = configuration("", best.fingerprint, metric, records)
    try:
        return difference(sample, configuration(baseline.id, baseline_best.fingerprint, metric, baseline.records)).interval
    except ComparisonError:  # other rows, or rows that are not known
        return None
