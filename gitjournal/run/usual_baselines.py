"""The usual first entries on data: what guessing reaches, and what simple models do. Anything else must beat them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SMALLEST_SIDE = 8  # pixels: an array with fewer to a side is no image


@dataclass(frozen=True)
class Usual:
    """One of them: what it is called before the name of the data, why it is there, and its steps."""

    title: str
    hypothesis: str
    steps: list[Any]
    keras: bool = False


def usual(facts: dict[str, Any], task: str, *, mixed: bool, one_text: bool) -> list[Usual]:
    """Return the usual entries for data with these facts, the dummy first.

    `mixed` data are columns of a table, which `tabular` prepares; `one_text` are texts alone. Images get a small convolution in
    place of gradient boosting, which takes each pixel for a column.
    """
    several = (facts.get("n_outputs") or 1) > 1
    found = [_dummy(task)]
    if one_text:
        return [*found, *_of_text(task)]
    before: list[Any] = [] if mixed else ["StandardScaler"]
    linear, name = _linear(task), "Ridge regression" if task == "regression" else "Logistic regression"
    neighbours = "KNeighborsRegressor" if task == "regression" else "KNeighborsClassifier"
    found.append(Usual(name, "a weighted sum of the columns is enough", [*before, linear]))
    found.append(Usual("Nearest neighbours", "rows that look alike have the same answer", [*before, neighbours]))
    shape = facts.get("shape")
    if shape and _is_image(shape):
        return [*found, _convolution(shape, task)]
    if "text" not in (facts.get("columns") or {}):
        found.append(Usual("Gradient boosting", "thresholds and interactions of the columns matter", [_boosting(task, several=several)]))
    return found


def _dummy(task: str) -> Usual:
    why = "what guessing reaches: everything else must beat it"
    if task == "regression":
        return Usual("The mean", why, [{"DummyRegressor": {"strategy": "mean"}}])
    what = "The most frequent label of each" if task == "multilabel" else "The most frequent class"
    return Usual(what, why, [{"DummyClassifier": {"strategy": "most_frequent"}}])


def _linear(task: str) -> Any:
    logistic = {"LogisticRegression": {"max_iter": 1000}}
    return {"regression": {"Ridge": {"alpha": 1.0}}, "multilabel": {"MultiOutputClassifier": {"estimator": logistic}}}.get(task, logistic)


def _boosting(task: str, *, several: bool) -> Any:
    one = "HistGradientBoostingRegressor" if task == "regression" else "HistGradientBoostingClassifier"
    if task == "multilabel":
        return {"MultiOutputClassifier": {"estimator": {one: {}}}}
    return {"MultiOutputRegressor": {"estimator": {one: {}}}} if several else one


def _of_text(task: str) -> list[Usual]:
    name = "Words and ridge regression" if task == "regression" else "Words and logistic regression"
    found = [Usual(name, "which words occur is enough", ["TfidfVectorizer", _linear(task)])]
    if task == "classification":
        found.append(Usual("Words and naive Bayes", "each word tells by itself", ["TfidfVectorizer", "ComplementNB"]))
    return found


def _is_image(shape: list[int]) -> bool:
    """Whether rows of this shape are images: grey ones, or such with one, three or four channels last."""
    return min(shape[:2]) >= SMALLEST_SIDE and (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4)))


def _convolution(shape: list[int], task: str) -> Usual:
    ends = {
        "classification": ({"Dense": {"units": "$n_classes", "activation": "softmax"}}, "sparse_categorical_crossentropy"),
        "regression": ({"Dense": {"units": "$n_outputs"}}, "mean_squared_error"),
        "multilabel": ({"Dense": {"units": "$n_outputs", "activation": "sigmoid"}}, "binary_crossentropy"),
    }
    last, loss = ends[task]
    grey: list[Any] = [{"Reshape": {"target_shape": [*shape, 1]}}] if len(shape) == 2 else []
    layers = [
        *grey,
        "Normalization",
        *({"Conv2D": {"filters": 16, "kernel_size": 3, "activation": "relu", "padding": "same"}}, "MaxPooling2D"),
        *({"Conv2D": {"filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"}}, "MaxPooling2D"),
        "Flatten",
        last,
    ]
    fit = {"epochs": 10, "batch_size": 32, "validation": 0.1, "callbacks": [{"EarlyStopping": {"patience": 2}}]}
    network = {"Sequential": {"layers": layers, "optimizer": "Adam", "loss": loss, "fit": fit}}
    return Usual("A small convolution", "what pixels mean depends on those beside them", [network], keras=True)
