"""Trials, and the scale on which their scores are compared over data sets: the evidence of a search. Values only."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gitjournal.entry.metrics import METRICS, direction

OUTLIER = 10.0  # a score further below the median than this many times the best is above it says no more
HUGE = 1e50  # nothing is worth more, or less: squares of it are still numbers
# these have no largest value, or one other than 1
_UNBOUNDED = ("positive_likelihood_ratio", "mutual_info_score")
# these are in units of the target, or of what a network minimises: a value on other data says nothing of the level here
IN_UNITS = frozenset(
    {
        "rmse",
        "mae",
        "mse",
        "loss",
        "neg_max_error",
        "neg_mean_absolute_error",
        "neg_mean_poisson_deviance",
        "neg_mean_squared_error",
        "neg_median_absolute_error",
        "neg_root_mean_squared_error",
    }
)


@dataclass(frozen=True)
class Trial:
    """One configuration on one data set: `score` is the mean over seeds and splits, None where it only failed or says nothing of others.

    `seconds` are those of one run with the split in question.
    """

    data: str
    key: str
    score: float | None
    entry: str
    seconds: float | None = None


@dataclass(frozen=True)
class DataSet:
    """A data set as the journal knows it; sizes are None where nothing says them."""

    hash: str
    label: str
    rows: int | None = None
    columns: int | None = None


@dataclass(frozen=True)
class Evidence:
    """All trials of one metric and task, and the data set in question."""

    metric: str
    data: DataSet
    trials: Sequence[Trial]
    sets: Mapping[str, DataSet] = field(default_factory=dict)

    def own(self) -> list[Trial]:
        """Return the trials on the data in question that have a score."""
        return [one for one in self.trials if one.data == self.data.hash and one.score is not None]


@dataclass(frozen=True)
class ScoreScale:
    """What scores of one metric are worth: higher is better, and errors count by their ratio.

    An error of 10 against 20 says the same as 1 against 2 on other data, so positive errors are looked at by their logarithm.
    """

    sign: int
    log: bool
    low: float
    high: float

    def worth(self, score: float) -> float:
        """Return what a score is worth."""
        value = self.sign * score
        return -math.log(-value) if self.log else min(max(value, -HUGE), HUGE)

    def score(self, worth: float) -> float:
        """Return the score that is worth so much, within what the metric can reach."""
        value = -math.exp(min(-worth, 700.0)) if self.log else worth
        return min(max(self.sign * value, self.low), self.high)

    def is_perfect(self, worth: float) -> bool:
        """Whether nothing can be better."""
        return self.score(worth) == (self.high if self.sign > 0 else self.low)


def fit_scale(metric: str, scores: Iterable[float]) -> ScoreScale:
    """Return the scale of these scores of a metric; a metric that is not known counts as a score."""
    values = list(scores)
    sign = direction(metric)
    error = sign < 0 or metric.startswith("neg_")
    log = error and bool(values) and all(sign * value < 0 for value in values)
    if metric not in METRICS:
        return ScoreScale(sign, log=False, low=-math.inf, high=math.inf)
    if error:
        low, high = (0.0, math.inf) if sign < 0 else (-math.inf, 0.0)
        return ScoreScale(sign, log, low if metric != "loss" else -math.inf, high)
    top = math.inf if metric in _UNBOUNDED else 1.0
    bottom = 0.0 if "classification" in METRICS[metric].tasks and all(value >= 0 for value in values) else -math.inf
    return ScoreScale(sign, log, bottom, top)


def raise_outliers(worths: Sequence[float]) -> list[float]:
    """Return the worths with extremely low ones raised (winsorised), so that one run that diverged does not decide."""
    if not worths:
        return []
    middle, top = statistics.median(worths), max(worths)
    floor = middle - OUTLIER * (top - middle) if top > middle else -math.inf
    return [max(worth, floor) for worth in worths]
