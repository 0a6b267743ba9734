"""Which parameters mattered on one data set, which did not, and which cannot be told. Pure; numpy alone.

Within each algorithm, and among the runs that have a parameter, its importance is the share of the variance of their scores that is
left when everything else is held (`sensitivity`). Errors are looked at by their logarithm, and extremely bad scores as merely bad
(`score_scale`), so that one run that diverged does not decide. A share is of what was tried: a wider range has a larger one.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from gitjournal.procedure import inactive
from gitjournal.procedure.canonical_text import class_of, is_nested, parameters_of, short_name, walk
from gitjournal.procedure.catalogue import lookup
from gitjournal.suggest import encoding
from gitjournal.suggest.score_scale import worth
from gitjournal.suggest.sensitivity import Array, Sensitivity, sensitivities

MOST_RUNS, FEW_RUNS = 96, 24  # runs that one answer is computed from, and those that are left where there are many answers
MOST_INPUTS, INPUTS = 16, 2  # parameters of one answer, and those in all beyond which fewer runs are looked at
LEAST = 4  # runs before anything is told
ENOUGH = 8  # runs before a parameter may be said not to matter
IDLE = 0.05  # chance to do nothing below which a parameter matters
SMALL = 0.05  # share of the variance that does not matter
TIED = 0.9  # correlation of the distances by two parameters from which nobody can say which of them it was
OUTLIER = 10.0  # a score further below the median than this many times the best is above it says no more
RANGES, MOST_VALUES = 4, 6  # numbers of more values than this are told by ranges

ALGORITHM, SPLIT, STEPS = "algorithm", "the split", "steps before"
Call = Literal["matters", "did not matter", "cannot be told"]
_ABSENT = object()


@dataclass(frozen=True)
class Run:
    """A configuration that was run: its canonical procedure, the mean of its scores over `seeds` and their sample standard deviation.

    Runs on different splits are kept apart by any text that names the `split`.
    """

    procedure: Sequence[Any]
    score: float
    sd: float | None = None
    seeds: int = 1
    split: str = ""


@dataclass(frozen=True)
class Reached:
    """The best score that was reached with a value, or with values from `value` to `to`."""

    value: Any
    to: Any
    score: float


@dataclass(frozen=True)
class Importance:
    """What one parameter did: among `runs` configurations that have it, with so many different `values`.

    `share` of the variance with the interval `low` to `high`, None where too few runs say anything; `why` says why nothing can be told,
    and `tied` which parameters it only ever varied together with.
    """

    name: str
    runs: int
    values: int
    best: Reached
    worst: Reached
    call: Call
    share: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""
    tied: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Algorithm:
    """The parameters of one algorithm that took several values, the most important first; `best` is its best score."""

    name: str
    runs: int
    best: float
    parameters: list[Importance]


@dataclass(frozen=True)
class Importances:
    """All of it: the choice of algorithm (None where there is one only), and each algorithm's parameters, the best one first."""

    metric: str
    runs: int
    choice: Importance | None
    algorithms: list[Algorithm]

    @property
    def told(self) -> bool:
        """Whether anything is called."""
        every = [self.choice] if self.choice else []
        every += [one for algorithm in self.algorithms for one in algorithm.parameters]
        return any(one.call != "cannot be told" for one in every)


@dataclass(frozen=True)
class _Input:
    """How sensitive scores are to a parameter, and the parameters without which it never changed."""

    sensitivity: Sensitivity
    tied: list[str]


@dataclass(frozen=True)
class _Point:
    """A run as values by name, such as ``SVC.C``, of the classes in it (`owners`), what its score is worth, and its spread over seeds."""

    algorithm: str
    values: Mapping[str, Any]
    owners: frozenset[str]
    run: Run
    worth: float
    spread: float | None = None

    def value(self, name: str) -> Any:
        """Return a parameter's value, its default where it is not said, and _ABSENT where the run does not have it."""
        if name in self.values:
            return self.values[name]
        owner, _, parameter = name.rpartition(".")
        known = lookup(owner.rpartition(".")[2]) if owner in self.owners else None
        if known is None or parameter not in known.params or known.params[parameter].required:
            return _ABSENT

        def effective(other: str) -> Any:
            there = known.params.get(other)
            return self.values.get(f"{owner}.{other}", there.default if there else None)

        return _ABSENT if inactive.why_inactive(known.short, parameter, effective) else known.params[parameter].default


def importances(metric: str, runs: Sequence[Run]) -> Importances:
    """Return what mattered; runs whose score is no finite number are left out."""
    points = _points(metric, [one for one in runs if math.isfinite(one.score)])
    groups: dict[str, list[_Point]] = defaultdict(list)
    for one in points:
        groups[one.algorithm].append(one)
    tables = {name: _Table(group) for name, group in groups.items()}
    inputs = sum(min(len(table.names), MOST_INPUTS) for table in tables.values()) + (len(groups) > 1)
    most = min(MOST_RUNS, max(FEW_RUNS, int(MOST_RUNS * math.sqrt(INPUTS / max(inputs, 1)))))
    algorithms = []
    for name, group in groups.items():
        best = max(group, key=lambda one: one.worth)
        found = sorted(tables[name].importances(most), key=lambda one: -(one.share or 0.0))
        algorithms.append((best.worth, Algorithm(name, len(group), best.run.score, [_shown(one, name) for one in found])))
    algorithms.sort(key=lambda pair: (-pair[0], pair[1].name))
    choice = None
    if len(groups) > 1:
        named = [replace(one, values={ALGORITHM: one.algorithm}, owners=frozenset()) for one in points]
        choice = next(one for one in _Table(named).importances(most) if one.name == ALGORITHM)
    return Importances(metric, len(points), choice, [one for _, one in algorithms])


def _shown(one: Importance, algorithm: str) -> Importance:
    """Return it with names as they are within their algorithm."""
    before = f"{algorithm}."
    tied = [other.removeprefix(before) for other in one.tied]
    why = f"it varied only together with {tied[0]}" if tied and one.call == "cannot be told" else one.why
    return replace(one, name=one.name.removeprefix(before), tied=tied, why=why)


# from runs to points


def _points(metric: str, runs: Sequence[Run]) -> list[_Point]:
    seen = worth(metric, (one.score for one in runs))
    values = [seen.of(one.score) for one in runs]
    if values:
        middle, top = statistics.median(values), max(values)
        floor = middle - OUTLIER * (top - middle) if top > middle else -math.inf
        values = [max(value, floor) for value in values]
    # an error is worth its logarithm, so its spread counts by its ratio
    spreads = [one.sd and one.sd / (abs(one.score) if seen.log else 1.0) for one in runs]
    return [_point(*one) for one in zip(runs, values, spreads, strict=True)]


def _point(run: Run, value: float, spread: float | None) -> _Point:
    setting = encoding.read(run.procedure, key="-")  # the text itself is not needed, and takes a while
    values: dict[str, Any] = {}
    owners = set()
    for step in run.procedure:
        owner = short_name(class_of(step))
        owners.add(owner)
        for name, leaf in _leaves(owner, parameters_of(step)):
            if leaf is _ABSENT:
                owners.add(name)
            else:
                values.setdefault(name, leaf)
    return _Point(setting.algorithm, {STEPS: setting.values[STEPS], **values}, frozenset(owners), run, value, spread)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value says: plain values by name, a nested class by its name and (with _ABSENT) as an owner, a list by its length."""
    for name, inner in walk(value, path):
        if isinstance(inner, dict):
            for owner in (short_name(key) for key, part in inner.items() if "." in key and isinstance(part, dict)):
                yield name, owner
                yield f"{name}.{owner}", _ABSENT
        elif is_nested(inner):
            yield name, len(inner)
        else:
            yield name, inner if isinstance(inner, (str, bool)) or _sane(inner) else repr(inner)


def _sane(value: Any) -> bool:
    """Whether a value is a number that can be reckoned with."""
    return isinstance(value, (int, float)) and (value == 0 or 1e-100 < abs(value) < 1e100)


# from points to importances


class _Table:
    """The points of one algorithm: one row a run, one column a parameter that took several values among the runs that have it."""

    def __init__(self, points: Sequence[_Point]) -> None:
        self.points = sorted(points, key=lambda one: one.worth)
        every = dict.fromkeys(name for one in points for name in one.values)
        columns: dict[str, list[Any]] = {SPLIT: [one.run.split for one in self.points]}
        columns |= {name: [one.value(name) for one in self.points] for name in every}
        self.columns = {name: column for name, column in columns.items() if _varies(column)}
        self.names = [name for name in self.columns if name != SPLIT]

    def importances(self, most: int) -> list[Importance]:
        """Return one for each parameter, computed from at most so many runs."""
        shared: dict[tuple[int, ...], list[str]] = defaultdict(list)
        for name in self.names:
            shared[tuple(row for row, value in enumerate(self.columns[name]) if value is not _ABSENT)].append(name)
        return [one for rows, names in shared.items() for one in self._among(rows, names, most)]

    def _among(self, rows: tuple[int, ...], names: Sequence[str], most: int) -> Iterator[Importance]:
        """Yield the importances of parameters that these runs have, and no others."""
        scores = np.array([self.points[row].worth for row in rows])
        differ = float(np.ptp(scores)) > 1e-9 * float(np.abs(scores).max())
        found = self._inputs(rows, scores, most) if differ and len(rows) >= LEAST else {}
        for name in names:
            one = self._described(name, rows)
            if len(rows) < LEAST:
                yield replace(one, why=f"{len(rows)} runs are too few")
            elif not differ:
                yield replace(one, call="did not matter", share=0.0) if len(rows) >= ENOUGH else replace(one, why="all scored the same")
            else:
                yield _called(one, found)

    def _described(self, name: str, rows: Sequence[int]) -> Importance:
        """Return what needs no model: how many values, and what was reached with each."""
        column = [self.columns[name][row] for row in rows]
        reached = _reached(column, [self.points[row] for row in rows])
        told = _told(reached)
        best, worst = (pick(told, key=lambda pair: pair[0])[1] for pick in (max, min))
        return Importance(name, len(rows), len(reached), best, worst, "cannot be told")

    def _inputs(self, rows: Sequence[int], scores: Array, most: int) -> dict[str, _Input]:
        """Return what is known of each parameter that changed among these runs; what always changed with another is one with it."""
        # evenly over the ranking, so that few runs have the spread of all
        kept = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).round().astype(np.intp)).tolist()
        columns = {name: [column[rows[one]] for one in kept] for name, column in self.columns.items()}
        groups: dict[tuple[int, ...] | str, list[str]] = defaultdict(list)
        for name, column in columns.items():
            levels = len(_levels(column))
            if levels > 1:
                groups[tuple(_codes(column)) if 2 * levels <= len(column) else name].append(name)
        chosen = list(groups.values())[:MOST_INPUTS]
        squares = [_squares(names[0], columns[names[0]]) for names in chosen]
        some = scores[kept]
        noise = self._noise([self.points[rows[one]] for one in kept], float(some.var()))
        told = sensitivities(squares, some, noise)
        inputs = {}
        for at, names in enumerate(chosen):
            others = [other[0] for there, other in enumerate(chosen) if there != at]
            away = [other for there, other in enumerate(squares) if there != at]
            near = [
                name for name, there in zip(others, away, strict=True) if _follows(columns[names[0]], columns[name], squares[at], there)
            ]
            for name in names:
                inputs[name] = _Input(told[at], [*(other for other in names if other != name), *near])
        return inputs

    @staticmethod
    def _noise(points: Sequence[_Point], variance: float) -> float:
        """Return the share of the variance that seeds make, where runs have several."""
        known = [one.spread**2 for one in points if one.spread is not None]
        return statistics.fmean(known) * statistics.fmean(1 / one.run.seeds for one in points) / variance if known else 0.0


def _called(one: Importance, inputs: Mapping[str, _Input]) -> Importance:
    own = inputs.get(one.name)
    if own is None:
        return replace(one, why=f"more than {MOST_INPUTS} parameters were varied")
    told = own.sensitivity
    one = replace(one, share=told.share, low=told.low, high=told.high, tied=own.tied)
    if one.runs >= ENOUGH and all(other.sensitivity.high <= SMALL for other in [own, *(inputs[name] for name in own.tied)]):
        return replace(one, call="did not matter")
    if own.tied:
        return one
    if told.idle <= IDLE and told.high > SMALL:
        return replace(one, call="matters")
    return replace(one, why=f"at most {told.high:.2f} of the variance" if told.high < 0.2 else f"{one.runs} runs leave it open")


def _varies(column: Sequence[Any]) -> bool:
    """Whether there are at least two different values."""
    there = (repr(value) for value in column if value is not _ABSENT)
    first = next(there, "")
    return any(value != first for value in there)


def _levels(column: Sequence[Any]) -> list[str]:
    """Return the different values among those that are there."""
    return list(dict.fromkeys(repr(value) for value in column if value is not _ABSENT))


def _codes(column: Sequence[Any]) -> list[int]:
    """Return which value each is, by the order in which they come."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault("" if value is _ABSENT else repr(value), len(numbers)) for value in column]


def _squares(name: str, column: Sequence[Any]) -> Array:
    """Return the squared distances (N, N) by one parameter; a run without it lies in the middle of those that have it."""
    there = [row for row, value in enumerate(column) if value is not _ABSENT]
    total = np.zeros((len(column), len(column)))
    for numbers in encoding.axes_of(name, [column[row] for row in there]):
        axis = np.full(len(column), float(np.mean(numbers)))
        axis[there] = numbers
        total += (axis[:, None] - axis[None, :]) ** 2
    return total


def _follows(own: Sequence[Any], theirs: Sequence[Any], squares: Array, their_squares: Array) -> bool:
    """Whether a parameter never changed without another: each value of that goes with one of this, or both change alike."""
    pairs = [(one, other) for one, other in zip(own, theirs, strict=True) if one is not _ABSENT and other is not _ABSENT]
    levels, their_levels = (len(_levels([pair[at] for pair in pairs])) for at in (0, 1))
    if levels < 2 or their_levels < 2:
        return False
    if len({(repr(one), repr(other)) for one, other in pairs}) == their_levels <= len(pairs) / 2:
        return True
    each = np.triu_indices(len(squares), 1)
    mine, other = (one[each] - one[each].mean() for one in (squares, their_squares))
    return float(mine @ other) >= TIED * math.sqrt(float(mine @ mine) * float(other @ other)) > 0


def _reached(column: Sequence[Any], points: Sequence[_Point]) -> list[tuple[float, Reached]]:
    """Return what was reached with each value, and what that is worth; the points come worst first."""
    best = {repr(value): (value, one) for value, one in zip(column, points, strict=True)}
    return [(one.worth, Reached(value, value, one.run.score)) for value, one in best.values()]


def _told(reached: list[tuple[float, Reached]]) -> list[tuple[float, Reached]]:
    """Return the same by ranges, where it is about many numbers."""
    numbers = all(isinstance(one.value, (int, float)) and not isinstance(one.value, bool) for _, one in reached)
    if len(reached) <= MOST_VALUES or not numbers:
        return reached
    ordered = sorted(reached, key=lambda pair: float(pair[1].value))
    ends = [round(len(ordered) * part / RANGES) for part in range(RANGES + 1)]
    ranges = [ordered[start:end] for start, end in itertools.pairwise(ends)]
    tops = [max(part, key=lambda pair: pair[0]) for part in ranges]
    return [(top[0], Reached(part[0][1].value, part[-1][1].value, top[1].score)) for part, top in zip(ranges, tops, strict=True)]
