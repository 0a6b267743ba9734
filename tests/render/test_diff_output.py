"""What `diff` prints of two entries, and of an entry and its draft."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitjournal.entry.changes import Difference, differences
from gitjournal.entry.summary import summarise
from gitjournal.journal.journal import Journal, Opened, open_journal
from gitjournal.render.diff_output import diff_as_plain, diff_lines, draft_text, short_ids
from tests.support.pages import LOGISTIC, RBF, TREES, three_entries


@pytest.fixture
def journal(repo: Path) -> Iterator[Journal]:
    three_entries(repo)
    with open_journal(repo) as journal:
        yield journal


def opened(journal: Journal, *ids: str) -> list[Opened]:
    return [journal.open(journal.find(entry_id)) for entry_id in ids]


def lines(entries: list[Opened]) -> list[str]:
    summaries = [summarise(one.entry.front, one.records) for one in entries]
    return list(diff_lines(entries, summaries, differences(entries[0].entry.front, entries[1].entry.front), color=False))


def test_two_entries_say_what_each_reached_and_how_far_apart_they_are(journal: Journal) -> None:
    shown = lines(opened(journal, RBF, LOGISTIC))
    assert shown[0].startswith("k3f9  RBF beats linear: ")
    assert shown[1].startswith("p2m1  ")
    assert shown[2].startswith("difference +")
    assert shown[2].endswith(" (k3f9 minus p2m1)")
    assert shown[4].splitlines()[0].split() == ["declared", "k3f9", "p2m1"]


def test_what_was_not_run_has_no_difference_and_the_same_declaration_no_table(journal: Journal) -> None:
    trees = opened(journal, TREES, TREES)
    assert lines(trees)[2:] == ["", "They declare the same."]


def test_ids_that_end_alike_are_given_whole(journal: Journal) -> None:
    first, second = opened(journal, RBF, TREES)
    assert short_ids([first, second]) == ["k3f9", "m2c8"]
    assert short_ids([first, first]) == [RBF, RBF]


def test_plain_values_hold_both_entries_and_each_difference(journal: Journal) -> None:
    entries = opened(journal, RBF, LOGISTIC)
    summaries = [summarise(one.entry.front, one.records) for one in entries]
    plain = diff_as_plain(entries, summaries, [Difference("task", "classification", None)])
    assert [one["id"] for one in plain["entries"]] == [RBF, LOGISTIC]
    assert plain["entries"][0]["grid"] == {"svc__C": 10}
    assert plain["differences"] == [{"key": "task", "left": "classification", "right": None}]


def test_a_draft_says_what_it_declares_otherwise_and_whether_the_prose_differs(journal: Journal) -> None:
    (trees,) = opened(journal, TREES)
    entry = trees.entry
    changed = [Difference("seeds", None, 3)]
    shown = draft_text(entry, changed, "journal", prose=True, color=False).splitlines()
    assert "on journal" in shown[0]
    assert "in the lab folder" in shown[0]
    assert shown[1].split() == ["seeds", "-", "3"]
    assert shown[2] == "The prose differs."
    assert draft_text(entry, [], "journal", prose=True, color=False) == "It declares the same.\nThe prose differs."
    assert draft_text(entry, [], "journal", prose=False, color=False).startswith(f"{TREES}: only white space")
