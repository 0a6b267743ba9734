"""Builds the layers, optimizers and losses of Keras that a tree names, and wires layers up. Only the catalogue's classes are made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gitjournal.data.raw import Array
from gitjournal.errors import GitjournalError
from gitjournal.procedure.networks import keras_catalogue
from gitjournal.procedure.networks.graph import Graph, WiredLayer
from gitjournal.procedure.networks.keras_catalogue import ADAPTED
from gitjournal.procedure.networks.network import ATTENTION, SEVERAL
from gitjournal.worker.models import keras_library, keras_state
from gitjournal.worker.models.keras_rows import Batches, dense
from gitjournal.worker.models.sklearn_models import ParameterError

Node = dict[str, Any]

_OF_LAYER = re.compile(r"^Input \d+ (with name '[^']*' )?of layer '\w+' is incompatible with the layer: ")


def short(node: Node) -> str:
    """Return the name of a node's class without its module."""
    return str(node["class"]).rpartition(".")[2]


class Builder:
    """Makes objects of Keras from nodes."""

    def __init__(self, keras: Any, label: str, facts: dict[str, int]) -> None:
        self.keras = keras
        self.label = label
        self.facts = facts

    def model(self, graph: Graph, sources: list[Any], learned: Mapping[str, Array] | None = None) -> tuple[Any, int]:
        """Wire up the layers, and let those adapt that do. Return the model and how many numbers it gives a row.

        With what was `learned` (`keras_state`) nothing adapts: each layer gets what it held. Raises ParameterError for what does
        not fit, MemoryError for a layer that is too large, DataError where what was learned is not of these layers.
        """
        return self._connect(graph, sources, learned, adapt=True)

    def outline(self, graph: Graph, sources: list[Any]) -> int:
        """Wire up the layers to see whether they fit, without the memory that their weights would take.

        Return how many numbers they give a row. Raises ParameterError for what does not fit.
        """
        with self.keras.StatelessScope(initialize_variables=False):
            return self._connect(graph, sources, None, adapt=False)[1]

    def _connect(self, graph: Graph, sources: list[Any], learned: Mapping[str, Array] | None, *, adapt: bool) -> tuple[Any, int]:
        tensors = [self._input(source) for source in sources]
        inputs = list(tensors)
        for number, wired in enumerate(graph.layers):
            layer = self.layer(wired, number)
            taken = [tensors[position] for position in wired.inputs]
            state = None if learned is None else keras_state.layer_arrays(learned, number)
            if state is not None:
                keras_state.put_vocabulary(layer, state)
            elif adapt and short(wired.node) in ADAPTED and wired.node["params"].get(ADAPTED[short(wired.node)]) is None:
                self._adapt(layer, wired, inputs, taken[0], sources)
            with _LayerErrors(self.label, wired, taken):
                output = self._call(layer, wired, taken)
            if state is not None:
                keras_state.put_weights(layer, state, wired)
            if not hasattr(output, "shape"):
                raise ParameterError(f"layer `{wired.name}` gives several outputs; leave out `return_state`", [self.label, wired.name])
            tensors.append(output)
        last = graph.layers[-1]
        shape = tuple(tensors[-1].shape)
        if len(shape) != 2 or shape[1] is None:
            raise ParameterError(
                f"the last layer `{last.name}` gives the shape {shape}; a row of numbers is needed", [self.label, last.name]
            )
        return self.keras.Model(inputs[0] if len(inputs) == 1 else tuple(inputs), tensors[-1]), int(shape[1])

    def _input(self, source: Any) -> Any:
        sample = dense(source[np.arange(1)])
        return self.keras.Input(sample.shape[1:], dtype="string" if sample.dtype.kind == "O" else sample.dtype.name)

    def layer(self, wired: WiredLayer, number: int = 0) -> Any:
        """Make one layer, named by its number."""
        node = {**wired.node, "params": {name: value for name, value in wired.node["params"].items() if name != "name"}}
        return self._instance(node, [self.label, wired.name], name=f"layer_{number}")

    def _adapt(self, layer: Any, wired: WiredLayer, inputs: list[Any], taken: Any, sources: list[Any]) -> None:
        rows = Batches(sources)
        with _LayerErrors(self.label, wired, [taken]), rows.own_faults():
            until = self.keras.Model(inputs[0] if len(inputs) == 1 else tuple(inputs), taken)
            layer.adapt(rows.dataset().map(lambda *parts: until(parts[0], training=False)))

    @staticmethod
    def _call(layer: Any, wired: WiredLayer, taken: list[Any]) -> Any:
        kind = short(wired.node)
        if kind in ATTENTION:
            several = taken * 2 if len(taken) == 1 else taken
            return layer(several) if kind in ("Attention", "AdditiveAttention") else layer(*several)
        return layer(taken if kind in SEVERAL else taken[0])

    def value(self, value: Any, parameter: Any = None, path: Sequence[str] = ()) -> Any:
        """Return what a value of the tree stands for."""
        if isinstance(value, list):
            parts = [self.value(part, parameter, path) for part in value]
            return tuple(parts) if parameter is not None and parameter.tuple else parts
        if isinstance(value, dict):
            if "class" in value:
                return self._instance(value, path)
            if "function" in value:
                return self._attribute(value["function"])
            if "fact" in value:
                return self.facts[value["fact"]]
            return value["word"] if "word" in value else float(value["float"])
        if parameter is None or isinstance(value, bool):
            return value
        if parameter.numbers == "int" and isinstance(value, float) and value.is_integer():
            return int(value)
        return float(value) if parameter.numbers == "real" and isinstance(value, int) else value

    def _instance(self, node: Node, path: Sequence[str], **more: Any) -> Any:
        entry = keras_catalogue.spec_at(node["class"])
        arguments = {
            name: self.value(value, entry.params[name], [*path, name]) for name, value in node["params"].items() if name != "verbose"
        }
        try:
            return self._attribute(entry.path)(**arguments, **more)
        except (TypeError, ValueError) as fault:
            raise ParameterError(f"{entry.short}: {_first_line(fault)}", list(path) or [self.label]) from None

    def _attribute(self, path: str) -> Any:
        """Return what Keras has under a dotted path. Raises ParameterError where this version has nothing there."""
        attribute = self.keras
        for name in path.split(".")[1:]:
            attribute = getattr(attribute, name, None)
            if attribute is None:
                raise ParameterError(f"Keras {self.keras.__version__} has no {path.removeprefix('keras.')}", [self.label])
        return attribute


class _LayerErrors:
    """Turns what Keras says while a layer is wired up into a message that names the layer as the entry does."""

    def __init__(self, label: str, wired: WiredLayer, taken: list[Any]) -> None:
        self.label = label
        self.wired = wired
        self.taken = taken

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        if fault is None or isinstance(fault, (GitjournalError, MemoryError)) or not isinstance(fault, Exception):
            return
        if keras_library.out_of_memory(fault):
            raise MemoryError(f"layer `{self.wired.name}` ({short(self.wired.node)}) {keras_library.too_large(fault)}") from None
        shapes = " and ".join(str(tuple(tensor.shape)) for tensor in self.taken)
        message = (
            f"layer `{self.wired.name}` ({short(self.wired.node)}) does not fit what comes in, of shape {shapes}: {_first_line(fault)}"
        )
        raise ParameterError(message, [self.label, self.wired.name]) from None


def _first_line(fault: BaseException) -> str:
    """Return what an exception of Keras says, in one line without its names for layers."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    first = lines[0] if lines else type(fault).__name__
    if first.startswith("Exception encountered when calling") and len(lines) > 1:
        first = next((line for line in lines[1:] if not line.startswith("Arguments received")), first)
    return _OF_LAYER.sub("", first)[:300]
