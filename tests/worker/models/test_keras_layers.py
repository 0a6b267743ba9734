"""Layers as a tree declares them: made, wired up, adapted, and given back what they had learned. One process loads Keras for all."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.keras

CODE = """
import json
import numpy as np
from gitjournal.errors import GitjournalError
from gitjournal.procedure.networks.graph import graph_of
from gitjournal.worker.models import keras_library, keras_state
from gitjournal.worker.models.keras_layers import Builder

keras = keras_library.load()
builder = Builder(keras, "net", {"n_train": 7})
X = np.array([[1.0, 10.0], [3.0, 30.0]])
words = np.array(["good film", "bad film"], dtype=object)

def node(name, **params):
    return {"class": f"keras.layers.{name}", "params": params}

def graph(*layers):
    return graph_of({"class": "keras.Sequential", "params": {"layers": {"named": [[f"l{n}", one] for n, one in enumerate(layers)]}}})

def refused(work):
    try:
        work()
    except GitjournalError as fault:
        return [type(fault).__name__, fault.message, list(fault.path)]

def kept(model, layers):
    return keras_state.network_arrays({n: model.get_layer(f"layer_{n}") for n in range(layers)})

def restored(wired, rows, state):
    return builder.model(wired, [rows], state)[0].predict(rows, verbose=0).tolist()

told = {}
scaled = graph(node("Normalization"), node("Dense", units=2))
model, outputs = builder.model(scaled, [X])
state = kept(model, 2)
told["adapted"] = model.get_layer("layer_0").mean.numpy().ravel().tolist()
told["outputs"] = [outputs, list(state)]
told["same"] = restored(scaled, X, state) == model.predict(X, verbose=0).tolist()
text = graph(node("TextVectorization", output_mode="tf_idf"), node("Dense", units=1))
reader, _ = builder.model(text, [words])
told["vocabulary"] = sorted(json.loads(kept(reader, 2)["layer_0.vocabulary"].tobytes()))
told["same text"] = restored(text, words, kept(reader, 2)) == reader.predict(words, verbose=0).tolist()
binned = graph(node("Discretization", num_bins=2, output_mode="one_hot"), node("Flatten"), node("Dense", units=1))
bins, _ = builder.model(binned, [X])
told["same bins"] = restored(binned, X, kept(bins, 3)) == bins.predict(X, verbose=0).tolist()
told["of one layer"] = sorted(keras_state.layer_arrays({"layer_1.0": X, "layer_1.1": X, "layer_11.0": X}, 1))
told["other shapes"] = refused(lambda: restored(graph(node("Normalization"), node("Dense", units=3)), X, state))
told["no fit"] = refused(lambda: builder.model(graph(node("Conv2D", filters=1, kernel_size=2)), [X]))
told["no row"] = refused(lambda: builder.model(graph(node("Reshape", target_shape=[1, 2])), [X]))
told["no value"] = refused(lambda: builder.layer(graph(node("Dense", units=-1)).layers[0]))
told["outline"] = builder.outline(graph(node("Dense", units=10**9), node("Dense", units=4)), [X])
told["fact"] = builder.value([{"fact": "n_train"}, {"float": "inf"}, {"word": "same"}, 3])
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    values: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return values


def test_layers_that_adapt_do_so_to_the_rows_and_all_are_named_by_their_number(report: dict[str, Any]) -> None:
    assert report["adapted"] == [2.0, 20.0]
    assert report["outputs"] == [2, ["layer_0.0", "layer_0.1", "layer_0.2", "layer_1.0", "layer_1.1"]]
    assert report["vocabulary"] == ["bad", "film", "good"]


@pytest.mark.parametrize("network", ["same", "same text", "same bins"])
def test_a_network_that_is_given_what_it_had_learned_predicts_the_same_to_the_last_bit(report: dict[str, Any], network: str) -> None:
    assert report[network] is True


def test_what_was_learned_by_another_network_is_refused(report: dict[str, Any]) -> None:
    kind, message, _ = report["other shapes"]
    assert kind == "DataError"
    assert message.startswith("what is kept does not fit layer `l1`: it needs weights of the shapes [(2, 3), (3,)]")
    assert report["of one layer"] == ["0", "1"]


@pytest.mark.parametrize(
    ("what", "words", "path"),
    [
        ("no fit", "layer `l0` (Conv2D) does not fit what comes in, of shape (None, 2): ", ["procedure", "net", "l0"]),
        ("no row", "the last layer `l0` gives the shape (None, 1, 2); a row of numbers is needed", ["procedure", "net", "l0"]),
        ("no value", "Dense: ", ["procedure", "net", "l0"]),
    ],
)
def test_a_layer_that_does_not_fit_is_named_as_the_entry_names_it(report: dict[str, Any], what: str, words: str, path: list[str]) -> None:
    kind, message, at = report[what]
    assert (kind, at) == ("ParameterError", path)
    assert message.startswith(words)
    assert "\n" not in message


def test_an_outline_takes_no_memory_and_values_are_what_the_tree_says(report: dict[str, Any]) -> None:
    assert report["outline"] == 4
    assert report["fact"] == [7, float("inf"), "same", 3]
