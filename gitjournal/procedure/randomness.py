"""Whether a seed changes anything about a run: whether something in the model draws, or the split follows the seed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitjournal.procedure import inactive
from gitjournal.procedure.canonical_form import effective_value, own_function, spec_of, unify_penalty
from gitjournal.procedure.networks import network
from gitjournal.procedure.tree import Steps


def draws(tree: Steps, split: dict[str, Any]) -> bool:
    """Whether a seed changes anything: something in the model draws, or the split follows the seed."""
    if split.get("seed") == "each" or own_function(tree) is not None or any(network.is_network(step[1]) for step in tree):
        return True
    return any(_node_draws(node) for node in nodes_below([step[1] for step in tree]))


def nodes_below(value: Any) -> Iterator[dict[str, Any]]:
    """Give every node of a tree value, from the outside in."""
    if isinstance(value, list):
        for part in value:
            yield from nodes_below(part)
    elif isinstance(value, dict):
        if "class" in value or "function" in value:
            yield value
        for part in value.get("params", value).values() if "function" not in value else ():
            yield from nodes_below(part)


def _node_draws(node: dict[str, Any]) -> bool:
    """Whether a class or function draws by itself, whatever is inside it."""
    if "function" in node:
        return node["function"] in inactive.DRAWING_FUNCTIONS
    spec = spec_of(node)
    return "random_state" in spec.params and inactive.draws(
        spec.short, lambda name: effective_value(spec, unify_penalty(spec, node["params"], ""), name, "")
    )
