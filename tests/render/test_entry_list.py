"""The tables of `ls`: which columns there are, and what a cell says."""

from __future__ import annotations

from typing import Any

from gitjournal.entry.record import Record
from gitjournal.journal.index.rows import Row
from gitjournal.journal.journal import Listed
from gitjournal.journal.search.recall import SearchResult, SimilarEntry
from gitjournal.render.entry_list import (
    NONE_YET,
    EntryList,
    entries_table,
    entry_as_plain,
    expectations_table,
    no_baseline_line,
    similar_as_plain,
    similar_entries,
)
from gitjournal.stats.looks import Look


def listed(end: str, **more: Any) -> Listed:
    return Listed(Row(id=f"20261121-x-{end}", title=end.upper(), **more), "refs/heads/journal")


SCORED = {"state": "done", "metric": "accuracy", "source": "digits"}
BASE = listed("aaaa", values={"dev.accuracy": 0.95}, **SCORED)
BETTER = listed("bbbb", values={"dev.accuracy": 0.97, "test.accuracy": 0.96}, baseline="aaaa", look="run-1", data_hash="sha256:d", **SCORED)
ERROR = listed("cccc", values={"dev.rmse": 2.5}, sd=0.1, metric="rmse", state="done", source="houses")
LOOKS = [
    Look(Record(run="run-0", fingerprint="f"), "20261121-x-aaaa", "A", "refs/heads/journal", 1),
    Look(Record(run="run-1", fingerprint="f"), "20261121-x-bbbb", "B", "refs/heads/journal", 2),
]


def every(*entries: Listed) -> EntryList:
    return EntryList(entries, {"20261121-x-bbbb": 0.02}, {"sha256:d": LOOKS})


def test_one_metric_heads_its_column_and_several_are_named_in_each_row() -> None:
    table = entries_table([BETTER, BASE], every(BETTER, BASE), [], branches=False, color=False)
    assert "best dev.accuracy" in table.splitlines()[0]
    assert "0.970" in table
    mixed = entries_table([BETTER, ERROR], every(BETTER, ERROR), [], branches=False, color=False)
    assert "dev.accuracy 0.970" in mixed
    assert "dev.rmse 2.50 ± 0.10 (lower is better)" in mixed


def test_a_gain_a_baseline_and_a_look_stand_in_their_columns() -> None:
    head, better, base = entries_table([BETTER, BASE], every(BETTER, BASE), [], branches=False, color=False).splitlines()
    assert {"gain", "test"} <= set(head.split())
    assert "+0.020" in better
    assert "0.960 (look 2 of 2)" in better
    assert "baseline" in base


def test_a_smaller_error_is_a_gain_in_the_list_and_a_difference_for_programs() -> None:
    smaller = EntryList([ERROR], {ERROR.row.id: -0.7}, {})
    assert "+0.70" in entries_table([ERROR], smaller, [], branches=False, color=False)
    assert entry_as_plain(ERROR, smaller)["gain"] == -0.7


def test_ids_that_end_alike_are_longer() -> None:
    twin = Listed(Row(id="20261122-y-bbbb", title="twin"), "refs/heads/journal")
    table = entries_table([twin, BETTER], every(twin, BETTER), [], branches=False, color=False)
    assert [line.split()[0] for line in table.splitlines()[1:]] == ["y-bbbb", "x-bbbb"]


def test_each_expectation_has_a_line_and_the_entry_is_named_once() -> None:
    judged = listed("dddd", expect=["dev.accuracy >= 0.9", "dev.f1 >= 0.8"], came_out=["supported (0.95)", "refuted (0.7)"])
    lines = expectations_table([judged], every(judged), color=False).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("dddd")
    assert lines[2].startswith(" ")
    assert "dev.f1 >= 0.8" in lines[2]


def test_what_is_compared_with_nothing_is_told_and_what_is_a_baseline_is_not() -> None:
    alone = listed("eeee", values={"dev.accuracy": 0.9}, **SCORED)
    assert no_baseline_line([alone], every(alone)) == "no baseline: eeee; the usual ones: gitjournal new --baselines digits"
    assert no_baseline_line([alone, ERROR], every(alone, ERROR)).startswith("no baseline: 2 entries; ")
    assert no_baseline_line([alone, ERROR], every(alone, ERROR)).endswith(" DATA")
    assert no_baseline_line([BETTER, BASE], every(BETTER, BASE)) == ""


def test_plain_values_are_those_of_the_row() -> None:
    plain = entry_as_plain(BETTER, every(BETTER))
    assert (plain["metric"], plain["higher_is_better"], plain["gain"]) == ("dev.accuracy", True, 0.02)
    assert plain["look"] == {"number": 2, "of": 2}
    assert entry_as_plain(ERROR, every(ERROR))["higher_is_better"] is False
    assert similar_as_plain(SimilarEntry(BETTER, 0.123456, ["rbf"]), every(BETTER))["near"] == 0.1235


def test_what_is_near_says_why_and_how_many_more_there_are() -> None:
    near = SimilarEntry(BETTER, 0.5, [f"reason {number}" for number in range(6)])
    said = similar_entries(SearchResult("rbf", [near], 3, None), every(BETTER), color=False)
    assert "reason 0; reason 1; reason 2; reason 3; 2 more" in said
    assert said.endswith("1 of 3 entries that are near; more: -n 3")
    assert (
        similar_entries(SearchResult("rbf", [], 0, None), every(BETTER), color=False) == "Nothing is similar to `rbf`. All 1: gitjournal ls"
    )
    assert similar_entries(SearchResult("rbf", [], 0, None), every(), color=False) == NONE_YET
    about = similar_entries(SearchResult("bbbb", [near], 1, BETTER), every(BETTER), color=False)
    assert about.startswith("near the procedure of bbbb, whose title is BBBB\n")
