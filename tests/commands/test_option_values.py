"""What is written after options: steps, assignments, grids and data. Lengths of time are tried in tests/run/test_execute.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitjournal.commands.option_values import parse_assignment, parse_data, parse_grid, parse_point, parse_step
from gitjournal.errors import UsageError


def test_a_step_is_a_name_or_yaml() -> None:
    assert parse_step("SVC") == "SVC"
    assert parse_step("SVC: {C: 10}") == {"SVC": {"C": 10}}
    with pytest.raises(UsageError, match=r"--estimator `\{SVC`"):
        parse_step("{SVC")


def test_a_point_of_a_grid_is_values_by_name_and_commas_within_them_stay() -> None:
    assert parse_point("svc__C=10, svc__kernel=rbf") == {"svc__C": 10, "svc__kernel": "rbf"}
    assert parse_point("mlp__sizes=[50, 50],mlp__alpha=1e-3") == {"mlp__sizes": [50, 50], "mlp__alpha": 0.001}
    with pytest.raises(UsageError, match=r"svc__C `\[1`"):
        parse_point("svc__C=[1")


def test_only_parameters_are_read_as_yaml() -> None:
    assert parse_assignment("svc__C=1e3", "--parameter") == ("svc__C", 1000.0)
    assert parse_assignment(" svc__C =1,2", "--grid") == ("svc__C", "1,2")
    for text in ("svc__C", "=1"):
        with pytest.raises(UsageError, match="takes NAME=VALUE"):
            parse_assignment(text, "--parameter")


@pytest.mark.parametrize(
    ("text", "values"),
    [("1,10", [1, 10]), ("[1, 10]", [1, 10]), ("{log: [1, 100, 3]}", {"log": [1, 100, 3]}), ("rbf", ["rbf"])],
)
def test_values_of_a_grid_are_a_list_or_a_range(text: str, values: Any) -> None:
    assert parse_grid((f"svc__C={text}",)) == {"svc__C": values}


def test_data_are_a_source_with_the_columns_that_were_named(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    assert parse_data("sklearn:digits", tmp_path, target=None) == {"sklearn": "digits"}
    assert parse_data("photos", tmp_path, target=None) == {"images": "photos"}
    assert parse_data("a.csv", tmp_path, target="y,z", features="text") == {"path": "a.csv", "target": ["y", "z"], "features": "text"}
    assert parse_data(None, tmp_path, target=None) == {}
