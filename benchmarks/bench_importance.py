"""How well few runs tell which parameters matter: grids of real results on 388 data sets, of which some runs are known.

python -m benchmarks.bench_importance [--every K]      (by default every 4th data set)

What is true is computed from the complete grid: the share of the variance that is left when a parameter goes through the values
that were run, all else held. Each set of runs also has a parameter that does nothing, drawn by chance.
"""

from __future__ import annotations

import argparse
import json
import math
import time
import warnings
from collections import defaultdict
from typing import Any

import numpy as np
import optuna
from optuna.importance import BaseImportanceEvaluator, FanovaImportanceEvaluator, PedAnovaImportanceEvaluator

import benchmarks.timing  # noqa: F401 - the surroundings of all measurements
from benchmarks.replay import FIXTURE, STEPS
from gitjournal.suggest import encoding
from gitjournal.suggest.importance.analysis import compute_importances
from gitjournal.suggest.importance.result import Importance, TriedConfiguration
from gitjournal.suggest.surrogate import Array

RUNS = (6, 9, 14, 22)
COMPLETE = ("AdaBoostClassifier", "GradientBoostingClassifier", "KNeighborsClassifier", "LogisticRegression", "RandomForestClassifier")
INERT = "inert"
PED_ANOVA, FANOVA = PedAnovaImportanceEvaluator(), FanovaImportanceEvaluator(seed=0)
Values = dict[str, Any]


def grids() -> dict[str, tuple[list[int], list[Values]]]:
    """Return the columns and values of each algorithm whose grid is complete, parameters that never differ left out."""
    found: dict[str, tuple[list[int], list[Values]]] = defaultdict(lambda: ([], []))
    for column, one in enumerate(json.loads((FIXTURE / "configurations.json").read_text())):
        name, values = next(iter(one.items()))
        if name in COMPLETE:
            found[name][0].append(column)
            found[name][1].append(values)
    for columns, grid in found.values():
        for name in [name for name in grid[0] if len({repr(one[name]) for one in grid}) == 1]:
            for one in grid:
                del one[name]
        assert len(columns) == math.prod(len({repr(one[name]) for one in grid}) for name in grid[0])
    return found


def true_shares(grid: list[Values], errors: Array, some: list[int]) -> dict[str, float]:
    """Return each parameter's share of the variance among some runs, the others being known as well."""
    at = {json.dumps(one, sort_keys=True): error for one, error in zip(grid, errors, strict=True)}

    def swapped(one: int, other: int, name: str) -> float:
        return float(at[json.dumps(grid[one] | {name: grid[other][name]}, sort_keys=True)])

    variance = errors[some].var()
    return {
        name: min(float(np.mean([np.var([swapped(one, other, name) for other in some]) for one in some]) / variance), 1.0)
        for name in grid[0]
    }


def by_us(algorithm: str, points: list[Values], errors: Array) -> dict[str, Importance]:
    """Return what `report importance` says."""
    runs = [TriedConfiguration([{algorithm: one}], 1 - float(error)) for one, error in zip(points, errors, strict=True)]
    return {one.name: one for one in compute_importances("accuracy", runs).algorithms[0].parameters}


def by_optuna(evaluator: BaseImportanceEvaluator, points: list[Values], errors: Array) -> dict[str, float]:
    """Return an importance as optuna computes it, with its defaults."""
    spaces: dict[str, optuna.distributions.BaseDistribution] = {}
    for name in points[0]:
        values = list({repr(one[name]): one[name] for one in points}.values())
        if all(isinstance(value, (int, float)) for value in values) and len(values) > 1:
            low, high = float(min(values)), float(max(values))
            log = low > 0 and high / low >= encoding.LOG_FROM
            spaces[name] = optuna.distributions.FloatDistribution(low, high, log=log)
        else:
            spaces[name] = optuna.distributions.CategoricalDistribution(values)
    study = optuna.create_study()
    study.add_trials(
        [
            optuna.trial.create_trial(params=dict(one), distributions=spaces, value=float(error))
            for one, error in zip(points, errors, strict=True)
        ]
    )
    found: dict[str, float] = evaluator.evaluate(study)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=4)
    every = parser.parse_args().every
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")  # of optuna, where a tenth of the runs is one run
    table = np.load(FIXTURE / "table.npz")["errors"] / STEPS
    print("share of cases, by runs that are known".ljust(70) + "".join(f"{many:8}" for many in RUNS))
    rows: dict[str, list[float]] = defaultdict(list)
    for many in RUNS:
        for name, value in measured(table[::every], many).items():
            rows[name].append(value)
    for name, values in rows.items():
        print(name.ljust(70) + "".join(f"{value:8.3f}" for value in values))


def measured(table: Array, many: int) -> dict[str, float]:
    """Return all measures for so many known runs."""
    chance = np.random.default_rng(many)
    first: dict[str, list[bool]] = defaultdict(list)
    called: list[tuple[float, Importance]] = []
    inert: list[Importance] = []
    took: list[float] = []
    for algorithm, (columns, grid) in grids().items():
        for errors in table[:, columns] if len(columns) > many else ():
            some = chance.choice(len(columns), many, replace=False).tolist()
            if errors[some].std() < 1e-9 or any(len({repr(grid[one][name]) for one in some}) < 2 for name in grid[0]):
                continue
            true = true_shares(grid, errors, some)
            points = [grid[one] for one in some]
            ped = by_optuna(PED_ANOVA, points, errors[some])
            fanova = by_optuna(FANOVA, points, errors[some])
            whole = by_optuna(PED_ANOVA, grid, errors)
            drawn = chance.permutation(np.arange(many) % 3).tolist()
            start = time.process_time()
            own = by_us(algorithm, [one | {INERT: "abc"[at]} for one, at in zip(points, drawn, strict=True)], errors[some])
            took.append(time.process_time() - start)
            inert.append(own[INERT])
            called += [(share, own[name]) for name, share in true.items()]
            first["ours"].append(max(true, key=lambda name: own[name].share or 0.0) == max(true, key=true.__getitem__))
            first["PED-ANOVA"].append(max(ped, key=ped.__getitem__) == max(true, key=true.__getitem__))
            first["fANOVA"].append(max(fanova, key=fanova.__getitem__) == max(true, key=true.__getitem__))
            first["itself"].append(max(ped, key=ped.__getitem__) == max(whole, key=whole.__getitem__))

    def rate(found: list[bool]) -> float:
        return float(np.mean(found)) if found else math.nan

    def calls(call: str, low: float, high: float) -> float:
        return rate([one.call == call for share, one in called if low <= share < high])

    return {
        "names the parameter first that matters most": rate(first["ours"]),
        "  fANOVA (optuna)": rate(first["fANOVA"]),
        "  PED-ANOVA (optuna)": rate(first["PED-ANOVA"]),
        "  PED-ANOVA, against what it says itself of the complete grid": rate(first["itself"]),
        "95 % interval holds": rate([(one.low or 0) - 0.01 <= share <= (one.high or 0) + 0.01 for share, one in called]),
        "says `matters` of a share above 0.5": calls("matters", 0.5, 2),
        "  of 0.1 to 0.5": calls("matters", 0.1, 0.5),
        "  of a parameter that does nothing": rate([one.call == "matters" for one in inert]),
        "says `did not matter` of a share below 0.02": calls("did not matter", -1, 0.02),
        "  and is wrong (the share is above 0.1)": rate([share > 0.1 for share, one in called if one.call == "did not matter"]),
        "CPU seconds": float(np.median(took)),
    }


if __name__ == "__main__":
    main()
