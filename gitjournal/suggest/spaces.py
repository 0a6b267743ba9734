"""Search spaces: declared in an entry, or built in for each kind of task. Pure.

A space is written as a grid is, with ranges that name no number of values: ``{svc__C: {log: [0.1, 100]}, svc__kernel: [rbf]}``,
or a list of such spaces, each with its own parameters. Points follow Roberts' R sequence (2018), which fills a space evenly
however many are taken, and begins a longer list with a shorter one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gitjournal import yaml_text
from gitjournal.entry.grid import RANGES, find_range_fault
from gitjournal.errors import EntryError, nearest
from gitjournal.paths import KeyPath

BUILT_IN = Path(__file__).with_name("spaces.yaml")
DIGITS = 2  # of a value drawn from a range: 0.0013 reads better than 0.00132871, and is no worse


@dataclass(frozen=True)
class Dimension:
    """One dimension of a search space: a parameter with a list of values, or a range of numbers."""

    name: str
    kind: str
    values: tuple[Any, ...]

    def at(self, share: float) -> Any:
        """Return the value at a share (0 to 1) of the way."""
        if self.kind == "list":
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        low, high = self.values
        if self.kind == "int":
            return min(int(low + share * (high - low + 1)), int(high))
        value = low * (high / low) ** share if self.kind == "log" else low + share * (high - low)
        return min(max(_round_digits(value), float(low)), float(high))


@dataclass(frozen=True)
class BuiltInModel:
    """A model of the built-in space. `scaled` models want columns of one scale, `dense` ones take no sparse matrix."""

    name: str
    axes: tuple[Dimension, ...]
    fixed: dict[str, Any]
    scaled: bool
    dense: bool


def read_spaces(declared: Mapping[str, Any] | Sequence[Any], where: KeyPath = ("space",)) -> list[tuple[Dimension, ...]]:
    """Return the axes of each space. Raises EntryError, whose path names the key."""
    if isinstance(declared, Mapping):
        return [_read_space(declared, where)]
    return [_read_space(part, (*where, number)) for number, part in enumerate(declared)]


def _read_space(declared: Any, where: KeyPath) -> tuple[Dimension, ...]:
    if not isinstance(declared, Mapping) or not declared:
        raise EntryError("a space is a mapping of parameters to values, such as {svc__C: {log: [0.1, 100]}}", path=where)
    return tuple(_read_dimension(str(name), value, (*where, name)) for name, value in declared.items())


def _read_dimension(name: str, value: Any, where: KeyPath) -> Dimension:
    if isinstance(value, list) and value:
        return Dimension(name, "list", tuple(value))
    if isinstance(value, Mapping) and len(value) == 1 and (kind := str(next(iter(value)))) in RANGES:
        bounds = value[kind]
        fault = find_range_fault(kind, bounds, "[from, to] in a space", (2,))
        if not fault and bounds[0] == bounds[1]:
            fault = f"`{kind}` goes from the smaller to the larger value"
        if fault:
            raise EntryError(fault, path=(*where, kind))
        return Dimension(name, kind, tuple(bounds))
    unknown = str(next(iter(value))) if isinstance(value, Mapping) and len(value) == 1 else ""
    raise EntryError(
        f"`{name}` in a space takes a list of values, {{log: [from, to]}}, {{lin: [from, to]}} or {{int: [from, to]}}"
        f"{nearest(unknown, RANGES) if unknown else ''}",
        path=where,
    )


def spread_points(axes: Sequence[Dimension], many: int) -> list[dict[str, Any]]:
    """Return up to `many` distinct points: all of them where there are no more, else evenly spread ones."""
    sizes = [len(axis.values) if axis.kind == "list" else axis.values[1] - axis.values[0] + 1 for axis in axes if axis.kind != "log"]
    if all(axis.kind in ("list", "int") for axis in axes) and math.prod(sizes) <= many:
        every = [axis.values if axis.kind == "list" else range(axis.values[0], axis.values[1] + 1) for axis in axes]
        return [dict(zip((axis.name for axis in axes), values, strict=True)) for values in itertools.product(*every)]
    steps = _sequence_steps(len(axes))
    distinct: dict[str, dict[str, Any]] = {}
    for number in range(1, 4 * many + 1):
        point = {axis.name: axis.at((0.5 + number * step) % 1.0) for axis, step in zip(axes, steps, strict=True)}
        distinct.setdefault(repr(point), point)
        if len(distinct) == many:
            break
    return list(distinct.values())


def _sequence_steps(dimensions: int) -> list[float]:
    """Return the steps of the R sequence: powers of the root of x^(d + 1) = x + 1."""
    root = 2.0
    for _ in range(40):
        root = (1 + root) ** (1 / (dimensions + 1))
    return [1 / root**power for power in range(1, dimensions + 1)]


def _round_digits(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


@cache
def built_in_models(task: str) -> tuple[BuiltInModel, ...]:
    """Return the models of a task, in the order in which they are tried where nothing is known."""
    shipped = yaml_text.load(BUILT_IN.read_text(encoding="utf-8"), file=BUILT_IN.name).value
    return tuple(
        BuiltInModel(model["model"], read_spaces(model["space"])[0], model.get("fixed", {}), model["scaled"], model.get("dense", False))
        for model in shipped.get(task, ())
    )


def built_in_configurations(task: str, many: int) -> list[tuple[BuiltInModel, dict[str, Any]]]:
    """Return `many` configurations of each model: the plain ones first, then further points of all in turn."""
    each = [[{}, *spread_points(model.axes, many - 1)] for model in built_in_models(task)]
    return [
        (model, {**model.fixed, **drawn[turn]})
        for turn in range(many)
        for model, drawn in zip(built_in_models(task), each, strict=True)
        if turn < len(drawn)
    ]
