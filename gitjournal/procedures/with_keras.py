"""From a node of the tree to a Keras network that fits and predicts. Runs in the worker; `keras_library.load` imports Keras.

A network is always built through the functional interface, layer after layer in the order of `network_graph`, so that two declarations
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

from gitjournal import keras_catalogue
from gitjournal.data.raw import Array
from gitjournal.errors import DataError
from gitjournal.network import training_facts
from gitjournal.network_graph import Graph, Wired, graph_of
from gitjournal.procedures import kept, keras_state, with_sklearn
from gitjournal.procedures.keras_layers import Builder, short
from gitjournal.procedures.keras_library import load
from gitjournal.procedures.keras_rows import Batches, from_table
from gitjournal.procedures.with_sklearn import ParameterError, derived_seed
from gitjournal.scores import Answers

Node = dict[str, Any]
Steps = list[list[Any]]
Tell = Callable[[dict[str, Any]], None]

NOT_SEEDED = 1_000_000  # the position of the network's own seed, beyond any step's
BY_CLASS = frozenset(["SparseCategoricalCrossentropy"])  # losses that take codes; the others take one number for each output
BY_LABEL = frozenset(["BinaryCrossentropy", "BinaryFocalCrossentropy"])
MARGINS = frozenset(["CategoricalHinge", "Hinge", "SquaredHinge"])
ONE_FOR_EACH = frozenset(
    ["CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy", "CategoricalHinge"]
)
FOR_CLASSES = BY_CLASS | BY_LABEL | MARGINS | ONE_FOR_EACH | {"Circle", "CTC", "Dice", "Tversky"}
WHOLE_NUMBERS = frozenset(["CategoryEncoding", "Embedding", "HashedCrossing", "Hashing", "IntegerLookup"])  # layers that count by numbers
KEEPS_SHAPE = frozenset(
    f"sklearn.preprocessing.{name}"
    for name in ("MaxAbsScaler", "MinMaxScaler", "Normalizer", "PowerTransformer", "QuantileTransformer", "RobustScaler", "StandardScaler")
)


class DivergedError(ArithmeticError):
    """The loss is no number any more."""


@dataclass(frozen=True)
class Target:
    """What is to be predicted: the task, the labels of a classification, and how many columns the target has."""

    task: str
    classes: list[Any] | None = None
    columns: int = 1


@dataclass(frozen=True)
class Part:
    """Rows to learn from or to watch: features, target, and a weight for each row where there are weights."""

    X: Any
    y: Array
    weights: Array | None = None


class Network:
    """The steps before a network, and the network, which gives values; what it offers besides them depends on the loss."""

    def __init__(self, tree: Steps, seed: int | None, target: Target) -> None:
        self.tree = tree
        self.label, self.node = tree[-1][:2]
        self.seed = 0 if seed is None else seed
        self.target = target
        self.before = with_sklearn.build(tree[:-1], seed) if len(tree) > 1 else None
        self.curves: dict[str, list[float]] = {}
        self.graph = graph_of(self.node)
        fit = self.node["params"]["fit"]["params"]
        known = keras_catalogue.known(keras_catalogue.FIT).params
        self.options = {name: fit.get(name, one.default) for name, one in known.items()}
        self.facts: dict[str, int] = {}
        self.names: list[str] = []
        self.model: Any = None
        self.outputs = 0
        self.loss_name = str(self.node["params"]["loss"]["class"]).rpartition(".")[2]

    @property
    def name(self) -> str:
        """What the step is called in an entry."""
        return str(self.node["class"]).rpartition(".")[2]

    def fit(self, train: Part, watched: Part | None, *, names: Sequence[str] = (), tell: Tell) -> None:
        """Learn from `train`, and look at `watched` after each epoch. `names` are those of the columns.

        Raises ParameterError for what does not fit, DivergedError where the loss is no number any more.
        """
        keras = load()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            keras.utils.clear_session()
            keras.utils.set_random_seed(derived_seed(self.seed, NOT_SEEDED))
        X = train.X if self.before is None else self._transformed(train.X, train.y)
        self.names = self._names_after(names)
        fit = self.options
        self.facts = training_facts(self.node, len(train.y))
        sources = self._sources(X)
        self.model, self.outputs = Builder(keras, self.label, self.facts).model(self.graph, sources)
        self._check_target(self.graph.layers[-1])
        self._compile(keras)
        weights = _row_weights(train, fit["class_weight"], self.target, self.label)
        shuffled = derived_seed(self.seed, NOT_SEEDED + 1) if fit["shuffle"] else None
        rows = Batches(sources, self._coded(train.y), weights, size=int(fit["batch_size"]), seed=shuffled)
        seen = None
        if watched is not None:
            X = watched.X if self.before is None else self.before.transform(watched.X)
            seen = Batches(self._sources(X), self._coded(watched.y), watched.weights)
        callbacks = [Builder(keras, self.label, self.facts).value(one) for one in fit["callbacks"]]
        self._learn(keras, rows, seen, callbacks, int(fit["epochs"]), tell)

    def _learn(self, keras: Any, rows: Batches, seen: Batches | None, callbacks: list[Any], epochs: int, tell: Tell) -> None:
        curves: dict[str, list[float]] = {}
        self.curves = curves

        def after(epoch: int, logs: dict[str, Any]) -> None:
            values = {name: float(value) for name, value in logs.items() if name != "learning_rate"}
            for name, value in values.items():
                curves.setdefault(name, []).append(value)
            tell({"epoch": epoch + 1, "epochs": epochs, **{name: values[name] for name in ("loss", "val_loss") if name in values}})
            if not math.isfinite(values["loss"]):
                raise DivergedError(f"the loss is {values['loss']} after epoch {epoch + 1} of {epochs}; try a smaller learning rate")

        watcher = keras.callbacks.LambdaCallback(on_epoch_end=after)
        callbacks = [watcher, *callbacks]
        with rows.own_faults(), seen.own_faults() if seen else contextlib.nullcontext():
            watched = seen.dataset() if seen else None
            self.model.fit(rows.dataset(), validation_data=watched, epochs=epochs, callbacks=callbacks, shuffle=False, verbose=0)

    def state(self) -> dict[str, Array]:
        """Return what was learned, as plain arrays: the network itself is its declaration.

        Raises DataError for steps before it that could not be opened again.
        """
        found = keras_state.learned({number: self.model.get_layer(f"layer_{number}") for number in range(len(self.graph.layers))})
        if self.before is not None:
            found[keras_state.BEFORE] = np.frombuffer(kept.to_bytes(self.before), dtype=np.uint8)
        return found

    def restore(self, state: Mapping[str, Array], X: Any, n_train: int, names: Sequence[str]) -> None:
        """Become what was kept instead of learning. `X` are some rows, of which only the shape counts, `names` those of the columns.

        Raises DataError where it does not fit the declaration, TrustError for steps that are not opened.
        """
        keras = load()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            keras.utils.clear_session()
        if (self.before is None) != (keras_state.BEFORE not in state):
            raise DataError("what is kept does not fit the declared steps")
        if self.before is not None:
            self.before = kept.from_bytes(state[keras_state.BEFORE].tobytes())
            X = self.before.transform(X)
        self.names = self._names_after(names)
        self.facts = training_facts(self.node, n_train)
        self.model, self.outputs = Builder(keras, self.label, self.facts).model(self.graph, self._sources(X), state)
        self._compile(keras)

    def raw(self, X: Any) -> Array:
        """Return what the last layer gives for rows."""
        X = X if self.before is None else self.before.transform(X)
        rows = Batches(self._sources(X))
        with rows.own_faults():
            found: Array = np.asarray(self.model.predict(rows.dataset(), verbose=0), dtype=np.float64)
        return found

    def predict(self, X: Any) -> Array:
        """Return classes, labels or values."""
        return self.answers(self.raw(X)).predicted

    def answers(self, raw: Array) -> Answers:
        """Return classes or values for what the last layer gave, with probabilities or margins where the loss makes them."""
        if self.target.task == "regression":
            return Answers(raw[:, 0] if self.target.columns == 1 else raw)
        if self.loss_name in MARGINS:
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
        logits = bool(self.node["params"]["loss"]["params"].get("from_logits", False))
        by_label = self.loss_name in BY_LABEL or self.target.task == "multilabel" or raw.shape[1] == 1
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

    def loss(self, raw: Array, y: Array, weights: Array | None) -> float:
        """Return the loss of rows, a mean over them: without class weights and without penalties on weights."""
        keras = load()
        loss = Builder(keras, self.label, self.facts).value(self.node["params"]["loss"])
        found = loss(self._coded(y), raw.astype(np.float32), sample_weight=None if weights is None else weights.astype(np.float32))
        return float(found)

    def try_out(self, n_train: int, samples: list[Any] | None) -> None:
        """Make what there is to make, and wire it up where there are samples of the inputs; no weight is made."""
        keras, params = load(), self.node["params"]
        self.facts = training_facts(self.node, n_train)
        _row_weights(Part(None, np.zeros(1, np.int64)), self.options["class_weight"], self.target, self.label)
        builder = Builder(keras, self.label, self.facts)
        try:
            for name in ("optimizer", "loss", "compile_metrics"):
                builder.value(params.get(name, []), path=[self.label, name])
            builder.value(self.options["callbacks"], path=[self.label, "fit", "callbacks"])
            for layer in self.graph.layers:
                builder.layer(layer)
            if samples is not None:
                self.outputs = builder.outline(self.graph, samples)
                self._check_target(self.graph.layers[-1])
        finally:
            keras.utils.clear_session()  # weights that were left out must not be made later

    # data

    def _transformed(self, X: Any, y: Array) -> Any:
        if not hasattr(self.before, "transform"):
            raise ParameterError(f"`{self.tree[-2][0]}` does not transform, so nothing can come after it", [self.tree[-2][0]])
        return self.before.fit_transform(X, y)  # type: ignore[union-attr]

    def _names_after(self, names: Sequence[str]) -> list[str]:
        """Return what columns are called after the steps before the network, as far as they say so."""
        if self.before is None:
            return list(names)
        try:
            return [str(name) for name in self.before.get_feature_names_out(list(names) or None)]
        except (AttributeError, ValueError, TypeError):
            return []

    def _sources(self, X: Any) -> list[Any]:
        return [self._source(X, number, source.columns) for number, source in enumerate(self.graph.sources)]

    def _source(self, X: Any, number: int, columns: Any) -> Any:
        """Return the rows of one input: float32, text, or whole numbers where a layer takes them as they are."""
        if columns != "all":
            X = self._columns(X, columns)
        if hasattr(X, "columns"):
            X = from_table(X, self.label)
        elif hasattr(X, "to_numpy"):
            X = X.to_numpy()
        if getattr(X, "ndim", 2) == 1 and getattr(X, "dtype", None) is not None and X.dtype.kind in "OUS":
            return np.asarray(["" if one is None or one != one else str(one) for one in X], dtype=object)  # noqa: PLR0124 - NaN is not itself
        if isinstance(X, np.ndarray):
            if X.dtype.kind == "O":
                raise ParameterError("the columns hold text and numbers; let text be an input of its own", [self.label, "inputs"])
            if X.dtype.kind == "f" and np.isnan(X).any():
                raise ParameterError(
                    "the data hold missing values, which a network does not take; put a SimpleImputer before it", [self.label]
                )
            X = X[:, None] if X.ndim == 1 else X
            return X.astype(np.int64) if X.dtype.kind in "iub" and self._takes_whole(number) else X
        return X

    def _takes_whole(self, number: int) -> bool:
        return all(short(one.node) in WHOLE_NUMBERS for one in self.graph.layers if number in one.inputs)

    def _columns(self, X: Any, columns: Any) -> Any:
        listed = columns if isinstance(columns, list) else [columns]
        known = [str(name) for name in X.columns] if hasattr(X, "columns") else self.names
        try:
            numbers = [column if isinstance(column, int) else known.index(column) for column in listed]
        except ValueError:
            missing = next(column for column in listed if not isinstance(column, int) and column not in known)
            says = f"columns are {', '.join(known[:10])}" if known else "columns have numbers here, from 0"
            raise ParameterError(f"no column `{missing}` comes in; {says}", [self.label, "inputs"]) from None
        if max(numbers) >= X.shape[1] or min(numbers) < 0:
            raise ParameterError(f"no column {max(numbers)} comes in: there are {X.shape[1]}", [self.label, "inputs"])
        chosen = numbers if isinstance(columns, list) else numbers[0]
        return X.iloc[:, chosen] if hasattr(X, "iloc") else X[:, chosen]

    def _coded(self, y: Array) -> Array:
        """Return the target as the loss takes it."""
        if self.target.task == "classification" and self.loss_name in BY_CLASS:
            return y.astype(np.int32)
        if self.target.task == "classification" and self.outputs > 1:
            return np.eye(self.outputs, dtype=np.float32)[y]
        return y.astype(np.float32).reshape(len(y), -1)

    # what must fit together

    def _compile(self, keras: Any) -> None:
        builder = Builder(keras, self.label, self.facts)
        params = self.node["params"]
        metrics = [builder.value(one) for one in params.get("compile_metrics", [])]
        optimizer, loss = builder.value(params["optimizer"]), builder.value(params["loss"])
        self.model.compile(optimizer=optimizer, loss=loss, metrics=metrics or None, jit_compile=False)

    def _check_target(self, last: Wired) -> None:
        """Raise where the last layer or the loss does not fit the target, before anything is learned."""
        target, path = self.target, [self.label, last.name]
        n_classes = len(target.classes or [])
        if target.task == "classification":
            fits = {n_classes} | ({1} if n_classes == 2 and self.loss_name not in BY_CLASS | ONE_FOR_EACH else set())
            if self.outputs not in fits:
                needs = " or ".join(map(str, sorted(fits)))
                gives = f"the last layer `{last.name}` gives {_count(self.outputs)} a row"
                raise ParameterError(f"{gives}; {self.loss_name} and {n_classes} classes need {needs}", path)
            return
        refused = FOR_CLASSES if target.task == "regression" else BY_CLASS
        if self.loss_name in refused:
            message = f"{self.loss_name} takes classes, and the task is {target.task}"
            raise ParameterError(message, [self.label, "loss"])
        if self.outputs != target.columns:
            message = f"the last layer `{last.name}` gives {_count(self.outputs)} a row, and the target has {target.columns}"
            raise ParameterError(message, path)


class ProbabilityNetwork(Network):
    """A network that gives probabilities."""

    def predict_proba(self, X: Any) -> Array:
        """Return one column for each class or label."""
        found: Array = self.answers(self.raw(X)).proba
        return found


class MarginNetwork(Network):
    """A network that gives margins: its loss is a hinge."""

    def decision_function(self, X: Any) -> Array:
        """Return the margins."""
        found: Array = self.answers(self.raw(X)).decision
        return found


def build(tree: Steps, seed: int | None, target: Target) -> Network:
    """Return the network of a tree whose last step is one, and the steps before it; nothing is learned yet."""
    loss = str(tree[-1][1]["params"]["loss"]["class"]).rpartition(".")[2]
    kind = Network if target.task == "regression" else MarginNetwork if loss in MARGINS else ProbabilityNetwork
    return kind(tree, seed, target)


def validate(tree: Steps, target: Target, known: dict[str, Any]) -> None:
    """Make every object of a network, and where the shape of the data is known wire it up.

    `known` are the facts of the data. Raises ParameterError for what does not fit.
    """
    network = build(tree, None, target)
    if network.before is not None:
        with_sklearn.validate_steps(tree[:-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.try_out(int(known.get("n_rows") or 1), _samples(network.graph, tree, known))


def _samples(graph: Graph, tree: Steps, known: dict[str, Any]) -> list[Any] | None:
    """Return two rows of each input as the data would give them; None where a step or a vocabulary decides what comes in."""
    learned = ("IntegerLookup", "StringLookup", "TextVectorization")
    if any(short(one.node) in learned and not one.node["params"].get("vocabulary") for one in graph.layers):
        return None
    if any(node not in ("passthrough", None) and node["class"] not in KEEPS_SHAPE for _, node, *_ in tree[:-1]):
        return None
    columns: dict[str, Any] = known.get("columns") or {}
    if set(columns) != {"number"}:
        return None
    shape = tuple(known.get("shape") or [known.get("n_features") or 0])
    if not all(shape):
        return None
    found = []
    for source in graph.sources:
        width = shape if source.columns == "all" else (len(source.columns) if isinstance(source.columns, list) else 1,)
        found.append(np.arange(2 * math.prod(width), dtype=np.float32).reshape(2, *width))
    return found


def _count(outputs: int) -> str:
    return f"{outputs} number" + ("s" if outputs != 1 else "")


def _row_weights(train: Part, declared: Any, target: Target, label: str) -> Array | None:
    """Return the weight of each row: its own times that of its class."""
    if declared is None:
        return train.weights
    if target.task != "classification" or target.classes is None:
        raise ParameterError(f"`class_weight` weighs classes, and the task is {target.task}", [label, "fit", "class_weight"])
    if declared == "balanced":
        counts = np.bincount(train.y, minlength=len(target.classes))
        of_class = len(train.y) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    else:
        texts = [str(label) for label in target.classes]
        of_class = np.ones(len(texts))
        for name, weight in declared["map"]:
            if str(name) not in texts:
                raise ParameterError(
                    f"`class_weight` names `{name}`; the labels are {', '.join(texts[:10])}", [label, "fit", "class_weight"]
                )
            of_class[texts.index(str(name))] = weight
    weights: Array = of_class[train.y]
    return weights if train.weights is None else weights * train.weights
