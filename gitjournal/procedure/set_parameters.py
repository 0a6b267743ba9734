"""Parameters of steps by name, as in scikit-learn's ``set_params``: ``svc__C``, and whole steps that a grid swaps. Pure."""

from __future__ import annotations

from typing import Any

from gitjournal.errors import nearest
from gitjournal.paths import KeyPath
from gitjournal.procedure.networks import network
from gitjournal.procedure.networks.network_reader import swapped_layer
from gitjournal.procedure.step_reader import StepReader
from gitjournal.procedure.tree import Node, Steps, child_of, children_of


def set_parameter(reader: StepReader, steps: Steps, name: str, value: Any, path: KeyPath) -> None:
    """Set what `label__parameter` names, however deep. Raises EntryError at `path` where there is no such parameter."""
    label, *names = name.split("__")
    step = next((step for step in steps if step[0] == label), None)
    if step is None:
        labels = [step[0] for step in steps]
        close = nearest(label, labels) or "; steps: " + ", ".join(labels)
        raise reader.places.error(f"no step is named `{label}`{close}", path, key=True)
    _set_below(reader, (label, step[1]), names, value, path)


def _set_below(reader: StepReader, owner: tuple[str, Node], names: list[str], value: Any, path: KeyPath) -> None:
    label, node = owner
    name, *deeper = names
    if not isinstance(node, dict) or "class" not in node:
        raise reader.places.error(f"`{label}` is {node or 'empty'}, which takes no parameters", path, key=True)
    spec = reader.find_spec(node["class"], path)
    child = child_of(node, name)
    if child and deeper:
        _set_below(reader, (name, child[1]), deeper, value, path)
    elif child:
        is_layer = network.is_network(node)
        replace_member(reader, child, swapped_layer(reader, child[1], value, path) if is_layer else reader.read_estimator(value, path))
    elif not deeper:
        reader.set_value(node, spec, name, value, path)
    elif name in spec.params:
        inner = node["params"].get(name)
        if not isinstance(inner, dict) or "class" not in inner:
            message = f"`{name}` of {spec.short} is no declared estimator, so it has no parameters to set"
            raise reader.places.error(message, path, key=True)
        _set_below(reader, (name, inner), deeper, value, path)
    else:
        close = nearest(name, [*spec.params, *children_of(node)])
        raise reader.places.error(f"{spec.short} has no parameter `{name}`{close}", path, key=True)


def replace_member(reader: StepReader, member: list[Any], node: Node) -> None:
    """Put a node in the place of that of a step, or of a named part of one."""
    reader.replaced.append(member[1])
    member[1] = node
