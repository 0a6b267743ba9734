"""The table of real results that `suggest` is measured on, and its replay: what would have been run, and what was expected."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gitjournal.run.forecast import UNLIKELY
from gitjournal.suggest import acquisition, encoding, surrogate
from gitjournal.suggest.encoding import AlgorithmSetting
from gitjournal.suggest.surrogate import Array, Belief

FIXTURE = Path(__file__).parent.parent / "tests" / "support" / "replay"
BUDGETS = (1, 3, 5, 10, 25)
OWN_RUNS = (3, 10, 25)
STEPS = 65535  # errors are kept as whole multiples of 1 / STEPS


@dataclass(frozen=True)
class Table:
    """Errors of every configuration (columns) on every data set (rows), lower is better; how alike configurations are."""

    errors: Array
    alike: Array

    @property
    def regret(self) -> Array:
        """0 for the best error of a row, 1 for the worst."""
        low, high = self.errors.min(1, keepdims=True), self.errors.max(1, keepdims=True)
        return (self.errors - low) / (high - low)


def settings() -> list[AlgorithmSetting]:
    """Return the configurations."""
    return [encoding.encode([one]) for one in json.loads((FIXTURE / "configurations.json").read_text())]


def table(full: Path | None = None) -> Table:
    """Return the table of the fixture, or with the errors of `full`, an `error_dev.csv.gz` with all their digits."""
    alike = surrogate.prior_correlation(*encoding.locate(settings()))
    if full is None:
        return Table(np.load(FIXTURE / "table.npz")["errors"] / STEPS, alike)
    with gzip.open(full, "rt") as file:
        rows = list(csv.reader(file))[1:]
    return Table(np.array([[float(cell) for cell in row[1:]] for row in rows]), alike)


def past_of(data: Table, target: int, sets: int, runs: int) -> Array:
    """Return the scores of `sets` other data sets, of which `runs` random configurations each are known."""
    n, c = data.errors.shape
    others = np.delete(np.arange(n), target)
    if sets >= len(others) and runs >= c:
        return -data.errors[others]
    chance = np.random.default_rng([target, sets, runs])
    past = -data.errors[chance.choice(others, sets, replace=False)]
    for row in past if runs < c else ():
        row[chance.choice(c, c - runs, replace=False)] = np.nan
    return np.asarray(past)


Pick = Callable[[Belief, list[int], Array], int]


def by_suggestion(belief: Belief, done: list[int], scores: Array) -> int:
    """Pick as `gitjournal suggest` does."""
    allowed = np.ones(len(belief.mean), dtype=bool)
    allowed[done] = False
    chosen = acquisition.choose(belief, np.array(done, dtype=np.intp), scores, allowed)
    assert chosen is not None
    return chosen.at


def by_portfolio(belief: Belief, done: list[int], _: Array) -> int:
    """Pick what gains most over what was run, on past data sets alike."""
    gains = acquisition.history_gain(belief, np.array(done, dtype=np.intp), np.zeros(len(done)))
    gains[:, done] = -1
    return int(gains.sum(0).argmax())


def regrets(data: Table, target: int, chosen: list[int]) -> Array:
    """Return the regret of the best of the first k, for each budget k."""
    return np.minimum.accumulate(data.regret[target, chosen])[[k - 1 for k in BUDGETS]]


def replayed(data: Table, target: int, belief: Belief, pick: Pick) -> Array:
    """Run one data set to the largest budget."""
    done: list[int] = []
    for _ in range(BUDGETS[-1]):
        done.append(pick(belief, done, -data.errors[target, done]))
    assert len(set(done)) == len(done), "a duplicate was proposed"
    return regrets(data, target, done)


def foreseen(data: Table, target: int, belief: Belief) -> Array:
    """Return (own runs, 5) after random own runs.

    Mean absolute error; share inside the 90 % interval, and its mean width; share of runs called unlikely to beat the best, and
    the share of those that did beat it, of all runs.
    """
    order = np.random.default_rng(target).permutation(data.errors.shape[1])
    found = []
    for k in OWN_RUNS:
        own, rest = order[:k], order[k:]
        expected = surrogate.update_belief(belief, own, -data.errors[target, own])
        off = np.abs(expected.mean + data.errors[target])[rest]
        half = np.diff([expected.interval(int(at)) for at in rest])[:, 0] / 2
        best = -data.errors[target, own].min()
        unlikely = np.array([expected.chance(best, int(at)) for at in rest]) < UNLIKELY
        beats = -data.errors[target, rest] > best
        found.append([off.mean(), (off <= half).mean(), 2 * half.mean(), unlikely.mean(), (unlikely & beats).mean()])
    return np.array(found)
