"""Calibration of stated confidence: Brier score and reliability. Pure.

A prediction is the `confidence` that an entry's expectation would be supported; supported counts 1, refuted 0, and
inconclusive not at all, since nothing was decided.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.stats.intervals import Interval, wilson

ENOUGH = 20  # verdicts, before a score is told: below that it is mostly luck
BINS = 5


@dataclass(frozen=True)
class Prediction:
    """One entry whose expectation was decided: how sure its author was, and whether it was supported."""

    confidence: float
    supported: bool


@dataclass(frozen=True)
class Bin:
    """The predictions with a confidence from `low` to `high`: how sure they were on average, and the share that came true."""

    low: float
    high: float
    n: int
    said: float
    supported: int
    share: Interval


@dataclass(frozen=True)
class Calibration:
    """The calibration of several predictions.

    `brier` is None below 20; `share` came true, and `constant` is the score of always saying that.
    """

    n: int
    said: float
    share: float
    brier: float | None
    constant: float
    bins: Sequence[Bin]


def calibrate(predictions: Sequence[Prediction]) -> Calibration | None:
    """Return the Brier score, the mean of (confidence - outcome)² (Brier 1950, Monthly Weather Review 78:1), and reliability by bin.

    None without any prediction.
    """
    n = len(predictions)
    if not n:
        return None
    confidence = math.fsum(one.confidence for one in predictions) / n
    share = sum(one.supported for one in predictions) / n
    brier = math.fsum((one.confidence - one.supported) ** 2 for one in predictions) / n
    return Calibration(n, confidence, share, brier if n >= ENOUGH else None, share * (1 - share), _bins(predictions))


def _bins(predictions: Sequence[Prediction]) -> list[Bin]:
    grouped: dict[int, list[Prediction]] = {}
    for prediction in predictions:
        grouped.setdefault(min(BINS - 1, math.floor(prediction.confidence * BINS + 1e-9)), []).append(prediction)
    bins = []
    for number, group in sorted(grouped.items()):
        supported, n = sum(one.supported for one in group), len(group)
        confidence = math.fsum(one.confidence for one in group) / n
        bins.append(Bin(number / BINS, (number + 1) / BINS, n, confidence, supported, wilson(supported, n)))
    return bins
