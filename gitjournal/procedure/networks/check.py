"""Checks of a whole network: missing parts, wiring, columns, and what callbacks watch. Pure: no Keras is imported."""

from __future__ import annotations

from gitjournal.entry.model import Facts
from gitjournal.errors import nearest
from gitjournal.paths import KeyPath
from gitjournal.procedure.networks.graph import Graph, GraphError, graph_of
from gitjournal.procedure.networks.keras_catalogue import MODEL
from gitjournal.procedure.networks.network import ATTENTION, SEVERAL, Node, monitor_of
from gitjournal.procedure.places import Places


def check_network(places: Places, node: Node, path: KeyPath, facts: Facts | None) -> None:
    """Raise for a network that is not whole: a part is missing, the wiring does not hold, nothing to watch.

    `facts` are those of the data, None where other steps stand before it and its columns are not those of the data.
    """
    params = node["params"]
    short = node["class"].rpartition(".")[2]
    examples = {"layers": "[{Dense: {units: 8}}]", "optimizer": "{Adam: {learning_rate: 1e-3}}", "loss": "mean_squared_error"}
    if node["class"] == MODEL:
        examples |= {"inputs": "{x: all}", "outputs": "[out]"}
    for name, example in examples.items():
        if name not in params:
            raise places.error(f"{short} needs `{name}`, such as {name}: {example}", path)
    try:
        graph = graph_of(node)
    except GraphError as fault:
        raise places.error(str(fault), _path_of(places, node, fault.part, path)) from None
    _check_arity(places, graph, path)
    if facts is not None and facts.columns:
        _check_columns(places, graph, facts, node, path)
    _check_watching(places, node, path)


def _path_of(places: Places, node: Node, name: str, path: KeyPath) -> KeyPath:
    return places.path_of(node, name) or path


def _check_arity(places: Places, graph: Graph, path: KeyPath) -> None:
    for layer in graph.layers:
        short = layer.node["class"].rpartition(".")[2]
        least, most = (2, None) if short in SEVERAL else (1, 3) if short in ATTENTION else (1, 1)
        if len(layer.inputs) < least or (most is not None and len(layer.inputs) > most):
            takes = "two inputs or more" if least == 2 else "one to three inputs" if most == 3 else "one input"
            message = f"`{layer.name}` is {short}, which takes {takes}, not {len(layer.inputs)}"
            raise places.error(message, _path_of(places, layer.node, "", path))


def _check_columns(places: Places, graph: Graph, facts: Facts, node: Node, path: KeyPath) -> None:
    kinds = facts.columns or {}
    if not all(isinstance(names, list) for names in kinds.values()):
        return
    columns = [name for names in kinds.values() if isinstance(names, list) for name in names]
    for source in graph.sources:
        for column in source.columns if isinstance(source.columns, list) else [source.columns]:
            if isinstance(column, str) and column != "all" and column not in columns:
                raise places.error(f"no column `{column}`{nearest(column, columns)}", _path_of(places, node, "inputs", path))


def _check_watching(places: Places, node: Node, path: KeyPath) -> None:
    fit = node["params"]["fit"]
    for callback in fit["params"].get("callbacks", []):
        watched = monitor_of(callback)
        if watched and watched.startswith("val_") and fit["params"].get("validation") is None:
            message = f"{callback['class'].rpartition('.')[2]} watches {watched}, and nothing is set aside to watch"
            where = _path_of(places, fit, "callbacks", path)
            raise places.error(
                message, where, hint="fit: {validation: 0.1} is a share of the train part; `validation: dev` is the dev part"
            )
