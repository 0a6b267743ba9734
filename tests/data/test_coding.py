"""The target as numbers, and what goes with a row; what does not fit is refused with the key that says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gitjournal.data.coding import code_groups, code_target, code_times, code_weights, default_task, plain_target
from gitjournal.errors import DataError, EntryError, GitjournalError

PLACE = ("data", "target")


def test_a_column_of_one_is_a_target_and_objects_become_their_type() -> None:
    assert plain_target([[1], [2]], None, PLACE).tolist() == [1, 2]
    assert plain_target(np.array([1, 2.5], dtype=object), None, PLACE).dtype.kind == "f"
    assert plain_target(np.array(["a", 1], dtype=object), None, PLACE).tolist() == ["a", "1"]
    assert plain_target(np.array([["a", "b"], ["c", "d"]], dtype=object), None, PLACE).shape == (2, 2)


@pytest.mark.parametrize(("first_line", "where"), [(2, "first in line 4"), (None, "first in data row 3")])
def test_a_missing_target_is_told_with_its_first_line(first_line: int | None, where: str) -> None:
    with pytest.raises(DataError, match=f"missing in 2 of 4 rows, {where}"):
        plain_target(np.array([1, 2, np.nan, np.nan]), first_line, PLACE)


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (["a", "b", "c"], "classification"),
        ([True, False], "classification"),
        ([0, 1, 1, 0], "classification"),
        (list(range(10)) * 5, "classification"),
        (list(range(10)) * 4, "regression"),
        (list(range(21)) * 50, "regression"),
        ([0.0, 1.0] * 20, "regression"),
        ([[0, 1], [1, 1]], "multilabel"),
        ([[0, 2], [1, 1]], "regression"),
    ],
)
def test_the_task_follows_from_the_target(y: Any, task: str) -> None:
    assert default_task(np.array(y)) == task


def test_the_positive_label_is_coded_one_whatever_its_type() -> None:
    codes, classes = code_target(np.array([3, 5, 3]), "classification", {"positive": "3"}, PLACE)
    assert (codes.tolist(), classes) == ([1, 0, 1], [5, 3])
    codes, classes = code_target(np.array([2.0, 1.0]), "classification", {}, PLACE)
    assert (codes.tolist(), classes, [type(label) for label in classes or []]) == ([1, 0], [1, 2], [int, int])


@pytest.mark.parametrize(
    ("y", "task", "data", "words"),
    [
        ([1, 1], "classification", {}, "one class only, `1`"),
        ([[0, 1], [1, 1]], "classification", {}, "one target column"),
        (["a", "b"], "classification", {"positive": "c"}, "no label `c`"),
        (["a", "b", "c"], "classification", {"positive": "a"}, "goes with two classes; the target has 3"),
        ([1.0, 2.0], "regression", {"positive": "a"}, "the task is regression"),
        (["a", "b"], "regression", {}, "the target holds text"),
        ([1.0, np.inf], "regression", {}, "infinite"),
        ([0, 1], "multilabel", {}, "one target column each"),
        ([[0, 2]], "multilabel", {}, "of 0 and 1"),
    ],
)
def test_a_target_that_does_not_fit_its_task_is_refused(y: Any, task: str, data: dict[str, Any], words: str) -> None:
    with pytest.raises((DataError, EntryError)) as fault:
        code_target(np.array(y), task, data, PLACE)
    assert words in str(fault.value)


@pytest.mark.parametrize("weights", [["a", "b"], [1, -1], [1, np.nan], [1, np.inf], [0, 0]])
def test_weights_are_numbers_from_zero_and_not_all_zero(weights: Any) -> None:
    with pytest.raises(DataError) as fault:
        code_weights(weights)
    assert fault.value.path == ("data", "weights")


def test_a_weight_may_be_zero() -> None:
    weights = code_weights([0, 2])
    assert weights is not None
    assert weights.tolist() == [0.0, 2.0]


def test_groups_are_numbered_as_they_appear() -> None:
    groups = code_groups(["b", "a", "b", "c"])
    assert groups is not None
    assert groups.tolist() == [0, 1, 0, 2]
    with pytest.raises(DataError, match="missing in 1 rows"):
        code_groups(np.array(["a", None], dtype=object))


def test_times_are_numbers_or_dates() -> None:
    times = code_times(np.array(["2026-01-02", "2026-01-01"], dtype="datetime64[D]"))
    assert times is not None
    assert np.argsort(times).tolist() == [1, 0]
    wrong: list[Any] = [["a", "b"], [1, np.nan], np.array(["2026-01-01", "NaT"], dtype="datetime64[D]")]
    for values in wrong:
        with pytest.raises(GitjournalError, match="needs a number or a date for each row"):
            code_times(values)


def test_what_is_not_there_stays_so() -> None:
    assert (code_weights(None), code_groups(None), code_times(None)) == (None, None, None)
