"""Grid expansion: the points of a grid, in the order in which they were declared. Pure."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Collection
from typing import Any

from gitjournal.entry.model import Entry
from gitjournal.errors import EntryError, nearest
from gitjournal.paths import KeyPath

MAX_POINTS = 100_000
RANGES = ("log", "lin", "int")
SAMPLING = ("sample", "seed")

Point = dict[str, Any]


def expand(entry: Entry) -> list[Point]:
    """Return the points of the grid; one empty point where there is none.

    The last parameter changes fastest. A list of sub-grids is walked in order. `{sample: n, seed: s}` inside a grid keeps
    n distinct points drawn from it; a larger n keeps those of a smaller one. Raises EntryError with the place of the value.
    """
    declared = entry.front.grid
    if declared is None:
        return [{}]
    if isinstance(declared, dict):
        return _expand_grid(entry, declared, ("grid",), MAX_POINTS)
    points: list[Point] = []
    for number, part in enumerate(declared):
        points += _expand_grid(entry, part, ("grid", number), MAX_POINTS - len(points))
    if not points:
        raise EntryError("the grid is empty; leave `grid` out, or give values", place=entry.place("grid"))
    return points


def axes(entry: Entry) -> list[dict[str, list[Any]]]:
    """Return the values of each parameter, for each sub-grid; what is drawn from them is not looked at. Raises as `expand` does."""
    declared = entry.front.grid
    if isinstance(declared, list):
        return [_grid_axes(entry, part, ("grid", number)) for number, part in enumerate(declared)]
    return [_grid_axes(entry, declared or {}, ("grid",))]


def find_range_fault(kind: str, bounds: Any, form: str, sizes: Collection[int]) -> str:
    """Return what is wrong with the bounds of a range `log`, `lin` or `int`, "" for nothing.

    `form` says how they are written, in so many numbers as `sizes` names; the first two are the ends.
    """
    numbers = isinstance(bounds, list) and all(isinstance(bound, (int, float)) and not isinstance(bound, bool) for bound in bounds)
    if not numbers or len(bounds) not in sizes or not all(math.isfinite(bound) for bound in bounds):
        return f"`{kind}` takes {form}"
    if bounds[0] > bounds[1]:
        return f"`{kind}` goes from the smaller to the larger value"
    if kind == "log" and bounds[0] <= 0:
        return "`log` takes values above 0"
    return f"`int` takes whole numbers, {form}" if kind == "int" and not all(isinstance(bound, int) for bound in bounds) else ""


def _grid_axes(entry: Entry, declared: dict[str, Any], path: KeyPath) -> dict[str, list[Any]]:
    return {name: _parameter_values(entry, value, (*path, name)) for name, value in declared.items() if name not in SAMPLING}


def _expand_grid(entry: Entry, declared: dict[str, Any], path: KeyPath, limit: int) -> list[Point]:
    axes = _grid_axes(entry, declared, path)
    total = math.prod(len(values) for values in axes.values())
    if "sample" in declared:
        wanted = _check_whole(entry, declared["sample"], (*path, "sample"), least=1)
        seed = _check_whole(entry, declared.get("seed", 0), (*path, "seed"), least=0)
        _check_size(entry, min(wanted, total), path, limit)
        return [_point_at(axes, number) for number in _draw_numbers(total, wanted, seed)]
    if "seed" in declared:
        raise EntryError(
            "`seed` in a grid goes with `sample: n`; the seeds of the runs are `seeds`", place=entry.document.key_place((*path, "seed"))
        )
    _check_size(entry, total, path, limit)
    return [dict(zip(axes, combination, strict=True)) for combination in itertools.product(*axes.values())]


def _check_size(entry: Entry, size: int, path: KeyPath, limit: int) -> None:
    if size > limit:
        raise EntryError(
            f"a grid of more than {MAX_POINTS:,} points ({size:,} here)", place=entry.place(*path), hint="draw from it: sample: 200"
        )


def _draw_numbers(total: int, wanted: int, seed: int) -> list[int]:
    """Return up to `wanted` distinct numbers below `total`, in the order drawn, so that a larger sample begins with a smaller one."""
    generator = random.Random(seed)  # noqa: S311  # which points to try is no secret
    if total <= MAX_POINTS:
        numbers = list(range(total))
        generator.shuffle(numbers)
        return numbers[:wanted]
    drawn: dict[int, None] = {}
    while len(drawn) < wanted:
        drawn[generator.randrange(total)] = None
    return list(drawn)


def _point_at(axes: dict[str, list[Any]], number: int) -> Point:
    """Return the point with that number in the order of the full grid."""
    point: Point = {}
    for name, values in reversed(axes.items()):
        number, at = divmod(number, len(values))
        point[name] = values[at]
    return {name: point[name] for name in axes}


def _parameter_values(entry: Entry, value: Any, path: KeyPath) -> list[Any]:
    """Return the values of one parameter."""
    if isinstance(value, list):
        if not value:
            raise EntryError(f"`{path[-1]}` has no values to try", place=entry.place(*path))
        return value
    if isinstance(value, dict) and len(value) == 1:
        kind, bounds = next(iter(value.items()))
        if kind in RANGES:
            return _expand_range(entry, str(kind), bounds, (*path, kind))
        raise EntryError(
            f"unknown range `{kind}`{nearest(str(kind), RANGES) or '; known: ' + ', '.join(RANGES)}",
            place=entry.document.key_place((*path, kind)),
        )
    raise EntryError(
        f"`{path[-1]}` in a grid takes a list of values, or one of {{log: [from, to, how many]}}, {{lin: [from, to, how many]}}, "
        "{int: [from, to, step]}",
        place=entry.place(*path),
        hint="a single value belongs to `parameters`",
    )


def _expand_range(entry: Entry, kind: str, bounds: Any, path: KeyPath) -> list[Any]:
    form, sizes = ("[from, to, step]", (2, 3)) if kind == "int" else ("[from, to, how many]", (3,))
    fault = find_range_fault(kind, bounds, form, sizes)
    if fault:
        raise EntryError(fault, place=entry.place(*path))
    low, high = bounds[:2]
    if kind == "int":
        step = bounds[2] if len(bounds) == 3 else 1
        if step < 1:
            raise EntryError(f"`int` takes whole numbers, {form}", place=entry.place(*path))
        if (high - low) // step >= MAX_POINTS:
            raise EntryError(f"more than {MAX_POINTS:,} values", place=entry.place(*path))
        return list(range(low, high + 1, step))
    many = _check_whole(entry, bounds[2], (*path, 2), least=1)
    if many > MAX_POINTS:
        raise EntryError(f"more than {MAX_POINTS:,} values", place=entry.place(*path))
    return _space_values(float(low), float(high), many, log=kind == "log")


def _space_values(low: float, high: float, many: int, *, log: bool) -> list[float]:
    """Return `many` values, rounded to 12 significant digits so that 10**-3 is 0.001 exactly."""
    if many == 1:
        return [low]
    start, end = (math.log10(low), math.log10(high)) if log else (low, high)
    inner = (start + (end - start) * number / (many - 1) for number in range(1, many - 1))
    return [low, *(float(f"{10**x if log else x:.12g}") for x in inner), high]


def _check_whole(entry: Entry, value: Any, path: KeyPath, *, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        what = f"`{path[-1]}`" if isinstance(path[-1], str) else f"how many values of `{path[-2]}`"
        raise EntryError(f"{what} is a whole number from {least}", place=entry.place(*path))
    return value
