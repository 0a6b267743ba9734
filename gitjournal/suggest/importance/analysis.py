"""Which parameters mattered on one data set, which did not, and which cannot be told. Pure; numpy alone.

Within each algorithm, and among the runs that have a parameter, its importance is the share of the variance of their scores that is
left when everything else is held (`sensitivity`). Errors are looked at by their logarithm, and extremely bad scores as merely bad
(`trial`), so that one run that diverged does not decide. A share is of what was tried: a wider range has a larger one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from gitjournal.suggest.importance.points import RunPoint, points_of
from gitjournal.suggest.importance.result import Algorithm, Importance, Importances, TriedConfiguration
from gitjournal.suggest.importance.table import MOST_INPUTS, ParameterTable

MOST_RUNS, FEW_RUNS = 96, 24  # runs that one answer is computed from, and those that are left where there are many answers
INPUTS = 2  # parameters in all beyond which fewer runs are looked at
ALGORITHM = "algorithm"


def importances(metric: str, runs: Sequence[TriedConfiguration]) -> Importances:
    """Return what mattered; runs whose score is no finite number are left out."""
    points = points_of(metric, [one for one in runs if math.isfinite(one.score)])
    groups: dict[str, list[RunPoint]] = defaultdict(list)
    for one in points:
        groups[one.algorithm].append(one)
    tables = {name: ParameterTable(group) for name, group in groups.items()}
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
        choice = next(one for one in ParameterTable(named).importances(most) if one.name == ALGORITHM)
    return Importances(metric, len(points), choice, [one for _, one in algorithms])


def _shown(one: Importance, algorithm: str) -> Importance:
    """Return it with names as they are within their algorithm."""
    before = f"{algorithm}."
    tied = [other.removeprefix(before) for other in one.tied]
    why = f"it varied only together with {tied[0]}" if tied and one.call == "cannot be told" else one.why
    return replace(one, name=one.name.removeprefix(before), tied=tied, why=why)
