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


def toward_better(difference: float, sign: int) -> float:
    """Return a difference of scores as a gain: positive where it is better; `sign` is the direction of the metric, 1 or -1."""
    return sign * difference + 0.0  # no negative zero


def difference_as_gain(difference: float | None, sign: int, scale: float) -> str:
    """Return a difference of two scores as a gain, ``+3.2`` where an error became smaller by 3.2; ``-`` where there is none."""
    return text.difference(None if difference is None else toward_better(difference, sign), scale)


def gain_words(gain: Gain, sign: int) -> str:
    """Return the gain alone, positive where it is better: ``+0.006 [-0.008, +0.019]``; `sign` is the direction of the metric."""
    return interval_as_gain(gain.difference, gain.interval, sign, gain.score)


def interval_as_gain(difference: float, interval: Interval | None, sign: int, scale: float) -> str:
    """Return a difference of two scores and its interval as a gain: for an error, the ends change places with their signs."""
    if interval is not None and sign < 0:
        interval = Interval(*(toward_better(end, sign) for end in (interval.value, interval.high, interval.low)))
    return difference_words(toward_better(difference, sign), interval, scale)


def gain_over_baseline(gain: Gain, sign: int) -> str:
    """Return ``+0.006 [-0.008, +0.019] over 20261108-logistic-p2m1``."""
    return f"{gain_words(gain, sign)} over {gain.baseline}"


def is_compared(front: FrontMatter) -> bool:
    """Whether an entry names a baseline, or is itself a dummy estimator."""
    return bool(front.baseline) or estimator_label(front.procedure).startswith("Dummy")


def no_baseline(front: FrontMatter) -> str:
    """Return that an entry has no baseline, and how to make the usual ones; "" where it has one or is one."""
    return "" if is_compared(front) else f"none; the usual ones: gitjournal new --baselines {text.clean(data_argument(front.data))}"
