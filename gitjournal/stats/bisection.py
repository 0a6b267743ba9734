"""Bisection: where a condition that is false for small values and true for large ones begins to hold. Pure."""

from __future__ import annotations

from collections.abc import Callable

_MOST_STEPS = 2200  # enough for any two floats: 2,098 powers of two, 53 bits each


def least_value(holds: Callable[[float], bool], low: float, high: float, *, steps: int = _MOST_STEPS) -> float:
    """Return the least value above `low` at which `holds` is true, where it is true of `high`.

    Exact to the last bit, or after so many `steps` to a share 2**-steps of the range.

    >>> least_value(lambda x: x * x >= 2, 0.0, 2.0)
    1.4142135623730951
    """
    for _ in range(steps):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def least_count(holds: Callable[[int], bool], most: int, *, precision: float = 0.0) -> int | None:
    """Return the least whole number from 2 at which `holds` is true, None where that is more than about `most`.

    Numbers above 1 / `precision` are told to that share of themselves: each trial may cost much.

    >>> least_count(lambda n: n * n >= 200, 1000), least_count(lambda n: n * n >= 200, 10)
    (15, None)
    """
    low, high = 1, 2
    while not holds(high):
        low, high = high, high * 2
        if high > most:
            return None
    while high - low > max(1, int(high * precision)):
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
