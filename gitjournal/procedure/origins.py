"""Where each value of a canonical text comes from, and why a declared parameter is not in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from gitjournal.entry.grid import Point
from gitjournal.entry.model import Entry
from gitjournal.procedure import counts
from gitjournal.procedure.canonical_form import acting_steps, judge_parameters, sizes_by_step
from gitjournal.procedure.canonical_text import class_of, parameters_of, read_canonical, short_name
from gitjournal.procedure.networks import canonical, network
from gitjournal.procedure.tree import Node, Steps


@dataclass(frozen=True)
class ValueOrigin:
    """One value of the canonical text and where it comes from; `path` is such as ``procedure[1].C``."""

    path: str
    value: Any
    origin: str


def trace_origins(text: str, entry: Entry, point: Point, tree: Steps) -> list[ValueOrigin]:
    """Return where each value of a canonical text comes from: the entry, the grid, the data, or a default."""
    canonical_text = read_canonical(text)
    if canonical_text is None:
        return []
    front = entry.front
    declared_data = {"task": front.task, **msgspec.to_builtins(front.data)}
    declared_split = msgspec.to_builtins(front.split) if front.split else {}
    fixed = {"hash": "the data", "format": "the data"}
    traced = [ValueOrigin("schema", canonical_text.schema, "gitjournal")]
    for key, value in canonical_text.data.items():
        traced.append(ValueOrigin(f"data.{key}", value, fixed.get(key, _declared_or_default(declared_data.get(key)))))
    traced += [
        ValueOrigin(f"split.{key}", value, _declared_or_default(declared_split.get(key))) for key, value in canonical_text.split.items()
    ]
    for number, ((label, node, *_), step) in enumerate(zip(acting_steps(tree), canonical_text.procedure, strict=True)):
        owner, params = class_of(step), parameters_of(step)
        traced.append(ValueOrigin(f"procedure[{number}]", owner, "the grid" if label in point else "the entry"))
        for name, value in params.items():
            declared = node["params"].get(name)
            is_count = type(value) is int and counts.is_share(short_name(owner), name, declared)
            share = f": {declared} of what it is fitted on" if is_count else ""
            traced.append(ValueOrigin(f"procedure[{number}].{name}", value, _parameter_origin(entry, point, label, node, name) + share))
    return traced


def omissions(tree: Steps, *, version: str = "", sizes: counts.Sizes = counts.UNKNOWN) -> list[ValueOrigin]:
    """Return why each declared parameter is not in the canonical text that is not; `path` is such as ``svc__degree``."""
    omitted = []
    for (label, node, *_), step_sizes in zip(acting_steps(tree), sizes_by_step(tree, sizes), strict=True):
        if network.is_network(node):
            omitted += [ValueOrigin(*omission) for omission in canonical.omissions(node, label)]
            continue
        for path, inner in _named_nodes(label, node):
            for parameter in judge_parameters(inner, version, names=False, sizes=step_sizes if inner is node else counts.UNKNOWN):
                if parameter.declared and parameter.left_out:
                    declared = inner["params"].get(parameter.name, parameter.value)
                    is_count = type(parameter.value) is int and counts.is_share(short_name(inner["class"]), parameter.name, declared)
                    why = f"{parameter.value}, the default" if is_count else parameter.left_out
                    omitted.append(ValueOrigin(f"{path}__{parameter.name}", declared, why))
    return omitted


def _declared_or_default(value: Any) -> str:
    return "a default" if value is None else "the entry"


def _parameter_origin(entry: Entry, point: Point, label: str, node: Node, name: str) -> str:
    def sets_it(names: Iterable[str]) -> bool:
        return any(key == f"{label}__{name}" or key.startswith(f"{label}__{name}__") for key in names)

    if sets_it(point):
        return "the grid"
    if sets_it(entry.front.parameters):
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
