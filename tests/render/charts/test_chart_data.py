"""The numbers that figures show, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record
from gitjournal.entry.summary import Summary, summarise
from gitjournal.render.charts.chart_data import ProgressEntry, Spread, heat_map, learning_curves, noise, profiles, progress
from gitjournal.stats.confusion import Confusion, confusion
from tests.support.pages import page, record


def summary(records: list[Record], metrics: str = "accuracy") -> Summary:
    return summarise(parse(page("x", metrics=metrics), entry_id="20261121-x-aaaa", file="x").front, records)


def grid(scores: dict[tuple[Any, Any], float], metric: str = "accuracy") -> list[Record]:
    """Return a run for each pair of values of `a` and `b`."""
    return [record(f"{at:064d}", score, grid={"a": a, "b": b}, metric=metric) for at, ((a, b), score) in enumerate(scores.items())]


SCORES = {(1, "x"): 0.5, (10, "x"): 0.9, (100, "x"): 0.7, (1, "y"): 0.6, (10, "y"): 0.8}


def test_a_profile_takes_the_best_of_each_value_and_the_parameter_that_matters_comes_first() -> None:
    first, second = profiles(summary(grid(SCORES)))
    assert (first.parameter, second.parameter) == ("a", "b")
    assert [(one.value, one.best, one.others) for one in first.reached] == [(1, 0.6, [0.5]), (10, 0.9, [0.8]), (100, 0.7, [])]
    assert [(one.value, one.best) for one in second.reached] == [("x", 0.9), ("y", 0.8)]
    assert first.span == pytest.approx(0.3)


def test_where_lower_is_better_the_best_is_the_lowest() -> None:
    found = summary(grid(SCORES, "rmse"), "rmse")
    assert [one.best for one in profiles(found)[0].reached] == [0.5, 0.8, 0.7]
    heat = heat_map(found)
    assert heat is not None
    assert heat.scores[heat.best[0]][heat.best[1]] == 0.5


def test_a_heat_map_has_a_hole_where_nothing_ran() -> None:
    heat = heat_map(summary(grid(SCORES)))
    assert heat is not None
    assert (heat.across, heat.down, heat.columns, heat.rows) == ("a", "b", [1, 10, 100], ["x", "y"])
    assert heat.scores == [[0.5, 0.9, 0.7], [0.6, 0.8, None]]
    assert heat.best == (0, 1)
    assert heat_map(summary([record("a" * 64, 0.9, grid={"a": 1}), record("b" * 64, 0.8, grid={"a": 2})])) is None


def test_noise_is_that_of_seeds_else_of_rows_else_unknown() -> None:
    seeds = [record("a" * 64, 0.90, seed=0), record("a" * 64, 0.94, seed=1)]
    found = noise(summary(seeds), seeds)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.92 - 0.0282843, 0.92 + 0.0282843), abs=1e-6)
    assert "2 seeds" in found.why
    one = [record("a" * 64, 0.9, rows={"dev": 100})]
    rows = noise(summary(one), one)
    assert rows is not None
    assert (rows.low, rows.high) == pytest.approx((0.8256, 0.9448), abs=1e-4)  # Wilson's interval of 90 of 100
    assert rows.covers(0.83)
    assert not rows.covers(0.82)
    unknown = [record("a" * 64, 2.0, metric="rmse")]
    assert noise(summary(unknown, "rmse"), unknown) is None


def test_curves_are_means_over_the_seeds_that_are_still_running() -> None:
    runs = [
        record("a" * 64, 0.9, seed=0, curves={"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.0]}),
        record("a" * 64, 0.9, seed=1, curves={"epoch": [1, 3, 5], "loss": [5.0, 3.0, 2.0]}),
        record("b" * 64, 0.1, seed=0, curves={"epoch": [1], "loss": [100.0]}),
    ]
    (curve,) = learning_curves(summary(runs), runs)
    assert [(one.x, one.mean, one.n) for one in curve.points] == [(1, 4.0, 2), (2, 3.0, 2), (3, 2.0, 2), (5, 2.0, 1)]
    assert curve.points[0].sd == pytest.approx(2**0.5)
    assert curve.points[3] == Spread(5, 2.0, None, 1)


def test_progress_keeps_only_what_beat_all_before_it() -> None:
    entries = [
        ProgressEntry(name, name, at, score) for name, at, score in [("c", "3", 0.8), ("a", "1", 0.5), ("b", "2", 0.7), ("d", "4", 0.8)]
    ]
    assert [(step.entry.id, step.gain) for step in progress(entries, 1)] == [
        ("a", None),
        ("b", pytest.approx(0.2)),
        ("c", pytest.approx(0.1)),
    ]
    assert [step.entry.id for step in progress(entries, -1)] == ["a"]
    assert progress([], 1) == []


def test_a_confusion_names_its_classes_and_its_commonest_mistake() -> None:
    found = confusion([0, 2], [[5, 1], [3, 4]], ["cat", "dog", "owl"])
    assert found == Confusion(["cat", "owl"], [[5, 1], [3, 4]])
    assert found.worst == (1, 0, 3)
    assert Confusion(["a", "b"], [[5, 0], [0, 4]]).worst is None
