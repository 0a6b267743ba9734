"""How near two values of a parameter are, from 0 to 1. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def near(one: Any, other: Any) -> float:
    """Return 1 for the same value; numbers of one sign lose what they are apart on a scale of tenfolds, all else is 0.

    >>> near(0.5, 0.5), round(near(0.5, 0.4), 2), near(1, 10), near("relu", "tanh"), near(True, 1)
    (1.0, 0.9, 0.0, 0.0, 0.0)
    """
    if _is_number(one) and _is_number(other):
        if one == other:
            return 1.0
        comparable = one and other and (one > 0) == (other > 0)
        return max(0.0, 1.0 - abs(math.log10(abs(one)) - math.log10(abs(other)))) if comparable else 0.0
    if one != other and isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return sum(map(near, one, other)) / len(one)
    return float(type(one) is type(other) and one == other)


def nearest(some: Sequence[Any], others: Sequence[Any]) -> tuple[float, Any, Any]:
    """Return how near the nearest two of them are, and these two."""
    best = (-1.0, None, None)
    for one in some:
        for other in others:
            found = near(one, other)
            if found > best[0]:
                best = (found, one, other)
    return best


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
