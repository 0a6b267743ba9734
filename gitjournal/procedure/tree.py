"""Values of a procedure's tree: plain JSON, with a form of its own for what JSON has none for. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Later:
    """A number that is known only where a network is trained, such as `$steps`."""

    name: str


def plain(value: Any) -> Any:
    """Return a YAML value in tree form."""
    if isinstance(value, Later):
        return {"fact": value.name}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {"map": [[key, plain(part)] for key, part in value.items()]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value
