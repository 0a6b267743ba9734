"""From what an entry says about a network to a node of the tree. Pure: no Keras is imported.

A network is the last step of a procedure::

    - Sequential:
        layers: [{Dense: {units: 64, activation: relu}}, {head: {Dense: {units: $n_classes, activation: softmax}}}]
        optimizer: {Adam: {learning_rate: 1e-3}}
        loss: sparse_categorical_crossentropy
        fit: {epochs: 20, validation: 0.1, callbacks: [{EarlyStopping: {patience: 3}}]}
    - Model:
        inputs: {x: all}                                   # all columns, a list of them, or one as 1-D
        layers: [{h: {Dense: {units: 8}, inputs: [x]}}, {out: {Dense: {units: 1}, inputs: [h]}}]
        outputs: [out]

Its node is ``{"class": "keras.Model", "params": {…}}``: `layers` are named nodes, each with its `inputs` in a Model; `optimizer`, `loss`
and `fit` are nodes; ``{"fact": "steps"}`` is a number that only training knows.
"""

from __future__ import annotations

import math
import re
from typing import Any, Protocol

from gitjournal.errors import EntryError, GitjournalError, TrustError, nearest
from gitjournal.procedure.catalogue import Kind, Known, Parameter, is_class
from gitjournal.procedure.networks import keras_catalogue
from gitjournal.procedure.networks.keras_catalogue import ADAPTED, FIT, MODEL, NETWORKS, NOT_HERE, REFUSED, SEQUENTIAL
from gitjournal.procedure.tree import Later, plain
from gitjournal.procedure.unsafe import path_like

Path = tuple[str | int, ...]
Node = dict[str, Any]

NAMES = {"Sequential": SEQUENTIAL, "Model": MODEL}
FACTS = ("n_train", "steps_per_epoch", "steps")  # what only training knows
RESERVED = ("inputs", "layers", "outputs", "optimizer", "loss", "compile_metrics", "fit")
ONE_OF_MANY = {"layers": "layer", "cells": "cell", "metrics": "metric", "callbacks": "callback"}
# metrics that Keras chooses by the loss and the shape of the target
WORDS = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}
DTYPES = frozenset(
    ["bfloat16", "float16", "float32", "float64", "mixed_bfloat16", "mixed_float16", "bool", "int8", "int16", "int32", "int64", "uint8"]
)
# never opened, and may hold dots and slashes
FREE_TEXT = frozenset(["equation", "mask_token", "oov_token", "vocabulary", "mask_value"])
SEVERAL = frozenset(["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"])
ATTENTION = frozenset(["Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"])

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")
_WHAT: dict[str, str] = {"activation": "an activation function", "optimizer": "an optimizer", "initializer": "an initializer"}


class Reader(Protocol):
    """What reading a network needs of the reader of its procedure."""

    declared: dict[tuple[int, str], Path]

    def resolve(self, value: Any, path: Path, *, network: bool = False) -> Any:
        """Return what `$name` stands for; anything else as it is."""

    def resolve_all(self, value: Any, path: Path, *, network: bool = False) -> Any:
        """Replace every `$name` inside a value, once."""

    def error(
        self, message: str, path: Path, *, key: bool = False, hint: str = "", kind: type[GitjournalError] = EntryError
    ) -> GitjournalError:
        """Return a fault at its place."""

    def put(self, node: Node, known: Known, name: str, value: Any, path: Path) -> None:
        """Set one parameter of a node, checked."""


def training_facts(node: Node, n_train: int) -> dict[str, int]:
    """Return the numbers that only training knows, for a network that learns from so many rows."""
    options, known = node["params"]["fit"]["params"], keras_catalogue.known(FIT).params
    batch_size, epochs = (int(options.get(name, known[name].default)) for name in ("batch_size", "epochs"))
    an_epoch = math.ceil(n_train / batch_size)
    return {"n_train": n_train, "steps_per_epoch": an_epoch, "steps": an_epoch * epochs}


def is_network(node: Any) -> bool:
    """Whether a node of the tree is a network."""
    return isinstance(node, dict) and node.get("class") in NETWORKS


def monitored(callback: Node) -> str | None:
    """Return what a callback watches, None for one that watches nothing."""
    parameter = keras_catalogue.known(callback["class"]).params.get("monitor")
    return None if parameter is None else str(callback["params"].get("monitor", parameter.default))


def watches(node: Node) -> bool:
    """Whether what is held back while a network learns decides anything about it."""
    return any((monitored(callback) or "").startswith("val_") for callback in node["params"]["fit"]["params"].get("callbacks", []))


def declares_network(procedure: list[Any] | dict[str, Any]) -> bool:
    """Whether the last step of a procedure, as written, is a network."""
    last = procedure[-1] if isinstance(procedure, list) and procedure else None
    while isinstance(last, dict) and len(last) == 1:
        name, last = next(iter(last.items()))
        if name in NAMES:
            return True
    return False


def read(reader: Reader, name: str, written: Any, path: Path) -> Node:
    """Read one network; `path` is that of its name. Wiring is checked by `check`, once all parameters are known."""
    if not isinstance(written, dict):
        raise reader.error(f"{name} is a mapping with `layers`, `optimizer` and `loss`", path)
    node: Node = {"class": NAMES[name], "params": {"fit": {"class": FIT, "params": {}}}}
    known = keras_catalogue.known(NAMES[name])
    for parameter, value in written.items():
        if parameter == "fit":
            _read_fit(reader, node, value, (*path, "fit"))
        else:
            reader.put(node, known, str(parameter), value, (*path, parameter))
    return node


def _read_fit(reader: Reader, node: Node, written: Any, path: Path) -> None:
    if not isinstance(written, dict):
        raise reader.error("`fit` is a mapping, such as {epochs: 20, batch_size: 32}", path)
    for parameter, value in written.items():
        reader.put(node["params"]["fit"], keras_catalogue.known(FIT), str(parameter), value, (*path, parameter))


def value(reader: Reader, known: Known, name: str, parameter: Parameter, written: Any, path: Path) -> Any:
    """Read the value of one parameter of a network, a layer, an optimizer or anything else of Keras."""
    if known.path in NETWORKS and name in ("layers", "inputs", "outputs", "fit"):
        return _of_network(reader, known, name, written, path)
    if parameter.takes and not _is_number(written := reader.resolve(written, path, network=True)):
        return _objects(reader, known, name, parameter, written, path)
    found = reader.resolve_all(written, path, network=True)
    return _fit_value(reader, name, found, path) if known.path == FIT else _plain(reader, known, name, found, path)


def _is_number(value_: Any) -> bool:
    return isinstance(value_, (int, float, Later)) and not isinstance(value_, bool)


def _objects(reader: Reader, known: Known, name: str, parameter: Parameter, written: Any, path: Path) -> Any:
    """Read a parameter that takes objects of Keras: one of a kind, or a list of them."""
    kind = ONE_OF_MANY.get(parameter.takes)
    inside = known.path not in (*NETWORKS, FIT)
    if kind or (parameter.takes == "cell" and isinstance(written, list)):
        if not isinstance(written, list):
            raise reader.error(f"`{name}` of {known.short} takes a list", path)
        return [_object(reader, part, kind or "cell", (*path, number), inside=inside) for number, part in enumerate(written)]
    return None if written is None else _object(reader, written, parameter.takes, path, inside=inside)


def layer(reader: Reader, written: Any, path: Path) -> Node:
    """Read one layer: `Dropout`, or `{Dropout: {rate: 0.5}}`."""
    return _object(reader, written, "layer", path, inside=False)


def swapped(reader: Reader, old: Node, written: Any, path: Path) -> Node:
    """Read a layer that takes the place of another, with its inputs."""
    node = layer(reader, written, path)
    if "inputs" in old:
        node["inputs"] = old["inputs"]
    reader.declared[id(node), ""] = path
    return node


# the parts of a network


def _of_network(reader: Reader, known: Known, name: str, written: Any, path: Path) -> Any:
    if name == "layers":
        return {"named": _layers(reader, written, path, wired=known.path == MODEL)}
    if name == "fit":
        raise reader.error("options of `fit` are named one by one: …__fit__epochs", path, key=True)
    found = reader.resolve_all(written, path)
    if name == "outputs":
        found = [found] if isinstance(found, str) else found
        if isinstance(found, list) and len(found) > 1:
            message = f"`outputs` names {len(found)} layers, and a network has one output here: data have one target"
            raise reader.error(message, path, hint="join them by a layer: {all: {Concatenate: {}, inputs: [a, b]}}; or ask two entries")
        if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], str):
            raise reader.error("`outputs` is a list with the name of one layer: [out]", path)
        return found
    if not isinstance(found, dict) or not found:
        raise reader.error("`inputs` names what goes in: {x: all}, {x: [age, size], t: text}", path)
    return {"map": [[_label(reader, str(key), (*path, key)), _columns(reader, part, (*path, key))] for key, part in found.items()]}


def _columns(reader: Reader, found: Any, path: Path) -> Any:
    def is_one(part: Any) -> bool:
        return isinstance(part, (str, int)) and not isinstance(part, bool)

    if is_one(found) or (isinstance(found, list) and found and all(map(is_one, found))):
        return found
    raise reader.error("an input is `all`, a list of columns, or one column (passed on as 1-D)", path)


def _layers(reader: Reader, written: Any, path: Path, *, wired: bool) -> list[list[Any]]:
    written = reader.resolve(written, path)
    if not isinstance(written, list) or not written:
        raise reader.error("`layers` is a list of layers: [{Dense: {units: 8}}, …]", path)
    read_ = [_layer(reader, item, (*path, number), wired=wired) for number, item in enumerate(written)]
    plain_names = [label or node["class"].rpartition(".")[2].lower() for label, node in read_]
    named: list[list[Any]] = []
    for number, (label, node) in enumerate(read_):
        name = plain_names[number]
        if label is None and plain_names.count(name) > 1:
            name = f"{name}-{plain_names[: number + 1].count(name)}"
        if any(name == other for other, _ in named):
            raise reader.error(f"two layers are named `{name}`; give one another name", (*path, number))
        named.append([name, node])
        reader.declared[id(node), ""] = (*path, number)
    return named


def _layer(reader: Reader, item: Any, path: Path, *, wired: bool) -> tuple[str | None, Node]:
    """Read one item of `layers`: a layer, `name: layer`, and in a Model `name: {Layer: {…}, inputs: [names]}`."""
    if not wired:
        if isinstance(item, str):
            return None, layer(reader, item, path)
        if not isinstance(item, dict) or len(item) != 1:
            raise reader.error("a layer is a class, or `Class: {parameters}`, or `name: Class`", path)
        name, value_ = next(iter(item.items()))
        if is_class(str(name)):
            return None, layer(reader, item, path)
        return _label(reader, str(name), (*path, name)), layer(reader, value_, (*path, name))
    if not isinstance(item, dict) or len(item) != 1:
        raise reader.error("a layer of a Model has a name and inputs: h1: {Dense: {units: 8}, inputs: [x]}", path)
    name, value_ = next(iter(item.items()))
    below = (*path, name)
    if not isinstance(value_, dict) or "inputs" not in value_:
        raise reader.error(f"`{name}` does not say its inputs: {name}: {{Dense: {{units: 8}}, inputs: [x]}}", below, key=True)
    inputs = reader.resolve_all(value_["inputs"], (*below, "inputs"))
    inputs = [inputs] if isinstance(inputs, str) else inputs
    if not isinstance(inputs, list) or not inputs or not all(isinstance(one, str) for one in inputs):
        raise reader.error(f"`inputs` of `{name}` are names of layers or inputs", (*below, "inputs"))
    rest = {key: part for key, part in value_.items() if key != "inputs"}
    node = layer(reader, rest, below)
    node["inputs"] = inputs
    return _label(reader, str(name), below), node


def _label(reader: Reader, name: str, path: Path) -> str:
    if name in RESERVED or "__" in name or not _NAME.match(name):
        raise reader.error(f"`{name}` cannot name a layer or an input; choose another name", path, key=True)
    return name


# objects of Keras


def _object(reader: Reader, found: Any, kind: Kind | str, path: Path, *, inside: bool) -> Node:
    """Read one object of a kind, given by its name or as a mapping with one class."""
    what = _WHAT.get(kind, f"a {kind}")
    found = reader.resolve(found, path, network=True)
    if kind == "metric" and isinstance(found, str) and found in WORDS:
        return {"word": WORDS[found]}
    if isinstance(found, str):
        name, params, at, key = found, None, path, False
    elif isinstance(found, dict) and len(found) == 1:
        name, params = next(iter(found.items()))
        name, at, key = str(name), (*path, next(iter(found))), True
    else:
        raise reader.error(f"{what} is written as a class, or as `{{Class: {{parameters}}}}` with one class", path)
    known = _known(reader, name, kind, at, key=key)
    if known.kind == "activation":
        if params:
            raise reader.error(f"{known.short} is a function, which takes no parameters", at, key=True)
        return {"function": known.path}
    if params is not None and not isinstance(params, dict):
        raise reader.error(f"the parameters of {known.short} are a mapping: {{{known.short}: {{name: value}}}}", at)
    if inside and known.short in ADAPTED:
        message = f"{known.short} inside another layer would stay unadapted; let it be a layer of its own"
        raise reader.error(message, at, key=key)
    node: Node = {"class": known.path, "params": {}}
    for name_, value_ in (params or {}).items():
        reader.put(node, known, str(name_), value_, (*at, name_))
    missing = next((name_ for name_, parameter in known.params.items() if parameter.required and name_ not in node["params"]), None)
    if missing is not None:
        raise reader.error(f"{known.short} needs `{missing}`", at, key=key)
    return node


def _known(reader: Reader, name: str, kind: Kind | str, path: Path, *, key: bool) -> Known:
    found = keras_catalogue.lookup(name, kind)  # type: ignore[arg-type]  # a plain word where it comes from a table
    if found is not None:
        return found
    short = name.rpartition(".")[2]
    if kind == "callback":
        listed = ", ".join(keras_catalogue.names("callback"))
        close = nearest(short, keras_catalogue.names("callback"))
        trust = TrustError if not close else EntryError
        raise reader.error(f"`{name}` is refused{close}: callbacks are {listed}", path, key=key, kind=trust)
    if short in REFUSED:
        raise reader.error(f"`{name}` is refused: {REFUSED[short]}", path, key=key, kind=TrustError)
    if short in NOT_HERE:
        raise reader.error(f"`{name}` is left out: {NOT_HERE[short]}", path, key=key)
    close = keras_catalogue.nearest(name, kind)  # type: ignore[arg-type]
    if "." in name:
        raise reader.error(f"`{name}` is not among the classes that run without trust{close}", path, key=key, kind=TrustError)
    raise reader.error(f"unknown {kind} `{name}`{close}", path, key=key)


def _plain(reader: Reader, known: Known, name: str, found: Any, path: Path) -> Any:
    """Read a value that is no object of Keras."""
    if isinstance(found, dict):
        raise reader.error(f"`{name}` of {known.short} takes a value, not a mapping", path)
    if name in ("vocabulary", "idf_weights") and isinstance(found, str):
        message = f"`{name}` as a string is refused: it names a file"
        raise reader.error(message, path, key=True, hint="write it as a list", kind=TrustError)
    if name in ("dtype", "vocabulary_dtype", "reverse_dtype") and found is not None and found not in DTYPES:
        raise reader.error(f"`{name}: {found}` is not one of {', '.join(sorted(DTYPES))}", path, key=True)
    if name == "name" and found is not None and not (isinstance(found, str) and _NAME.match(found)):
        raise reader.error("a name is made of letters, digits, `_`, `.` and `-`", path)
    refused = None if name in FREE_TEXT else path_like(name, found)
    if refused is not None:
        raise reader.error(refused.message, path, key=True, kind=TrustError)
    return plain(found)


def _fit_value(reader: Reader, name: str, found: Any, path: Path) -> Any:
    def whole(least: int) -> bool:
        number = isinstance(found, (int, float)) and not isinstance(found, bool)
        return number and found == int(found) and found >= least

    fits = {
        "epochs": whole(1),
        "batch_size": whole(1),
        "shuffle": isinstance(found, bool),
        "class_weight": found in (None, "balanced") or (isinstance(found, dict) and all(_is_weight(one) for one in found.values())),
        "validation": found in (None, "dev") or (isinstance(found, float) and 0 < found < 1),
        "verbose": True,
    }
    says = {
        "epochs": "a whole number from 1",
        "batch_size": "a whole number from 1",
        "shuffle": "true or false",
        "class_weight": "`balanced`, or {label: weight}",
        "validation": "`dev`, or a share of the train part such as 0.1",
    }
    if not fits[name]:
        raise reader.error(f"`{name}` takes {says[name]}", path)
    return plain(int(found) if name in ("epochs", "batch_size") else found)


def _is_weight(value_: Any) -> bool:
    return isinstance(value_, (int, float)) and not isinstance(value_, bool) and value_ >= 0
