"""The figures of `compare`: differences with their 95 % intervals, a row for each entry or procedure compared with the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gitjournal.render import text
from gitjournal.render.charts.model import Bar, Intervals
from gitjournal.render.comparison import configuration_words, headline, verdict_after_holm
from gitjournal.render.score import DIRECTIONS
from gitjournal.stats.compare import adjust_p_values
from gitjournal.stats.evidence import Comparison
from gitjournal.stats.intervals import Interval
from gitjournal.stats.over_datasets import OverData
from gitjournal.stats.sample import Sample


@dataclass(frozen=True)
class DifferenceRow:
    """One row: a name, a difference with its interval (None where nothing is known of it), and what it shows."""

    name: str
    value: float
    interval: Interval | None
    verdict: str


def differences(title: str, axis: str, noise: tuple[float, str] | None, rows: Sequence[DifferenceRow]) -> Intervals:
    """Return a figure of differences: a point and its 95 % interval a row, a line at no difference.

    `noise` is how far a difference goes unseen, drawn as a band around 0, and what to call it.
    """
    scale = max((abs(row.value) for row in rows), default=0.0)
    return Intervals(title, axis, [_bar(row, scale) for row in rows], zero=0.0, band=noise)


def _bar(row: DifferenceRow, scale: float) -> Bar:
    low, high = (row.interval.low, row.interval.high) if row.interval else (None, None)
    return Bar(row.name, row.value, low, high, text.difference(row.value, max(scale, 0.1)), row.verdict)


def compared_entries(comparisons: Sequence[Comparison], titles: Mapping[str, str]) -> Intervals:
    """Return one entry against others, with the differences that the comparisons would often miss as the band."""
    first = comparisons[0].a
    adjusted_p = adjust_p_values(comparisons)
    rows = [
        DifferenceRow(
            (titles.get(comparison.b.entry) or comparison.b.entry) + configuration_words(comparison.b),
            comparison.evidence.value,
            comparison.evidence.sure,
            verdict_after_holm(comparison, p),
        )
        for comparison, p in zip(comparisons, adjusted_p, strict=True)
    ]
    missed = [comparison.evidence.smallest for comparison in comparisons if comparison.evidence.smallest is not None]
    noise = (max(missed), "true differences as small as this are often missed") if missed else None
    name = (titles.get(first.entry) or first.entry) + configuration_words(first)
    title = headline(comparisons[0], titles) if len(comparisons) == 1 else _title(name, [row.verdict for row in rows])
    return differences(title, _axis(first, name), noise, rows)


def _title(name: str, verdicts: Sequence[str]) -> str:
    name, better = text.shorten(text.clean(name), 40), verdicts.count("better")
    return (
        f"{name} is better than {better} of {len(verdicts)}" if better else f"{name} is not shown to be better than any of {len(verdicts)}"
    )


def compared_over_data(over_data: OverData, first: Sample) -> Intervals:
    """Return one procedure against others over several data sets; `first` is a sample of the first procedure."""
    pairs, leader = over_data.pairs, over_data.pairs[0].a
    rows = [DifferenceRow(pair.b, pair.interval.value, pair.interval, pair.verdict(first.direction)) for pair in pairs]
    return differences(f"{leader} against others on {len(over_data.data)} data sets", _axis(first, leader), None, rows)


def _axis(first: Sample, name: str) -> str:
    return f"{first.metric}, {text.shorten(text.clean(name), 30)} minus each, 95 % intervals ({DIRECTIONS[first.direction]})"
