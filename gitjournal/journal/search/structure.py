"""How near two procedures are: pipelines by their steps, networks by their layers, with all parameters. Pure.

An edit distance between two rows of parts (Wagner and Fischer, 1974): a part is put in or left out at its weight; two of one class
correspond at a third of how far each of their parameters is apart, at most at their weight. Unlike in a comparison of the counts of
layers, the order counts, and so do width, rate, activation, optimizer, loss and fit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from gitjournal.journal.search.features import Idea, Part, defaults, nearest, ways

APART = 1 / 3  # what a parameter costs that is wholly different, in weights of its part
_UNSET: Any = object()

Pair = tuple[Part | None, Part | None]


def nearness(one: Idea, other: Idea) -> float:
    """Return 1 for the same procedure, 0 for one that has as little in common as half of all parts, or less."""
    return _between(one.key, other.key)


@cache
def _between(one: bytes, other: bytes) -> float:
    return max((_nearness(left, right) for left in ways(one) for right in ways(other)), default=0.0)


def reasons(one: Idea, other: Idea) -> list[str]:
    """Say how the nearest way of `other` differs from that of `one`, each difference in a few words; nothing for the same procedure."""
    pairs = [(left, right) for left in ways(one.key) for right in ways(other.key)]
    if not pairs:
        return []
    left, right = max(pairs, key=lambda pair: _nearness(*pair))
    return [said for pair in _exchanged(_aligned(left, right)) for said in _told(*pair)]


def _nearness(left: Sequence[Part], right: Sequence[Part]) -> float:
    total = _weight(left) + _weight(right)
    if total == 0 or 1 - 2 * _at_least(left, right) / total <= 0:
        return 0.0
    return max(0.0, 1 - 2 * _table(left, right)[-1][-1] / total)


def _weight(parts: Sequence[Part]) -> float:
    return sum(one.weight for one in parts)


def _at_least(left: Sequence[Part], right: Sequence[Part]) -> float:
    """Return a bound of the distance that costs little: what has no counterpart of its class must go or come."""
    weights: Counter[str] = Counter()
    for parts, sign in ((left, 1), (right, -1)):
        for one in parts:
            weights[one.path] += sign * one.weight  # type: ignore[assignment]  # a Counter of floats
    return sum(map(abs, weights.values()))


def _table(left: Sequence[Part], right: Sequence[Part]) -> list[list[float]]:
    """Return the distance of each beginning of one to each beginning of the other."""
    rows = [[0.0]]
    for two in right:
        rows[0].append(rows[0][-1] + two.weight)
    for one in left:
        above, row = rows[-1], [rows[-1][0] + one.weight]
        for at, two in enumerate(right):
            best = min(above[at + 1] + one.weight, row[at] + two.weight)
            row.append(min(best, above[at] + _apart(one, two)) if one.path == two.path else best)
        rows.append(row)
    return rows


def _apart(one: Part, two: Part) -> float:
    """Return how far two parts of one class are apart."""
    if one.values == two.values:
        return abs(one.weight - two.weight)
    known = defaults(one.path)
    lost = sum(1 - nearest(*_values(name, one, two, known))[0] for name in {**one.values, **two.values})
    return max(one.weight, two.weight) * min(1.0, APART * lost)


def _values(name: str, one: Part, two: Part, known: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    default = [known.get(name, _UNSET)]
    return one.values.get(name, default), two.values.get(name, default)


def _aligned(left: Sequence[Part], right: Sequence[Part]) -> list[Pair]:
    """Return which parts correspond, in order."""
    rows = _table(left, right)
    at, to = len(left), len(right)
    found: list[Pair] = []
    while at or to:
        one, two = left[at - 1] if at else None, right[to - 1] if to else None
        if one and two and one.path == two.path and rows[at][to] == rows[at - 1][to - 1] + _apart(one, two):
            found.append((one, two))
            at, to = at - 1, to - 1
        elif two and rows[at][to] == rows[at][to - 1] + two.weight:
            found.append((None, two))
            to -= 1
        else:
            found.append((one, None))
            at -= 1
    return found[::-1]


def _exchanged(pairs: Sequence[Pair]) -> list[Pair]:
    """Return pairs in which what was left out and put in at one place are one exchange, the last with the last."""
    found: list[Pair] = []
    gap: tuple[list[Part], list[Part]] = ([], [])
    for one, two in [*pairs, (None, None)]:
        if one and not two:
            gap[0].append(one)
        elif two and not one:
            gap[1].append(two)
        else:
            gone, come = gap
            both = min(len(gone), len(come))
            found += [(part, None) for part in gone[: len(gone) - both]] + [(None, part) for part in come[: len(come) - both]]
            found += zip(gone[len(gone) - both :], come[len(come) - both :], strict=True)
            gap = ([], [])
            found += [(one, two)] if one else []
    return found


def _told(one: Part | None, two: Part | None) -> Iterator[str]:
    if one is None or two is None:
        yield f"{one.short} left out" if one else f"{two.short} put in" if two else ""
    elif one.path != two.path:
        yield f"{one.short} -> {two.short}"
    else:
        known = defaults(one.path)
        for name in {**one.values, **two.values}:
            values = _values(name, one, two, known)
            near, *closest = nearest(*values)
            if near < 1:
                left, right = ([value] for value in closest) if near > 0 else values
                yield f"{one.label} {name} {_spelled(left)} -> {_spelled(right)}"


def _spelled(values: Sequence[Any]) -> str:
    """Write a value, or the first and the last of what a grid tries."""
    said = ["unset" if one is _UNSET else one if isinstance(one, str) else json.dumps(one) for one in values]
    return " or ".join(said) if len(said) < 3 else f"{said[0]} to {said[-1]}"
