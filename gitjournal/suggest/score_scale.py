"""Scores as numbers that can be compared over data sets: higher is better, and errors count by their ratio. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gitjournal.entry.metrics import METRICS, direction

HUGE = 1e50  # nothing is worth more, or less: squares of it are still numbers
# these have no largest value, or one other than 1
_UNBOUNDED = ("positive_likelihood_ratio", "mutual_info_score")


@dataclass(frozen=True)
class Worth:
    """How scores of one metric are looked at.

    An error of 10 against 20 says the same as 1 against 2 on other data, so positive errors are looked at by their logarithm.
    """

    sign: int
    log: bool
    low: float
    high: float

    def of(self, score: float) -> float:
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


def worth(metric: str, scores: Iterable[float]) -> Worth:
    """Return how to look at these scores of a metric; a metric that is not known counts as a score."""
    values = list(scores)
    sign = direction(metric)
    error = sign < 0 or metric.startswith("neg_")
    log = error and bool(values) and all(sign * value < 0 for value in values)
    if metric not in METRICS:
        return Worth(sign, log=False, low=-math.inf, high=math.inf)
    if error:
        low, high = (0.0, math.inf) if sign < 0 else (-math.inf, 0.0)
        return Worth(sign, log, low if metric != "loss" else -math.inf, high)
    top = math.inf if metric in _UNBOUNDED else 1.0
    bottom = 0.0 if "classification" in METRICS[metric].tasks and all(value >= 0 for value in values) else -math.inf
    return Worth(sign, log, bottom, top)
