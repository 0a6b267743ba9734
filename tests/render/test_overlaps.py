"""What stands in two parts of a split, in words."""

from __future__ import annotations

from typing import Any

import pytest

from gitjournal.render.overlaps import finding_lines, finding_meaning, overlap_words


def between(rows: int, *first: int) -> dict[str, Any]:
    return {"part": "dev", "other": "train", "rows": rows, "first": list(first)}


@pytest.mark.parametrize(
    ("code", "rows", "words"),
    [
        ("GJ311", 1, "1 row of dev is in train too (row 102)"),
        ("GJ312", 2, "2 rows of dev are in train too but for rounding (rows 102, …)"),
        ("GJ313", 1, "1 row of dev is of a group that train has too (row 102)"),
        ("GJ314", 2, "2 rows of dev are earlier than the last of train (rows 102, …)"),
    ],
)
def test_each_kind_says_how_many_rows_and_the_first_of_them(code: str, rows: int, words: str) -> None:
    assert overlap_words(code, between(rows, 102)) == words


def test_all_rows_that_are_named_need_no_dots() -> None:
    assert overlap_words("GJ311", between(2, 7, 9)) == "2 rows of dev are in train too (rows 7, 9)"


def test_a_finding_is_one_line_whatever_it_is_between() -> None:
    finding = {"code": "GJ311", "overlaps": [between(1, 1), {**between(1, 2), "other": "test"}]}
    assert finding_lines([finding]) == ["GJ311 1 row of dev is in train too (row 1); 1 row of dev is in test too (row 2)"]


def test_a_code_that_nobody_knows_is_named_and_moves_no_cursor() -> None:
    assert finding_meaning("GJ301") == "GJ301 it did not converge"
    assert finding_meaning("GJ\x1b[2J999") == "GJ999"
