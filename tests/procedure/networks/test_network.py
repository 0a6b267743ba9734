"""What an entry says about a network becomes a tree; every mistake is named with its place, and what runs code is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from gitjournal.entry import grid
from gitjournal.errors import EntryError, GitjournalError, TrustError
from gitjournal.procedure import reader
from tests.support.networks import FACTS, entry, model, sequential, tree

RELU = {"function": "keras.activations.relu"}


def node(text: str) -> dict[str, Any]:
    network = tree(text)[-1][1]
    assert isinstance(network, dict)
    return network


def named(text: str) -> list[list[Any]]:
    layers: list[list[Any]] = node(text)["params"]["layers"]["named"]
    return layers


def dense(units: int, **more: Any) -> dict[str, Any]:
    return {"class": "keras.layers.Dense", "params": {"units": units, **more}}


def test_layers_are_named_by_class_or_by_a_name_of_their_own() -> None:
    text = sequential("[{Dense: {units: 8, activation: relu}}, Flatten, {head: {Dense: {units: 2}}}, {Dense: {units: 1}}, {drop: Flatten}]")
    flatten = {"class": "keras.layers.Flatten", "params": {}}
    assert named(text) == [
        ["dense-1", dense(8, activation=RELU)],
        ["flatten", flatten],
        ["head", dense(2)],
        ["dense-2", dense(1)],
        ["drop", flatten],
    ]


def test_other_names_of_a_class_are_one_name() -> None:
    for name in ("mse", "MSE", "mean_squared_error", "MeanSquaredError", "{MeanSquaredError: {}}", "keras.losses.MeanSquaredError"):
        assert node(sequential("[Flatten]", loss=name))["params"]["loss"] == {"class": "keras.losses.MeanSquaredError", "params": {}}
    assert named(sequential("[{AvgPool2D: {pool_size: 2}}]"))[0][1]["class"] == "keras.layers.AveragePooling2D"
    assert (
        named(sequential("[{Dense: {units: 1, activation: swish}}]"))[0][1]["params"]["activation"]["function"] == "keras.activations.silu"
    )


def test_objects_nest_by_kind() -> None:
    more = "kernel_initializer: he_normal, kernel_regularizer: {L2: {l2: 1e-4}}, bias_constraint: {MaxNorm: {max_value: 3}}"
    layer = f"{{Dense: {{units: 1, {more}}}}}"
    params = named(sequential(f"[{layer}]"))[0][1]["params"]
    assert params["kernel_initializer"] == {"class": "keras.initializers.HeNormal", "params": {}}
    assert params["kernel_regularizer"] == {"class": "keras.regularizers.L2", "params": {"l2": 1e-4}}
    assert params["bias_constraint"] == {"class": "keras.constraints.MaxNorm", "params": {"max_value": 3}}
    cells = named(sequential("[{RNN: {cell: [{LSTMCell: {units: 2}}, {GRUCell: {units: 3}}]}}]"))[0][1]["params"]["cell"]
    assert [cell["class"] for cell in cells] == ["keras.layers.LSTMCell", "keras.layers.GRUCell"]
    inner = named(sequential("[{Bidirectional: {layer: {LSTM: {units: 2}}}}]"))[0][1]["params"]["layer"]
    assert inner["class"] == "keras.layers.LSTM"


def test_facts_and_parameters_have_values_and_what_only_training_knows_stays() -> None:
    optimizer = "{Adam: {learning_rate: {CosineDecay: {initial_learning_rate: $rate, decay_steps: $steps}}}}"
    text = sequential("[{Dense: {units: $n_classes}}, {Dense: {units: $n_features}}]", optimizer=optimizer) + "\nparameters: {rate: 0.1}"
    assert [layer["params"]["units"] for _, layer in named(text)] == [3, 3]
    schedule = node(text)["params"]["optimizer"]["params"]["learning_rate"]["params"]
    assert schedule == {"initial_learning_rate": 0.1, "decay_steps": {"fact": "steps"}}
    alias = sequential("[Flatten]", optimizer="{SGD: {learning_rate: {CosineDecay: {initial_learning_rate: 1.0, decay_steps: $n}}}}")
    aliased = node(alias + "\nparameters: {n: $n_train}")["params"]["optimizer"]["params"]["learning_rate"]["params"]
    assert aliased["decay_steps"] == {"fact": "n_train"}


def test_parameters_and_grid_reach_layers_optimizer_and_fit() -> None:
    text = sequential("[{h: {Dense: {units: 8}}}, {Dense: {units: 1}}]", optimizer="{Adam: {}}")
    text += "\nparameters: {sequential__dense__activation: relu, sequential__fit__epochs: 7}"
    text += "\ngrid: {sequential__optimizer__learning_rate: [0.1, 0.01], sequential__h: [{Dense: {units: 2}}, Flatten]}"
    assert len(grid.expand(entry(text))) == 4
    last = tree(text, point=3)[-1][1]["params"]
    assert last["layers"]["named"][1][1]["params"]["activation"] == RELU
    assert last["fit"]["params"] == {"epochs": 7}
    assert last["optimizer"]["params"] == {"learning_rate": 0.01}
    assert [tree(text, point=point)[-1][1]["params"]["layers"]["named"][0][1]["class"] for point in range(2)] == [
        "keras.layers.Dense",
        "keras.layers.Flatten",
    ]


def test_a_layer_that_is_swapped_in_a_model_keeps_its_inputs() -> None:
    text = model("[{h: {Dense: {units: 2}, inputs: [x]}}, {out: {Dense: {units: 1}, inputs: h}}]") + "\ngrid: {model__h: [Flatten]}"
    assert named(text)[0] == ["h", {"class": "keras.layers.Flatten", "params": {}, "inputs": ["x"]}]


def test_a_network_comes_after_scikit_learn_steps_and_under_a_label() -> None:
    text = "procedure: [StandardScaler, {net: {Sequential: {layers: [Flatten], optimizer: adam, loss: mse}}}]"
    assert [step[0] for step in tree(text)] == ["standardscaler", "net"]


GOOD = "[{h: {Dense: {units: 2}, inputs: [x]}}, {out: {Dense: {units: 1}, inputs: [h]}}]"
ADAM = "{Adam: {learning_rate: 0.1}}"

MISTAKES = [
    (sequential("[{Dense: {unit: 8}}]"), "unit: 8", "Dense has no parameter `unit`; did you mean `units`?"),
    (sequential("[{Dnse: {units: 8}}]"), "Dnse: {units", "unknown layer `Dnse`; did you mean `Dense`?"),
    (sequential("[Dnse]"), "Dnse], optimizer", "did you mean `Dense`?"),
    (sequential("[{Dense: {units: 8, activation: rleu}}]"), "rleu", "did you mean `relu`?"),
    (sequential("[{Dense: {activation: relu}}]"), "Dense: {activation", "Dense needs `units`"),
    (sequential("[{Dense: {units: $typo}}]"), "$typo", "nothing is called `$typo`"),
    (sequential("[{Dense: {units: $n_clases}}]"), "$n_clases", "did you mean `n_classes`?"),
    (sequential("[Flatten]", loss="mse_"), "mse_", "unknown loss"),
    (sequential("[Flatten]", optimizer="Adm"), "Adm", "did you mean `adam`?"),
    (sequential("[Flatten]", more=", epochs: 3"), "epochs: 3", "Sequential has no parameter `epochs`"),
    (sequential("[Flatten]", more=", fit: {epoch: 3}"), "epoch: 3", "did you mean `epochs`?"),
    (sequential("[Flatten]", more=", fit: {epochs: 0}"), "0}}", "a whole number from 1"),
    (sequential("[Flatten]", more=", fit: {validation: 2.5}"), "2.5", "`dev`, or a share"),
    (sequential("[Flatten]", more=", fit: {callbacks: [EarlyStopping]}"), "[EarlyStopping]", "nothing is set aside to watch"),
    (sequential("[{InputLayer: {shape: [3]}}, Flatten]"), "InputLayer: {", "there is no input layer: the data say their shape"),
    (sequential("[Flatten]", optimizer="{MultiOptimizer: {}}"), "MultiOptimizer: {", "is left out: it pairs optimizers with layers"),
    (sequential("[]"), "[], optimizer", "`layers` is a list of layers"),
    (sequential("[{Dense: {units: 2, seed: 3}}]"), "seed: 3", "`seeds` drive"),
    (sequential("[{Dense: {units: 2, dtype: flot32}}]"), "dtype: flot32", "is not one of"),
    (sequential("[{Bidirectional: {layer: Normalization}}]"), "Normalization", "would stay unadapted"),
    (sequential("[{TimeDistributed: {layer: {TextVectorization: {}}}}]"), "TextVectorization", "would stay unadapted"),
    (sequential("[{a: Flatten}, {a: Flatten}]"), "{a: Flatten}], opt", "two layers are named `a`"),
    (sequential("[{fit: Flatten}]"), "fit: Flatten", "cannot name a layer"),
    ("procedure: [Sequential: {layers: [Flatten], loss: mse}]", "{layers: [Flatten], loss", "Sequential needs `optimizer`"),
    ("procedure: [Sequential: {layers: [Flatten], optimizer: adam}]", "{layers: [Flatten], opt", "Sequential needs `loss`"),
    ("procedure: [Sequential]", "Sequential]", "is a mapping with `layers`"),
    ("procedure: [Sequential: {layers: [Flatten], optimizer: adam, loss: mse}, SVC]", "Sequential: {layers", "a network is the last step"),
    ("procedure: [BaggingClassifier: {estimator: {Sequential: {layers: [Flatten]}}}]", "Sequential: {layers", "a network is the last step"),
    (model(GOOD.replace("[h]", "[hh]")), "[{h: {Dense", "`out` takes `hh`, but no layer, input or column has that name; did you mean `h`?"),
    (model(GOOD, outputs="[uot]"), "[uot]", "no layer is named `uot`"),
    (model(GOOD, outputs="[h, out]"), "[h, out]", "`outputs` names 2 layers, and a network has one output here"),
    (model(GOOD, outputs="[]"), "[], optimizer", "the name of one layer"),
    (model(GOOD.replace("[x]", "[out]")), "[{h: {Dense", "takes its own output: out <- h <- out"),
    (model(GOOD.replace("[h]", "[x]")), "[{h: {Dense", "`h` leads to no output"),
    (model(GOOD, inputs="{x: all, z: a}"), "{x: all, z", "`z` leads to no output"),
    (model(GOOD.replace("inputs: [h]", "inputs: [h, x]")), "{out: {Dense", "takes one input, not 2"),
    (model(GOOD.replace("Dense: {units: 1}", "Add: {}")), "{out: {Add", "takes two inputs or more"),
    (model(GOOD, inputs="{x: [a, d]}"), "{x: [a, d]}", "no column `d`"),
    (model("[{h: {Dense: {units: 2}}}]"), "h: {Dense", "does not say its inputs"),
    ("procedure: [SVC]\nparameters: {svc__C: $steps}", "$steps", "known where a network is trained"),
    (sequential("[Flatten]") + "\nparameters: {sequential__optimizer__lr: 1}", "sequential__optimizer", "Adam has no parameter `lr`"),
    (sequential("[Flatten]") + "\nparameters: {sequential__dense__units: 1}", "sequential__dense", "Sequential has no parameter `dense`"),
]


@pytest.mark.parametrize(("text", "at", "words"), MISTAKES)
def test_a_mistake_is_named_with_its_line_and_column(text: str, at: str, words: str) -> None:
    with pytest.raises(EntryError) as fault:
        tree(text)
    place = fault.value.place
    assert words in str(fault.value)
    assert place is not None
    assert place.line is not None
    assert place.column is not None
    assert entry(text).text.splitlines()[place.line - 1][place.column - 1 :].startswith(at)


REFUSED = [
    sequential("[{Lambda: {function: 'lambda x: x'}}]"),
    sequential("[Lambda]"),
    sequential("[keras.layers.Lambda]"),
    sequential("[{Bidirectional: {layer: {Lambda: {function: x}}}}]"),
    sequential("[Flatten]") + "\ngrid: {sequential__flatten: [Lambda]}",
    sequential("[{TFSMLayer: {filepath: model}}]"),
    sequential("[{TorchModuleWrapper: {module: x}}]"),
    sequential("[{JaxLayer: {call_fn: x}}]"),
    sequential("[{FlaxLayer: {module: x}}]"),
    sequential("[{StringLookup: {vocabulary: /etc/passwd}}]"),
    sequential("[{StringLookup: {vocabulary: words}}]"),
    sequential("[{IntegerLookup: {vocabulary: words}}]"),
    sequential("[{TextVectorization: {vocabulary: $v}}]") + "\nparameters: {v: /etc/passwd}",
    sequential("[{TextVectorization: {idf_weights: words}}]"),
    sequential("[StringLookup]") + "\nparameters: {sequential__stringlookup__vocabulary: /etc/passwd}",
    sequential("[Flatten]", more=", fit: {callbacks: [{CSVLogger: {filename: log}}]}"),
    sequential("[Flatten]", more=", fit: {callbacks: [{ModelCheckpoint: {filepath: x}}]}"),
    sequential("[Flatten]", more=", fit: {callbacks: [{TensorBoard: {log_dir: x}}]}"),
    sequential("[Flatten]", more=", fit: {callbacks: [{LambdaCallback: {on_epoch_end: x}}]}"),
    sequential("[Flatten]", more=", fit: {callbacks: [{RemoteMonitor: {}}]}"),
    sequential("[Flatten]", more=", fit: {callbacks: [{LearningRateScheduler: {schedule: x}}]}"),
    sequential("[Flatten]", more=", fit: {validation: 0.1, callbacks: [{EarlyStopping: {monitor: ../../x}}]}"),
    sequential("[{Rescaling: {scale: /tmp/x}}]"),
    sequential("[{Resizing: {height: 1, width: 1, interpolation: x.py}}]"),
    sequential("[os.system]"),
    sequential("[builtins.eval]"),
    sequential("[keras.src.layers.core.lambda_layer.Lambda]"),
    sequential("[{Dense: {units: 1, activation: os.system}}]"),
    sequential("[Flatten]", optimizer="os.system"),
    sequential("[Flatten]", loss="subprocess.run"),
    sequential("[Flatten]", more=", compile_metrics: [os.system]"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_runs_code_or_reads_files_is_refused_without_trust(text: str) -> None:
    with pytest.raises(TrustError) as fault:
        tree(text)
    assert fault.value.place is not None


@pytest.mark.parametrize(
    "text",
    [
        sequential("[keras.layers.Layer]"),
        sequential("[{Dense: {units: 1, kernel_initializer: {Lambda: {}}}}]"),
        sequential("[{Embedding: {input_dim: 3, output_dim: 2, weights: [1]}}]"),
        sequential("[Flatten]", optimizer="{MultiOptimizer: {optimizer_map: x}}"),
        sequential("[{Dense: {units: {Dense: {units: 1}}}}]"),
        sequential("[{EinsumDense: {equation: 'ab,bc->ac', output_shape: 1, name: ../x}}]"),
    ],
)
def test_other_objects_are_not_built_either(text: str) -> None:
    with pytest.raises(GitjournalError):
        tree(text)


def test_a_deep_or_long_network_is_read_or_refused_and_never_crashes() -> None:
    long = ", ".join(f"{{l{n}: {{Flatten: {{}}, inputs: [l{n - 1}]}}}}" for n in range(1, 1500))
    layers = named(model(f"[{{l0: {{Flatten: {{}}, inputs: [x]}}}}, {long}]", outputs="[l1499]"))
    assert len(layers) == 1500


def test_the_place_of_a_value_that_keras_refuses_is_found_again() -> None:
    layers = "      layers:\n        - Flatten\n        - Dense: {units: -1}\n"
    written = entry(f"procedure:\n  - Sequential:\n{layers}      optimizer: adam\n      loss: mse")
    where = [(["sequential", "dense"], "8:11"), (["sequential", "dense", "units"], "8:19"), (["sequential", "loss"], "10:7")]
    for path, place in where:
        assert str(reader.locate(written, {}, FACTS, path)) == f"lab/e.md:{place}"


def test_reading_a_network_imports_no_keras() -> None:
    code = "import sys; from gitjournal.procedure import reader as procedure, identity; from gitjournal.procedure.networks import canonical"
    code += "; from gitjournal.worker import run as measure; print('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
