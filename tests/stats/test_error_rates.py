"""Chance alone is called a difference one time in twenty, and what could be shown is found: rows of `benchmarks/bench_errors.py`."""

from __future__ import annotations

import math

import pytest

from benchmarks import bench_errors as bench
from gitjournal.stats.intervals import LEVEL, POWER

TIMES = 300


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "k"),
    [
        (bench.errors("rmse", 80), 1),
        (bench.errors("mae", 120, groups=8), 1),
        (bench.errors("mae", 120, groups=8), 24),
        (bench.classes("balanced_accuracy", 100), 24),
        (bench.classes("roc_auc", 80), 1),
        (bench.welch(3), 24),
        (bench.splits(5), 24),
        (bench.folds(1), 200),
        (bench.friedman(6, 3), 1),
    ],
    ids=lambda value: value.name if isinstance(value, bench.Kind) else None,
)
def test_equal_ones_are_told_apart_one_time_in_twenty(kind: bench.Kind, k: int) -> None:
    share, _ = bench.simulate(kind.one, k, 0.0, TIMES)
    assert share <= LEVEL + bench.Z99 * math.sqrt(LEVEL * (1 - LEVEL) / TIMES)


@pytest.mark.slow
def test_the_best_of_many_is_not_ahead_on_every_data_set_by_luck_alone() -> None:
    share, _ = bench.simulate(bench.sets_of_grids(8).one, 24, 0.0, 60)
    assert share <= 0.15  # with the scores on the rows that they were chosen on it would be nearly all


@pytest.mark.slow
@pytest.mark.parametrize("kind", [bench.errors("mae", 120, groups=8), bench.welch(3)], ids=lambda kind: kind.name)
def test_what_could_have_been_shown_is_found_in_four_of_five_cases(kind: bench.Kind) -> None:
    assert kind.power is not None
    _, least = bench.simulate(kind.power, 1, 0.0, TIMES)
    share, _ = bench.simulate(kind.power, 1, least, TIMES)
    assert share == pytest.approx(POWER, abs=bench.Z99 * math.sqrt(POWER * (1 - POWER) / TIMES) + 0.03)
