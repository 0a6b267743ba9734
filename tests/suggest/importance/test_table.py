"""The importances of one algorithm: which parameters are looked at, what is tied, and what is said of each value."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from gitjournal.suggest.importance.points import make_points
from gitjournal.suggest.importance.result import Importance, TriedConfiguration
from gitjournal.suggest.importance.table import MOST_VALUES, ParameterTable

SVC = "sklearn.svm.SVC"


def table(runs: Sequence[tuple[dict[str, object], float]], split: Sequence[str] = ()) -> ParameterTable:
    splits = itertools.cycle(split or [""])
    return ParameterTable(make_points("accuracy", [TriedConfiguration([{SVC: v}], score, split=next(splits)) for v, score in runs]))


def by_name(found: Sequence[Importance]) -> dict[str, Importance]:
    return {one.name: one for one in found}


GRID = [({"C": c, "gamma": gamma}, 0.5 + 0.1 * c) for c in (1, 2, 3, 4) for gamma in (0.1, 0.2, 0.3, 0.4)]


def test_what_the_score_follows_matters_and_what_it_does_not_follow_did_not() -> None:
    found = by_name(table(GRID).compute_importances(96))
    assert {name: one.call for name, one in found.items()} == {"SVC.C": "matters", "SVC.gamma": "did not matter"}
    share = found["SVC.C"].share
    assert share
    assert share > 0.9
    assert (found["SVC.C"].best.value, found["SVC.C"].worst.value, found["SVC.C"].values) == (4, 1, 4)


def test_parameters_that_never_differ_are_no_columns() -> None:
    assert table([({"C": c, "tol": 0.1}, 0.5 + c) for c in (1, 2, 3)]).names == ["SVC.C"]
    assert table([]).names == []


def test_parameters_that_always_change_together_are_tied_and_neither_is_called() -> None:
    found = by_name(table([({"C": c, "tol": c / 10}, 0.5 + 0.1 * c) for c in (1, 2, 3, 4)] * 3).compute_importances(96))
    assert (found["SVC.C"].tied, found["SVC.tol"].tied) == (["SVC.tol"], ["SVC.C"])
    assert {one.call for one in found.values()} == {"cannot be told"}


def test_the_split_takes_its_share_and_is_no_importance_of_its_own() -> None:
    found = table([({"C": c}, 0.5 + 0.1 * (number % 2)) for number, c in enumerate([1, 1, 2, 2, 3, 3, 4, 4] * 2)], ["a", "b"])
    importances = by_name(found.compute_importances(96))
    assert list(importances) == ["SVC.C"]
    assert importances["SVC.C"].call == "did not matter"


@pytest.mark.parametrize(("runs", "why"), [(3, "3 runs are too few"), (6, "all scored the same")])
def test_too_few_or_equal_scores_leave_it_open(runs: int, why: str) -> None:
    (one,) = table([({"C": c}, 0.5) for c in range(1, runs + 1)]).compute_importances(96)
    assert (one.call, one.share, one.why) == ("cannot be told", None, why)


def test_many_numbers_are_told_by_ranges() -> None:
    (one,) = table([({"C": c}, c / 100) for c in range(1, 2 * MOST_VALUES + 1)]).compute_importances(96)
    assert (one.values, one.best.value, one.best.to, one.best.score) == (12, 10, 12, 0.12)
    assert (one.worst.value, one.worst.to) == (1, 3)
