"""Short names of data and estimators, for a table or a sentence.

Apart from the model of an entry, since what is called how is no part of the format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gitjournal.entry.model import Data


def data_label(data: Data) -> str:
    """Return the source of the data in a word."""
    source = data.sklearn or data.path or data.images or data.python or (data.files.train if data.files else None)
    return source or "?"


def data_argument(data: Data) -> str:
    """Return the source of the data as `--data` takes it, with the target where one must be named."""
    if data.sklearn or data.python:
        return f"sklearn:{data.sklearn}" if data.sklearn else f"python:{data.python}"
    source = data.path or data.images or "DATA"
    target = ",".join(data.target) if isinstance(data.target, list) else data.target
    return f"{source} --target {target}" if target else source


def estimator_label(procedure: list[Any] | dict[str, Any]) -> str:
    """Return the name of the last step, as it was written."""
    step = procedure[-1] if isinstance(procedure, list) and procedure else procedure
    while isinstance(step, Mapping) and step:
        name, value = next(iter(step.items()))
        if isinstance(value, str):
            return value
        inner = next(iter(value)) if isinstance(value, Mapping) and len(value) == 1 else None
        if not (isinstance(inner, str) and inner[:1].isupper() and not str(name)[:1].isupper()):
            return str(name)
        step = value
    return str(step) if isinstance(step, str) else "?"


def point_label(grid: Mapping[str, Any]) -> str:
    """Return a point of a grid as a command line names it.

    >>> point_label({"svc__C": 10, "svc__kernel": "rbf", "mlp__sizes": [50, 50]})
    'svc__C=10,svc__kernel=rbf,mlp__sizes=[50, 50]'
    """
    return ",".join(f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in grid.items())
