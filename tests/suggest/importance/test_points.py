"""Runs as observations: their values by name, what a run does not have, and scores on one scale."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gitjournal.suggest.importance.points import ABSENT, make_points
from gitjournal.suggest.importance.result import TriedConfiguration

SVC, SCALER, BAGGING = "sklearn.svm.SVC", "sklearn.preprocessing.StandardScaler", "sklearn.ensemble.BaggingClassifier"


def run(*steps: dict[str, Any], score: float = 0.9, **more: Any) -> TriedConfiguration:
    return TriedConfiguration(list(steps), score, **more)


def test_values_have_the_name_of_their_class_and_steps_before_are_one_value() -> None:
    (point,) = make_points("accuracy", [run({SCALER: {"with_mean": False}}, {SVC: {"C": 3, "kernel": "rbf"}})])
    assert point.algorithm == "SVC"
    assert point.values == {"steps before": "StandardScaler", "StandardScaler.with_mean": False, "SVC.C": 3, "SVC.kernel": "rbf"}
    assert point.owners == {"StandardScaler", "SVC"}


def test_a_nested_class_is_a_value_and_owns_its_parameters() -> None:
    (point,) = make_points("accuracy", [run({BAGGING: {"estimator": {SVC: {"C": 3}}, "n_estimators": 5}})])
    assert point.values["BaggingClassifier.estimator"] == "SVC"
    assert point.values["BaggingClassifier.estimator.SVC.C"] == 3
    assert "BaggingClassifier.estimator.SVC" in point.owners


def test_what_is_not_said_is_the_default_and_what_a_run_does_not_have_is_absent() -> None:
    (linear,) = make_points("accuracy", [run({SVC: {"kernel": "linear"}})])
    assert linear.value("SVC.C") == 1.0
    assert linear.value("SVC.gamma") is ABSENT, "a linear kernel has no gamma"
    assert linear.value("KNeighborsClassifier.n_neighbors") is ABSENT
    assert linear.value("SVC.nonsense") is ABSENT


@pytest.mark.parametrize("value", [1e300, -1e-300, math.inf, None])
def test_a_value_that_cannot_be_reckoned_with_is_a_word(value: Any) -> None:
    (point,) = make_points("accuracy", [run({SVC: {"C": value}})])
    assert point.values["SVC.C"] == repr(value)


def test_errors_count_by_their_ratio_and_one_that_diverged_is_merely_bad() -> None:
    runs = [run({SVC: {"C": c}}, score=score, sd=0.1 * score) for c, score in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 1e40))]
    points = make_points("rmse", runs)
    worths = [point.worth for point in points]
    assert worths[0] - worths[1] == pytest.approx(worths[1] - worths[2])
    assert worths[1] > worths[3] > -100
    assert [point.spread for point in points] == pytest.approx([0.1] * 4), "the spread of an error counts by its ratio, too"
    assert make_points("accuracy", []) == []
