"""Two declarations of one network are one; what changes a result never is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitjournal.procedure import canonical_text, origins, randomness
from gitjournal.procedure.networks import canonical as form
from gitjournal.procedure.networks import keras_catalogue
from gitjournal.procedure.networks.graph import graph_of
from tests.support import trees
from tests.support.networks import entry, model, sequential, tree


def canonical(text: str) -> str:
    return canonical_text.json_text(form.canonical_network(tree(text)[-1][1]))


BASE = sequential("[{Dense: {units: 8, activation: relu}}, {Dropout: {rate: 0.5}}, {Dense: {units: 1}}]")
FIT = ", fit: {validation: dev, callbacks: [EarlyStopping]}"
WATCHED = sequential("[Flatten]", more=FIT)
SKIP = model("[{h: {Dense: {units: 2}, inputs: [x]}}, {s: {Subtract: {}, inputs: [x, h]}}, {out: {Dense: {units: 1}, inputs: [s]}}]")

SAME = {
    "names of layers": (BASE, BASE.replace("{Dropout:", "{drop: {Dropout:").replace("0.5}}", "0.5}}}")),
    "a name for Keras": (BASE, BASE.replace("units: 1", "units: 1, name: last")),
    "a default written out": (
        BASE,
        BASE.replace("units: 1", "units: 1, use_bias: true, kernel_initializer: glorot_uniform, dtype: float32"),
    ),
    "a default as an object": (BASE, BASE.replace("units: 1", "units: 1, kernel_initializer: {GlorotUniform: {}}")),
    "linear is none": (BASE, BASE.replace("units: 1", "units: 1, activation: linear")),
    "another name of a class": (BASE, BASE.replace("loss: mse", "loss: {MeanSquaredError: {}}")),
    "the optimizer's defaults": (BASE, BASE.replace("adam", "{Adam: {learning_rate: 0.001, name: it}}")),
    "float32": (BASE, BASE.replace("adam", "{Adam: {learning_rate: 0.0010000000474974513}}")),
    "a whole float": (BASE, BASE.replace("units: 8", "units: 8.0")),
    "what prints": (
        BASE,
        sequential(BASE.split("layers: ")[1].split(", optimizer")[0], more=", fit: {verbose: 2, epochs: 1, batch_size: 32}"),
    ),
    "what nothing watches": (
        BASE,
        sequential(BASE.split("layers: ")[1].split(", optimizer")[0], more=", compile_metrics: [mae], fit: {validation: dev}"),
    ),
    "what a failure does": (WATCHED, WATCHED.replace("[EarlyStopping]", "[EarlyStopping, TerminateOnNaN]")),
    "what a callback prints": (WATCHED, WATCHED.replace("[EarlyStopping]", "[{EarlyStopping: {verbose: 1}}]")),
    "a chain as a Model": (
        BASE,
        model(
            "[{a: {Dense: {units: 8, activation: relu}, inputs: [x]}}, {b: {Dropout: {rate: 0.5}, inputs: [a]}}, "
            "{out: {Dense: {units: 1}, inputs: [b]}}]"
        ),
    ),
    "the order of writing": (
        SKIP,
        model(
            "[{out: {Dense: {units: 1}, inputs: [t]}}, {t: {Subtract: {}, inputs: [in, k]}}, {k: {Dense: {units: 2}, inputs: [in]}}]"
        ).replace("{x: all}", "{in: all}"),
    ),
    "one number for all axes": (
        sequential("[{Conv2D: {filters: 1, kernel_size: 3}}]"),
        sequential("[{Conv2D: {filters: 1, kernel_size: [3, 3], strides: 1, data_format: channels_last}}]"),
    ),
}


@pytest.mark.parametrize("why", SAME)
def test_one_network_written_in_two_ways_is_one(why: str) -> None:
    left, right = SAME[why]
    assert canonical(left) == canonical(right)


DIFFERENT = {
    "units": (BASE, BASE.replace("units: 8", "units: 9")),
    "order of layers": (sequential("[Flatten, ReLU]"), sequential("[ReLU, Flatten]")),
    "activation": (BASE, BASE.replace("relu", "tanh")),
    "trainable": (BASE, BASE.replace("units: 8", "units: 8, trainable: false")),
    "dtype": (BASE, BASE.replace("units: 8", "units: 8, dtype: mixed_float16")),
    "loss": (BASE, BASE.replace("mse", "mae")),
    "learning rate": (BASE, BASE.replace("adam", "{Adam: {learning_rate: 0.00100001}}")),
    "wiring": (SKIP, SKIP.replace("[x, h]", "[h, x]")),
    "epochs": (WATCHED, WATCHED.replace("validation: dev", "validation: dev, epochs: 2")),
    "what is watched": (WATCHED, WATCHED.replace("validation: dev", "validation: 0.1")),
    "patience": (WATCHED, WATCHED.replace("[EarlyStopping]", "[{EarlyStopping: {patience: 1}}]")),
    "a share is not learned from": (sequential("[Flatten]"), sequential("[Flatten]", more=", fit: {validation: 0.1}")),
    "order": (sequential("[Flatten]"), sequential("[Flatten]", more=", fit: {shuffle: false}")),
    "class weights": (sequential("[Flatten]"), sequential("[Flatten]", more=", fit: {class_weight: balanced}")),
    "columns": (model("[{out: {Flatten: {}, inputs: [x]}}]"), model("[{out: {Flatten: {}, inputs: [x]}}]", inputs="{x: [a, b]}")),
    "the order of columns": (
        model("[{out: {Flatten: {}, inputs: [x]}}]", inputs="{x: [b, a]}"),
        model("[{out: {Flatten: {}, inputs: [x]}}]", inputs="{x: [a, b]}"),
    ),
    "a metric that is watched": (
        sequential("[Flatten]", more=", compile_metrics: [mae], fit: {callbacks: [{EarlyStopping: {monitor: mae}}]}"),
        sequential("[Flatten]", more=", compile_metrics: [mse], fit: {callbacks: [{EarlyStopping: {monitor: mae}}]}"),
    ),
    "one and true": (BASE, BASE.replace("units: 8", "units: true")),
    "one, where true is the default": (BASE, BASE.replace("units: 8", "units: 8, use_bias: 1")),
    "one and true for two axes": (
        sequential("[{Conv2D: {filters: 1, kernel_size: [1, true]}}]"),
        sequential("[{Conv2D: {filters: 1, kernel_size: [1, 1]}}]"),
    ),
}


@pytest.mark.parametrize("why", DIFFERENT)
def test_what_changes_a_result_changes_the_text(why: str) -> None:
    left, right = DIFFERENT[why]
    assert canonical(left) != canonical(right)


SCHEDULE = "{SGD: {learning_rate: {CosineDecay: {initial_learning_rate: 1.0, decay_steps: $steps}}}}"


@pytest.mark.parametrize(
    ("rows", "fit", "steps"),
    [
        (None, "{epochs: 2}", {"fact": "steps"}),  # folds and groups differ in rows
        (100, "{epochs: 2}", 8),
        (100, "{epochs: 2, batch_size: 50, validation: 0.1}", 4),
        (100, "{epochs: 2, batch_size: 45, validation: 0.1}", 4),
        (100, "{epochs: 2, batch_size: 45, validation: dev}", 6),
    ],
)
def test_a_number_that_only_training_knows_is_that_number_where_the_rows_are_known(rows: int | None, fit: str, steps: Any) -> None:
    node = tree(sequential("[Flatten]", optimizer=SCHEDULE, more=f", fit: {fit}"))[-1][1]
    learning_rate = form.canonical_network(node, rows=rows)["keras.Model"]["optimizer"]["keras.optimizers.SGD"]["learning_rate"]
    assert learning_rate == {"keras.optimizers.schedules.CosineDecay": {"initial_learning_rate": 1, "decay_steps": steps}}


def test_layers_come_in_the_order_of_need_whatever_their_names() -> None:
    text = model(
        "[{z: {Dense: {units: 3}, inputs: [b]}}, {out: {Concatenate: {}, inputs: [z, y]}}, {y: {Dense: {units: 2}, inputs: [a]}}]",
        inputs="{a: [a], b: [b, c]}",
    )
    graph = graph_of(tree(text)[-1][1])
    assert [source.name for source in graph.sources] == ["b", "a"]
    assert [(one.name, one.inputs) for one in graph.layers] == [("z", (0,)), ("y", (1,)), ("out", (2, 3))]


def test_the_text_is_small_and_readable() -> None:
    assert json.loads(canonical(SKIP)) == {
        "keras.Model": {
            "layers": [
                {"keras.layers.Dense": {"units": 2}},
                {"keras.layers.Subtract": {}, "inputs": [0, 1]},
                {"keras.layers.Dense": {"units": 1}},
            ],
            "optimizer": {"keras.optimizers.Adam": {}},
            "loss": {"keras.losses.MeanSquaredError": {}},
        }
    }


def test_a_network_always_draws_and_says_where_its_values_come_from() -> None:
    steps = tree(BASE)
    assert randomness.draws(steps, {})
    text = trees.canonical({}, "sha256:0", "regression", {}, steps)
    origin_of = {one.path: one.origin for one in origins.trace_origins(text, entry(BASE), {}, steps)}
    assert origin_of["procedure[0].layers"] == "the entry"
    network = sequential("[{a: {Dense: {units: 1, use_bias: true, name: q}}}]", more=", compile_metrics: [mae], fit: {validation: dev}")
    left = {one.path: one.origin for one in origins.omissions(tree(network))}
    assert left == {
        "sequential__a__use_bias": "the default",
        "sequential__a__name": "no effect on the result",
        "sequential__fit__validation": "nothing watches it",
        "sequential__compile_metrics": "nothing watches them",
    }


def test_every_default_of_the_reference_has_a_canonical_form() -> None:
    def look(node: dict[str, Any]) -> None:
        form.canonical_object(node, "99")

    for path, spec in keras_catalogue.reference().known.items():
        defaults = {name: one.default for name, one in spec.params.items() if not one.is_required}
        if spec.kind != "activation":
            assert form.canonical_object({"class": path, "params": defaults}, "") == {path: {}}
            look({"class": path, "params": {}})
