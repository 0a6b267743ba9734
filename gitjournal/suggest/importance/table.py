"""Hyper-parameter importance within one algorithm: inputs, ties between them, and what is called of each. Pure; numpy alone."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gitjournal.suggest import encoding
from gitjournal.suggest.importance.points import ABSENT, RunPoint
from gitjournal.suggest.importance.result import Importance, ValueScore
from gitjournal.suggest.importance.sensitivity import Array, Sensitivity, compute_sensitivities

MOST_INPUTS = 16  # parameters of one answer
LEAST = 4  # runs before anything is told
ENOUGH = 8  # runs before a parameter may be said not to matter
IDLE = 0.05  # chance to do nothing below which a parameter matters
SMALL = 0.05  # share of the variance that does not matter
TIED = 0.9  # correlation of the distances by two parameters from which nobody can say which of them it was
RANGES, MOST_VALUES = 4, 6  # numbers of more values than this are told by ranges
SPLIT = "the split"


@dataclass(frozen=True)
class _Input:
    """How sensitive scores are to a parameter, and the parameters without which it never changed."""

    sensitivity: Sensitivity
    tied: list[str]


class ParameterTable:
    """The design matrix of one algorithm: one row a run, one column a parameter that took several values among the runs that have it."""

    def __init__(self, points: Sequence[RunPoint]) -> None:
        self.points = sorted(points, key=lambda one: one.worth)
        every = dict.fromkeys(name for one in points for name in one.values)
        columns: dict[str, list[Any]] = {SPLIT: [one.run.split for one in self.points]}
        columns |= {name: [one.value(name) for one in self.points] for name in every}
        self.columns = {name: column for name, column in columns.items() if _has_several_values(column)}
        self.names = [name for name in self.columns if name != SPLIT]

    def compute_importances(self, most: int) -> list[Importance]:
        """Return the importance of each parameter, computed from at most so many runs."""
        shared: dict[tuple[int, ...], list[str]] = defaultdict(list)
        for name in self.names:
            shared[tuple(row for row, value in enumerate(self.columns[name]) if value is not ABSENT)].append(name)
        return [one for rows, names in shared.items() for one in self._importances_among(rows, names, most)]

    def _importances_among(self, rows: tuple[int, ...], names: Sequence[str], most: int) -> Iterator[Importance]:
        """Yield the importances of parameters that these runs have, and no others."""
        scores = np.array([self.points[row].worth for row in rows])
        differ = float(np.ptp(scores)) > 1e-9 * float(np.abs(scores).max())
        inputs = self._compute_inputs(rows, scores, most) if differ and len(rows) >= LEAST else {}
        for name in names:
            importance = self._describe_parameter(name, rows)
            if len(rows) < LEAST:
                yield replace(importance, why=f"{len(rows)} runs are too few")
            elif not differ:
                enough = len(rows) >= ENOUGH
                yield replace(importance, call="did not matter", share=0.0) if enough else replace(importance, why="all scored the same")
            else:
                yield _decide(importance, inputs)

    def _describe_parameter(self, name: str, rows: Sequence[int]) -> Importance:
        """Return an importance without its share: how many values, and the best score with each."""
        column = [self.columns[name][row] for row in rows]
        scores = _best_by_value(column, [self.points[row] for row in rows])
        by_range = _best_by_range(scores)
        best, worst = (pick(by_range, key=lambda pair: pair[0])[1] for pick in (max, min))
        return Importance(name, len(rows), len(scores), best, worst, "cannot be told")

    def _compute_inputs(self, rows: Sequence[int], scores: Array, most: int) -> dict[str, _Input]:
        """Return the sensitivity to each parameter that changed among these runs; parameters that always changed together are one input."""
        # evenly over the ranking, so that few runs have the spread of all
        kept_rows = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).round().astype(np.intp)).tolist()
        columns = {name: [column[rows[kept]] for kept in kept_rows] for name, column in self.columns.items()}
        groups: dict[tuple[int, ...] | str, list[str]] = defaultdict(list)
        for name, column in columns.items():
            levels = len(_distinct_values(column))
            if levels > 1:
                groups[tuple(_level_codes(column)) if 2 * levels <= len(column) else name].append(name)
        chosen = list(groups.values())[:MOST_INPUTS]
        squares = [_squared_distances(names[0], columns[names[0]]) for names in chosen]
        kept_scores = scores[kept_rows]
        noise = self._noise_share([self.points[rows[kept]] for kept in kept_rows], float(kept_scores.var()))
        computed = compute_sensitivities(squares, kept_scores, noise)
        inputs = {}
        for at, names in enumerate(chosen):
            other_inputs = [other_at for other_at in range(len(chosen)) if other_at != at]
            following = [
                chosen[other_at][0]
                for other_at in other_inputs
                if _is_confounded(columns[names[0]], columns[chosen[other_at][0]], squares[at], squares[other_at])
            ]
            for name in names:
                inputs[name] = _Input(computed[at], [*(tied for tied in names if tied != name), *following])
        return inputs

    @staticmethod
    def _noise_share(points: Sequence[RunPoint], variance: float) -> float:
        """Return the share of the variance that seeds make, where runs have several."""
        with_spread = [one.spread**2 for one in points if one.spread is not None]
        return statistics.fmean(with_spread) * statistics.fmean(1 / one.run.seeds for one in points) / variance if with_spread else 0.0


def _decide(importance: Importance, inputs: Mapping[str, _Input]) -> Importance:
    own = inputs.get(importance.name)
    if own is None:
        return replace(importance, why=f"more than {MOST_INPUTS} parameters were varied")
    sensitivity = own.sensitivity
    importance = replace(importance, share=sensitivity.share, low=sensitivity.low, high=sensitivity.high, tied=own.tied)
    if importance.runs >= ENOUGH and all(other.sensitivity.high <= SMALL for other in [own, *(inputs[name] for name in own.tied)]):
        return replace(importance, call="did not matter")
    if own.tied:
        return importance
    if sensitivity.idle <= IDLE and sensitivity.high > SMALL:
        return replace(importance, call="matters")
    why = f"at most {sensitivity.high:.2f} of the variance" if sensitivity.high < 0.2 else f"{importance.runs} runs leave it open"
    return replace(importance, why=why)


def _has_several_values(column: Sequence[Any]) -> bool:
    """Whether there are at least two different values."""
    present = (repr(value) for value in column if value is not ABSENT)
    first_value = next(present, "")
    return any(value != first_value for value in present)


def _distinct_values(column: Sequence[Any]) -> list[str]:
    """Return the different values among those that are there."""
    return list(dict.fromkeys(repr(value) for value in column if value is not ABSENT))


def _level_codes(column: Sequence[Any]) -> list[int]:
    """Return the values as integer codes, by the order in which they come."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault("" if value is ABSENT else repr(value), len(numbers)) for value in column]


def _squared_distances(name: str, column: Sequence[Any]) -> Array:
    """Return the squared distances (N, N) by one parameter; a run without it lies in the middle of those that have it."""
    there = [row for row, value in enumerate(column) if value is not ABSENT]
    total = np.zeros((len(column), len(column)))
    for numbers in encoding.encode_axes(name, [column[row] for row in there]):
        axis = np.full(len(column), float(np.mean(numbers)))
        axis[there] = numbers
        total += (axis[:, None] - axis[None, :]) ** 2
    return total


def _is_confounded(own: Sequence[Any], other_column: Sequence[Any], squares: Array, other_squares: Array) -> bool:
    """Whether a parameter is confounded with another: each value of that goes with one of this, or both change alike."""
    columns = zip(own, other_column, strict=True)
    pairs = [(value, other_value) for value, other_value in columns if value is not ABSENT and other_value is not ABSENT]
    levels, other_levels = (len(_distinct_values([pair[at] for pair in pairs])) for at in (0, 1))
    if levels < 2 or other_levels < 2:
        return False
    if len({(repr(value), repr(other_value)) for value, other_value in pairs}) == other_levels <= len(pairs) / 2:
        return True
    each = np.triu_indices(len(squares), 1)
    own_distances, other_distances = (distances[each] - distances[each].mean() for distances in (squares, other_squares))
    covariance = float(own_distances @ other_distances)
    return covariance >= TIED * math.sqrt(float(own_distances @ own_distances) * float(other_distances @ other_distances)) > 0


def _best_by_value(column: Sequence[Any], points: Sequence[RunPoint]) -> list[tuple[float, ValueScore]]:
    """Return the best score with each value, and what that is worth; the points come worst first."""
    best = {repr(value): (value, one) for value, one in zip(column, points, strict=True)}
    return [(one.worth, ValueScore(value, value, one.run.score)) for value, one in best.values()]


def _best_by_range(reached: list[tuple[float, ValueScore]]) -> list[tuple[float, ValueScore]]:
    """Return the same by ranges, where it is about many numbers."""
    numbers = all(isinstance(score.value, (int, float)) and not isinstance(score.value, bool) for _, score in reached)
    if len(reached) <= MOST_VALUES or not numbers:
        return reached
    ordered = sorted(reached, key=lambda pair: float(pair[1].value))
    ends = [round(len(ordered) * part / RANGES) for part in range(RANGES + 1)]
    ranges = [ordered[start:end] for start, end in itertools.pairwise(ends)]
    tops = [max(part, key=lambda pair: pair[0]) for part in ranges]
    return [(top[0], ValueScore(part[0][1].value, part[-1][1].value, top[1].score)) for part, top in zip(ranges, tops, strict=True)]
