"""What a network's inputs take of the columns, and the steps before it: fitted, kept and restored. No Keras is loaded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gitjournal.errors import DataError
from gitjournal.procedure.networks.graph import Graph, graph_of
from gitjournal.worker.models import keras_inputs
from gitjournal.worker.models.keras_inputs import Inputs
from gitjournal.worker.models.sklearn_models import ParameterError
from tests.support.trees import step

DENSE = {"class": "keras.layers.Dense", "params": {"units": 1}}
EMBEDDING = {"class": "keras.layers.Embedding", "params": {}}
WORDS = {"class": "keras.layers.TextVectorization", "params": {}}
SCALER, FOREST = step("sklearn.preprocessing.StandardScaler"), step("sklearn.ensemble.RandomForestClassifier")
X = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 60.0]])


def sequential(layer: dict[str, Any]) -> Graph:
    return graph_of({"class": "keras.Sequential", "params": {"layers": {"named": [["first", layer]]}}})


def model(**columns: Any) -> Graph:
    """Return a network with a layer for each input, and one that takes them all."""
    layers = [[f"l{name}", {**DENSE, "inputs": [name]}] for name in columns]
    last = ["out", {**DENSE, "inputs": [f"l{name}" for name in columns]}]
    params = {"inputs": {"map": [[name, value] for name, value in columns.items()]}, "layers": {"named": [*layers, last]}}
    return graph_of({"class": "keras.Model", "params": {**params, "outputs": ["out"]}})


def test_an_input_takes_all_columns_some_or_one_by_name_or_number() -> None:
    taken = keras_inputs.sources(model(x="all", two=["b", 0], one="b"), X, ["a", "b"], "net")
    assert [rows.tolist() for rows in taken] == [X.tolist(), X[:, ::-1].tolist(), X[:, 1:].tolist()]
    frame = pd.DataFrame({"a": [1, 2], "t": ["x", None]})
    number, text = keras_inputs.sources(model(n="a", t="t"), frame, [], "net")
    assert (number.tolist(), text.tolist()) == ([[1], [2]], ["x", ""])


@pytest.mark.parametrize(
    ("column", "names", "words"),
    [
        ("c", ["a", "b"], "the network receives no column `c`; columns are a, b"),
        ("c", [], "the network receives no column `c`; columns have numbers here, from 0"),
        (2, [], "the network receives no column 2: there are 2"),
    ],
)
def test_a_column_that_is_not_there_is_named(column: str | int, names: list[str], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        keras_inputs.sources(model(x=column), X, names, "net")


def test_what_a_network_does_not_take_is_refused_with_the_way_out() -> None:
    for rows, words in (
        (np.array([[1.0, np.nan]]), "missing values"),
        (np.array([["a", 1]], dtype=object), "let text be an input of its own"),
        (pd.DataFrame({"a": [1], "t": ["x"]}), "column `t` holds no numbers"),
    ):
        with pytest.raises(ParameterError, match=words):
            keras_inputs.sources(sequential(DENSE), rows, [], "net")


def test_whole_numbers_stay_whole_where_a_layer_counts_by_them() -> None:
    rows = np.array([[1, 2]], dtype=np.uint8)
    assert keras_inputs.sources(sequential(EMBEDDING), rows, [], "net")[0].dtype == np.int64
    assert keras_inputs.sources(sequential(DENSE), rows, [], "net")[0].dtype == np.uint8


def test_samples_have_the_shape_of_the_data_or_are_none_where_only_the_data_tell() -> None:
    facts = {"n_features": 6, "columns": {"number": 6}}
    (rows,) = keras_inputs.samples(sequential(DENSE), [["net", {}]], facts) or []
    assert (rows.shape, rows.dtype) == ((2, 6), np.float32)
    (image,) = keras_inputs.samples(sequential(DENSE), [["net", {}]], {**facts, "shape": [2, 3, 1]}) or []
    assert image.shape == (2, 2, 3, 1)
    single, double = keras_inputs.samples(model(a=0, b=[1, 2]), [SCALER, ["net", {}]], facts) or []
    assert (single.shape, double.shape) == ((2, 1), (2, 2))
    assert keras_inputs.samples(sequential(WORDS), [["net", {}]], facts) is None
    assert keras_inputs.samples(sequential(DENSE), [step("sklearn.decomposition.PCA"), ["net", {}]], facts) is None
    assert keras_inputs.samples(sequential(DENSE), [["net", {}]], {"columns": {"text": ["t"]}}) is None


def test_steps_before_a_network_are_fitted_to_train_rows_kept_and_restored() -> None:
    pytest.importorskip("skops", reason="the extra `models` is not installed")
    inputs = Inputs([SCALER, ["net", {}]], 0, model(x=["b"]))
    (rows,) = inputs.fit(X, np.zeros(3), ["a", "b"])
    assert rows[:, 0].tolist() == pytest.approx(((X[:, 1] - 30) / X[:, 1].std()).tolist())
    (later,) = inputs.transform(X + 100)
    assert later[0, 0] == pytest.approx((110 - 30) / X[:, 1].std())
    restored = Inputs([SCALER, ["net", {}]], 0, model(x=["b"]))
    restored.restore(inputs.state(), ["a", "b"])
    assert restored.transform(X + 100)[0].tolist() == later.tolist()


def test_a_state_that_does_not_fit_the_declared_steps_is_refused() -> None:
    alone, scaled = (Inputs([*steps, ["net", {}]], 0, sequential(DENSE)) for steps in ([], [SCALER]))
    assert alone.state() == {}
    with pytest.raises(DataError, match="does not fit the declared steps"):
        scaled.restore({}, [])
    with pytest.raises(DataError, match="does not fit the declared steps"):
        alone.restore({keras_inputs.BEFORE: np.zeros(3, dtype=np.uint8)}, [])


def test_a_step_that_does_not_transform_cannot_stand_before_a_network() -> None:
    with pytest.raises(ParameterError, match="`randomforestclassifier` does not transform"):
        Inputs([FOREST, ["net", {}]], 0, sequential(DENSE)).fit(X, np.zeros(3), [])
