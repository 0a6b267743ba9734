"""Keras networks as models that fit and predict, built from a tree. Runs in the worker; `keras_library.load` imports Keras.

A network is always built through the functional interface, layer after layer in the order of `networks.graph`, so that two declarations
of one network draw the same random numbers. Rows may be arrays, a DataFrame, text, or anything that has a length, a `shape` and gives
arrays for an array of row numbers: a batch is all that is ever asked for at once.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gitjournal.data.raw import Array
from gitjournal.procedure.networks import keras_catalogue
from gitjournal.procedure.networks.graph import graph_of
from gitjournal.procedure.networks.network import training_facts
from gitjournal.worker.models import keras_inputs, keras_state, sklearn_models
from gitjournal.worker.models.keras_layers import Builder
from gitjournal.worker.models.keras_library import load
from gitjournal.worker.models.keras_objective import Objective, PredictionTarget
from gitjournal.worker.models.keras_rows import Batches
from gitjournal.worker.models.sklearn_models import derive_seed
from gitjournal.worker.scores import Answers

Node = dict[str, Any]
Steps = list[list[Any]]
Tell = Callable[[int, int, Mapping[str, float]], None]  # an epoch, of how many, and what is minimised: `loss`, `val_loss`

NOT_SEEDED = 1_000_000  # the position of the network's own seed, beyond any step's


class DivergedError(ArithmeticError):
    """The loss is no number any more."""


@dataclass(frozen=True)
class Examples:
    """Rows to learn from or to watch: features, target, and a weight for each row where there are weights."""

    X: Any
    y: Array
    weights: Array | None = None


class Network:
    """The steps before a network, and the network, which gives values; what it offers besides them depends on the loss."""

    def __init__(self, tree: Steps, seed: int | None, objective: Objective) -> None:
        self.label, self.node = tree[-1][:2]
        self.seed = 0 if seed is None else seed
        self.curves: dict[str, list[float]] = {}
        self.graph = graph_of(self.node)
        self.inputs = keras_inputs.Inputs(tree, seed, self.graph)
        fit = self.node["params"]["fit"]["params"]
        declared = keras_catalogue.spec_at(keras_catalogue.FIT).params
        self.options = {name: fit.get(name, one.default) for name, one in declared.items()}
        self.facts: dict[str, int] = {}
        self.model: Any = None
        self.outputs = 0
        self.objective = objective

    @property
    def name(self) -> str:
        """What the step is called in an entry."""
        return str(self.node["class"]).rpartition(".")[2]

    @property
    def loss_name(self) -> str:
        """What the loss is called; that there is one tells a network from other models."""
        return self.objective.loss

    def fit(self, train: Examples, watched: Examples | None, *, names: Sequence[str] = (), tell: Tell) -> None:
        """Learn from `train`, and look at `watched` after each epoch. `names` are those of the columns.

        Raises ParameterError for what does not fit, DivergedError where the loss is no number any more.
        """
        keras = load()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            keras.utils.clear_session()
            keras.utils.set_random_seed(derive_seed(self.seed, NOT_SEEDED))
        fit = self.options
        sources = self.inputs.fit(train.X, train.y, names)
        self.facts = training_facts(self.node, len(train.y))
        self.model, self.outputs = Builder(keras, self.label, self.facts).model(self.graph, sources)
        self.objective.check(self.graph.layers[-1].name, self.outputs)
        self._compile(keras)
        weights = self.objective.row_weights(train.y, train.weights, fit["class_weight"])
        shuffled = derive_seed(self.seed, NOT_SEEDED + 1) if fit["shuffle"] else None
        rows = Batches(sources, self.objective.encode(train.y, self.outputs), weights, size=int(fit["batch_size"]), seed=shuffled)
        validation = None
        if watched is not None:
            validation = Batches(self.inputs.transform(watched.X), self.objective.encode(watched.y, self.outputs), watched.weights)
        callbacks = [Builder(keras, self.label, self.facts).value(node) for node in fit["callbacks"]]
        self._learn(keras, rows, validation, callbacks, int(fit["epochs"]), tell)

    def _compile(self, keras: Any) -> None:
        builder = Builder(keras, self.label, self.facts)
        params = self.node["params"]
        metrics = [builder.value(one) for one in params.get("compile_metrics", [])]
        optimizer, loss = builder.value(params["optimizer"]), builder.value(params["loss"])
        self.model.compile(optimizer=optimizer, loss=loss, metrics=metrics or None, jit_compile=False)

    def _learn(self, keras: Any, rows: Batches, validation: Batches | None, callbacks: list[Any], epochs: int, tell: Tell) -> None:
        curves: dict[str, list[float]] = {}
        self.curves = curves

        def after(epoch: int, logs: dict[str, Any]) -> None:
            values = {name: float(value) for name, value in logs.items() if name != "learning_rate"}
            for name, value in values.items():
                curves.setdefault(name, []).append(value)
            tell(epoch + 1, epochs, {name: values[name] for name in ("loss", "val_loss") if name in values})
            if not math.isfinite(values["loss"]):
                raise DivergedError(f"the loss is {values['loss']} after epoch {epoch + 1} of {epochs}; try a smaller learning rate")

        watcher = keras.callbacks.LambdaCallback(on_epoch_end=after)
        callbacks = [watcher, *callbacks]
        with rows.own_faults(), validation.own_faults() if validation else contextlib.nullcontext():
            watched = validation.dataset() if validation else None
            self.model.fit(rows.dataset(), validation_data=watched, epochs=epochs, callbacks=callbacks, shuffle=False, verbose=0)

    def state(self) -> dict[str, Array]:
        """Return what was learned, as plain arrays: the network itself is its declaration.

        Raises DataError for steps before it that could not be opened again.
        """
        layers = {number: self.model.get_layer(f"layer_{number}") for number in range(len(self.graph.layers))}
        return keras_state.network_arrays(layers) | self.inputs.state()

    def restore(self, state: Mapping[str, Array], X: Any, n_train: int, names: Sequence[str]) -> None:
        """Become what was kept instead of learning. `X` are some rows, of which only the shape counts, `names` those of the columns.

        Raises DataError where it does not fit the declaration, TrustError for steps that are not opened.
        """
        keras = load()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            keras.utils.clear_session()
        self.inputs.restore(state, names)
        self.facts = training_facts(self.node, n_train)
        self.model, self.outputs = Builder(keras, self.label, self.facts).model(self.graph, self.inputs.transform(X), state)
        self._compile(keras)

    def raw(self, X: Any) -> Array:
        """Return what the last layer gives for rows."""
        rows = Batches(self.inputs.transform(X))
        with rows.own_faults():
            return np.asarray(self.model.predict(rows.dataset(), verbose=0), dtype=np.float64)

    def predict(self, X: Any) -> Array:
        """Return classes, labels or values."""
        return self.answers(self.raw(X)).predicted

    def answers(self, raw: Array) -> Answers:
        """Return classes or values for what the last layer gave, with probabilities or margins where the loss makes them."""
        return self.objective.answers(raw)

    def loss(self, raw: Array, y: Array, weights: Array | None) -> float:
        """Return the loss of rows, a mean over them: without class weights and without penalties on weights."""
        keras = load()
        loss = Builder(keras, self.label, self.facts).value(self.node["params"]["loss"])
        of_rows = None if weights is None else weights.astype(np.float32)
        return float(loss(self.objective.encode(y, self.outputs), raw.astype(np.float32), sample_weight=of_rows))

    def try_out(self, n_train: int, samples: list[Any] | None) -> None:
        """Make what there is to make, and wire it up where there are samples of the inputs; no weight is made."""
        keras, params = load(), self.node["params"]
        self.facts = training_facts(self.node, n_train)
        self.objective.row_weights(np.zeros(1, np.int64), None, self.options["class_weight"])
        builder = Builder(keras, self.label, self.facts)
        try:
            for name in ("optimizer", "loss", "compile_metrics"):
                builder.value(params.get(name, []), path=[self.label, name])
            builder.value(self.options["callbacks"], path=[self.label, "fit", "callbacks"])
            for layer in self.graph.layers:
                builder.layer(layer)
            if samples is not None:
                self.outputs = builder.outline(self.graph, samples)
                self.objective.check(self.graph.layers[-1].name, self.outputs)
        finally:
            keras.utils.clear_session()  # weights that were left out must not be made later


class ProbabilityNetwork(Network):
    """A network that gives probabilities."""

    def predict_proba(self, X: Any) -> Array:
        """Return one column for each class or label."""
        proba: Array = self.answers(self.raw(X)).proba
        return proba


class MarginNetwork(Network):
    """A network that gives margins: its loss is a hinge."""

    def decision_function(self, X: Any) -> Array:
        """Return the margins."""
        margins: Array = self.answers(self.raw(X)).decision
        return margins


def build(tree: Steps, seed: int | None, target: PredictionTarget) -> Network:
    """Return the network of a tree whose last step is one, and the steps before it; nothing is learned yet."""
    label, node = tree[-1][:2]
    objective = Objective(target, node["params"]["loss"], label)
    kind = Network if target.task == "regression" else MarginNetwork if objective.gives_margins else ProbabilityNetwork
    return kind(tree, seed, objective)


def validate(tree: Steps, target: PredictionTarget, facts: dict[str, Any]) -> None:
    """Make every object of a network, and where the shape of the data is known wire it up.

    `facts` are those of the data. Raises ParameterError for what does not fit.
    """
    network = build(tree, None, target)
    if network.inputs.before is not None:
        sklearn_models.validate_steps(tree[:-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.try_out(int(facts.get("n_rows") or 1), keras_inputs.samples(network.graph, tree, facts))
