"""The target as numbers, and what goes with a row: weight, group, time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gitjournal.data.raw import Array
from gitjournal.errors import DataError, EntryError, nearest
from gitjournal.paths import KeyPath

Labels = list[Any]

# whole numbers are classes while they take at most this many values, with this many rows each on average
CLASSES_AT_MOST, ROWS_A_CLASS = 20, 5


def plain_target(values: Any, first_line: int | None, place: KeyPath) -> Array:
    """Return the target as an array of bool, int, float or str, of one dimension or two.

    Raises DataError with the first line where a value is missing.
    """
    target: Array = np.asarray(values)
    target = target[:, 0] if target.ndim == 2 and target.shape[1] == 1 else target
    rows = np.asarray(pd.isna(target)).any(axis=tuple(range(1, target.ndim)))
    if rows.any():
        first = int(rows.argmax())
        where = f"line {first + first_line}" if first_line else f"data row {first + 1}"
        message = f"the target is missing in {int(rows.sum())} of {target.shape[0]} rows, first in {where}"
        raise DataError(message, hint="remove those rows, or see `na`", path=place)
    if target.dtype.kind in "biuf":
        return target
    inferred = np.asarray(target.tolist())
    return inferred if inferred.dtype.kind in "biuf" else np.asarray([str(value) for value in target.ravel()]).reshape(target.shape)


def default_task(y: Array) -> str:
    """Return the task that a target asks for where the entry says nothing.

    Several columns of 0 and 1 are labels. Text and booleans are classes, and so are whole numbers that take two values,
    or at most 20 with five rows each on average. The rest is regression.
    """
    if y.ndim > 1:
        return "multilabel" if y.dtype.kind in "biuf" and np.isin(y, (0, 1)).all() else "regression"
    if y.dtype.kind in "iu":
        distinct = len(np.unique(y))
        few = distinct <= CLASSES_AT_MOST and distinct * ROWS_A_CLASS <= len(y)
        return "classification" if distinct <= 2 or few else "regression"
    return "regression" if y.dtype.kind == "f" else "classification"


def code_target(y: Array, task: str, data: dict[str, Any], place: KeyPath) -> tuple[Array, Labels | None]:
    """Return the target as models take it, and the labels that the codes 0..k-1 stand for.

    Classes are coded in sorted order (numbers as numbers), and `positive` as 1. Raises DataError for a target that does
    not fit the task.
    """
    if task == "classification":
        return _code_classes(y, data, place)
    if "positive" in data:
        raise EntryError(f"`positive` goes with two classes; the task is {task}", path=("data", "positive"))
    if task == "multilabel":
        if y.ndim != 2 or y.dtype.kind not in "biuf" or not np.isin(y, (0, 1)).all():
            raise DataError("several labels need one target column each, of 0 and 1", path=place)
        return y.astype(np.int64), None
    if y.dtype.kind not in "biuf":
        raise DataError("regression needs numbers; the target holds text", path=place)
    values = y.astype(np.float64)
    if not np.isfinite(values).all():
        raise DataError("the target holds infinite values", path=place)
    return values, None


def _code_classes(y: Array, data: dict[str, Any], place: KeyPath) -> tuple[Array, Labels]:
    if y.ndim != 1:
        raise DataError("classification takes one target column; several columns of 0 and 1 are `task: multilabel`", path=place)
    if y.dtype.kind == "f" and (y == np.floor(y)).all():
        y = y.astype(np.int64)
    labels, codes = np.unique(y, return_inverse=True)
    classes: Labels = [label.item() for label in labels]
    if len(classes) == 1:
        raise DataError(f"the target has one class only, `{classes[0]}`: nothing to tell apart", path=place)
    codes = codes.astype(np.int64)
    if "positive" in data and _position_of(data["positive"], classes) == 0:
        return 1 - codes, classes[::-1]
    return codes, classes


def _position_of(label: Any, classes: Labels) -> int:
    path = ("data", "positive")
    if len(classes) != 2:
        raise EntryError(f"`positive` goes with two classes; the target has {len(classes)}", path=path)
    texts = [str(known) for known in classes]
    if str(label) not in texts:
        raise EntryError(f"no label `{label}` in the target{nearest(str(label), texts)}; the labels are {' and '.join(texts)}", path=path)
    return texts.index(str(label))


def code_weights(values: Any) -> Array | None:
    """Return row weights. Raises DataError for one that is missing, infinite or negative."""
    if values is None:
        return None
    path = ("data", "weights")
    try:
        weights = np.asarray(values, dtype=np.float64)
    except (ValueError, TypeError):
        raise DataError("the weights are not numbers", path=path) from None
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise DataError("a weight is missing, infinite or negative, or all are zero", path=path)
    return weights


def code_groups(values: Any) -> Array | None:
    """Return group numbers in order of first appearance. Raises DataError where a group is missing."""
    if values is None:
        return None
    plain = np.asarray(values)
    absent = pd.isna(plain)
    if absent.any():
        raise DataError(f"the group is missing in {int(absent.sum())} rows", path=("split", "group"))
    numbers: dict[Any, int] = {}
    return np.asarray([numbers.setdefault(value, len(numbers)) for value in plain.tolist()], dtype=np.int64)


def code_times(values: Any) -> Array | None:
    """Return what to sort rows by, as numbers. Raises DataError where a row has none."""
    if values is None:
        return None
    times = np.asarray(values)
    if times.dtype.kind == "M":
        times = np.where(np.isnat(times), np.nan, times.astype("datetime64[ns]").astype(np.int64).astype(np.float64))
    if times.dtype.kind not in "iuf" or not np.isfinite(times).all():
        raise DataError("the array to sort by needs a number or a date for each row", path=("split", "time"))
    return times
