"""How often `compare` is wrong: equal ones called different, and differences that it says it could show but does not find.

python -m benchmarks.bench_errors [KIND...] [--times N]     (by default all kinds, 2,000 simulations of each row)

An A/A simulation compares the best of k with a baseline, where all are equally good; 5 % may be called different, and of
2,000 simulations rarely more than 6.3 % are (the upper end of 99 %). Power: what `compare` says that so many rows, seeds or folds
could have shown (root mean square over the A/A simulations) is made true of k = 1; it should be found in 80 %.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # as worker processes have it

import msgspec
import numpy as np
from sklearn.tree import DecisionTreeClassifier

from gitjournal.entry.metrics import direction
from gitjournal.stats.compare import compare
from gitjournal.stats.distributions import normal_quantile
from gitjournal.stats.evidence import BootstrapResult, Comparison
from gitjournal.stats.intervals import LEVEL, POWER
from gitjournal.stats.one_sample import score_elsewhere
from gitjournal.stats.over_datasets import DataScore, over_data
from gitjournal.stats.sample import Sample
from gitjournal.worker.bootstrap import bootstrap
from gitjournal.worker.jobs import BootstrapJob, PredictionsFile

Array = np.ndarray[Any, Any]
Chance = np.random.Generator
TIMES = 2000
TRIED = (1, 24, 200)
Z99 = 2.576
HOLDOUT = {"dev": 0.2, "seed": 0}


Said = tuple[bool, float | None]  # whether they were called different, and the smallest difference that could have been shown
Simulation = Callable[[Chance, int, float], Said]


@dataclass(frozen=True)
class Kind:
    """Simulations of one kind: `one(chance, k, effect)` compares the best of k with a baseline, and the first is better by `effect`.

    `power` is the same where the spread is the same each time, which it must be for one effect to be the smallest.
    """

    name: str
    one: Simulation
    tried: tuple[int, ...] = TRIED
    power: Simulation | None = None


def told(found: Comparison) -> Said:
    """Return whether a comparison calls them different, and what it says that it could have shown with k = 1."""
    return found.verdict != "not shown", found.evidence.smallest if found.a.k == 1 else None


def sample(entry: str, metric: str, values: Sequence[float], **more: Any) -> Sample:
    """Return a configuration with a value for each seed."""
    split = more.pop("split", HOLDOUT)
    seeds = range(len(values))
    known: dict[str, Any] = {"folds": {}, "rows": 100, "trained": 400, "answers": {}} | more
    return Sample(
        entry=entry,
        fingerprint="",
        metric=f"dev.{metric}",
        direction=direction(metric),
        values=dict(zip(seeds, values, strict=True)),
        judged={seed: f"rows of seed {seed}" if split.get("seed") == "each" else "the same rows" for seed in seeds},
        runs={},
        data={"hash": "sha256:d1"},
        split=split,
        grid={},
        **known,
    )


def against(tried: Sequence[Sample], baseline: Sample, resampled: BootstrapResult | None = None) -> Comparison:
    """Compare the best of several, which comes first where rows are drawn anew, with a baseline."""
    best, *others = sorted(tried, key=lambda one: -one.direction * one.value)
    return compare(replace(best, among=tuple(others)), baseline, resampled)


# ---- rows of one holdout


def mcnemar(n: int, tried: tuple[int, ...] = TRIED) -> Kind:
    """Right and wrong answers on the same rows, of which some are hard for all."""

    def one(chance: Chance, k: int, effect: float) -> Said:
        if effect:  # as many rows differ as among equal ones
            alone = 4 / 5 - 2 / 3  # E p (1 - p) of p from beta(4, 1)
            cell = chance.choice(4, n, p=[alone + effect / 2, alone - effect / 2, 2 / 3, 1 / 3 - 2 * alone])
            right = np.array([(cell == 0) | (cell == 2), (cell == 1) | (cell == 2)])
        else:
            right = chance.random((k + 1, n)) < chance.beta(4, 1, n)
        of = answers(right)
        return told(against(of[:-1], of[-1]))

    return Kind(f"exact McNemar, {n} rows", one, tried, one)


def answers(right: Array) -> list[Sample]:
    """Return configurations with these right and wrong answers, the last one of another entry."""
    rows = right.shape[1]
    bits = [int.from_bytes(one.tobytes()) >> (-rows % 8) for one in np.packbits(right, axis=1)]
    names = ["a"] * (len(right) - 1) + ["b"]
    return [sample(name, "accuracy", [r.mean()], answers={0: b}, rows=rows) for name, r, b in zip(names, right, bits, strict=True)]


def redrawn(
    metric: str, task: str, shared: dict[str, Array], each: Sequence[dict[str, Array]], values: Array, *, all_drawn: bool = True
) -> Said:
    """Compare the best of several with the last by kept predictions, of which `values` is the metric.

    Without `all_drawn` as where a metric takes too long to be computed anew of all for each draw.
    """
    rows = len(shared["y"])
    sign = direction(metric)
    order = [*np.argsort(-sign * values[:-1], kind="stable"), len(each) - 1]
    held = [{"row": np.arange(rows), "fold": np.zeros(rows, int), **shared, **each[at]} for at in order]
    kept = [PredictionsFile(file="", sha256="") for _ in order]
    job = BootstrapJob(
        runs=kept[:-1],
        other=kept[-1],
        metric=metric,
        task=task,
        n_classes=2 if task == "classification" else None,
        grouped="group" in shared,
    )
    split = {"dev": 0.2, "group": "g"} if job.grouped else HOLDOUT
    best, other = (sample(name, metric, [values[at]], rows=rows, split=split) for name, at in (("a", order[0]), ("b", order[-1])))
    best = replace(best, among=(best,) * (len(order) - 2))  # of the others their number is all that is asked
    found = bootstrap(job, held) if all_drawn else bootstrap(msgspec.structs.replace(job, runs=kept[:1]), [held[0], held[-1]])
    return told(compare(best, other, found))


def errors(metric: str, n: int, groups: int = 0, *, heavy: bool = False, tried: tuple[int, ...] = TRIED) -> Kind:
    """Predicted numbers: errors that all have in common, and own ones; where rows are in groups, of unlike sizes, half of them by group."""

    def one(chance: Chance, k: int, effect: float) -> Said:
        shared: dict[str, Array] = {"y": np.zeros(n)}
        noise = chance.standard_t(3, (k + 2, n)) if heavy else chance.normal(size=(k + 2, n))
        if groups:
            shared["group"] = group = np.concatenate([np.arange(groups), chance.choice(groups, n - groups, p=sizes(groups))])
            noise = math.sqrt(0.5) * noise + math.sqrt(0.5) * chance.normal(size=(k + 2, groups))[:, group]
        away = np.abs(noise[0] + noise[1:])
        if metric == "rmse":
            away[[0, -1]] *= 1 + np.array([[-0.5], [0.5]]) * effect / math.sqrt(2)
        else:
            away[-1] += effect
        values = np.sqrt((away**2).mean(1)) if metric == "rmse" else away.mean(1)
        return redrawn(metric, "regression", shared, [{"predicted": found} for found in away], values)

    unit = f"{groups} groups" if groups else f"{n} rows"
    return Kind(f"bootstrap of {metric}, {unit}{', heavy tails' if heavy else ''}", one, tried, one)


def sizes(groups: int) -> Array:
    """Return how large a share of the rows each group has."""
    found = np.arange(1, groups + 1) / 2 + groups / 4
    return np.asarray(found / found.sum())


def classes(metric: str, n: int, share: float = 0.3, *, all_drawn: bool = True) -> Kind:
    """Two classes of unlike size, told apart by a decision that has a part in common with all others."""
    lift, spread = 1.5, math.sqrt(2)

    def one(chance: Chance, k: int, effect: float) -> Said:
        y = np.zeros(n, int)
        y[: round(share * n)] = 1
        lifts = np.full((k + 1, 1), lift)
        apart = spread * (math.sqrt(2) if metric == "roc_auc" else 2)  # the metric is the normal share below lift / apart
        for at, share_of in ((0, 0.5), (-1, -0.5)):
            lifts[at] = apart * normal_quantile(normal_share(lift / apart) + share_of * effect)
        decision = lifts * y + chance.normal(size=n) + chance.normal(size=(k + 1, n))
        predicted = (decision > lifts / 2).astype(int)
        right, up = predicted == y, y == 1
        if metric == "roc_auc":
            values = np.array([(found[up][:, None] > found[~up]).mean() for found in decision])
        else:
            values = (right[:, up].mean(1) + right[:, ~up].mean(1)) / 2
        each = [{"predicted": p, "decision": d} for p, d in zip(predicted, decision, strict=True)]
        return redrawn(metric, "classification", {"y": y}, each, values, all_drawn=all_drawn)

    return Kind(f"bootstrap of {metric}, {n} rows{'' if all_drawn else ', Bonferroni'}", one, power=one if all_drawn else None)


def normal_share(x: float) -> float:
    """Return the share of the standard normal distribution below x."""
    return math.erfc(-x / math.sqrt(2)) / 2


# ---- seeds, splits, folds: learners that learn


def accuracies(X: Array, y: Array, train: Array, dev: Array) -> Array:
    """Return the accuracy on dev of a nearest centroid on each column, learned from train rows (each as often as it is there)."""
    seen, target = X[train], y[train] == 1
    ones, zeros = seen[target].mean(0), seen[~target].mean(0)
    return np.asarray((((X[dev] > (ones + zeros) / 2) == (ones > zeros)) == (y[dev] == 1)[:, None]).mean(0))


def equal_columns(chance: Chance, rows: int, columns: int) -> tuple[Array, Array]:
    """Return columns that tell two classes equally well, with a part of their noise in common, and the classes."""
    y = chance.permutation(np.arange(rows) % 2)
    return 1.2 * y[:, None] + chance.normal(size=(rows, 1)) * 0.6 + chance.normal(size=(rows, columns)) * 0.8, y


def welch(seeds: int, tried: tuple[int, ...] = TRIED) -> Kind:
    """One learner that draws: bagged rows and a random direction of ten columns, on one split; each of the k is the same learner."""

    def one(chance: Chance, k: int, effect: float, *, same_rows: bool = False) -> Said:
        y = np.arange(200) % 2
        X = 0.5 * y[:, None] + (np.random.default_rng(0) if same_rows else chance).normal(size=(200, 10))
        runs = (k + 1) * seeds
        projected = X @ (1 + chance.normal(size=(10, runs)))
        weights = chance.multinomial(100, np.full(100, 0.01), runs).T.astype(float)
        target = y[:100] == 1
        ones, zeros = ((weights[rows] * projected[:100][rows]).sum(0) / weights[rows].sum(0) for rows in (target, ~target))
        found = (((projected[100:] > (ones + zeros) / 2) == (ones > zeros)) == (y[100:] == 1)[:, None]).mean(0).reshape(k + 1, seeds)
        found[0] += effect
        of = [sample("a" if at < k else "b", "accuracy", values) for at, values in enumerate(found)]
        return told(against(of[:-1], of[-1]))

    return Kind(f"Welch over {seeds} seeds", one, tried, power=partial(one, same_rows=True))


def splits(seeds: int, rows: int = 100, tried: tuple[int, ...] = TRIED) -> Kind:
    """`seed: each`: learners on columns of their own, that tell the classes equally well, over splits of the same rows."""
    split = {"dev": 0.2, "seed": "each"}

    def one(chance: Chance, k: int, effect: float) -> Said:
        X, y = equal_columns(chance, rows, k + 1)
        orders = [chance.permutation(rows) for _ in range(seeds)]
        found = np.array([accuracies(X, y, order[rows // 5 :], order[: rows // 5]) for order in orders]).T
        found[0] += effect
        of = [
            sample("a" if at < k else "b", "accuracy", values, split=split, rows=rows // 5, trained=rows - rows // 5)
            for at, values in enumerate(found)
        ]
        return told(against(of[:-1], of[-1]))

    return Kind(f"`seed: each`, {seeds} splits of {rows} rows", one, tried, one)


def folds(repeats: int, rows: int = 100, tried: tuple[int, ...] = TRIED) -> Kind:
    """The same learners over five folds."""
    split = {"cv": 5, "repeats": repeats, "seed": 0}

    def one(chance: Chance, k: int, effect: float) -> Said:
        X, y = equal_columns(chance, rows, k + 1)
        reached = []
        for _ in range(repeats):
            parts = np.array_split(chance.permutation(rows), 5)
            reached += [accuracies(X, y, np.concatenate(parts[:at] + parts[at + 1 :]), parts[at]) for at in range(5)]
        return told_of_folds(np.array(reached).T, effect, split, rows)

    return Kind(f"{repeats} x 5 folds of {rows} rows", one, tried, one)


def told_of_folds(found: Array, effect: float, split: dict[str, Any], rows: int) -> Said:
    """Compare the best of (k + 1, folds) accuracies with the last, the first of them better by `effect`."""
    found[0] += effect
    more = {"split": split, "rows": rows // 5, "trained": rows - rows // 5}
    *tried, baseline = [sample("a", "accuracy", [values.mean()], folds={0: tuple(values)}, **more) for values in found]
    return told(against(tried, replace(baseline, entry="b")))


def trees(repeats: int, rows: int = 100) -> Kind:
    """Two decision trees over five folds, each on five columns of its own: learners that a few other rows change much."""
    split = {"cv": 5, "repeats": repeats, "seed": 0}

    def one(chance: Chance, k: int, effect: float) -> Said:
        X, y = equal_columns(chance, rows, 5 * (k + 1))
        reached = []
        for _ in range(repeats):
            parts = np.array_split(chance.permutation(rows), 5)
            for at, dev in enumerate(parts):
                train = np.concatenate(parts[:at] + parts[at + 1 :])
                fitted = [
                    (columns, DecisionTreeClassifier(random_state=0).fit(columns[train], y[train]))
                    for columns in np.split(X, k + 1, axis=1)
                ]
                reached.append([float((tree.predict(columns[dev]) == y[dev]).mean()) for columns, tree in fitted])
        return told_of_folds(np.array(reached).T, effect, split, rows)

    return Kind(f"trees, {repeats} x 5 folds of {rows} rows", one, (1,), one)


# ---- data sets


def sets(n: int, tried: tuple[int, ...] = TRIED) -> Kind:
    """Accuracies of one procedure and k others on 100 rows of each of several data sets, harder and easier ones."""

    def one(chance: Chance, k: int, effect: float) -> Said:
        skill = chance.beta(8, 2, n) * (1 - effect)
        reached = chance.binomial(100, np.tile(skill, (k + 1, 1))) / 100
        reached[0] += effect
        cells = [
            DataScore(f"{at}-{name}", f"p{at}", f"set{name}", value) for at, row in enumerate(reached) for name, value in enumerate(row)
        ]
        return any(pair.verdict(1) != "not shown" for pair in over_data(cells, 1).pairs), None

    return Kind(f"Wilcoxon with Holm, {n} data sets", one, tried)


def sets_of_grids(n: int) -> Kind:
    """A procedure that is the best of k configurations on each data set, against one that has no choice."""

    def one(chance: Chance, k: int, effect: float) -> Said:  # noqa: ARG001
        cells = []
        for name in range(n):
            found = answers(chance.random((k + 1, 100)) < chance.beta(4, 1, 100))
            best, *others = sorted(found[:-1], key=lambda one: -one.value)
            for procedure, each in (("grid", replace(best, among=tuple(others))), ("alone", found[-1])):
                cells.append(DataScore(procedure, procedure, f"set{name}", score_elsewhere(each) or 0.0))
        return any(pair.verdict(1) != "not shown" for pair in over_data(cells, 1).pairs), None

    return Kind(f"Wilcoxon of the best of k, {n} data sets", one, (1, 24))


def friedman(n: int, procedures: int) -> Kind:
    """The test over three or more."""

    def one(chance: Chance, k: int, effect: float) -> Said:  # noqa: ARG001
        reached = chance.binomial(100, np.tile(chance.beta(8, 2, n), (procedures, 1))) / 100
        cells = [
            DataScore(f"{at}-{name}", f"p{at}", f"set{name}", value) for at, row in enumerate(reached) for name, value in enumerate(row)
        ]
        return (over_data(cells, 1).friedman or 1.0) < LEVEL, None

    return Kind(f"Friedman, {procedures} procedures on {n} data sets", one, (1,))


KINDS = {
    "mcnemar": [mcnemar(100), mcnemar(360, (1, 24))],
    "rows": [errors("rmse", 80), errors("mae", 80, heavy=True, tried=(1, 24)), classes("balanced_accuracy", 100)],
    "ranks": [classes("roc_auc", 80), classes("roc_auc", 80, all_drawn=False)],
    "groups": [errors("mae", 120, groups=8), errors("rmse", 200, groups=20)],
    "seeds": [welch(3), welch(5, (1, 24)), welch(10)],
    "splits": [splits(5), splits(30)],
    "folds": [folds(1), folds(3), folds(3, 300, (1,)), trees(1), trees(3)],
    "sets": [sets(6, (1, 24)), sets(12), sets_of_grids(8), friedman(6, 3), friedman(12, 5)],
}


def simulate(one: Simulation, k: int, effect: float, times: int) -> tuple[float, float]:
    """Return how often they are called different, and the root mean square of what could have been shown."""
    found = [one(np.random.default_rng([seed, k]), k, effect) for seed in range(times)]
    shown = [least for _, least in found if least is not None]
    return sum(called for called, _ in found) / times, math.sqrt(math.fsum(least**2 for least in shown) / max(len(shown), 1))


def rows_of(kind: Kind, times: int) -> Iterator[str]:
    """Yield one row for each number of configurations, and one for the power."""
    most = LEVEL + Z99 * math.sqrt(LEVEL * (1 - LEVEL) / times)
    for k in kind.tried:
        share, _ = simulate(kind.one, k, 0.0, times)
        yield f"{kind.name:48} {k:6} {share:8.1%}   {'' if share <= most else 'more than chance explains'}"
    if kind.power:
        _, least = simulate(kind.power, 1, 0.0, times)
        share, _ = simulate(kind.power, 1, least, times)
        off = "" if abs(share - POWER) <= 0.03 + Z99 * math.sqrt(POWER * (1 - POWER) / times) else ", off by more than 3 points"
        yield f"{kind.name:48}  power {share:8.1%}   of a true difference of {least:.3g}{off}"


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], default=[])
    parser.add_argument("--times", type=int, default=TIMES)
    given = parser.parse_args()
    print(f"{'A/A: called different':48}    k of {given.times} simulations")
    for name in given.kinds or KINDS:
        for kind in KINDS[name]:
            for row in rows_of(kind, given.times):
                print(row, flush=True)


if __name__ == "__main__":
    main()
