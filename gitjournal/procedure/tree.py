"""The tree of a procedure: its values as JSON (NaN and the like are spelled out), and the names of its steps. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Node = Any
Steps = list[list[Any]]


@dataclass(frozen=True)
class TrainingNumber:
    """A number that is known only where a network is trained, such as `$steps`."""

    name: str


def plain(value: Any) -> Any:
    """Return a YAML value in tree form."""
    if isinstance(value, TrainingNumber):
        return {"fact": value.name}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {"map": [[key, plain(part)] for key, part in value.items()]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def labels_of(steps: list[tuple[str | None, Node]]) -> list[str]:
    """Name steps as make_pipeline does: lower-case class names; where one repeats, all of them get a number."""
    plain = [label or _default_name(node) for label, node in steps]
    repeated = {name for name in plain if sum(other == name and label is None for other, (label, _) in zip(plain, steps, strict=True)) > 1}
    count: dict[str, int] = {}
    labels = []
    for name, (label, _) in zip(plain, steps, strict=True):
        if label is None and name in repeated:
            count[name] = count.get(name, 0) + 1
            labels.append(f"{name}-{count[name]}")
        else:
            labels.append(name)
    return labels


def _default_name(node: Node) -> str:
    return str(node["class"]).rpartition(".")[2].lower() if isinstance(node, dict) else str(node or "passthrough")


def children_of(node: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the named parts inside a node, such as the steps of a pipeline or the layers of a network, by label."""
    lists = (value["named"] for value in node["params"].values() if isinstance(value, dict) and "named" in value)
    return {member[0]: member for members in lists for member in members}


def child_of(node: dict[str, Any], label: str) -> list[Any] | None:
    """Return one named part inside a node, None where there is none."""
    return children_of(node).get(label)
