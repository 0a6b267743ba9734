"""Which entries match what was asked, and in which order they come."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gitjournal.errors import UsageError
from gitjournal.journal.index.rows import Row
from gitjournal.journal.journal import Listed
from gitjournal.journal.listing import entry_clauses, lacks_baseline, last_change, query_values, sort_entries
from gitjournal.journal.query import Order, matches_all


def listed(entry_id: str, **more: Any) -> Listed:
    return Listed(Row(id=entry_id, **more), "refs/heads/journal")


OLD = listed("20261101-old-aaaa", title="b", values={"dev.accuracy": 0.9}, runs=1, tags=["svm"], data="data/churn.csv")
MIDDLE = listed("20261102-middle-bbbb", title="A", values={"dev.accuracy": 0.8}, runs=2)
NEW = listed("20261103-new-cccc", title="", state="draft")


def ids(entries: list[Listed]) -> list[str]:
    return [one.row.id[-4:] for one in entries]


@pytest.mark.parametrize(
    ("name", "descending", "order"),
    [
        ("age", False, ["cccc", "bbbb", "aaaa"]),
        ("age", True, ["aaaa", "bbbb", "cccc"]),
        ("dev.accuracy", False, ["bbbb", "aaaa", "cccc"]),
        ("dev.accuracy", True, ["aaaa", "bbbb", "cccc"]),  # what has no value comes last whichever way
        ("title", False, ["bbbb", "aaaa", "cccc"]),  # letters of either case alike
        ("runs", True, ["bbbb", "aaaa", "cccc"]),
    ],
)
def test_entries_are_sorted_by_a_name(name: str, descending: bool, order: list[str]) -> None:
    assert ids(sort_entries([OLD, NEW, MIDDLE], Order(name, descending=descending))) == order


def test_options_are_clauses_that_all_must_hold() -> None:
    clauses = entry_clauses(["dev.accuracy > 0.85"], ["svm"], "churn", None)
    assert [matches_all(clauses, query_values(one)) for one in (OLD, MIDDLE, NEW)] == [True, False, False]
    assert matches_all(entry_clauses([], [], None, "draft"), query_values(NEW))
    with pytest.raises(UsageError):
        entry_clauses(["dev.accuracy >"], [], None, None)


def test_what_happened_last_is_a_run_else_the_day_of_the_id() -> None:
    assert last_change(listed("20261101-x-aaaa", at="2026-11-05T10:00:00Z")) == datetime(2026, 11, 5, 10, tzinfo=UTC)
    assert last_change(OLD) == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_baseline_needs_none_by_whichever_part_of_its_id_it_is_named() -> None:
    assert lacks_baseline(OLD.row, set())
    assert not lacks_baseline(OLD.row, {"aaaa"})
    assert not lacks_baseline(OLD.row, {"old-aaaa"})
    assert not lacks_baseline(Row(id="20261101-x-dddd", baseline="aaaa"), set())
    assert not lacks_baseline(Row(id="20261101-x-dddd", estimator="DummyClassifier"), set())
