"""Questions about a network in the tree: whether a node is one, what its callbacks monitor, how many steps it trains. Pure."""

from __future__ import annotations

import math
from typing import Any

from gitjournal.procedure.networks import keras_catalogue
from gitjournal.procedure.networks.keras_catalogue import FIT, MODEL, NETWORKS, SEQUENTIAL

Node = dict[str, Any]

NAMES = {"Sequential": SEQUENTIAL, "Model": MODEL}
ONE_OF_MANY = {"layers": "layer", "cells": "cell", "metrics": "metric", "callbacks": "callback"}
SEVERAL = frozenset(["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"])
ATTENTION = frozenset(["Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"])


def training_facts(node: Node, n_train: int) -> dict[str, int]:
    """Return the numbers that only training knows, for a network that learns from so many rows."""
    options, parameters = node["params"]["fit"]["params"], keras_catalogue.spec_at(FIT).params
    batch_size, epochs = (int(options.get(name, parameters[name].default)) for name in ("batch_size", "epochs"))
    an_epoch = math.ceil(n_train / batch_size)
    return {"n_train": n_train, "steps_per_epoch": an_epoch, "steps": an_epoch * epochs}


def is_network(node: Any) -> bool:
    """Whether a node of the tree is a network."""
    return isinstance(node, dict) and node.get("class") in NETWORKS


def monitor_of(callback: Node) -> str | None:
    """Return what a callback watches, None for one that watches nothing."""
    parameter = keras_catalogue.spec_at(callback["class"]).params.get("monitor")
    return None if parameter is None else str(callback["params"].get("monitor", parameter.default))


def watches(node: Node) -> bool:
    """Whether what is held back while a network learns decides anything about it."""
    return any((monitor_of(callback) or "").startswith("val_") for callback in node["params"]["fit"]["params"].get("callbacks", []))


def declares_network(procedure: list[Any] | dict[str, Any]) -> bool:
    """Whether the last step of a procedure, as written, is a network."""
    last = procedure[-1] if isinstance(procedure, list) and procedure else None
    while isinstance(last, dict) and len(last) == 1:
        name, last = next(iter(last.items()))
        if name in NAMES:
            return True
    return False
