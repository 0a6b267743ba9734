"""Hyper-parameter importance over all algorithms that were tried on one data set. Pure; numpy alone.

Within each algorithm, and among the runs that have a parameter, its importance is the share of the variance of their scores that is
left when everything else is held (`sensitivity`). Errors are looked at by their logarithm, and extremely bad scores as merely bad
(`trial`), so that one run that diverged does not decide. A share is of what was tried: a wider range has a larger one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from gitjournal.suggest.importance.points import RunPoint, make_points
from gitjournal.suggest.importance.result import Algorithm, Importance, Importances, TriedConfiguration
from gitjournal.suggest.importance.table import MOST_INPUTS, ParameterTable

MOST_RUNS, FEW_RUNS = 96, 24  # runs that one answer is computed from, and those that are left where there are many answers
INPUTS = 2  # parameters in all beyond which fewer runs are looked at
ALGORITHM = "algorithm"


def compute_importances(metric: str, runs: Sequence[TriedConfiguration]) -> Importances:
    """Return the importance of each hyper-parameter and of the choice of algorithm; runs whose score is no finite number are left out."""
    points = make_points(metric, [run for run in runs if math.isfinite(run.score)])
    groups: dict[str, list[RunPoint]] = defaultdict(list)
    for point in points:
        groups[point.algorithm].append(point)
    tables = {name: ParameterTable(group) for name, group in groups.items()}
    inputs = sum(min(len(table.names), MOST_INPUTS) for table in tables.values()) + (len(groups) > 1)
    most = min(MOST_RUNS, max(FEW_RUNS, int(MOST_RUNS * math.sqrt(INPUTS / max(inputs, 1)))))
    algorithms = []
    for name, group in groups.items():
        best = max(group, key=lambda point: point.worth)
        of_algorithm = sorted(tables[name].compute_importances(most), key=lambda importance: -(importance.share or 0.0))
        parameters = [_within_algorithm(importance, name) for importance in of_algorithm]
        algorithms.append((best.worth, Algorithm(name, len(group), best.run.score, parameters)))
    algorithms.sort(key=lambda pair: (-pair[0], pair[1].name))
    choice = None
    if len(groups) > 1:
        by_algorithm = [replace(point, values={ALGORITHM: point.algorithm}, owners=frozenset()) for point in points]
        choice = next(one for one in ParameterTable(by_algorithm).compute_importances(most) if one.name == ALGORITHM)
    return Importances(metric, len(points), choice, [algorithm for _, algorithm in algorithms])


def _within_algorithm(importance: Importance, algorithm: str) -> Importance:
    """Return an importance under its name within the algorithm."""
    prefix = f"{algorithm}."
    tied = [tied_name.removeprefix(prefix) for tied_name in importance.tied]
    why = f"it varied only together with {tied[0]}" if tied and importance.call == "cannot be told" else importance.why
    return replace(importance, name=importance.name.removeprefix(prefix), tied=tied, why=why)
