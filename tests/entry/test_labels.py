"""What data and estimators are called, as entries declare them in their several ways."""

from __future__ import annotations

import pytest

from gitjournal.entry.labels import data_argument, data_label, estimator_label
from gitjournal.entry.model import Data, Files


@pytest.mark.parametrize(
    ("procedure", "label"),
    [
        (["StandardScaler", "SVC"], "SVC"),
        (["StandardScaler", {"SVC": {"C": 1}}], "SVC"),
        ([{"clf": "SVC"}], "SVC"),
        ([{"clf": {"SVC": {"C": 1}}}], "SVC"),
        ({"python": "pkg.mod:train"}, "pkg.mod:train"),
        ([], "?"),
        ([3], "?"),
    ],
)
def test_the_label_of_a_procedure(procedure: list[object] | dict[str, object], label: str) -> None:
    assert estimator_label(procedure) == label


def test_the_label_of_data_is_its_source() -> None:
    assert data_label(Data(sklearn="digits")) == "digits"
    assert data_label(Data(path="data/p.csv", target="y")) == "data/p.csv"
    assert data_label(Data(files=Files(train="train.csv", test="test.csv"))) == "train.csv"
    assert data_label(Data()) == "?"


def test_data_are_named_as_the_command_line_takes_them() -> None:
    assert data_argument(Data(sklearn="digits")) == "sklearn:digits"
    assert data_argument(Data(python="own.data:load")) == "python:own.data:load"
    assert data_argument(Data(path="p.csv", target="y")) == "p.csv --target y"
    assert data_argument(Data(path="p.csv", target=["y", "z"])) == "p.csv --target y,z"
    assert data_argument(Data(images="pictures")) == "pictures"
