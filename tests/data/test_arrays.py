"""Arrays by their role, and a hash of what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gitjournal.data.arrays import assign_arrays, hash_arrays
from gitjournal.data.raw import DataRequest
from gitjournal.errors import DataError, EntryError

X, Y = np.arange(6.0).reshape(3, 2), np.arange(3)


def request(**data: Any) -> DataRequest:
    return DataRequest(data, Path(), data.pop("group", None), data.pop("time", None))


def test_the_hash_is_of_names_types_shapes_and_bytes() -> None:
    content = hash_arrays({"X": X, "y": Y}, ["a", "b"])
    assert content.startswith("sha256:")
    assert hash_arrays({"y": Y, "X": np.asfortranarray(X)}, ["a", "b"]) == content
    changed = [
        hash_arrays({"X": X, "y": Y}, ["a", "c"]),
        hash_arrays({"Z": X, "y": Y}, ["a", "b"]),
        hash_arrays({"X": X.reshape(2, 3), "y": Y}, ["a", "b"]),
        hash_arrays({"X": X.view("i8"), "y": Y}, ["a", "b"]),
        hash_arrays({"X": X + 1, "y": Y}, ["a", "b"]),
    ]
    assert len({content, *changed}) == 6


def test_arrays_have_roles_by_name() -> None:
    arrays = {"X": X, "label": Y, "w": np.ones(3), "g": Y, "t": Y[::-1]}
    raw = assign_arrays(arrays, "it", request(arrays={"y": "label"}, weights="w", group="g", time="t"), ("data",))
    assert raw.columns == {"number": ["x0", "x1"]}
    assert (raw.y.tolist(), raw.weights.tolist(), raw.groups.tolist(), raw.times.tolist()) == ([0, 1, 2], [1, 1, 1], [0, 1, 2], [2, 1, 0])
    assert assign_arrays({"X": np.zeros((3, 4, 2)), "y": Y}, "it", request(), ("data",)).columns == {"number": [f"x{i}" for i in range(8)]}


@pytest.mark.parametrize(
    ("arrays", "data", "words", "path"),
    [
        ({"X": X}, {}, "it has no array `y`", ("data", "arrays", "y")),
        ({"X": X, "y": Y}, {"group": "g"}, "no array `g`", ("split", "group")),
        ({"X": X, "y": Y[:2]}, {}, r"X has shape \(3, 2\) and y \(2,\)", ("data",)),
        ({"X": X, "y": Y, "w": X}, {"weights": "w"}, r"weights \(3, 2\)", ("data",)),
        ({"X": np.float64(1), "y": Y}, {}, r"shape \(\)", ("data",)),
        ({"X": X.astype("M8[s]"), "y": Y}, {}, "numbers in rows and columns", ("data",)),
    ],
)
def test_arrays_that_do_not_fit_are_named(arrays: dict[str, Any], data: dict[str, Any], words: str, path: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=words) as fault:
        assign_arrays(arrays, "it", request(**data), ("data",))
    assert fault.value.path == path


def test_what_chooses_columns_of_a_table_does_not_go_with_arrays() -> None:
    with pytest.raises(EntryError, match="`drop` chooses columns of a table"):
        assign_arrays({"X": X, "y": Y}, "it", request(drop=["a"]), ("data",))
