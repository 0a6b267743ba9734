"""The graph of a network's layers in topological order, one for building and for identity. Pure.

Layers are numbered in the order in which they are needed by the output, each layer's inputs from left to right. Two declarations of
the same graph give the same numbers, and what is built in that order draws the same random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gitjournal.errors import nearest
from gitjournal.procedure.networks.keras_catalogue import SEQUENTIAL

Node = dict[str, Any]


class GraphError(ValueError):
    """The layers cannot be wired as declared; `part` is the parameter of the network that says so."""

    def __init__(self, message: str, part: str) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True)
class Source:
    """One input of a network: `all`, a list of columns, or one column as 1-D."""

    name: str
    columns: Any


@dataclass(frozen=True)
class WiredLayer:
    """One layer; `inputs` are numbers, of the sources first and of the layers after them."""

    name: str
    node: Node
    inputs: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """Sources and layers, each in the order of need; the last layer is the output."""

    sources: list[Source]
    layers: list[WiredLayer]


def graph_of(node: Node) -> Graph:
    """Return the graph of a network's node.

    Raises GraphError for a name that nothing has, a circle, or what leads nowhere.
    """
    named: list[list[Any]] = node["params"]["layers"]["named"]
    if node["class"] == SEQUENTIAL:
        return Graph([Source("x", "all")], [WiredLayer(label, layer, (number,)) for number, (label, layer) in enumerate(named)])
    layers = dict(named)
    columns = dict(node["params"]["inputs"]["map"])
    twice = next((name for name in layers if name in columns), None)
    if twice is not None:
        raise GraphError(f"`{twice}` names an input and a layer; give one another name", "layers")
    (output,) = node["params"]["outputs"]
    if output not in layers:
        raise GraphError(f"no layer is named `{output}`{nearest(output, layers)}", "outputs")
    sources, order = _walk_back(output, layers, columns)
    idle = [name for name in (*columns, *layers) if name not in sources and name not in order]
    if idle:
        raise GraphError(f"`{idle[0]}` leads to no output", "layers" if idle[0] in layers else "inputs")
    number = {name: position for position, name in enumerate([*sources, *order])}
    wired = [WiredLayer(name, layers[name], tuple(number[source] for source in layers[name]["inputs"])) for name in order]
    return Graph([Source(name, columns[name]) for name in sources], wired)


def _walk_back(output: str, layers: dict[str, Node], columns: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Walk back from the output, without recursion: a chain may be long."""
    sources: dict[str, None] = {}
    finished: dict[str, None] = {}
    under_way: dict[str, None] = {output: None}
    stack = [(output, iter(layers[output]["inputs"]))]
    while stack:
        name, inputs = stack[-1]
        needed = next(inputs, None)
        if needed is None:
            stack.pop()
            del under_way[name]
            finished[name] = None
        elif needed in columns:
            sources[needed] = None
        elif needed not in layers:
            raise GraphError(
                f"`{name}` takes `{needed}`, but no layer, input or column has that name{nearest(needed, [*layers, *columns])}", "layers"
            )
        elif needed in under_way:
            raise GraphError(f"`{needed}` takes its own output: {' <- '.join([*under_way, needed])}", "layers")
        elif needed not in finished:
            under_way[needed] = None
            stack.append((needed, iter(layers[needed]["inputs"])))
    return list(sources), list(finished)
