"""Metrics by name, computed from the predictions of a model. Runs in the worker process.

Answers are asked for once, whatever the number of metrics, and can be scored again later without the model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names, log_loss, mean_absolute_error, mean_squared_error
from sklearn.utils.metaestimators import available_if

from gitjournal.data.raw import Array
from gitjournal.entry import metrics as metric_names
from gitjournal.errors import DataError, EntryError
from gitjournal.worker.arrays import read_arrays
from gitjournal.worker.jobs import MetricValues, ScoreJob
from gitjournal.worker.models.sklearn_models import last_step

LIKELIHOOD_RATIOS = ("positive_likelihood_ratio", "neg_negative_likelihood_ratio")
COMPUTED_HERE = frozenset({"rmse", "mae", "mse", "log_loss", "brier", "loss", *LIKELIHOOD_RATIOS})


@dataclass(frozen=True)
class Answers:
    """The predictions of a model for some rows; responses that no metric asked for are None.

    For a classification with one label, `proba` and a `decision` in two dimensions have one column for each class of
    the target, also for those that the train part did not hold. `classes` is what the model calls them.
    """

    predicted: Array
    proba: Any = None
    decision: Any = None
    classes: Any = None


def _has_proba(estimator: _AnsweredEstimator) -> bool:
    return estimator.answers.proba is not None


def _has_decision(estimator: _AnsweredEstimator) -> bool:
    return estimator.answers.decision is not None


class _AnsweredEstimator(BaseEstimator):  # type: ignore[misc]
    """An estimator that gives answers already given, for scikit-learn's scorers."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.classes_ = answers.classes

    def fit(self, X: Any, y: Any) -> _AnsweredEstimator:  # noqa: ARG002 - what makes it an estimator
        return self

    def predict(self, X: Any) -> Array:  # noqa: ARG002
        return self.answers.predicted

    # scorers look for the method that they need: one without an answer must not be there
    @available_if(_has_proba)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:  # noqa: ARG002
        return self.answers.proba

    @available_if(_has_decision)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Any:  # noqa: ARG002
        return self.answers.decision


class _AnsweredClassifier(ClassifierMixin, _AnsweredEstimator):  # type: ignore[misc]
    """Answers with classes or labels."""


class _AnsweredRegressor(RegressorMixin, _AnsweredEstimator):  # type: ignore[misc]
    """Answers with values."""


def require(model: Any, metrics: list[str]) -> None:
    """Make sure, before it is fitted, that a model offers what the metrics need.

    Raises EntryError that names the metric, the model and the method it has not.
    """
    for number, name in enumerate(metrics):
        if name not in COMPUTED_HERE and name not in get_scorer_names():
            raise EntryError(f"scikit-learn {sklearn.__version__} has no `{name}` yet", path=("metrics", number))
    last = last_step(model)
    if hasattr(last, "final_estimator"):
        return  # a stack knows what it offers only after it was fitted
    for number, name in enumerate(metrics):
        needs = metric_names.find(name).needs
        offers = {method for method in ("predict", "predict_proba", "decision_function") if hasattr(model, method)}
        fits = {
            "predict": "predict" in offers,
            "proba": "predict_proba" in offers,
            "threshold": bool(offers & {"predict_proba", "decision_function"}),
        }
        if name == "loss" and hasattr(model, "loss_name"):
            continue
        if name == "loss":
            raise EntryError("`loss` is what a Keras network minimises; name a metric, such as log_loss or rmse", path=("metrics", number))
        if not fits[needs]:
            method = {"predict": "predict", "proba": "predict_proba", "threshold": "decision_function or predict_proba"}[needs]
            raise EntryError(
                f"`{name}` needs {method}, which {getattr(last, 'display_name', type(last).__name__)} has not", path=("metrics", number)
            )


def require_answers(answers: Answers, metrics: list[str]) -> None:
    """Make sure that kept predictions answer the metrics. Raises EntryError that names the metric."""
    for number, name in enumerate(metrics):
        if name == "loss":
            raise EntryError("`loss` is not computed from predictions; it needs the network", path=("metrics", number))
        needs = metric_names.find(name).needs
        if (needs == "proba" and answers.proba is None) or (needs == "threshold" and answers.proba is None and answers.decision is None):
            word = "probabilities" if needs == "proba" else "probabilities or distances"
            raise EntryError(f"`{name}` needs {word}, and the model gave none", path=("metrics", number))


def ask_model(model: Any, X: Any, metrics: list[str], n_classes: int | None, *, everything: bool = False) -> Answers:
    """Ask a fitted model about rows, for what the metrics need and no more, or for `everything` that it can say.

    `n_classes` is the number of classes of a target with one label, else None.
    """
    needs = {metric_names.find(name).needs for name in metrics}
    classes = getattr(model, "classes_", None)
    decides = ("threshold" in needs or everything) and hasattr(model, "decision_function")
    decision = model.decision_function(X) if decides else None
    asked = "proba" in needs or ("threshold" in needs and not decides) or (everything and hasattr(model, "predict_proba"))
    proba = model.predict_proba(X) if asked else None
    if n_classes is not None:
        proba, decision = (_fill_classes(part, classes, n_classes, fill) for part, fill in ((proba, 0.0), (decision, None)))
        classes = np.arange(n_classes)
    return Answers(np.asarray(model.predict(X)), proba, decision, classes)


def _fill_classes(response: Any, classes: Any, n_classes: int, fill: float | None) -> Any:
    """Return one column for each class of the target, where the model knows only those of its train part.

    The others get `fill`, or the smallest response.
    """
    if response is None or response.ndim < 2 or response.shape[1] == n_classes or response.shape[1] != len(classes):
        return response
    whole = np.full((len(response), n_classes), response.min() if fill is None else fill)
    whole[:, np.asarray(classes, dtype=int)] = response
    return whole


def score(answers: Answers, y: Array, metrics: list[str], task: str, weights: Array | None = None) -> dict[str, float]:
    """Return the value of each metric, printed positive for errors; NaN where one is not defined on these rows."""
    estimator = (_AnsweredRegressor if task == "regression" else _AnsweredClassifier)(answers)
    return {name: float(_metric_value(name, answers, estimator, y, weights)) for name in metrics}


def _metric_value(name: str, answers: Answers, estimator: _AnsweredEstimator, y: Array, weights: Array | None) -> Any:
    if name == "rmse":
        squares = mean_squared_error(y, answers.predicted, sample_weight=weights, multioutput="raw_values")
        return np.sqrt(squares).mean()  # over targets, as scikit-learn's scorer: each counts in its own unit
    if name == "mse":
        return mean_squared_error(y, answers.predicted, sample_weight=weights)
    if name == "mae":
        return mean_absolute_error(y, answers.predicted, sample_weight=weights)
    if name == "log_loss":
        return log_loss(y, answers.proba, labels=answers.classes, sample_weight=weights)
    if name == "brier":
        return _brier(y, answers.proba, weights)
    if name in LIKELIHOOD_RATIOS:
        return _likelihood_ratio(name, y, answers.predicted)
    extra = {} if weights is None else {"sample_weight": weights}
    return get_scorer(name)(estimator, None, y, **extra)


def _likelihood_ratio(name: str, y: Array, predicted: Array) -> float:
    """Return how much more often a positive row is answered so than a negative one, for one answer of two classes.

    Where no negative row is, half a row counts as such: the ratio is infinite, which no record holds, and scikit-learn's scorer
    says 1, as of a guess. An answer that is never given says nothing: 1. NaN where the rows are all of one class.
    """
    positives, negatives = y == 1, y != 1
    answered = predicted == (1 if name == "positive_likelihood_ratio" else 0)
    true, false = int(answered[positives].sum()), int(answered[negatives].sum())
    if not positives.any() or not negatives.any():
        return math.nan
    ratio = true * int(negatives.sum()) / ((false or 0.5) * int(positives.sum())) if true or false else 1.0
    return ratio if name == "positive_likelihood_ratio" else -ratio


def _brier(y: Array, proba: Array, weights: Array | None) -> float:
    """Return the mean squared error of probabilities (Brier 1950): over classes, halved for two, so from 0 to 1 there.

    Ours, since scikit-learn takes more than two classes only from 1.8.
    """
    squares = (proba - np.eye(proba.shape[1])[y]) ** 2
    total = np.average(squares.sum(axis=1), weights=weights)
    return float(total / 2 if proba.shape[1] == 2 else total)


def rescore(job: ScoreJob) -> MetricValues:
    """Return the metrics of predictions that were kept, with their values by fold; nothing is trained.

    Raises EntryError for a metric that does not fit them, TrustError where they are not what the record names.
    """
    arrays = read_arrays(Path(job.file), job.sha256)
    lacking = [name for name in ("fold", "y", "predicted") if name not in arrays]
    if lacking:
        raise DataError(f"{Path(job.file).name} holds no `{lacking[0]}`")
    metrics = metric_names.effective_metrics(job.metrics, job.task, job.n_classes, weighted="weights" in arrays)
    classes = None if job.n_classes is None else np.arange(job.n_classes)
    folds: list[dict[str, float]] = []
    for number in np.unique(arrays["fold"]):
        rows = arrays["fold"] == number
        part = {name: array[rows] for name, array in arrays.items()}
        answers = Answers(part["predicted"], part.get("proba"), part.get("decision"), classes)
        require_answers(answers, metrics)
        folds.append(score(answers, part["y"], metrics, job.task, part.get("weights")))
    by_fold: dict[str, list[float | None]] = {name: [fold[name] for fold in folds] for name in metrics}
    means: dict[str, float | None] = {name: float(np.mean([fold[name] for fold in folds])) for name in metrics}
    return MetricValues(means, by_fold if len(folds) > 1 else {})
