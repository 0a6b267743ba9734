"""Similarity of two procedures: pipelines by their steps, networks by their layers, with all parameters. Pure.

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

from gitjournal.journal.search.features import ProcedurePart, SearchDocument, default_values, most_similar_values, procedure_variants

APART = 1 / 3  # what a parameter costs that is wholly different, in weights of its part
_UNSET: Any = object()

Pair = tuple[ProcedurePart | None, ProcedurePart | None]


def similarity(left: SearchDocument, right: SearchDocument) -> float:
    """Return 1 for the same procedure, 0 for one that has as little in common as half of all parts, or less."""
    return _best_similarity(left.key, right.key)


@cache
def _best_similarity(left: bytes, right: bytes) -> float:
    pairs = ((parts, counterparts) for parts in procedure_variants(left) for counterparts in procedure_variants(right))
    return max((_similarity(*pair) for pair in pairs), default=0.0)


def explain_differences(left: SearchDocument, right: SearchDocument) -> list[str]:
    """Say how the two most similar variants differ, each difference in a few words; nothing for the same procedure."""
    pairs = [(parts, counterparts) for parts in procedure_variants(left.key) for counterparts in procedure_variants(right.key)]
    if not pairs:
        return []
    parts, counterparts = max(pairs, key=lambda pair: _similarity(*pair))
    return [line for pair in _join_exchanges(_align(parts, counterparts)) for line in _explain_pair(*pair)]


def _similarity(left: Sequence[ProcedurePart], right: Sequence[ProcedurePart]) -> float:
    total = _total_weight(left) + _total_weight(right)
    if total == 0 or 1 - 2 * _lower_bound(left, right) / total <= 0:
        return 0.0
    return max(0.0, 1 - 2 * _distances(left, right)[-1][-1] / total)


def _total_weight(parts: Sequence[ProcedurePart]) -> float:
    return sum(part.weight for part in parts)


def _lower_bound(left: Sequence[ProcedurePart], right: Sequence[ProcedurePart]) -> float:
    """Return a bound of the distance that costs little: what has no counterpart of its class must go or come."""
    weights: Counter[str] = Counter()
    for parts, sign in ((left, 1), (right, -1)):
        for part in parts:
            weights[part.path] += sign * part.weight  # type: ignore[assignment]  # a Counter of floats
    return sum(map(abs, weights.values()))


def _distances(left: Sequence[ProcedurePart], right: Sequence[ProcedurePart]) -> list[list[float]]:
    """Return the distance of each beginning of `left` to each beginning of `right`, by dynamic programming."""
    rows = [[0.0]]
    for part in right:
        rows[0].append(rows[0][-1] + part.weight)
    for part in left:
        above, row = rows[-1], [rows[-1][0] + part.weight]
        for column, counterpart in enumerate(right):
            best = min(above[column + 1] + part.weight, row[column] + counterpart.weight)
            same_class = part.path == counterpart.path
            row.append(min(best, above[column] + _part_distance(part, counterpart)) if same_class else best)
        rows.append(row)
    return rows


def _part_distance(left: ProcedurePart, right: ProcedurePart) -> float:
    """Return how far two parts of one class are apart."""
    if left.values == right.values:
        return abs(left.weight - right.weight)
    lost = sum(1 - most_similar_values(*_values_of(name, left, right))[0] for name in {**left.values, **right.values})
    return max(left.weight, right.weight) * min(1.0, APART * lost)


def _values_of(name: str, left: ProcedurePart, right: ProcedurePart) -> tuple[list[Any], list[Any]]:
    """Return the values that two parts of one class give a parameter; its default where they give none."""
    default = [default_values(left.path).get(name, _UNSET)]
    return left.values.get(name, default), right.values.get(name, default)


def _align(left: Sequence[ProcedurePart], right: Sequence[ProcedurePart]) -> list[Pair]:
    """Return which parts correspond, in order: the way through the distances that costs least."""
    distances = _distances(left, right)
    row, column = len(left), len(right)
    pairs: list[Pair] = []
    while row or column:
        part, counterpart = left[row - 1] if row else None, right[column - 1] if column else None
        if part and counterpart and part.path == counterpart.path:
            corresponds = distances[row][column] == distances[row - 1][column - 1] + _part_distance(part, counterpart)
        else:
            corresponds = False
        if corresponds:
            pairs.append((part, counterpart))
            row, column = row - 1, column - 1
        elif counterpart and distances[row][column] == distances[row][column - 1] + counterpart.weight:
            pairs.append((None, counterpart))
            column -= 1
        else:
            pairs.append((part, None))
            row -= 1
    return pairs[::-1]


def _join_exchanges(pairs: Sequence[Pair]) -> list[Pair]:
    """Return pairs in which what was left out and put in at one place are one exchange, the last with the last."""
    joined: list[Pair] = []
    removed: list[ProcedurePart] = []
    added: list[ProcedurePart] = []
    for left, right in [*pairs, (None, None)]:
        if left and not right:
            removed.append(left)
        elif right and not left:
            added.append(right)
        else:
            exchanged = min(len(removed), len(added))
            joined += [(part, None) for part in removed[: len(removed) - exchanged]]
            joined += [(None, part) for part in added[: len(added) - exchanged]]
            joined += zip(removed[len(removed) - exchanged :], added[len(added) - exchanged :], strict=True)
            removed, added = [], []
            joined += [(left, right)] if left else []
    return joined


def _explain_pair(left: ProcedurePart | None, right: ProcedurePart | None) -> Iterator[str]:
    if left is None or right is None:
        yield f"{left.short} left out" if left else f"{right.short} put in" if right else ""
    elif left.path != right.path:
        yield f"{left.short} -> {right.short}"
    else:
        for name in {**left.values, **right.values}:
            values = _values_of(name, left, right)
            near, *closest = most_similar_values(*values)
            if near < 1:
                before, after = ([value] for value in closest) if near > 0 else values
                yield f"{left.label} {name} {_spell(before)} -> {_spell(after)}"


def _spell(values: Sequence[Any]) -> str:
    """Write a value, or the first and the last of what a grid tries."""
    texts = ["unset" if value is _UNSET else value if isinstance(value, str) else json.dumps(value) for value in values]
    return " or ".join(texts) if len(texts) < 3 else f"{texts[0]} to {texts[-1]}"
