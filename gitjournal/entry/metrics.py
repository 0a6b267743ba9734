"""The table of metrics: name, direction, tasks and needs. It loads no library.

Names are scikit-learn's scorers (higher is better for all of them, `neg_…` included) and a few errors that are printed
positive (lower is better). `scores` computes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gitjournal.errors import EntryError, nearest

Needs = Literal["predict", "proba", "threshold"]


@dataclass(frozen=True)
class Metric:
    """One metric.

    `needs` says what a model must offer: classes or values; probabilities; or a decision function or probabilities.
    `tasks` is where it means something, `binary` that it takes two classes only, and `instead` what more classes take.
    """

    name: str
    higher: bool
    tasks: tuple[str, ...]
    needs: Needs = "predict"
    weights: bool = True
    binary: bool = False
    instead: str = ""


_CLASSES = ("classification",)
_LABELS = ("classification", "multilabel")
_VALUES = ("regression",)
_AVERAGED = ("f1", "jaccard", "precision", "recall")
_CLUSTERS = (
    "adjusted_mutual_info_score",
    "adjusted_rand_score",
    "completeness_score",
    "fowlkes_mallows_score",
    "homogeneity_score",
    "mutual_info_score",
    "normalized_mutual_info_score",
    "rand_score",
    "v_measure_score",
)
_ERRORS = (
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_gamma_deviance",
    "mean_poisson_deviance",
    "mean_squared_error",
    "mean_squared_log_error",
    "median_absolute_error",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
)

_ALL = (
    Metric("rmse", False, _VALUES),
    Metric("mae", False, _VALUES),
    Metric("mse", False, _VALUES),
    Metric("log_loss", False, _CLASSES, "proba"),
    Metric("brier", False, _CLASSES, "proba"),
    Metric("loss", False, ("classification", "regression", "multilabel")),
    Metric("accuracy", True, _LABELS),
    Metric("balanced_accuracy", True, _CLASSES),
    Metric("matthews_corrcoef", True, _CLASSES),
    Metric("top_k_accuracy", True, _CLASSES, "threshold"),
    Metric("average_precision", True, _LABELS, "threshold"),
    Metric("roc_auc", True, _LABELS, "threshold", binary=True, instead="roc_auc_ovr"),
    *(Metric(f"roc_auc_{how}", True, _CLASSES, "proba", weights="ovr" in how) for how in ("ovr", "ovo", "ovr_weighted", "ovo_weighted")),
    Metric("neg_log_loss", True, _CLASSES, "proba"),
    Metric("neg_brier_score", True, _CLASSES, "proba", binary=True, instead="brier"),
    Metric("d2_log_loss_score", True, _CLASSES, "proba"),
    Metric("d2_brier_score", True, _CLASSES, "proba"),
    Metric("positive_likelihood_ratio", True, _CLASSES, weights=False, binary=True, instead="f1_macro"),
    Metric("neg_negative_likelihood_ratio", True, _CLASSES, weights=False, binary=True, instead="f1_macro"),
    *(Metric(name, True, _CLASSES, binary=True, instead=f"{name}_macro") for name in _AVERAGED),
    *(Metric(f"{name}_{how}", True, _LABELS) for name in _AVERAGED for how in ("macro", "micro", "weighted")),
    *(Metric(f"{name}_samples", True, ("multilabel",)) for name in _AVERAGED),
    *(Metric(name, True, _CLASSES, weights=False) for name in _CLUSTERS),
    Metric("r2", True, _VALUES),
    Metric("explained_variance", True, _VALUES),
    Metric("d2_absolute_error_score", True, _VALUES),
    Metric("neg_max_error", True, _VALUES, weights=False),
    *(Metric(f"neg_{name}", True, _VALUES) for name in _ERRORS),
)
METRICS = {metric.name: metric for metric in _ALL}

# the first one decides: what most people report, and what is right without knowing more about the question
_DEFAULTS = {"classification": ("accuracy",), "regression": ("rmse", "r2"), "multilabel": ("f1_micro", "accuracy")}


def default_metrics(task: str) -> list[str]:
    """Return what is measured where the entry says nothing; the first one decides."""
    return list(_DEFAULTS.get(task, ()))


def direction(name: str) -> int:
    """Return 1 where higher is better and -1 where lower is; a name that is not ours counts as a score.

    >>> direction("accuracy"), direction("rmse"), direction("my_own")
    (1, -1, 1)
    """
    return -1 if name in METRICS and not METRICS[name].higher else 1


def find(name: str) -> Metric:
    """Return a metric by its name. Raises EntryError with the nearest known name."""
    if name not in METRICS:
        hint = "metrics are the scorer names of scikit-learn, and rmse, mae, mse, log_loss, brier"
        raise EntryError(f"unknown metric `{name}`{nearest(name, METRICS)}", hint=hint, path=("metrics",))
    return METRICS[name]


def effective_metrics(
    declared: list[str] | None, task: str, classes: int | None, *, weighted: bool = False, own: bool = False
) -> list[str]:
    """Return the metrics to compute: those declared, or the default of the task.

    `classes` is the number of classes, None where the target has none; `weighted` says that rows have weights, `own` that
    a function of one's own measures, under names that nobody else knows. Raises EntryError, whose path names the metric,
    for one that does not fit.
    """
    if not declared:
        return default_metrics(task)
    for number, name in enumerate(declared):
        path = ("metrics", number)
        if own and name not in METRICS:
            continue
        try:
            metric = find(name)
        except EntryError as fault:
            raise EntryError(fault.message, hint=fault.hint, path=path) from None
        if name in declared[:number]:
            raise EntryError(f"`{name}` stands twice in metrics", path=path)
        if task not in metric.tasks:
            raise EntryError(f"`{name}` is for {' and '.join(metric.tasks)}; the task is {task}", path=path)
        if metric.binary and task == "classification" and classes != 2:
            raise EntryError(f"`{name}` takes two classes; the target has {classes}: use `{metric.instead}`", path=path)
        if weighted and not metric.weights:
            raise EntryError(f"`{name}` takes no row weights", path=path)
    return list(declared)
