"""Differences with their intervals, as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.render import text
from gitjournal.render.charts.model import Bar, Intervals
from gitjournal.stats.intervals import Interval


@dataclass(frozen=True)
class Effect:
    """One row: a name, a difference with its interval (None where nothing is known of it), and what it shows."""

    name: str
    value: float
    interval: Interval | None
    verdict: str


def figure(title: str, axis: str, noise: tuple[float, str] | None, rows: Sequence[Effect]) -> Intervals:
    """Return a figure of differences: a point and its 95 % interval a row, a line at no difference.

    `noise` is how far a difference goes unseen, drawn as a band around 0, and what to call it.
    """
    scale = max((abs(one.value) for one in rows), default=0.0)
    return Intervals(title, axis, [_bar(one, scale) for one in rows], zero=0.0, band=noise)


def _bar(one: Effect, scale: float) -> Bar:
    low, high = (one.interval.low, one.interval.high) if one.interval else (None, None)
    return Bar(one.name, one.value, low, high, text.difference(one.value, max(scale, 0.1)), one.verdict)
