"""What `suggest` gains: regret on 388 data sets left out one at a time, and how often its intervals hold.

python -m benchmarks.bench_suggest [--full error_dev.csv.gz] [--sets N]
"""

from __future__ import annotations

import argparse
import math
import warnings
from pathlib import Path

import numpy as np
import optuna

import benchmarks.timing  # noqa: F401 - the surroundings of all measurements
from benchmarks.replay import BUDGETS, OWN_RUNS, Table, by_portfolio, by_suggestion, foreseen, past_of, regrets, replayed, settings, table
from gitjournal.suggest import encoding, surrogate
from gitjournal.suggest.surrogate import Array

# past data sets, runs of each, goals by budget, goals of the intervals' width by own runs
HISTORIES = {
    "all history": (10_000, 10_000, (0.154, 0.067, 0.048, 0.030, 0.013), None),
    "30 sets, complete": (30, 10_000, None, (0.360, 0.212, 0.160)),
    "30 sets x 30 runs": (30, 30, (0.245, 0.105, 0.079, 0.048, 0.022), (0.362, 0.239, 0.206)),
    "3 sets x 30 runs": (3, 30, (0.280, 0.138, 0.109, 0.061, 0.029), None),
}
SHUFFLES = 50


def row(name: str, values: Array | tuple[float, ...], note: str = "") -> None:
    """Print one row of numbers."""
    print(f"{name:34}" + "".join(f"{value:8.3f}" for value in values) + (f"   {note}" if note else ""), flush=True)


def by_chance(data: Table, target: int) -> Array:
    """Return the regret of random search without repeats, the mean over many orders."""
    chance = np.random.default_rng(target)
    orders = chance.permuted(np.tile(np.arange(data.errors.shape[1]), (SHUFFLES, 1)), axis=1)[:, : BUDGETS[-1]]
    best = np.minimum.accumulate(data.regret[target][orders], axis=1).mean(0)
    return np.asarray(best[[k - 1 for k in BUDGETS]])


class Sampler:
    """Optuna's TPE over algorithm and its hyper-parameters; a point is the nearest configuration that was not tried."""

    def __init__(self) -> None:
        self.codes, positions = encoding.locate(settings())
        self.axes = {
            int(code): [axis for axis in range(positions.shape[1]) if np.ptp(positions[self.codes == code, axis]) > 0]
            for code in np.unique(self.codes)
        }
        self.positions = positions

    def run(self, data: Table, target: int) -> Array:
        """Return the regrets of one study, without any history."""
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=target))
        done: list[int] = []
        for _ in range(BUDGETS[-1]):
            trial = study.ask()
            code = int(trial.suggest_categorical("algorithm", sorted(self.axes)))
            point = np.zeros(self.positions.shape[1])
            for axis in self.axes[code]:
                point[axis] = trial.suggest_float(f"axis {axis}", 0.0, 1.0)
            distance = ((self.positions - point) ** 2).sum(1) + 100.0 * (self.codes != code)
            distance[done] = math.inf
            done.append(int(distance.argmin()))
            study.tell(trial, float(data.errors[target, done[-1]]))
        return regrets(data, target, done)


def verdict(measured: Array, goals: tuple[float, ...] | None) -> str:
    """Say whether every number is at most its goal."""
    if goals is None:
        return ""
    met = all(value <= goal for value, goal in zip(measured, goals, strict=True))
    return f"{'met' if met else 'MISSED'}: " + " ".join(f"{goal:.3f}" for goal in goals)


def replay(data: Table, targets: range) -> None:
    """Print regrets and intervals."""
    print(f"\nregret after k runs, mean over {len(targets)} data sets left out" + " " * 8 + "goal")
    row("", np.array([]), "".join(f"{k:>8}" for k in BUDGETS).lstrip())
    chance = np.array([by_chance(data, target) for target in targets])
    row("random", chance.mean(0))
    sampler = Sampler()
    row("TPE, cold", np.mean([sampler.run(data, target) for target in targets], 0))
    intervals = {}
    for name, (sets, runs, goals, widths) in HISTORIES.items():
        found, portfolio, seen = [], [], []
        for target in targets:
            belief = surrogate.learn_belief(past_of(data, target, sets, runs), data.alike)
            found.append(replayed(data, target, belief, by_suggestion))
            portfolio.append(replayed(data, target, belief, by_portfolio))
            seen.append(foreseen(data, target, belief))
        row(f"greedy portfolio, {name}", np.mean(portfolio, 0))
        row(f"suggest, {name}", np.mean(found, 0), verdict(np.mean(found, 0), goals))
        paired = np.array(found) - chance
        worse = paired.mean(0) > paired.std(0, ddof=1) / math.sqrt(len(found))
        if worse.any():
            print(f"  WORSE THAN RANDOM at {[k for k, bad in zip(BUDGETS, worse, strict=True) if bad]}")
        intervals[name] = (np.mean(seen, 0), widths)
    print(f"\nafter {', '.join(map(str, OWN_RUNS))} random own runs: mean absolute error; 90 % intervals that hold, their mean width;")
    print("runs called unlikely, and of those the share that did beat the best")
    for name, (seen_mean, widths) in intervals.items():
        for k, (off, held, width, unlikely, wrong) in zip(OWN_RUNS, seen_mean, strict=True):
            goal = f"width {'met' if width <= widths[OWN_RUNS.index(k)] else 'MISSED'}: {widths[OWN_RUNS.index(k)]:.3f}" if widths else ""
            row(
                f"{name}, {k}",
                (off, held, width, unlikely, wrong / max(unlikely, 1e-9)),
                f"cover {'met' if abs(held - 0.9) <= 0.03 else 'MISSED'}: 0.87 to 0.93  {goal}".rstrip(),
            )


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", type=Path, help="the table with all its digits, instead of the fixture")
    parser.add_argument("--sets", type=int, default=388, help="how many data sets to leave out, one at a time")
    told = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    data = table(told.full)
    replay(data, range(0, len(data.errors), max(1, len(data.errors) // told.sets)))


if __name__ == "__main__":
    main()
