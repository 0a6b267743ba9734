"""What only a whole network tells: a part is missing, the wiring does not hold, there is nothing to watch. Pure: no Keras is imported."""

from __future__ import annotations

from gitjournal.entry.model import Facts
from gitjournal.errors import nearest
from gitjournal.procedure.networks.graph import Graph, GraphError, graph_of
from gitjournal.procedure.networks.keras_catalogue import MODEL
from gitjournal.procedure.networks.network import ATTENTION, SEVERAL, Node, Path, Reader, monitored


def check(reader: Reader, node: Node, path: Path, facts: Facts | None, *, alone: bool) -> None:
    """Raise for a network that is not whole: a part is missing, the wiring does not hold, nothing to watch.

    `alone` says that no step stands before it, so that its columns are those of the data.
    """
    params = node["params"]
    short = node["class"].rpartition(".")[2]
    examples = {"layers": "[{Dense: {units: 8}}]", "optimizer": "{Adam: {learning_rate: 1e-3}}", "loss": "mean_squared_error"}
    if node["class"] == MODEL:
        examples |= {"inputs": "{x: all}", "outputs": "[out]"}
    for name, example in examples.items():
        if name not in params:
            raise reader.error(f"{short} needs `{name}`, such as {name}: {example}", path)
    try:
        graph = graph_of(node)
    except GraphError as fault:
        raise reader.error(str(fault), _part(reader, node, fault.part, path)) from None
    _check_arity(reader, graph, path)
    if alone and facts is not None and facts.columns:
        _check_columns(reader, graph, facts, node, path)
    _check_watching(reader, node, path)


def _part(reader: Reader, node: Node, name: str, path: Path) -> Path:
    return reader.declared.get((id(node), name), path)


def _check_arity(reader: Reader, graph: Graph, path: Path) -> None:
    for one in graph.layers:
        short = one.node["class"].rpartition(".")[2]
        least, most = (2, None) if short in SEVERAL else (1, 3) if short in ATTENTION else (1, 1)
        if len(one.inputs) < least or (most is not None and len(one.inputs) > most):
            takes = "two inputs or more" if least == 2 else "one to three inputs" if most == 3 else "one input"
            message = f"`{one.name}` is {short}, which takes {takes}, not {len(one.inputs)}"
            raise reader.error(message, _part(reader, one.node, "", path))


def _check_columns(reader: Reader, graph: Graph, facts: Facts, node: Node, path: Path) -> None:
    kinds = facts.columns or {}
    if not all(isinstance(names, list) for names in kinds.values()):
        return
    known = [name for names in kinds.values() if isinstance(names, list) for name in names]
    for source in graph.sources:
        for column in source.columns if isinstance(source.columns, list) else [source.columns]:
            if isinstance(column, str) and column != "all" and column not in known:
                raise reader.error(f"no column `{column}`{nearest(column, known)}", _part(reader, node, "inputs", path))


def _check_watching(reader: Reader, node: Node, path: Path) -> None:
    fit = node["params"]["fit"]
    for callback in fit["params"].get("callbacks", []):
        watched = monitored(callback)
        if watched and watched.startswith("val_") and fit["params"].get("validation") is None:
            message = f"{callback['class'].rpartition('.')[2]} watches {watched}, and nothing is set aside to watch"
            where = _part(reader, fit, "callbacks", path)
            raise reader.error(
                message, where, hint="fit: {validation: 0.1} is a share of the train part; `validation: dev` is the dev part"
            )
