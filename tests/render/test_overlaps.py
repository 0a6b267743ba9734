"""What stands in two parts of a split, in words."""

from __future__ import annotations

from typing import Any

import pytest

from gitjournal.render.overlaps import duplicate_lines, finding_lines, finding_meaning, overlap_words
from gitjournal.worker.jobs import DuplicateRows


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


def test_rows_that_are_alike_are_counted_exactly_and_rounded() -> None:
    within = DuplicateRows(hash="sha256:d", rows=1797, digits=3, exact=(0, []), rounded=(0, []))
    assert duplicate_lines("digits", within) == ["digits: 1,797 rows, none like another"]
    near = DuplicateRows(hash="sha256:d", rows=1797, digits=3, exact=(1, [7]), rounded=(9, [7, 8]))
    assert duplicate_lines("digits", near) == [
        "digits: 1,797 rows, 1 like an earlier one (row 7)",
        "rounded to 3 digits: 9 like an earlier one (rows 7, 8, …)",
    ]


def test_across_the_parts_of_a_split_a_row_is_told_once() -> None:
    exact = {"code": "GJ311", "overlaps": [between(1, 7)]}
    rounded = {"code": "GJ312", "overlaps": [between(1, 7), {**between(2, 8, 9), "other": "test"}]}
    parts = {"train": 8, "dev": 2}
    split = DuplicateRows(
        hash="sha256:d", rows=10, digits=1, exact=(1, [7]), rounded=(1, [7]), across=[exact, rounded], parts=parts, folds=5
    )
    assert duplicate_lines("digits", split)[1:] == [
        "parts: train 8, dev 2, the first of 5 folds",
        "  GJ311 1 row of dev is in train too (row 7)",
        "  GJ312 2 rows of dev are in test too but for rounding (rows 8, 9)",
    ]
    clean = DuplicateRows(
        hash="sha256:d", rows=10, digits=1, exact=(0, []), rounded=(0, []), across=[{"code": "GJ311", "overlaps": []}], parts=parts, folds=1
    )
    assert duplicate_lines("digits", clean)[1:] == ["parts: train 8, dev 2", "nothing is in two parts"]
