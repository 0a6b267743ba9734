"""Reads a network as an entry declares it to a node of the tree. Pure: no Keras is imported.

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

import re
from typing import Any, Protocol

from gitjournal.errors import EntryError, TrustError, nearest
from gitjournal.paths import KeyPath
from gitjournal.procedure.catalogue import ClassSpec, Kind, Parameter, is_class
from gitjournal.procedure.networks import keras_catalogue
from gitjournal.procedure.networks.keras_catalogue import ADAPTED, FIT, MODEL, NETWORKS, NOT_HERE, REFUSED
from gitjournal.procedure.networks.network import NAMES, ONE_OF_MANY, Node
from gitjournal.procedure.places import Places
from gitjournal.procedure.tree import TrainingNumber, plain
from gitjournal.procedure.unsafe import path_like
from gitjournal.procedure.variables import Variables

RESERVED = ("inputs", "layers", "outputs", "optimizer", "loss", "compile_metrics", "fit")
# metrics that Keras chooses by the loss and the shape of the target
WORDS = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}
DTYPES = frozenset(
    ["bfloat16", "float16", "float32", "float64", "mixed_bfloat16", "mixed_float16", "bool", "int8", "int16", "int32", "int64", "uint8"]
)
# never opened, and may hold dots and slashes
FREE_TEXT = frozenset(["equation", "mask_token", "oov_token", "vocabulary", "mask_value"])
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")
_WHAT: dict[str, str] = {"activation": "an activation function", "optimizer": "an optimizer", "initializer": "an initializer"}


class ParameterReader(Protocol):
    """What reading a network needs of the reader of its procedure."""

    places: Places
    variables: Variables

    def set_value(self, node: Node, spec: ClassSpec, name: str, value: Any, path: KeyPath) -> None:
        """Set one parameter of a node, checked."""


def read_network(reader: ParameterReader, name: str, written: Any, path: KeyPath) -> Node:
    """Read one network; `path` is that of its name. Wiring is checked by `check`, once all parameters are known."""
    if not isinstance(written, dict):
        raise reader.places.error(f"{name} is a mapping with `layers`, `optimizer` and `loss`", path)
    node: Node = {"class": NAMES[name], "params": {"fit": {"class": FIT, "params": {}}}}
    spec = keras_catalogue.spec_at(NAMES[name])
    for parameter, value in written.items():
        if parameter == "fit":
            _read_fit(reader, node, value, (*path, "fit"))
        else:
            reader.set_value(node, spec, str(parameter), value, (*path, parameter))
    return node


def _read_fit(reader: ParameterReader, node: Node, written: Any, path: KeyPath) -> None:
    if not isinstance(written, dict):
        raise reader.places.error("`fit` is a mapping, such as {epochs: 20, batch_size: 32}", path)
    for parameter, value in written.items():
        reader.set_value(node["params"]["fit"], keras_catalogue.spec_at(FIT), str(parameter), value, (*path, parameter))


def read_parameter(reader: ParameterReader, spec: ClassSpec, name: str, parameter: Parameter, written: Any, path: KeyPath) -> Any:
    """Read the value of one parameter of a network, a layer, an optimizer or anything else of Keras."""
    if spec.path in NETWORKS and name in ("layers", "inputs", "outputs", "fit"):
        return _read_structure(reader, spec, name, written, path)
    if parameter.takes and not _is_number(written := reader.variables.resolve(written, path, network=True)):
        return _read_objects(reader, spec, name, parameter, written, path)
    value = reader.variables.resolve_all(written, path, network=True)
    return _read_option(reader, name, value, path) if spec.path == FIT else _read_plain(reader, spec, name, value, path)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, TrainingNumber)) and not isinstance(value, bool)


def _read_objects(reader: ParameterReader, spec: ClassSpec, name: str, parameter: Parameter, written: Any, path: KeyPath) -> Any:
    """Read a parameter that takes objects of Keras: one of a kind, or a list of them."""
    kind = ONE_OF_MANY.get(parameter.takes)
    inside = spec.path not in (*NETWORKS, FIT)
    if kind or (parameter.takes == "cell" and isinstance(written, list)):
        if not isinstance(written, list):
            raise reader.places.error(f"`{name}` of {spec.short} takes a list", path)
        return [_read_object(reader, part, kind or "cell", (*path, number), inside=inside) for number, part in enumerate(written)]
    return None if written is None else _read_object(reader, written, parameter.takes, path, inside=inside)


def read_layer(reader: ParameterReader, written: Any, path: KeyPath) -> Node:
    """Read one layer: `Dropout`, or `{Dropout: {rate: 0.5}}`."""
    return _read_object(reader, written, "layer", path, inside=False)


def swapped_layer(reader: ParameterReader, old: Node, written: Any, path: KeyPath) -> Node:
    """Read a layer that takes the place of another, with its inputs."""
    node = read_layer(reader, written, path)
    if "inputs" in old:
        node["inputs"] = old["inputs"]
    reader.places.remember(node, "", path)
    return node


# the parts of a network


def _read_structure(reader: ParameterReader, spec: ClassSpec, name: str, written: Any, path: KeyPath) -> Any:
    """Read `layers`, `inputs` or `outputs` of a network."""
    if name == "layers":
        return {"named": _read_layers(reader, written, path, wired=spec.path == MODEL)}
    if name == "fit":
        raise reader.places.error(
            "`fit` as a whole cannot be set here; name its options one by one, such as …__fit__epochs", path, key=True
        )
    value = reader.variables.resolve_all(written, path)
    if name == "outputs":
        value = [value] if isinstance(value, str) else value
        if isinstance(value, list) and len(value) > 1:
            message = f"`outputs` names {len(value)} layers, and a network has one output here: data have one target"
            raise reader.places.error(
                message, path, hint="join them by a layer: {all: {Concatenate: {}, inputs: [a, b]}}; or ask two entries"
            )
        if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], str):
            raise reader.places.error("`outputs` is a list with the name of one layer: [out]", path)
        return value
    if not isinstance(value, dict) or not value:
        raise reader.places.error("`inputs` names what goes in: {x: all}, {x: [age, size], t: text}", path)
    return {
        "map": [[_check_label(reader, str(key), (*path, key)), _check_columns(reader, part, (*path, key))] for key, part in value.items()]
    }


def _check_columns(reader: ParameterReader, columns: Any, path: KeyPath) -> Any:
    def is_column(part: Any) -> bool:
        return isinstance(part, (str, int)) and not isinstance(part, bool)

    if is_column(columns) or (isinstance(columns, list) and columns and all(map(is_column, columns))):
        return columns
    raise reader.places.error("an input is `all`, a list of columns, or one column (passed on as 1-D)", path)


def _read_layers(reader: ParameterReader, written: Any, path: KeyPath, *, wired: bool) -> list[list[Any]]:
    written = reader.variables.resolve(written, path)
    if not isinstance(written, list) or not written:
        raise reader.places.error("`layers` is a list of layers: [{Dense: {units: 8}}, …]", path)
    layers = [_read_item(reader, item, (*path, number), wired=wired) for number, item in enumerate(written)]
    plain_names = [label or node["class"].rpartition(".")[2].lower() for label, node in layers]
    named: list[list[Any]] = []
    for number, (label, node) in enumerate(layers):
        name = plain_names[number]
        if label is None and plain_names.count(name) > 1:
            name = f"{name}-{plain_names[: number + 1].count(name)}"
        if any(name == other for other, _ in named):
            raise reader.places.error(f"two layers are named `{name}`; give one another name", (*path, number))
        named.append([name, node])
        reader.places.remember(node, "", (*path, number))
    return named


def _read_item(reader: ParameterReader, item: Any, path: KeyPath, *, wired: bool) -> tuple[str | None, Node]:
    """Read one item of `layers`: a layer, `name: layer`, and in a Model `name: {Layer: {…}, inputs: [names]}`."""
    if not wired:
        if isinstance(item, str):
            return None, read_layer(reader, item, path)
        if not isinstance(item, dict) or len(item) != 1:
            raise reader.places.error("a layer is a class, or `Class: {parameters}`, or `name: Class`", path)
        name, value = next(iter(item.items()))
        if is_class(str(name)):
            return None, read_layer(reader, item, path)
        return _check_label(reader, str(name), (*path, name)), read_layer(reader, value, (*path, name))
    if not isinstance(item, dict) or len(item) != 1:
        raise reader.places.error("a layer of a Model has a name and inputs: h1: {Dense: {units: 8}, inputs: [x]}", path)
    name, value = next(iter(item.items()))
    below = (*path, name)
    if not isinstance(value, dict) or "inputs" not in value:
        raise reader.places.error(f"`{name}` does not say its inputs: {name}: {{Dense: {{units: 8}}, inputs: [x]}}", below, key=True)
    inputs = reader.variables.resolve_all(value["inputs"], (*below, "inputs"))
    inputs = [inputs] if isinstance(inputs, str) else inputs
    if not isinstance(inputs, list) or not inputs or not all(isinstance(one, str) for one in inputs):
        raise reader.places.error(f"`inputs` of `{name}` are names of layers or inputs", (*below, "inputs"))
    layer_only = {key: part for key, part in value.items() if key != "inputs"}
    node = read_layer(reader, layer_only, below)
    node["inputs"] = inputs
    return _check_label(reader, str(name), below), node


def _check_label(reader: ParameterReader, name: str, path: KeyPath) -> str:
    if name in RESERVED or "__" in name or not _NAME.match(name):
        raise reader.places.error(f"`{name}` cannot name a layer or an input; choose another name", path, key=True)
    return name


# objects of Keras


def _read_object(reader: ParameterReader, written: Any, kind: Kind | str, path: KeyPath, *, inside: bool) -> Node:
    """Read one object of a kind, given by its name or as a mapping with one class."""
    what = _WHAT.get(kind, f"a {kind}")
    written = reader.variables.resolve(written, path, network=True)
    if kind == "metric" and isinstance(written, str) and written in WORDS:
        return {"word": WORDS[written]}
    if isinstance(written, str):
        name, params, at, key = written, None, path, False
    elif isinstance(written, dict) and len(written) == 1:
        name, params = next(iter(written.items()))
        name, at, key = str(name), (*path, next(iter(written))), True
    else:
        raise reader.places.error(f"{what} is written as a class, or as `{{Class: {{parameters}}}}` with one class", path)
    spec = _find_spec(reader, name, kind, at, key=key)
    if spec.kind == "activation":
        if params:
            raise reader.places.error(f"{spec.short} is a function, which takes no parameters", at, key=True)
        return {"function": spec.path}
    if params is not None and not isinstance(params, dict):
        raise reader.places.error(f"the parameters of {spec.short} are a mapping: {{{spec.short}: {{name: value}}}}", at)
    if inside and spec.short in ADAPTED:
        message = f"{spec.short} inside another layer would stay unadapted; let it be a layer of its own"
        raise reader.places.error(message, at, key=key)
    node: Node = {"class": spec.path, "params": {}}
    for name_, value in (params or {}).items():
        reader.set_value(node, spec, str(name_), value, (*at, name_))
    missing = next((name_ for name_, parameter in spec.params.items() if parameter.is_required and name_ not in node["params"]), None)
    if missing is not None:
        raise reader.places.error(f"{spec.short} needs `{missing}`", at, key=key)
    return node


def _find_spec(reader: ParameterReader, name: str, kind: Kind | str, path: KeyPath, *, key: bool) -> ClassSpec:
    """Return what is known of a class of a kind. Raises EntryError or TrustError where it is not built here."""
    spec = keras_catalogue.lookup(name, kind)  # type: ignore[arg-type]  # a plain word where it comes from a table
    if spec is not None:
        return spec
    short = name.rpartition(".")[2]
    if kind == "callback":
        listed = ", ".join(keras_catalogue.names("callback"))
        close = nearest(short, keras_catalogue.names("callback"))
        trust = TrustError if not close else EntryError
        raise reader.places.error(f"`{name}` is refused{close}: callbacks are {listed}", path, key=key, kind=trust)
    if short in REFUSED:
        raise reader.places.error(f"`{name}` is refused: {REFUSED[short]}", path, key=key, kind=TrustError)
    if short in NOT_HERE:
        raise reader.places.error(f"`{name}` is left out: {NOT_HERE[short]}", path, key=key)
    close = keras_catalogue.nearest(name, kind)  # type: ignore[arg-type]
    if "." in name:
        raise reader.places.error(f"`{name}` is not among the classes that run without trust{close}", path, key=key, kind=TrustError)
    raise reader.places.error(f"unknown {kind} `{name}`{close}", path, key=key)


def _read_plain(reader: ParameterReader, spec: ClassSpec, name: str, value: Any, path: KeyPath) -> Any:
    """Read a value that is no object of Keras."""
    if isinstance(value, dict):
        raise reader.places.error(f"`{name}` of {spec.short} takes a value, not a mapping", path)
    if name in ("vocabulary", "idf_weights") and isinstance(value, str):
        message = f"`{name}` as a string is refused: it names a file"
        raise reader.places.error(message, path, key=True, hint="write it as a list", kind=TrustError)
    if name in ("dtype", "vocabulary_dtype", "reverse_dtype") and value is not None and value not in DTYPES:
        raise reader.places.error(f"`{name}: {value}` is not one of {', '.join(sorted(DTYPES))}", path, key=True)
    if name == "name" and value is not None and not (isinstance(value, str) and _NAME.match(value)):
        raise reader.places.error("a name is made of letters, digits, `_`, `.` and `-`", path)
    refused = None if name in FREE_TEXT else path_like(name, value)
    if refused is not None:
        raise reader.places.error(refused.message, path, key=True, kind=TrustError)
    return plain(value)


def _read_option(reader: ParameterReader, name: str, value: Any, path: KeyPath) -> Any:
    """Read an option of `fit`."""

    def whole(least: int) -> bool:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and value == int(value) and value >= least

    fits = {
        "epochs": whole(1),
        "batch_size": whole(1),
        "shuffle": isinstance(value, bool),
        "class_weight": value in (None, "balanced") or (isinstance(value, dict) and all(_is_weight(one) for one in value.values())),
        "validation": value in (None, "dev") or (isinstance(value, float) and 0 < value < 1),
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
        raise reader.places.error(f"`{name}` takes {says[name]}", path)
    return plain(int(value) if name in ("epochs", "batch_size") else value)


def _is_weight(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
