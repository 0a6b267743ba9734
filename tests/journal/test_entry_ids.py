from __future__ import annotations

import pytest

from gitjournal.errors import UsageError
from gitjournal.journal.entry_ids import make_matcher, match_id, short_ids
from tests.support.pages import LOGISTIC, RBF, TREES

IDS = [LOGISTIC, RBF, TREES, "20261121-notes-on-k3f9-again-q7q7"]


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (RBF, RBF),
        ("k3f9", RBF),  # the end of one id wins over the middle of another
        ("K3F9", RBF),
        ("trees", TREES),
        ("logistic-digits", LOGISTIC),
        ("20261108", LOGISTIC),
        ("beats-linear-k3f9", RBF),
        (f"lab/entries/2026/{RBF}.md", RBF),
        (f"{RBF}.md", RBF),
    ],
)
def test_any_unique_part_of_an_id_finds_it(part: str, found: str) -> None:
    assert match_id(part, IDS) == found


def test_many_parts_are_found_as_each_of_them_alone() -> None:
    ids = [*IDS, "20261121-twin-k3f9", "20261121-a-abcd", "20261121-a-abcd-efgh", "notes.k3f9"]
    parts = [*ids, "k3f9", "K3F9", "q7q7", "abcd", "efgh", "ABCD", "trees", "m2c8", "20261108", "", "nothing", f"lab/entries/2026/{RBF}.md"]
    find = make_matcher(ids)

    def alone(part: str) -> str | None:
        try:
            return match_id(part, ids)
        except UsageError:
            return None

    assert {part: find(part) for part in parts} == {part: alone(part) for part in parts}


def test_a_part_that_fits_several_lists_them() -> None:
    with pytest.raises(UsageError) as caught:
        match_id("20261121", IDS)
    assert caught.value.exit_code == 2
    assert "fits 3 entries" in str(caught.value)
    assert RBF in str(caught.value)
    assert LOGISTIC not in str(caught.value)


def test_at_most_ten_candidates_are_listed() -> None:
    with pytest.raises(UsageError) as caught:
        match_id("grid", [f"20261121-grid-{number}-a{number:03}" for number in range(14)])
    assert str(caught.value).count("-grid-") == 10
    assert "and 4 more" in str(caught.value)


@pytest.mark.parametrize("part", ["", "/", "nothing", "*", "%"])
def test_a_part_that_fits_none_is_refused(part: str) -> None:
    with pytest.raises(UsageError):
        match_id(part, IDS)


def test_an_id_that_is_whole_is_found_though_it_is_part_of_another() -> None:
    assert match_id("20261121-a-abcd", ["20261121-a-abcd", "20261121-a-abcd-efgh"]) == "20261121-a-abcd"


def test_ids_that_end_alike_are_shown_longer() -> None:
    ids = ["20261121-svm-abcd", "20261122-rbf-abcd", "20261123-rbf-abcd", "20261121-tree-wxyz"]
    assert short_ids(ids) == {
        "20261121-svm-abcd": "svm-abcd",
        "20261122-rbf-abcd": "20261122-rbf-abcd",
        "20261123-rbf-abcd": "20261123-rbf-abcd",
        "20261121-tree-wxyz": "wxyz",
    }
