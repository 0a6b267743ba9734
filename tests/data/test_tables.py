"""What a column is, and what becomes of its cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gitjournal.data.raw import DataRequest
from gitjournal.data.tables import assign_roles, convert_columns
from gitjournal.errors import DataError, EntryError

FRAME = pd.DataFrame({"x": [1, 2], "town": ["a", "b"], "when": ["2026-01-01", "2026-01-02"], "y": [0, 1]})


def test_kinds_follow_from_types_and_are_said_otherwise_by_the_entry() -> None:
    frame = FRAME.assign(flag=[True, False], day=pd.to_datetime(FRAME["when"]))
    X, columns = convert_columns(frame, {"when": "date", "x": "category"})
    assert columns == {"number": ["y"], "category": ["x", "town", "flag"], "date": ["when", "day"]}
    assert X["when"].tolist() == X["day"].tolist() == [20454.0, 20455.0]
    assert (X["x"].tolist(), X["flag"].tolist()) == (["1", "2"], ["True", "False"])
    assert X["y"].dtype == "float64"


@pytest.mark.parametrize(("kind", "words"), [("number", "2 of 2 values are not a number, first in data row 1"), ("date", "not a date")])
def test_cells_that_are_not_of_their_kind_are_counted(kind: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as fault:
        convert_columns(FRAME[["town"]], {"town": kind})
    assert fault.value.path == ("data", "types", "town")


def test_columns_with_a_role_are_no_features() -> None:
    request = DataRequest({"target": "y", "weights": "x", "drop": ["town"]}, Path(), time="when")
    with pytest.raises(DataError, match="no column is left to predict from"):
        assign_roles(FRAME, "it.csv", request, ("data", "path"))
    raw = assign_roles(FRAME, "it.csv", DataRequest({"target": "y"}, Path(), group="x", time="when"), ("data",), first_line=2)
    assert (raw.columns, raw.y.tolist(), raw.first_line) == ({"": ["town"]}, [0, 1], 2)
    assert (raw.groups.tolist(), raw.times.tolist()) == ([1, 2], [20454.0, 20455.0])


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        ({}, DataError, "`target` is missing: which column is to be predicted"),
        ({"target": "z"}, DataError, "no column `z`"),
        ({"target": "y", "types": {"towm": "text"}}, DataError, "did you mean `town`"),
        ({"target": "y", "features": ["y"]}, EntryError, "`y` cannot be a feature: it stands in data.target too"),
    ],
)
def test_a_column_that_is_not_there_or_has_two_roles_is_refused(data: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        assign_roles(FRAME, "it.csv", DataRequest(data, Path()), ("data", "path"))


def test_a_table_needs_rows_and_names() -> None:
    request = DataRequest({"target": "y"}, Path())
    with pytest.raises(DataError, match="has no rows"):
        assign_roles(FRAME[:0], "it.csv", request, ("data", "path"))
    with pytest.raises(DataError, match="column `x` twice"):
        assign_roles(FRAME.set_axis(["x", "x", "when", "y"], axis=1), "it.csv", request, ("data", "path"))
    with pytest.raises(DataError, match="column 2 has no name"):
        assign_roles(FRAME.rename(columns={"town": "Unnamed: 1"}), "it.csv", request, ("data", "path"))
