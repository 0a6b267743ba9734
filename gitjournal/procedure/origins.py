"""Where each value of a canonical text comes from, and why a declared parameter is not in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from gitjournal.entry.grid import Point
from gitjournal.entry.model import Entry
from gitjournal.procedure import counts
from gitjournal.procedure.canonical_form import acting_steps, judge_parameters, sizes_by_step
from gitjournal.procedure.canonical_text import class_of, parameters_of, read, short_name
from gitjournal.procedure.networks import canonical as network_identity
from gitjournal.procedure.networks import network
from gitjournal.procedure.tree import Node, Steps


@dataclass(frozen=True)
class ValueOrigin:
    """One value of the canonical text and where it comes from; `path` is such as ``procedure[1].C``."""

    path: str
    value: Any
    origin: str


def origins(text: str, entry: Entry, point: Point, tree: Steps) -> list[ValueOrigin]:
    """Say of each value of a canonical text where it comes from: the entry, the grid, the data, or a default."""
    canonical_ = read(text)
    if canonical_ is None:
        return []
    front = entry.front
    declared_data = {"task": front.task, **msgspec.to_builtins(front.data)}
    declared_split = msgspec.to_builtins(front.split) if front.split else {}
    fixed = {"hash": "the data", "format": "the data"}
    found = [ValueOrigin("schema", canonical_.schema, "gitjournal")]
    for key, part in canonical_.data.items():
        found.append(ValueOrigin(f"data.{key}", part, fixed.get(key, _declared_or_default(declared_data.get(key)))))
    found += [ValueOrigin(f"split.{key}", part, _declared_or_default(declared_split.get(key))) for key, part in canonical_.split.items()]
    for number, ((label, node, *_), step) in enumerate(zip(acting_steps(tree), canonical_.procedure, strict=True)):
        owner, params = class_of(step), parameters_of(step)
        found.append(ValueOrigin(f"procedure[{number}]", owner, "the grid" if label in point else "the entry"))
        for name, part in params.items():
            said = node["params"].get(name)
            share = f": {said} of what it is fitted on" if type(part) is int and counts.is_share(short_name(owner), name, said) else ""
            found.append(ValueOrigin(f"procedure[{number}].{name}", part, _parameter_origin(entry, point, label, node, name) + share))
    return found


def omissions(tree: Steps, *, version: str = "", sizes: counts.Sizes = counts.UNKNOWN) -> list[ValueOrigin]:
    """Say of each declared parameter that is not in the canonical text why it is not; `path` is such as ``svc__degree``."""
    found = []
    for (label, node, *_), seen in zip(acting_steps(tree), sizes_by_step(tree, sizes), strict=True):
        if network.is_network(node):
            found += [ValueOrigin(*one) for one in network_identity.left_out(node, label)]
            continue
        for path, inner in _named_nodes(label, node):
            for judged in judge_parameters(inner, version, names=False, sizes=seen if inner is node else counts.UNKNOWN):
                if judged.declared and judged.left_out:
                    said = inner["params"].get(judged.name, judged.value)
                    share = type(judged.value) is int and counts.is_share(inner["class"].rpartition(".")[2], judged.name, said)
                    why = f"{judged.value}, the default" if share else judged.left_out
                    found.append(ValueOrigin(f"{path}__{judged.name}", said, why))
    return found


def _declared_or_default(value: Any) -> str:
    return "a default" if value is None else "the entry"


def _parameter_origin(entry: Entry, point: Point, label: str, node: Node, name: str) -> str:
    def names(where: Any) -> bool:
        return any(key == f"{label}__{name}" or key.startswith(f"{label}__{name}__") for key in where)

    if names(point):
        return "the grid"
    if names(entry.front.parameters):
        return "the entry's parameters"
    if "python" in node:
        return "the files of the function" if name == "code" else "the entry"
    if name not in node["params"]:
        return "a default of this scikit-learn that differs from the reference"
    return "tabular" if label == "tabular" else "the entry"


def _named_nodes(label: str, node: Node) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give a node and all below it, each with its name as in ``set_params``."""
    if not isinstance(node, dict) or "class" not in node:
        return
    yield label, node
    for name, value in node["params"].items():
        if isinstance(value, dict) and "named" in value:
            for inner, child, *_ in value["named"]:
                yield from _named_nodes(f"{label}__{inner}", child)
        else:
            yield from _named_nodes(f"{label}__{name}", value)
