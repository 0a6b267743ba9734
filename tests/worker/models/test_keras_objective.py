"""How a loss and a target fit together: coding, the last layer, what outputs predict, and class weights. No Keras is loaded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gitjournal.worker.models.keras_objective import Objective, PredictionTarget
from gitjournal.worker.models.sklearn_models import ParameterError

TWO, THREE = PredictionTarget("classification", ["no", "yes"]), PredictionTarget("classification", ["a", "b", "c"])
LABELS, VALUES = PredictionTarget("multilabel", None, 3), PredictionTarget("regression", None, 2)


def objective(loss: str, target: PredictionTarget, **params: Any) -> Objective:
    return Objective(target, {"class": f"keras.losses.{loss}", "params": params}, "net")


@pytest.mark.parametrize(
    ("loss", "target", "outputs", "coded"),
    [
        ("SparseCategoricalCrossentropy", THREE, 3, [0, 2, 1]),
        ("CategoricalCrossentropy", THREE, 3, [[1, 0, 0], [0, 0, 1], [0, 1, 0]]),
        ("BinaryCrossentropy", TWO, 1, [[0], [2], [1]]),
        ("MeanSquaredError", PredictionTarget("regression"), 1, [[0], [2], [1]]),
    ],
)
def test_a_target_is_coded_as_its_loss_takes_it(loss: str, target: PredictionTarget, outputs: int, coded: list[Any]) -> None:
    assert objective(loss, target).encode(np.array([0, 2, 1]), outputs).tolist() == coded


def test_probabilities_and_logits_become_classes() -> None:
    binary = objective("BinaryCrossentropy", TWO).answers(np.array([[0.2], [0.9]]))
    assert binary.predicted.tolist() == [0, 1]
    assert binary.proba.tolist() == [[0.8, 0.2], [pytest.approx(0.1), 0.9]]
    logits = objective("SparseCategoricalCrossentropy", THREE, from_logits=True).answers(np.log(np.array([[1.0, 2.0, 5.0]])) + 7)
    assert logits.proba[0].tolist() == pytest.approx([0.125, 0.25, 0.625])
    large = objective("BinaryCrossentropy", TWO, from_logits=True).answers(np.array([[0.0], [800.0]]))
    assert large.proba.tolist() == [[0.5, 0.5], [0.0, 1.0]]  # no overflow
    nothing = objective("SparseCategoricalCrossentropy", THREE).answers(np.zeros((1, 3)))
    assert nothing.proba[0].tolist() == pytest.approx([1 / 3] * 3)  # where a layer gives nothing, every class is as likely


def test_labels_margins_and_values_are_told_from_outputs() -> None:
    labels = objective("BinaryCrossentropy", LABELS).answers(np.array([[0.4, 0.5, 0.6]]))
    assert labels.predicted.tolist() == [[0, 1, 1]]
    margin = objective("Hinge", TWO).answers(np.array([[-0.5], [0.1]]))
    assert (margin.predicted.tolist(), margin.decision.tolist(), margin.proba) == ([0, 1], [-0.5, 0.1], None)
    both = objective("CategoricalHinge", TWO).answers(np.array([[3.0, 1.0]]))
    assert (both.predicted.tolist(), both.decision.tolist()) == ([0], [-2.0])
    assert objective("MeanSquaredError", VALUES).answers(np.ones((4, 2))).predicted.shape == (4, 2)
    assert objective("MeanSquaredError", PredictionTarget("regression")).answers(np.ones((4, 1))).predicted.shape == (4,)


@pytest.mark.parametrize(
    ("loss", "target", "outputs", "words"),
    [
        ("SparseCategoricalCrossentropy", TWO, 1, "gives 1 number a row; SparseCategoricalCrossentropy and 2 classes need 2"),
        ("BinaryCrossentropy", TWO, 3, "gives 3 numbers a row; BinaryCrossentropy and 2 classes need 1 or 2"),
        ("BinaryCrossentropy", VALUES, 2, "takes classes, and the task is regression"),
        ("SparseCategoricalCrossentropy", LABELS, 3, "takes classes, and the task is multilabel"),
        ("MeanSquaredError", VALUES, 1, "gives 1 number a row, and the target has 2"),
    ],
)
def test_a_last_layer_or_loss_that_does_not_fit_is_refused(loss: str, target: PredictionTarget, outputs: int, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        objective(loss, target).check("out", outputs)


@pytest.mark.parametrize(
    ("loss", "target", "outputs"), [("BinaryCrossentropy", TWO, 1), ("Hinge", THREE, 3), ("MeanSquaredError", VALUES, 2)]
)
def test_what_fits_is_taken(loss: str, target: PredictionTarget, outputs: int) -> None:
    objective(loss, target).check("out", outputs)


def test_class_weights_are_balanced_or_by_label_and_multiply_those_of_rows() -> None:
    y, own = np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 1.0, 1.0])
    weigh = objective("BinaryCrossentropy", TWO).row_weights
    assert weigh(y, own, None) is own
    balanced, named = weigh(y, None, "balanced"), weigh(y, own, {"map": [["yes", 5.0]]})
    assert balanced is not None
    assert balanced.tolist() == pytest.approx([4 / 6] * 3 + [2.0])
    assert named is not None
    assert named.tolist() == [1.0, 2.0, 1.0, 5.0]
    with pytest.raises(ParameterError, match="names `maybe`; the labels are no, yes"):
        weigh(y, None, {"map": [["maybe", 5.0]]})
    with pytest.raises(ParameterError, match="weighs classes, and the task is regression"):
        objective("MeanSquaredError", VALUES).row_weights(y, None, "balanced")
