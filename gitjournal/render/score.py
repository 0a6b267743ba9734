"""A score, its gain over a baseline and the direction of its metric in words, the same in all output."""

from __future__ import annotations

from gitjournal.entry.labels import data_argument, estimator_label
from gitjournal.entry.metrics import direction
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.summary import Score
from gitjournal.render import text
from gitjournal.stats.gain import Gain
from gitjournal.stats.intervals import Interval

DIRECTIONS = {1: "higher is better", -1: "lower is better"}


def direction_words(metric: str) -> str:
    """Return which direction of a metric is better."""
    return DIRECTIONS[1 if direction(metric) > 0 else -1]


def lower_note(sign: int) -> str:
    """Return `` (lower is better)`` where the direction of a metric is not the usual one, else nothing."""
    return "" if sign > 0 else f" ({DIRECTIONS[-1]})"


def score_words(score: Score) -> str:
    """Return ``0.978 ± 0.004 SD over 3 seeds``."""
    return text.spread(score.mean, score.sd, score.n)


def difference_words(value: float, interval: Interval | None, scale: float) -> str:
    """Return ``+0.006 [-0.008, +0.019]``, with as many decimals as the `scale` it belongs to has."""
    difference = text.difference(value, scale)
    if interval is None:
        return difference
    return f"{difference} [{text.difference(interval.low, scale)}, {text.difference(interval.high, scale)}]"


def gain_words(gain: Gain) -> str:
    """Return the gain alone: ``+0.006 [-0.008, +0.019]``."""
    return difference_words(gain.difference, gain.interval, gain.score)


def gain_over_baseline(gain: Gain) -> str:
    """Return ``+0.006 [-0.008, +0.019] over 20261108-logistic-p2m1``."""
    return f"{gain_words(gain)} over {gain.baseline}"


def is_compared(front: FrontMatter) -> bool:
    """Whether an entry names a baseline, or is itself a dummy estimator."""
    return bool(front.baseline) or estimator_label(front.procedure).startswith("Dummy")


def no_baseline(front: FrontMatter) -> str:
    """Return that an entry has no baseline, and how to make the usual ones; "" where it has one or is one."""
    return "" if is_compared(front) else f"none; the usual ones: gitjournal new --baselines {text.clean(data_argument(front.data))}"
