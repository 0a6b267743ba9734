"""A person's own function as a model: called, and its answers checked. Runs in the worker, after a person trusted exactly these bytes."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from gitjournal.data.raw import Array
from gitjournal.errors import EntryError, nearest
from gitjournal.trust.loader import PLACE, Node, at_home, import_function

Examples = tuple[Any, Array]
MAX_NUMBERS = 50
_METRIC = re.compile(r"[A-Za-z]\w{0,39}\Z", re.ASCII)


class PythonModel:
    """A function of one's own as a model: called when it is fitted, inside `at_home`, its answers checked.

    What it returned is an object with `predict`, or `numbers` that it measured on the dev part. Codes of classes or
    values are needed, one for each row; a ValueError says what came instead.
    """

    def __init__(self, node: Node, seed: int, n_classes: int | None, task: str) -> None:
        self.node = node
        self.name: str = node["python"]
        self.seed = seed
        self.n_classes = n_classes
        self.task = task
        self.model: Any = None
        self.numbers: dict[str, float] | None = None
        self.classes_ = None if n_classes is None else np.arange(n_classes)

    def fit(self, train: Examples, dev: Examples) -> None:
        """Call the function with the train and the dev part, each `(X, y)`; it gets no other row.

        Raises TypeError for an answer that is neither a fitted object nor a flat dict of finite numbers.
        """
        function = import_function(self.node, PLACE)
        fitted = function(train, dev, seed=self.seed, **{name: _to_python(value) for name, value in self.node["params"].items()})
        name = self.node["python"]
        if isinstance(fitted, Mapping):
            self.numbers = _checked_numbers(fitted, name)
        elif not hasattr(fitted, "predict"):
            raise TypeError(f"{name} returned {type(fitted).__name__}: an object with `predict` or a dict of numbers is needed")
        self.model = fitted

    @property
    def display_name(self) -> str:
        """What messages call it."""
        return type(self.model).__name__

    def predict(self, X: Any) -> Array:
        """Return codes or values, one for each row."""
        predicted = np.asarray(self.model.predict(X))
        if predicted.ndim == 2 and predicted.shape[1] == 1:
            predicted = predicted[:, 0]
        fits = predicted.shape[:1] == (len(X),) and predicted.ndim == (2 if self.task == "multilabel" else 1)
        if self.task == "regression":
            fits = predicted.shape[:1] == (len(X),)
        if not fits or predicted.dtype.kind not in "biuf":
            shape = f"{predicted.dtype} of shape {predicted.shape}"
            raise ValueError(f"predict returned {shape} for {len(X)} rows; one number for each row is needed")
        if self.n_classes is not None and not np.isin(predicted, np.arange(self.n_classes)).all():
            raise ValueError(f"predict returned other values than the codes 0 to {self.n_classes - 1} that y holds")
        return predicted

    @available_if(lambda self: hasattr(self.model, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Array:
        """Return one probability for each row and class."""
        proba = np.asarray(self.model.predict_proba(X), dtype=np.float64)
        if self.n_classes is not None and proba.shape != (len(X), self.n_classes):
            raise ValueError(f"predict_proba returned shape {proba.shape}; {(len(X), self.n_classes)} is needed: a column for each class")
        return proba

    @available_if(lambda self: hasattr(self.model, "decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Array:
        """Return what the model decides by."""
        return np.asarray(self.model.decision_function(X))


def is_python(tree: Any) -> bool:
    """Whether a job's procedure is a function of one's own."""
    return len(tree) == 1 and isinstance(tree[0][1], dict) and "python" in tree[0][1]


def check(node: Node, root: Path) -> None:
    """Import the function and see that it takes what it will be given.

    Raises EntryError where it does not, TrustError where a file is not what was trusted.
    """
    with at_home(node, root):
        function = import_function(node, PLACE)
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            return  # made by C: what it takes is not told
        anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.parameters.values())
        for name in node["params"]:
            if name not in signature.parameters and not anything:
                raise EntryError(f"{node['python']} takes no `{name}`{nearest(name, signature.parameters)}", path=(*PLACE, name))
        try:
            signature.bind((None, None), (None, None), seed=0, **dict.fromkeys(node["params"]))
        except TypeError as fault:
            hint = "it is called as function(train, dev, *, seed, **parameters)"
            raise EntryError(f"{node['python']}: {fault}", hint=hint, path=PLACE) from None


def _checked_numbers(returned: Mapping[Any, Any], function: str) -> dict[str, float]:
    """Return what a function measured. Raises TypeError for anything but finite numbers by name."""
    numbers: dict[str, float] = {}
    if len(returned) > MAX_NUMBERS:
        raise TypeError(f"{function} returned {len(returned)} numbers; at most {MAX_NUMBERS} are recorded")
    for name, value in returned.items():
        plain = value.item() if isinstance(value, np.generic) else value
        if not isinstance(name, str) or not _METRIC.match(name):
            raise TypeError(f"{function} returned a number under {str(name)[:40]!r}: a metric is named by letters, digits and _")
        if isinstance(plain, bool) or not isinstance(plain, (int, float)) or not math.isfinite(plain):
            raise TypeError(f"{function} returned {name!r}: {str(plain)[:40]}; a dict holds finite numbers by name")
        numbers[name] = float(plain)
    if not numbers:
        raise TypeError(f"{function} returned an empty dict")
    return numbers


def _to_python(value: Any) -> Any:
    """Return a parameter as Python has it, from its form in a tree."""
    if isinstance(value, list):
        return [_to_python(part) for part in value]
    if isinstance(value, dict):
        return float(value["float"]) if "float" in value else {key: _to_python(part) for key, part in value["map"]}
    return value
