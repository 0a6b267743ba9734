"""The canonical form of a network: what it computes and how it learns, whatever the names, the order and the spelling. Pure.

Layers stand in the order of `graph`, without names; a layer's `inputs` are numbers and left out where they are the layer before
it, so that a Sequential and the Model that says the same are the same. Numbers are those of float32, in which Keras computes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from gitjournal.procedure import counts
from gitjournal.procedure.catalogue import ClassSpec, Parameter
from gitjournal.procedure.networks import keras_catalogue
from gitjournal.procedure.networks.graph import graph_of
from gitjournal.procedure.networks.keras_catalogue import FIT, MODEL
from gitjournal.procedure.networks.network import ONE_OF_MANY, monitor_of, training_facts, watches

Node = dict[str, Any]

# whatever the class: they print, or name what names nothing
NO_EFFECT = frozenset({"name", "verbose"})
# one number for all axes, or a list of equal ones
PER_AXIS = frozenset({"kernel_size", "strides", "dilation_rate", "pool_size", "size"})
LINEAR = {"function": "keras.activations.linear"}
NOT_A_NUMBER = "keras.callbacks.TerminateOnNaN"  # a run that meets one has failed with it and without


class Omission(NamedTuple):
    """A declared parameter that is not in the canonical form; `path` is such as ``dense-1__name``."""

    path: str
    value: Any
    reason: str


def canonical_network(node: Node, version: str = "", rows: int | None = None) -> dict[str, Any]:
    """Return the canonical form of a network's node. With the `version` of Keras, a default that really changed is written out.

    With the `rows` of the train part, a number such as `$steps` is the number that it comes to.
    """
    if rows is not None:
        node = _replace_facts(node, training_facts(node, rows - _validation_rows(node, rows)))
    graph = graph_of(node)
    params = node["params"]
    layers = []
    for number, layer in enumerate(graph.layers, start=len(graph.sources)):
        form = canonical_object(layer.node, version)
        layers.append(form if layer.inputs == (number - 1,) else {**form, "inputs": list(layer.inputs)})
    columns = [source.columns for source in graph.sources]
    values: dict[str, Any] = {
        "layers": layers,
        "optimizer": canonical_object(params["optimizer"], version),
        "loss": canonical_object(params["loss"], version),
        "fit": _canonical_fit(node, version),
    }
    if columns != ["all"]:
        values["inputs"] = columns
    if params.get("compile_metrics") and _watches_a_metric(params["fit"]):
        values["compile_metrics"] = [canonical_object(metric, version) for metric in params["compile_metrics"]]
    return {MODEL: {name: value for name, value in values.items() if value not in ({}, [])}}


def _validation_rows(node: Node, rows: int) -> int:
    """Return how many rows of the train part are watched and not learned from."""
    share = node["params"]["fit"]["params"].get("validation")
    return counts.size(share, rows) if isinstance(share, float) else 0


def _replace_facts(value: Any, facts: dict[str, int]) -> Any:
    """Return a node with numbers in place of what only training knows."""
    if isinstance(value, dict):
        return facts[value["fact"]] if "fact" in value else {key: _replace_facts(part, facts) for key, part in value.items()}
    return [_replace_facts(part, facts) for part in value] if isinstance(value, list) else value


def omissions(node: Node, label: str) -> list[Omission]:
    """Return why each declared parameter is not in the canonical form that is not."""
    params = node["params"]
    parts = [(name, layer) for name, layer in params["layers"]["named"]]
    parts += [(name, params[name]) for name in ("optimizer", "loss", "fit")]
    omitted = [
        Omission(f"{label}__{name}__{parameter}", value, reason)
        for name, inner in parts
        for parameter, value, reason in _omissions_of(inner)
    ]
    if params["fit"]["params"].get("validation") == "dev" and not watches(node):
        omitted.append(Omission(f"{label}__fit__validation", "dev", "nothing watches it"))
    if params.get("compile_metrics") and not _watches_a_metric(params["fit"]):
        omitted.append(Omission(f"{label}__compile_metrics", params["compile_metrics"], "nothing watches them"))
    return omitted


def _omissions_of(node: Node) -> Iterator[tuple[str, Any, str]]:
    """Give name, value and reason of each parameter of one object that is left out."""
    spec = keras_catalogue.spec_at(node["class"])
    for name, value in node["params"].items():
        if name in NO_EFFECT:
            yield name, value, "no effect on the result"
        elif _is_default(value, spec.params[name], name):
            yield name, value, "the default"


def _canonical_fit(node: Node, version: str) -> dict[str, Any]:
    """Return the options of `fit` that change what is learned."""
    fit = node["params"]["fit"]
    options: dict[str, Any] = canonical_object(fit, version)[FIT]
    if options.get("validation") == "dev" and not watches(node):
        del options["validation"]
    callbacks = [one for one in options.get("callbacks", []) if NOT_A_NUMBER not in one]
    return {**{name: option for name, option in options.items() if name != "callbacks"}, **({"callbacks": callbacks} if callbacks else {})}


def _watches_a_metric(fit: Node) -> bool:
    monitors = [monitor_of(callback) for callback in fit["params"].get("callbacks", [])]
    return any(name not in (None, "loss", "val_loss") for name in monitors)


def canonical_object(node: Node, version: str) -> dict[str, Any]:
    """Return ``{class path: {parameter: value}}`` with the parameters that differ from the reference."""
    if "word" in node:
        return node
    spec = keras_catalogue.spec_at(node["class"])
    return {node["class"]: dict(_canonical_parameters(spec, node["params"], version))}


def _canonical_parameters(spec: ClassSpec, params: dict[str, Any], version: str) -> Iterator[tuple[str, Any]]:
    for name, parameter in spec.params.items():
        if name in NO_EFFECT or (name not in params and not (version and parameter.later)):
            continue
        value = params[name] if name in params else parameter.default_in(version)
        if not _is_default(value, parameter, name):
            yield name, _canonical_value(value, parameter, name, version)


def _is_default(value: Any, parameter: Parameter, name: str) -> bool:
    """Whether a value is the reference default, in whichever of its spellings."""
    if parameter.is_required:
        return False
    form = _canonical_value(value, parameter, name, "")
    return any(_is_same(form, _canonical_value(default, parameter, name, "")) for default in (parameter.default, *parameter.same))


def _is_same(left: Any, right: Any) -> bool:
    """Whether two canonical values are one; `1` and `true` are not."""
    return repr(left) == repr(right)


def _canonical_value(value: Any, parameter: Parameter, name: str, version: str) -> Any:
    """Return the canonical form of the value of a parameter, whatever it takes."""
    if isinstance(value, list):
        parts = [_canonical_value(part, parameter, name, version) for part in value]
        equal = name in PER_AXIS and parts and all(_is_same(part, parts[0]) for part in parts) and isinstance(parts[0], int)
        return parts[0] if equal else parts
    if isinstance(value, str) and parameter.takes:
        # the reference holds a default by its name
        kind = ONE_OF_MANY.get(parameter.takes, parameter.takes)
        spec = keras_catalogue.lookup(value, kind)  # type: ignore[arg-type]
        assert spec is not None, value  # noqa: S101 - a test looks at every default
        value = {"function": spec.path} if spec.kind == "activation" else {"class": spec.path, "params": {}}
    if isinstance(value, dict):
        if "class" in value or "word" in value:
            return canonical_object(value, version)
        if "map" in value:
            return {
                "map": sorted(([key, _canonical_number(part, whole=True)] for key, part in value["map"]), key=lambda pair: str(pair[0]))
            }
        return None if value == LINEAR else value
    return _canonical_number(value, whole=parameter.numbers in ("int", "real"))


def _canonical_number(value: Any, *, whole: bool) -> Any:
    """Return a float as the shortest number that is the same in float32; where `whole`, one without a fraction as an int."""
    if not isinstance(value, float):
        return value
    if whole and value.is_integer() and abs(value) < 2**24:
        return int(value)
    single = _as_float32(value)
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if _as_float32(short) == single:
            return short
    return value


def _as_float32(value: float) -> float | None:
    """Return the nearest number of float32; None where it has none."""
    try:
        single: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return None
    return single
