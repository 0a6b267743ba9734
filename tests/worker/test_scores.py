from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from gitjournal.entry import metrics as metric_names
from gitjournal.entry.metrics import METRICS, default_metrics, direction, effective_metrics
from gitjournal.errors import EntryError
from gitjournal.worker import scores

COMPUTED_HERE = scores.COMPUTED_HERE
KNOWN = set(get_scorer_names()) | COMPUTED_HERE  # newer names are not there in older versions


def names(task: str, *, binary: bool) -> list[str]:
    fits = [one.name for one in METRICS.values() if task in one.tasks and one.name != "loss" and one.name in KNOWN]
    return [name for name in fits if binary or not METRICS[name].binary]


def measured(model: Any, X: Any, y: Any, metrics: list[str], task: str, weights: Any = None) -> dict[str, float]:
    n_classes = len(np.unique(y)) if task == "classification" else None
    return scores.score(scores.ask_model(model, X, metrics, n_classes), y, metrics, task, weights)


def test_the_table_knows_every_scorer_its_direction_and_its_needs() -> None:
    old = {"max_error"}  # became neg_max_error in 1.6
    assert set(get_scorer_names()) - old <= set(METRICS)
    for name in set(get_scorer_names()) - old:
        scorer, metric = get_scorer(name), METRICS[name]
        assert metric.higher
        asks = scorer._response_method
        assert metric.needs == ("threshold" if isinstance(asks, tuple) else "proba" if asks == "predict_proba" else "predict"), name
        takes = "sample_weight" in inspect.signature(scorer._score_func).parameters and "ovo" not in name  # it refuses them when called
        assert metric.weights == takes, name


def test_directions() -> None:
    assert [direction(name) for name in ("accuracy", "neg_log_loss", "rmse", "loss", "brier", "what_ever")] == [1, 1, -1, -1, -1, 1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("binary", [False, True])
def test_classification_gives_what_scikit_learn_gives(binary: bool, weighted: bool) -> None:
    X, y = (load_breast_cancer if binary else load_wine)(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(X[::2], y[::2])
    weights = np.linspace(0.1, 2, len(y)) if weighted else None
    wanted = [name for name in names("classification", binary=binary) if METRICS[name].weights or not weighted]
    wanted = [name for name in wanted if not (binary and name == "top_k_accuracy")]  # two of two classes are always right
    values = measured(model, X, y, wanted, "classification", weights)
    assert len(values) > 20
    for name in set(wanted) - COMPUTED_HERE:
        extra = {"sample_weight": weights} if weighted else {}
        assert values[name] == get_scorer(name)(model, X, y, **extra), name
    assert values["log_loss"] == pytest.approx(-values["neg_log_loss"])


@pytest.mark.parametrize("weighted", [False, True])
def test_regression_gives_what_scikit_learn_gives_and_errors_are_positive(weighted: bool) -> None:
    X, y = load_diabetes(return_X_y=True)
    model = Ridge(alpha=0.1).fit(X[::2], y[::2])
    weights = np.linspace(0.1, 2, len(y)) if weighted else None
    wanted = [name for name in names("regression", binary=True) if METRICS[name].weights or not weighted]
    values = measured(model, X, y, wanted, "regression", weights)
    for name in set(wanted) - COMPUTED_HERE:
        extra = {"sample_weight": weights} if weighted else {}
        assert values[name] == get_scorer(name)(model, X, y, **extra), name
    assert values["rmse"] == pytest.approx(-values["neg_root_mean_squared_error"])
    assert values["rmse"] > 0
    assert values["mae"] == -values["neg_mean_absolute_error"]
    assert values["mse"] == -values["neg_mean_squared_error"]


@pytest.mark.parametrize("name", scores.LIKELIHOOD_RATIOS)
def test_likelihood_ratios_are_scikit_learns_where_they_are_finite(name: str) -> None:
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(X[::2], y[::2])
    assert measured(model, X, y, [name], "classification")[name] == get_scorer(name)(model, X, y)


@pytest.mark.parametrize(
    ("name", "worse", "better"),
    [
        ("positive_likelihood_ratio", [1, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1]),  # no row is taken for positive wrongly: infinite
        ("positive_likelihood_ratio", [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1]),
        ("positive_likelihood_ratio", [1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0]),
        ("neg_negative_likelihood_ratio", [1, 1, 1, 1, 0, 0, 1], [1, 1, 1, 0, 0, 0, 1]),  # no negative row is found: infinite
        ("neg_negative_likelihood_ratio", [1, 1, 1, 1, 0, 0, 1], [1, 1, 1, 1, 1, 1, 1]),
        ("neg_negative_likelihood_ratio", [1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1]),
    ],
)
def test_a_likelihood_ratio_that_is_infinite_is_not_that_of_a_guess(name: str, worse: list[int], better: list[int]) -> None:
    y = np.array([0, 0, 0, 0, 1, 1, 1])
    low, high = (scores.score(scores.Answers(np.array(given)), y, [name], "classification")[name] for given in (worse, better))
    assert np.isfinite(low)
    assert np.isfinite(high)
    assert low < high


def test_a_likelihood_ratio_of_rows_of_one_class_is_not_defined() -> None:
    values = scores.score(scores.Answers(np.array([0, 1])), np.array([1, 1]), [*scores.LIKELIHOOD_RATIOS], "classification")
    assert np.isnan([*values.values()]).all()


def test_several_labels() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4))
    y = (X[:, :3] + rng.normal(size=(80, 3)) > [0, 0, -9]).astype(int)  # the last label is nearly always there
    y[0, 2] = 0
    model = MultiOutputClassifier(LogisticRegression()).fit(X, y)
    wanted = ["f1_micro", "f1_samples", "accuracy", "roc_auc", "average_precision", "jaccard_macro"]
    values = measured(model, X, y, wanted, "multilabel")
    assert values == {name: get_scorer(name)(model, X, y) for name in wanted}


def test_several_values_at_once() -> None:
    X = np.random.default_rng(0).normal(size=(50, 3))
    y = X @ np.ones((3, 2)) + 1
    assert measured(LinearRegression().fit(X, y), X, y, ["rmse", "r2"], "regression")["rmse"] < 1e-9


@pytest.mark.parametrize("weighted", [False, True])
def test_errors_of_several_targets_are_means_over_targets(weighted: bool) -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(50, 3))
    y = np.abs(X @ np.ones((3, 2)) + draw.normal(size=(50, 2))) * [1, 1000] + 1  # in units of their own
    model = LinearRegression().fit(X[:25], y[:25])
    weights = np.linspace(0.1, 2, len(y)) if weighted else None
    relatives = {"rmse": "neg_root_mean_squared_error", "mse": "neg_mean_squared_error", "mae": "neg_mean_absolute_error"}
    values = measured(model, X, y, [*relatives, *relatives.values()], "regression", weights)
    for ours, theirs in relatives.items():
        by_target = [scores.score(scores.Answers(model.predict(X)[:, at]), y[:, at], [ours], "regression", weights)[ours] for at in (0, 1)]
        assert values[ours] == pytest.approx(-values[theirs]) == pytest.approx(np.mean(by_target))


def test_brier_is_half_for_two_classes_and_whole_for_more() -> None:
    two = scores.Answers(np.array([0, 1]), np.array([[0.8, 0.2], [0.4, 0.6]]), classes=np.arange(2))
    assert scores.score(two, np.array([0, 1]), ["brier"], "classification")["brier"] == pytest.approx((0.04 + 0.16) / 2)
    three = scores.Answers(np.array([0]), np.array([[0.5, 0.3, 0.2]]), classes=np.arange(3))
    assert scores.score(three, np.array([0]), ["brier"], "classification")["brier"] == pytest.approx(0.25 + 0.09 + 0.04)


def test_a_class_that_train_did_not_hold_has_probability_zero() -> None:
    X, y = load_wine(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[y != 1], y[y != 1])
    answers = scores.ask_model(model, X, ["log_loss"], 3)
    assert answers.proba.shape == (len(y), 3)
    assert (answers.proba[:, 1] == 0).all()
    assert np.isfinite(scores.score(answers, y, ["log_loss"], "classification")["log_loss"])


@pytest.mark.parametrize(
    ("model", "metric", "words"),
    [
        (LinearSVC(), "log_loss", "`log_loss` needs predict_proba, which LinearSVC has not"),
        (make_pipeline(StandardScaler(), SVC()), "roc_auc_ovr", "which SVC has not"),
        (LinearRegression(), "roc_auc", "needs decision_function or predict_proba"),
        (LogisticRegression(), "loss", "Keras"),
    ],
)
def test_what_a_model_does_not_offer_is_said_before_it_is_fitted(model: Any, metric: str, words: str) -> None:
    with pytest.raises(EntryError, match=words) as refused:
        scores.require(model, ["accuracy", metric])
    assert refused.value.path == ("metrics", 1)


def test_a_scorer_that_this_scikit_learn_has_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "get_scorer_names", lambda: ["accuracy"])  # an older version, as far as this is concerned
    with pytest.raises(EntryError, match=r"scikit-learn [0-9.]+ has no `d2_brier_score` yet"):
        scores.require(LogisticRegression(), ["accuracy", "rmse", "d2_brier_score"])


@pytest.mark.parametrize("model", [RandomForestClassifier(), make_pipeline(StandardScaler(), LogisticRegression())])
def test_what_a_model_offers_passes(model: Any) -> None:
    scores.require(model, ["accuracy", "log_loss", "roc_auc"])


def test_a_stack_is_not_judged_before_it_is_fitted() -> None:
    scores.require(StackingClassifier([("svc", SVC())]), ["log_loss"])


def test_each_task_has_its_default() -> None:
    assert [default_metrics(task) for task in ("classification", "regression", "multilabel", "what")] == [
        ["accuracy"],
        ["rmse", "r2"],
        ["f1_micro", "accuracy"],
        [],
    ]
    assert effective_metrics(None, "regression", None) == ["rmse", "r2"]
    for task in ("classification", "regression", "multilabel"):
        assert effective_metrics(default_metrics(task), task, 2) == default_metrics(task)


@pytest.mark.parametrize(
    ("metrics", "task", "classes", "words"),
    [
        (["acuracy"], "classification", 2, "unknown metric `acuracy`; did you mean `accuracy`"),
        (["accuracy", "rmse"], "classification", 2, "`rmse` is for regression; the task is classification"),
        (["accuracy"], "regression", None, "is for classification and multilabel"),
        (["roc_auc"], "classification", 3, "`roc_auc` takes two classes; the target has 3: use `roc_auc_ovr`"),
        (["f1"], "classification", 10, "use `f1_macro`"),
        (["accuracy", "accuracy"], "classification", 2, "stands twice"),
    ],
)
def test_metrics_that_do_not_fit_are_refused(metrics: list[str], task: str, classes: int | None, words: str) -> None:
    with pytest.raises(EntryError, match=words) as refused:
        effective_metrics(metrics, task, classes)
    assert refused.value.path == ("metrics", len(metrics) - 1)


def test_metrics_that_take_no_weights_are_refused_where_rows_have_them() -> None:
    with pytest.raises(EntryError, match="takes no row weights"):
        effective_metrics(["neg_max_error"], "regression", None, weighted=True)
    assert effective_metrics(["neg_max_error"], "regression", None) == ["neg_max_error"]


def test_every_metric_that_is_named_instead_exists() -> None:
    assert all(one.instead in METRICS for one in METRICS.values() if one.binary)
    assert metric_names.find("accuracy").needs == "predict"
