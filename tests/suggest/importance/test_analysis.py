"""Which parameters mattered: known answers, real results, and hostile ones."""

from __future__ import annotations

import itertools
import json
import math
import time
from typing import Any

import numpy as np
import optuna
import pytest

from gitjournal.suggest.importance.analysis import compute_importances
from gitjournal.suggest.importance.result import Importance, Importances, TriedConfiguration
from tests.support.places import SUPPORT

SVC, KNN, SCALER = "sklearn.svm.SVC", "sklearn.neighbors.KNeighborsClassifier", "sklearn.preprocessing.StandardScaler"
REPLAY = SUPPORT / "replay"


def svc(score: float, *, sd: float | None = None, seeds: int = 1, split: str = "", **values: Any) -> TriedConfiguration:
    return TriedConfiguration([{SCALER: {}}, {SVC: values}], score, sd, seeds, split)


def parameters(found: Importances, algorithm: str = "SVC") -> dict[str, Importance]:
    return {one.name: one for one in next(one for one in found.algorithms if one.name == algorithm).parameters}


def grid(score: Any, **levels: list[Any]) -> list[TriedConfiguration]:
    points = [dict(zip(levels, values, strict=True)) for values in itertools.product(*levels.values())]
    return [svc(score(**one), **one) for one in points]


def test_a_grid_is_told_with_its_best_and_worst_values() -> None:
    runs = grid(
        lambda C, gamma, shrinking: 0.9 - 0.1 * abs(math.log10(gamma) + 2),
        C=[1, 10],
        gamma=[0.0001, 0.001, 0.01, 0.1],
        shrinking=[True, False],
    )
    found = compute_importances("accuracy", runs)
    told = parameters(found)
    assert found.algorithms[0].parameters[0].name == "gamma"
    assert {name: one.call for name, one in told.items()} == {"gamma": "matters", "C": "did not matter", "shrinking": "did not matter"}
    gamma = told["gamma"]
    assert (gamma.best.value, gamma.best.score, gamma.worst.value) == (0.01, 0.9, 0.0001)
    assert (gamma.runs, gamma.values, found.choice) == (16, 4, None)
    assert found.is_conclusive


def test_lower_is_better_and_an_error_counts_by_its_ratio() -> None:
    runs = grid(lambda C, gamma: 10.0 ** (2 * math.log10(C)), C=[0.01, 0.1, 1, 10], gamma=[0.1, 1])
    told = parameters(compute_importances("rmse", runs))
    assert told["C"].call == "matters"
    assert told["C"].best.value == 0.01
    assert told["C"].share == pytest.approx(1, abs=0.1)


def test_a_value_that_is_left_out_is_the_default() -> None:
    runs = [svc(0.9, gamma=gamma) for gamma in (0.1, 0.2, 0.3, 0.4)] + [svc(0.5, gamma=gamma, C=100) for gamma in (0.1, 0.2, 0.3, 0.4)]
    told = parameters(compute_importances("accuracy", runs))
    assert (told["C"].best.value, told["C"].worst.value, told["C"].call) == (1, 100, "matters")


def test_a_parameter_is_looked_at_among_the_runs_that_have_it() -> None:
    linear = [svc(0.8 + 0.001 * number, kernel="linear", C=10.0**number) for number in range(-3, 4)]
    runs = linear + grid(lambda C, gamma: 0.9 - 0.05 * math.log10(gamma) ** 2, C=[0.1, 1, 10], gamma=[0.01, 0.1, 1, 10])
    told = parameters(compute_importances("accuracy", runs))
    assert (told["gamma"].runs, told["gamma"].values, told["gamma"].call) == (12, 4, "matters")
    assert (told["kernel"].runs, told["kernel"].best.value) == (19, "rbf")
    assert told["C"].runs == 19


def test_parameters_that_varied_only_together_cannot_be_told() -> None:
    both = [svc(0.5 + 0.1 * number, C=10.0**number, gamma=0.1**number) for number in range(5)]
    told = parameters(compute_importances("accuracy", both))
    assert {one.call for one in told.values()} == {"cannot be told"}
    assert told["C"].tied == ["gamma"]
    assert told["gamma"].why == "it varied only together with C"
    repeated = grid(lambda C, tol: 0.5 + 0.1 * C, C=[1, 2, 3, 4], tol=[0.1, 0.2, 0.3])
    follows = [
        TriedConfiguration([{SCALER: {}}, {SVC: {**one.procedure[1][SVC], "cache": one.procedure[1][SVC]["C"] > 2}}], one.score)
        for one in repeated
    ]
    told = parameters(compute_importances("accuracy", follows))
    assert (told["cache"].call, told["cache"].tied) == ("cannot be told", ["C"])
    splits = [svc(0.5 + 0.1 * (C > 1) + 0.001 * number, C=C, gamma=number, split=str(C)) for C in (1, 10) for number in (1, 2, 3, 4)]
    assert parameters(compute_importances("accuracy", splits))["C"].tied == ["the split"]


def test_few_runs_and_the_spread_over_seeds_leave_it_open() -> None:
    assert parameters(compute_importances("accuracy", [svc(0.1, C=1), svc(0.9, C=10)]))["C"].why == "2 runs are too few"
    scores = dict(zip(itertools.product(range(4), range(3)), np.random.default_rng(3).normal(0.9, 0.01, 12), strict=True))
    noisy = [svc(float(score), sd=0.02, seeds=3, C=10.0**one, gamma=10.0**other) for (one, other), score in scores.items()]
    assert "matters" not in {one.call for one in parameters(compute_importances("accuracy", noisy)).values()}
    sure = [svc(0.8 + 0.03 * one, sd=sd, seeds=3, C=10.0**one, gamma=10.0**other) for (one, other) in scores for sd in [0.001]]
    assert parameters(compute_importances("accuracy", sure))["C"].call == "matters"
    drowned = [svc(0.8 + 0.03 * one, sd=0.5, seeds=3, C=10.0**one, gamma=10.0**other) for (one, other) in scores]
    assert parameters(compute_importances("accuracy", drowned))["C"].call == "cannot be told"


def test_the_choice_of_the_algorithm_is_told_as_well() -> None:
    runs = [svc(0.95 + 0.002 * number, C=10.0**number) for number in range(6)]
    runs += [TriedConfiguration([{SCALER: {}}, {KNN: {"n_neighbors": number}}], 0.8 + 0.002 * number) for number in range(1, 7)]
    found = compute_importances("accuracy", runs)
    assert found.choice is not None
    assert (found.choice.call, found.choice.best.value, found.choice.worst.value) == ("matters", "SVC", "KNeighborsClassifier")
    assert [one.name for one in found.algorithms] == ["SVC", "KNeighborsClassifier"]
    assert parameters(found, "KNeighborsClassifier")["n_neighbors"].runs == 6


def test_nested_classes_steps_before_and_layers_are_parameters() -> None:
    dense = "keras.layers.Dense"
    runs = [
        TriedConfiguration(
            [
                {
                    "keras.Sequential": {
                        "layers": [{dense: {"units": units}}] * depth,
                        "optimizer": {"keras.optimizers.Adam": {"learning_rate": rate}},
                    }
                }
            ],
            0.5 + 0.1 * depth,
        )
        for depth in (1, 2, 3)
        for units in (8, 16)
        for rate in (0.001, 0.01)
    ]
    told = parameters(compute_importances("accuracy", runs), "Sequential")
    assert (told["layers"].call, told["layers"].best.value) == ("matters", 3)
    assert (told["layers.2.Dense.units"].runs, told["optimizer.Adam.learning_rate"].call) == (4, "did not matter")
    bagged = [
        TriedConfiguration(
            [step, {"sklearn.ensemble.BaggingClassifier": {"estimator": {inner: {}}, "n_estimators": many}}], 0.7 + 0.1 * (inner == SVC)
        )
        for step in ({SCALER: {}}, {"sklearn.preprocessing.MinMaxScaler": {}})
        for inner in (SVC, KNN)
        for many in (5, 10, 20)
    ]
    told = parameters(compute_importances("accuracy", bagged), "BaggingClassifier")
    assert told["estimator"].call == "matters"
    assert told["estimator"].best.value == "SVC"
    assert (told["steps before"].values, told["steps before"].call) == (2, "did not matter")


def test_many_numbers_are_told_by_ranges() -> None:
    runs = [svc(0.9 - 0.01 * abs(number - 15), C=2.0**number, gamma=1 + number % 2) for number in range(20)]
    one = parameters(compute_importances("accuracy", runs))["C"]
    assert one.values == 20
    assert one.best.value <= 2.0**15 <= one.best.to
    assert (one.worst.value, one.worst.to) == (1, 16)


@pytest.mark.filterwarnings("error")
def test_hostile_results_give_sane_answers_without_warnings() -> None:
    levels = {"C": [0.1, 1, 10], "gamma": [0.01, 0.1, 1]}
    constant = compute_importances("accuracy", grid(lambda C, gamma: 1.0, **levels))
    assert {(one.call, one.share) for one in parameters(constant).values()} == {("did not matter", 0.0)}
    assert compute_importances("accuracy", []).algorithms == []
    assert compute_importances("accuracy", [svc(math.nan, C=1), svc(math.inf, C=2)]).runs == 0
    assert compute_importances("accuracy", [svc(0.9, C=1)]).algorithms[0].parameters == []
    assert not compute_importances("accuracy", [svc(0.9, C=1)]).is_conclusive
    wild = [1e308, -1e308, 1e-320, 10**400, True, None, "\x1b[2J", [1, 2], {"float": "inf"}, math.nan]
    runs = [svc((-1) ** number * 10.0 ** (30 * number), C=value, gamma=number) for number, value in enumerate(wild)]
    for metric in ("accuracy", "rmse", "neg_mean_squared_error", "unheard of"):
        for one in parameters(compute_importances(metric, runs)).values():
            assert one.share is None or 0 <= one.share <= 1
    odd = [
        TriedConfiguration(procedure, 0.1 * number)
        for number, procedure in enumerate([[], [1], [None, {}], [{"a": 1, "b": 2}], [{"x": [[{}], {}]}]])
    ]
    assert compute_importances("accuracy", odd).runs == 5
    wide = [svc(0.1 * number, **{f"p{at}": number * at % 7 for at in range(1, 60)}) for number in range(9)]
    assert "more than 16 parameters were varied" in {one.why for one in parameters(compute_importances("accuracy", wide)).values()}


def test_how_badly_a_run_diverged_does_not_count() -> None:
    def told(worst: float) -> Importances:
        return compute_importances(
            "r2", grid(lambda C, gamma: worst if C * gamma == 1 else 0.9 - 0.01 * gamma, C=[1, 2, 3, 4], gamma=[1, 2, 3, 4])
        )

    one, other = (parameters(told(worst))["C"] for worst in (-1e30, -1e6))
    assert (one.share, one.call) == (other.share, other.call)
    assert one.share


def test_ten_thousand_runs_take_little() -> None:
    draw = np.random.default_rng(0)
    runs = [
        svc(float(-(a**2) - 0.5 * b**2 + 0.1 * draw.normal()), C=10.0**a, gamma=10.0**b, tol=10.0**c)
        for a, b, c in draw.uniform(-2, 2, (10_000, 3))
    ]
    start = time.process_time()
    told = parameters(compute_importances("r2", runs))
    assert time.process_time() - start < 5  # a few tenths of a second on an idle machine
    assert [one.call for one in told.values()] == ["matters", "matters", "did not matter"]
    assert list(told) == ["C", "gamma", "tol"]
    assert told["C"].share == pytest.approx(0.8, abs=0.2)  # 4 to 1, without the noise
    assert (told["C"].low or 1) <= 0.8 <= (told["C"].high or 0)


def test_the_order_is_that_of_ped_anova_where_effects_do_not_interact() -> None:
    draw = np.random.default_rng(0)
    points = draw.uniform(0, 1, (200, 3))
    scores = [float(a + 0.4 * b) for a, b, _ in points]
    study = optuna.create_study(direction="maximize")
    space = {name: optuna.distributions.FloatDistribution(0, 1) for name in ("C", "gamma", "tol")}
    study.add_trials(
        [
            optuna.trial.create_trial(params=dict(zip(space, map(float, one), strict=True)), distributions=dict(space), value=score)
            for one, score in zip(points, scores, strict=True)
        ]
    )
    theirs = optuna.importance.get_param_importances(study, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
    runs = [svc(score, **dict(zip(space, map(float, one), strict=True))) for one, score in zip(points, scores, strict=True)]
    told = parameters(compute_importances("accuracy", runs))
    assert list(told) == sorted(theirs, key=lambda name: -theirs[name]) == ["C", "gamma", "tol"]
    # the analytic shares: variances are 1 to 0.16
    for name, share in (("C", 1 / 1.16), ("gamma", 0.16 / 1.16)):
        assert told[name].share == pytest.approx(share, abs=0.15)
        assert (told[name].low or 1) <= share <= (told[name].high or 0)


def test_of_real_grids_half_of_the_runs_name_the_parameter_that_matters_most() -> None:
    """On every 16th data set of the replay: 14 of the 28 runs of gradient boosting."""
    columns, points = [], []
    for column, one in enumerate(json.loads((REPLAY / "configurations.json").read_text())):
        if "GradientBoostingClassifier" in one:
            columns.append(column)
            points.append(one)
    right = []
    for errors in np.load(REPLAY / "table.npz")["errors"][::16][:, columns] / 65535:
        if errors.std() < 1e-6:
            continue
        draw = np.random.default_rng(0).choice(len(columns), 14, replace=False)
        whole, half = (
            compute_importances("accuracy", [TriedConfiguration([points[at]], 1 - float(errors[at])) for at in some])
            .algorithms[0]
            .parameters
            for some in (range(len(columns)), draw)
        )
        right.append(whole[0].name == half[0].name)
    assert len(right) > 15
    assert np.mean(right) >= 0.8
