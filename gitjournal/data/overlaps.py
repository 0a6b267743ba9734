"""Leakage between the parts of a split: rows, groups and moments that stand in two of them.

Nothing is changed and nothing sampled: every row is compared with every other by a digest of its features and target.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gitjournal.data.hashing import read_cache
from gitjournal.data.images import Images
from gitjournal.data.loading import Table
from gitjournal.data.raw import Array
from gitjournal.data.splits import Parts

DIGITS = 3  # of a column's largest value: rows that differ by less are the same measured again, or written out again
ROWS, ROUNDED, GROUPS, TIMES = "GJ311", "GJ312", "GJ313", "GJ314"
ORDER = ("train", "train_dev", "dev", "test")
NAMED = 5  # row numbers that are told
CHANCE = 10  # as many times what chance makes of columns with few values, before it is called a leak
_AT_ONCE = 4096  # rows


@dataclass(frozen=True)
class Overlap:
    """Rows of `part` that have their like in `other`: how many, and the first few, counted from 1."""

    part: str
    other: str
    rows: int
    first: list[int]


@dataclass(frozen=True)
class SplitOverlap:
    """One kind of leakage, by the code of its finding, and its rows for each two parts."""

    code: str
    overlaps: list[Overlap]


@dataclass(frozen=True)
class RowKeys:
    """A number for each row, the same for equal rows: `exact`, and with numbers `rounded`."""

    exact: Array
    rounded: Array


def row_keys(table: Table, cache: Path, digits: int = DIGITS) -> RowKeys:
    """Return keys by which all rows are compared, of features and target. `cache` is where hashes of files are known.

    Numbers are rounded to `digits` digits of their column's largest value, and text is compared without case and spaces.
    Images are compared as files, and so not rounded.
    """
    if isinstance(table.X, Images):
        cached = read_cache(cache).files
        names = [cached[str(file.path)].sha256 if str(file.path) in cached else _hash_file(file.path) for file in table.X.files]
        same = _number_rows(pd.factorize(np.asarray(names, dtype=object))[0].reshape(-1, 1), table.y)
        return RowKeys(same, same)
    return RowKeys(
        _number_rows(_code_features(table.X), table.y), _number_rows(_code_features(table.X, digits), _round_numbers(table.y, digits))
    )


def find_overlaps(table: Table, folds: Sequence[Parts], keys: RowKeys, split: dict[str, Any]) -> list[SplitOverlap]:
    """Return the leakage between the parts of a split; rows that are alike by chance, in columns with few values, do not count."""
    overlaps = []
    exact = find_common_rows(keys.exact, folds)
    if exact and _exceeds_chance(table, folds, keys.exact):
        overlaps.append(SplitOverlap(ROWS, exact))
    rounded = [one for one in find_common_rows(keys.rounded, folds) if one.rows > sum(e.rows for e in exact if _same_parts(e, one))]
    if rounded and _exceeds_chance(table, folds, keys.rounded, DIGITS):
        overlaps.append(SplitOverlap(ROUNDED, rounded))
    if split.get("group") and table.groups is not None and (by_group := find_common_rows(table.groups, folds)):
        overlaps.append(SplitOverlap(GROUPS, by_group))
    if split.get("time") and table.times is not None and (by_time := find_late_rows(table.times, folds)):
        overlaps.append(SplitOverlap(TIMES, by_time))
    return overlaps


def find_common_rows(numbers: Array, folds: Sequence[Parts]) -> list[Overlap]:
    """Return, for each two parts, the rows of the later one whose number occurs in the earlier one; over all folds."""
    return _compare_parts(folds, lambda part, earlier: part[np.isin(numbers[part], numbers[earlier])])


def find_late_rows(times: Array, folds: Sequence[Parts]) -> list[Overlap]:
    """Return the rows of a part that are earlier than the last row of the parts to learn from and to choose by."""
    folds = [{name: rows for name, rows in fold.items() if name != "train_dev"} for fold in folds]  # drawn from train's own time
    return _compare_parts(folds, lambda part, earlier: part[times[part] < times[earlier].max()])


def _compare_parts(folds: Sequence[Parts], which: Any) -> list[Overlap]:
    """Return the rows that `which` gives for each two parts, over all folds."""
    overlaps = []
    parts = [name for name in ORDER if name in folds[0]]
    for number, part in enumerate(parts):
        for earlier in parts[:number]:
            rows = np.unique(np.concatenate([which(fold[part], fold[earlier]) for fold in folds]))
            if len(rows):
                overlaps.append(Overlap(part, earlier, len(rows), [int(row) + 1 for row in rows[:NAMED]]))
    return overlaps


def _same_parts(a: Overlap, b: Overlap) -> bool:
    return (a.part, a.other) == (b.part, b.other)


def count_repeats(numbers: Array) -> tuple[int, list[int]]:
    """Return how many rows have their like earlier in the data, and the first few of them, counted from 1."""
    _, first = np.unique(numbers, return_index=True)
    repeats = np.setdiff1d(np.arange(len(numbers)), first)
    return len(repeats), [int(row) + 1 for row in repeats[:NAMED]]


def _exceeds_chance(table: Table, folds: Sequence[Parts], numbers: Array, digits: int | None = None) -> bool:
    """Whether there are many more pairs of like rows across parts than independent columns with these values would give."""
    if isinstance(table.X, Images):
        return True
    parts = [folds[0][name] for name in ORDER if name in folds[0]]
    pairs = possible = 0.0
    for number, part in enumerate(parts):
        for earlier in parts[:number]:
            values, counts = np.unique(numbers[earlier], return_counts=True)
            place = np.searchsorted(values, numbers[part]).clip(max=len(values) - 1)
            pairs += float(counts[place][values[place] == numbers[part]].sum())
            possible += float(len(part)) * len(earlier)
    expected = possible
    distinct = np.unique(numbers, return_index=True)[1]  # how often columns agree is told by rows that differ
    for column in _columns(_code_features(table.X, digits)[distinct], table.y[distinct]):
        counts = np.unique(column, return_counts=True)[1].astype(float)
        expected *= float((counts * (counts - 1)).sum()) / max(len(distinct) * (len(distinct) - 1), 1)
        if pairs > CHANCE * expected:
            return True
    return pairs > CHANCE * expected


def _columns(coded: Array, y: Array) -> Iterable[Array]:
    yield from y.reshape(len(y), -1).T
    yield from coded.T


def _code_features(X: Any, digits: int | None = None) -> Array:
    """Return features as one row of numbers each, in which like cells are the same number."""
    if isinstance(X, pd.DataFrame):
        return np.column_stack([_code_column(X[name], digits) for name in X.columns])
    if X.dtype.kind in "OUS":
        return _code_column(pd.Series(X), digits).reshape(-1, 1)
    flat = X.reshape(len(X), -1)
    return flat if digits is None else _round_numbers(flat, digits)


def _code_column(values: Any, digits: int | None) -> Array:
    if values.dtype.kind in "fiub":
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        values = numbers if digits is None else _round_numbers(numbers, digits)
    elif digits is not None:
        values = values.map(lambda one: " ".join(one.split()).casefold() if isinstance(one, str) else one)
    codes: Array = pd.factorize(values)[0].astype(np.int64)
    return codes


def _round_numbers(values: Array, digits: int) -> Array:
    """Round to some digits of the largest value of each column; whole numbers that are codes or counts stay as they are."""
    if values.dtype.kind != "f":
        return values
    largest = np.nanmax(np.where(np.isfinite(values), np.abs(values), 0.0), axis=0, initial=0.0)
    with np.errstate(divide="ignore"):
        step = np.where(largest > 0, 10.0 ** (np.floor(np.log10(np.where(largest > 0, largest, 1.0))) - digits + 1), 1.0)
    rounded: Array = np.round(values / step)
    return rounded


def _number_rows(coded: Array, y: Array) -> Array:
    """Return a number for each row, the same for the same bytes of features and target."""
    numbers_by_digest: dict[bytes, int] = {}
    numbers = np.empty(len(coded), np.int64)
    for start in range(0, len(coded), _AT_ONCE):
        stop = start + _AT_ONCE
        features, target = (_row_bytes(part[start:stop]) for part in (coded, y.reshape(len(y), -1)))
        for at, (cells, answer) in enumerate(zip(features, target, strict=True), start):
            digest = hashlib.blake2b(cells.tobytes() + answer.tobytes(), digest_size=16).digest()
            numbers[at] = numbers_by_digest.setdefault(digest, len(numbers_by_digest))
    return numbers


def _row_bytes(rows: Array) -> Array:
    plain = np.ascontiguousarray(rows + 0.0 if rows.dtype.kind == "f" else rows)  # -0.0 is 0.0
    return plain.view(np.uint8).reshape(len(plain), -1)


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
