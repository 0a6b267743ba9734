"""Whether history helps on real runs: each of four data sets that ship with scikit-learn, with and without the other three.

python -m benchmarks.bench_suggest_real [--seeds 10] [--runs 25] [--built-in]

Every run is measured by gitjournal's own code, each configuration once a split; what is compared are the choices. The area is
the mean over runs of the best score so far; a seed draws another split of all four data sets.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import multiprocessing
import os
import sys
import tempfile
import warnings
from functools import partial
from pathlib import Path

import numpy as np

import benchmarks.timing  # noqa: F401 - the surroundings of all measurements
from benchmarks.timing import repository
from gitjournal.git.setup.init import init
from gitjournal.journal.journal import open_journal
from gitjournal.procedure.declaration import Declared
from gitjournal.suggest import advisor
from gitjournal.suggest.candidates import Candidate, list_candidates
from gitjournal.suggest.target import SearchTarget, find_target
from gitjournal.suggest.trial import DataSet, Evidence, Trial
from gitjournal.worker import run as measure
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import RunJob
from gitjournal.worker.pool import WorkerPool

PAGE = """\
---
title: Where to look
data: {{sklearn: {name}}}
procedure: [StandardScaler, {{clf: SVC}}]
space:
  - {{clf: [SVC], clf__C: {{log: [0.001, 1000]}}, clf__gamma: {{log: [1.0e-5, 10]}}}}
  - {{clf: [KNeighborsClassifier], clf__n_neighbors: {{int: [1, 50]}}, clf__weights: [uniform, distance]}}
  - {{clf: [LogisticRegression], clf__C: {{log: [1.0e-5, 1000]}}, clf__max_iter: [1000]}}
  - {{clf: [DecisionTreeClassifier], clf__max_depth: {{int: [1, 20]}}, clf__min_samples_leaf: {{int: [1, 30]}}}}
  - {{clf: [GaussianNB], clf__var_smoothing: {{log: [1.0e-9, 1]}}}}
---
"""
NAMES = ("digits", "breast_cancer", "wine", "iris")
T95 = {10: 2.262, 5: 2.776, 3: 4.303}  # Student's t, 97.5 %, by the number of pairs


class Bench:
    """Measures configurations on one split of one data set, each once."""

    def __init__(self, target: SearchTarget, folder: Path) -> None:
        self.target, self.folder = target, folder
        self.cache = TableCache()
        self.known: dict[str, Trial] = {}

    def run(self, one: Candidate) -> Trial:
        """Return what a configuration came to."""
        if one.key not in self.known:
            told: Declared = self.target.declared
            made = measure.run(
                RunJob(
                    root=str(self.folder),
                    cache=str(self.folder),
                    data=told.data,
                    hash=told.hash,
                    task=told.task,
                    split=told.split,
                    metrics=told.metrics,
                    procedure=one.tree,
                    seed=0,
                ),
                self.cache,
                lambda _: None,
            )
            score = made.metrics.get("dev", {}).get(self.target.metric)
            self.known[one.key] = Trial(told.hash, one.key, score, "", made.seconds)
        return self.known[one.key]


def followed(bench: Bench, past: list[Trial], sets: dict[str, DataSet], runs: int) -> list[Trial]:
    """Return the trials that `suggest --exec` would make, one after another."""
    own: list[Trial] = []
    for _ in range(runs):
        held = Evidence(bench.target.metric, bench.target.data, [*past, *own], sets)
        listed = {one.key: one for one in list_candidates(bench.target, held)}
        (chosen,) = advisor.advise(held, list(listed), 1)
        own.append(bench.run(listed[chosen.key]))
    return own


def area(trials: list[Trial]) -> float:
    """Return the mean over runs of the best score so far; a failed run adds none."""
    return float(np.maximum.accumulate([one.score if one.score is not None else 0.0 for one in trials]).mean())


def one_seed(targets: dict[str, SearchTarget], runs: int, seed: int) -> dict[str, tuple[float, float]]:
    """Return for each data set the area with the others as history, and without."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        benches = {}
        for name, target in targets.items():
            told = dataclasses.replace(target.declared, split=target.declared.split | {"seed": seed})
            benches[name] = Bench(dataclasses.replace(target, declared=told), Path(folder))
        sets = {bench.target.data.hash: bench.target.data for bench in benches.values()}
        alone = {name: followed(bench, [], sets, runs) for name, bench in benches.items()}
        found = {}
        for name, bench in benches.items():
            past = [one for other, trials in alone.items() if other != name for one in trials]
            found[name] = (area(followed(bench, past, sets, runs)), area(alone[name]))
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--built-in", action="store_true", help="also in the built-in space: ten minutes more")
    told = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with repository() as place, WorkerPool() as pool:
        lab = init(place).lab
        for number, name in enumerate(NAMES):
            page = lab.path / f"entries/2026/20261121-space-{number:04}.md"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(PAGE.format(name=name))
        looked = {
            "a declared space of five models": {name: f"{number:04}" for number, name in enumerate(NAMES)},
            "the built-in space": {name: f"sklearn:{name}" for name in NAMES},
        }
        with open_journal(place, lab) as journal:
            targets = {
                where: {name: find_target(journal, place, what, column=None, ask=pool.ask) for name, what in asked.items()}
                for where, asked in looked.items()
            }
        with multiprocessing.get_context("spawn").Pool(2) as processes:
            for where in list(looked)[: int(os.environ.get("PARTS", "2"))]:
                report(where, told.runs, processes.map(partial(one_seed, targets[where], told.runs), range(told.seeds), chunksize=1))


def report(where: str, runs: int, found: list[dict[str, tuple[float, float]]]) -> None:
    """Print what history gains, for each data set and over all four."""
    print(f"\narea under the best dev.accuracy so far over {runs} runs in {where}, {len(found)} splits")
    print(f"{'data, the others as history':30} {'with':>7} {'without':>8}   difference, 95 % interval")
    for name in (*NAMES, "all four"):
        pairs = np.array([np.mean([one[other] for other in ([name] if name in NAMES else NAMES)], 0) for one in found])
        gain = pairs[:, 0] - pairs[:, 1]
        half = T95.get(len(gain), 1.96) * gain.std(ddof=1) / math.sqrt(len(gain))
        low, high = gain.mean() - half, gain.mean() + half
        print(f"{name:30} {pairs[:, 0].mean():7.4f} {pairs[:, 1].mean():8.4f}   {gain.mean():+.4f} [{low:+.4f}, {high:+.4f}]", flush=True)


if __name__ == "__main__":
    sys.exit(main())
