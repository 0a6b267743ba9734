"""The training objective of a network: how its loss wants the target coded, which outputs fit, and what the outputs predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gitjournal.data.raw import Array
from gitjournal.worker.models.keras_layers import short
from gitjournal.worker.models.sklearn_models import ParameterError
from gitjournal.worker.scores import Answers

Node = dict[str, Any]

BY_CLASS = frozenset(["SparseCategoricalCrossentropy"])  # losses that take codes; the others take one number for each output
BY_LABEL = frozenset(["BinaryCrossentropy", "BinaryFocalCrossentropy"])
MARGINS = frozenset(["CategoricalHinge", "Hinge", "SquaredHinge"])
ONE_FOR_EACH = frozenset(
    ["CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy", "CategoricalHinge"]
)
FOR_CLASSES = BY_CLASS | BY_LABEL | MARGINS | ONE_FOR_EACH | {"Circle", "CTC", "Dice", "Tversky"}


@dataclass(frozen=True)
class PredictionTarget:
    """What is to be predicted: the task, the labels of a classification, and how many columns the target has."""

    task: str
    classes: list[Any] | None = None
    columns: int = 1


@dataclass(frozen=True)
class Objective:
    """A target, the node of the loss that is to be small for it, and the label of the network that says so."""

    target: PredictionTarget
    node: Node
    label: str

    @property
    def loss(self) -> str:
        """What the loss is called."""
        return short(self.node)

    @property
    def gives_margins(self) -> bool:
        """Whether the network gives margins, and no probabilities."""
        return self.loss in MARGINS

    def encode(self, y: Array, outputs: int) -> Array:
        """Return the target as the loss takes it, for a network with so many outputs."""
        if self.target.task == "classification" and self.loss in BY_CLASS:
            return y.astype(np.int32)
        if self.target.task == "classification" and outputs > 1:
            return np.eye(outputs, dtype=np.float32)[y]
        return y.astype(np.float32).reshape(len(y), -1)

    def answers(self, raw: Array) -> Answers:
        """Return classes or values for what the last layer gave, with probabilities or margins where the loss makes them."""
        if self.target.task == "regression":
            return Answers(raw[:, 0] if self.target.columns == 1 else raw)
        if self.gives_margins:
            return self._by_margin(raw)
        proba = self._probabilities(raw)
        if self.target.task == "multilabel":
            return Answers((proba >= 0.5).astype(np.int64), proba, classes=np.arange(self.target.columns))
        n_classes = len(self.target.classes or [])
        return Answers(proba.argmax(axis=1), proba, classes=np.arange(n_classes))

    def _by_margin(self, raw: Array) -> Answers:
        if self.target.task == "multilabel":
            return Answers((raw > 0).astype(np.int64), decision=raw, classes=np.arange(self.target.columns))
        classes = np.arange(len(self.target.classes or []))
        if raw.shape[1] == 1:
            return Answers((raw[:, 0] > 0).astype(np.int64), decision=raw[:, 0], classes=classes)
        return Answers(raw.argmax(axis=1), decision=raw[:, 1] - raw[:, 0] if len(classes) == 2 else raw, classes=classes)

    def _probabilities(self, raw: Array) -> Array:
        logits = bool(self.node["params"].get("from_logits", False))
        by_label = self.loss in BY_LABEL or self.target.task == "multilabel" or raw.shape[1] == 1
        if logits and by_label:
            raw = 0.5 * (1 + np.tanh(raw / 2))
        elif logits:
            raw = np.exp(raw - raw.max(axis=1, keepdims=True))
        if self.target.task == "multilabel":
            return raw
        if raw.shape[1] == 1:
            return np.hstack([1 - raw, raw])
        sums = raw.sum(axis=1, keepdims=True)
        return np.where(sums > 0, raw / np.where(sums > 0, sums, 1), 1 / raw.shape[1])

    def check(self, last: str, outputs: int) -> None:
        """Raise ParameterError where the `last` layer or the loss does not fit the target, before anything is learned."""
        target, path = self.target, [self.label, last]
        n_classes = len(target.classes or [])
        if target.task == "classification":
            fits = {n_classes} | ({1} if n_classes == 2 and self.loss not in BY_CLASS | ONE_FOR_EACH else set())
            if outputs not in fits:
                needs = " or ".join(map(str, sorted(fits)))
                gives = f"the last layer `{last}` gives {_count(outputs)} a row"
                raise ParameterError(f"{gives}; {self.loss} and {n_classes} classes need {needs}", path)
            return
        refused = FOR_CLASSES if target.task == "regression" else BY_CLASS
        if self.loss in refused:
            message = f"{self.loss} takes classes, and the task is {target.task}"
            raise ParameterError(message, [self.label, "loss"])
        if outputs != target.columns:
            message = f"the last layer `{last}` gives {_count(outputs)} a row, and the target has {target.columns}"
            raise ParameterError(message, path)

    def row_weights(self, y: Array, weights: Array | None, declared: Any) -> Array | None:
        """Return the weight of each row: its own times that of its class. Raises ParameterError where what is declared does not fit."""
        target, path = self.target, [self.label, "fit", "class_weight"]
        if declared is None:
            return weights
        if target.task != "classification" or target.classes is None:
            raise ParameterError(f"`class_weight` weighs classes, and the task is {target.task}", path)
        if declared == "balanced":
            counts = np.bincount(y, minlength=len(target.classes))
            of_class = len(y) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        else:
            texts = [str(label) for label in target.classes]
            of_class = np.ones(len(texts))
            for name, weight in declared["map"]:
                if str(name) not in texts:
                    raise ParameterError(f"`class_weight` names `{name}`; the labels are {', '.join(texts[:10])}", path)
                of_class[texts.index(str(name))] = weight
        by_class: Array = of_class[y]
        return by_class if weights is None else by_class * weights


def _count(outputs: int) -> str:
    return f"{outputs} number" + ("s" if outputs != 1 else "")
