"""The numbers behind the figures: what is drawn is computed here, and nothing here draws. Pure."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gitjournal.entry.record import Record
from gitjournal.entry.summary import COUNTS, ConfigurationResult, Summary
from gitjournal.stats.intervals import wilson

SHARES = ("accuracy", "balanced_accuracy")  # a share of rows that are right: its noise follows from their number
MANY = 12  # rows or columns of a heat map


@dataclass(frozen=True)
class Spread:
    """A mean with its sample standard deviation over `n` runs; no deviation where there is one run."""

    x: float
    mean: float
    sd: float | None
    n: int


@dataclass(frozen=True)
class Curve:
    """One quantity by epoch."""

    name: str
    points: list[Spread]


@dataclass(frozen=True)
class Noise:
    """The interval in which chance alone may have put the best score, `low` to `high`, and in words what it is of."""

    low: float
    high: float
    why: str

    def covers(self, score: float) -> bool:
        """Whether a score cannot be told from the best."""
        return self.low <= score <= self.high


@dataclass(frozen=True)
class ParameterValue:
    """One value of a parameter: the best score with it, its standard deviation over seeds, and the scores of the other configurations."""

    value: Any
    best: float
    sd: float | None
    others: list[float]


@dataclass(frozen=True)
class Profile:
    """The best score by value of one parameter: numbers in their order, words as they were declared."""

    parameter: str
    reached: list[ParameterValue]

    @property
    def span(self) -> float:
        """The best of all values minus the best of the worst one."""
        return max(one.best for one in self.reached) - min(one.best for one in self.reached)


@dataclass(frozen=True)
class HeatMap:
    """The best score for each pair of values of two parameters; None where no configuration has them."""

    across: str
    down: str
    columns: list[Any]
    rows: list[Any]
    scores: list[list[float | None]]
    best: tuple[int, int]


@dataclass(frozen=True)
class ProgressEntry:
    """An entry with its best score, for `progress`."""

    id: str
    title: str
    at: str
    score: float


@dataclass(frozen=True)
class ProgressStep:
    """An entry that beat all before it. `gain` is over the last one that did; None for the first."""

    entry: ProgressEntry
    gain: float | None


@dataclass(frozen=True)
class NamedValue:
    """A named value with the ends of its 95 % interval, None where they are not known, and the conclusion drawn from it (`call`)."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    call: str = "matters"


@dataclass(frozen=True)
class CalibrationBin:
    """A bin of a reliability diagram: the mean predicted probability, the observed share of `n` cases, the ends of its interval."""

    said: float
    true: float
    n: int
    low: float | None = None
    high: float | None = None


def learning_curves(summary: Summary, records: Iterable[Record], names: Sequence[str] = ("loss", "val_loss")) -> list[Curve]:
    """Return curves of the best configuration by epoch, each the mean over its seeds with their spread.

    Seeds may have stopped at different epochs, and long curves are kept at 50 points: between two points of a curve it is
    taken to be straight, and where a seed has stopped it counts no more.
    """
    best = summary.best.fingerprint if summary.best else None
    runs = [one for one in records if one.fingerprint == best and one.status in COUNTS]
    averages = []
    for name in names:
        curves = [points for one in runs if (points := _curve_points(one, name))]
        epochs = sorted({epoch for points in curves for epoch, _ in points})
        if epochs:
            averages.append(
                Curve(
                    name, [_spread(epoch, [v for points in curves if (v := _interpolate(points, epoch)) is not None]) for epoch in epochs]
                )
            )
    return averages


def noise(summary: Summary, records: Iterable[Record]) -> Noise | None:
    """Return how far chance alone could have moved the best score; None where the records do not say.

    Over seeds it is one standard deviation either way; for a share of right rows the 95 % interval of Wilson (1927).
    """
    score, best = summary.best_score, summary.best
    if score is None or best is None:
        return None
    if score.sd:
        return Noise(score.mean - score.sd, score.mean + score.sd, f"1 SD over {score.n} seeds")
    n = next((one.rows["dev"] for one in records if one.fingerprint == best.fingerprint and "dev" in one.rows), 0)
    if summary.metric not in SHARES or not n or not 0 <= score.mean <= 1:
        return None
    interval = wilson(score.mean * n, n)
    return Noise(interval.low, interval.high, f"95 % interval for {n:,} rows")


def profiles(summary: Summary) -> list[Profile]:
    """Return a profile for each grid parameter that took at least two values, the one that mattered most first."""
    scored = _configuration_scores(summary)
    names = dict.fromkeys(name for one, _ in scored for name in one.grid)
    unsorted = []
    for name in names:
        groups: dict[str, list[tuple[ConfigurationResult, float]]] = {}
        for configuration, score in scored:
            if name in configuration.grid:
                groups.setdefault(repr(configuration.grid[name]), []).append((configuration, score))
        if len(groups) > 1:
            reached = [_parameter_value(name, group, summary) for group in groups.values()]
            unsorted.append(Profile(name, sorted(reached, key=lambda one: _value_order(one.value))))
    return sorted(unsorted, key=lambda one: -one.span)


def heat_map(summary: Summary) -> HeatMap | None:
    """Return the best scores by the two parameters that mattered most; None where fewer than two were tried."""
    chosen = [one for one in profiles(summary) if len(one.reached) <= MANY][:2]
    if len(chosen) < 2:
        return None
    across, down = sorted(chosen, key=lambda one: -len(one.reached))
    columns, rows = ([one.value for one in side.reached] for side in (across, down))
    best: dict[tuple[str, str], float] = {}
    for configuration, score in _configuration_scores(summary):  # the best come first
        if across.parameter in configuration.grid and down.parameter in configuration.grid:
            best.setdefault((repr(configuration.grid[down.parameter]), repr(configuration.grid[across.parameter])), score)
    scores = [[best.get((repr(row), repr(column))) for column in columns] for row in rows]
    places = [(summary.direction * score, -r, -c) for r, line in enumerate(scores) for c, score in enumerate(line) if score is not None]
    if not places:
        return None
    _, row, column = max(places)
    return HeatMap(across.parameter, down.parameter, columns, rows, scores, (-row, -column))


def progress(entries: Iterable[ProgressEntry], sign: int) -> list[ProgressStep]:
    """Return the running best: the entries that beat all before them, in the order of time; `sign` is the direction of the metric."""
    steps: list[ProgressStep] = []
    for entry in sorted(entries, key=lambda one: (one.at, one.id)):
        before = steps[-1].entry.score if steps else None
        if before is None or sign * (entry.score - before) > 0:
            steps.append(ProgressStep(entry, None if before is None else entry.score - before))
    return steps


def _curve_points(record: Record, name: str) -> list[tuple[float, float]]:
    values = record.curves.get(name, [])
    epochs = record.curves.get("epoch") or list(range(1, len(values) + 1))
    pairs = zip(epochs, values, strict=False)
    return sorted((epoch, value) for epoch, value in pairs if epoch is not None and value is not None and math.isfinite(value))


def _interpolate(points: Sequence[tuple[float, float]], epoch: float) -> float | None:
    """Return a curve's value at an epoch by linear interpolation; None outside of its points."""
    after = bisect_right(points, (epoch, math.inf))
    if after and points[after - 1][0] == epoch:
        return points[after - 1][1]
    if after in (0, len(points)):
        return None
    (x0, y0), (x1, y1) = points[after - 1], points[after]
    return y0 + (y1 - y0) * (epoch - x0) / (x1 - x0)


def _spread(x: float, values: Sequence[float]) -> Spread:
    return Spread(x, math.fsum(values) / len(values), statistics.stdev(values) if len(values) > 1 else None, len(values))


def _configuration_scores(summary: Summary) -> list[tuple[ConfigurationResult, float]]:
    return [(one, one.scores[summary.deciding].mean) for one in summary.configurations if summary.deciding in one.scores]


def _parameter_value(name: str, group: Sequence[tuple[ConfigurationResult, float]], summary: Summary) -> ParameterValue:
    best, score = group[0]  # configurations come best first
    return ParameterValue(best.grid[name], score, best.scores[summary.deciding or ""].sd, [other for _, other in group[1:]])


def _value_order(value: Any) -> tuple[int, float]:
    """Sort numbers by size; words stay in the order in which they were declared, after them."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (0, value) if number else (1, 0.0)


def is_number(value: Any) -> bool:
    """Whether a grid value has a place on an axis."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
