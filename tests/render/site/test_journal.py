"""A journal as its pages see it: leaderboards, who follows whom, and what a page is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gitjournal.journal.lineage import Links
from gitjournal.render.site.cards import Card
from gitjournal.render.site.journal import SiteJournal, digest, paths


def card(end: str, **more: Any) -> Card:
    values = {"key": f"key-{end}", "data": "digits", "data_hash": "sha256:abc123", "data_name": "digits", "metric": "accuracy"}
    return Card(id=f"20261121-x-{end}", **(values | more))


NEWEST = card("cccc", best=0.95, at="2026-11-23T00:00:00Z", baseline="20261121-x-aaaa")
MIDDLE = card("bbbb", best=0.99, at="2026-11-22T00:00:00Z", state="retracted")
OLDEST = card("aaaa", best=0.9, at="2026-11-21T00:00:00Z")
FAULTY = card("dddd", error="cannot be read", data="", data_hash="")
LINKS = {NEWEST.id: Links(baseline=OLDEST.id), OLDEST.id: Links()}


def journal(*cards: Card) -> SiteJournal:
    return SiteJournal("lab", "journal", "c" * 40, list(cards), LINKS, {}, {}, {})


JOURNAL = journal(FAULTY, NEWEST, MIDDLE, OLDEST)


def test_a_leaderboard_has_the_best_first_and_nothing_that_was_retracted() -> None:
    (data,) = JOURNAL.sets
    (board,) = data.boards
    assert [one.short for one in board.rows] == ["cccc", "aaaa"]
    assert [one.short for one in data.unranked] == ["bbbb"]
    assert [step.entry.id for step in board.steps] == [OLDEST.id, NEWEST.id]
    assert board.steps[1].gain == pytest.approx(0.05)


def test_where_lower_is_better_the_lowest_leads() -> None:
    errors = journal(card("cccc", best=2.0, metric="rmse"), card("aaaa", best=1.0, metric="rmse"))
    (board,) = errors.sets[0].boards
    assert board.lower
    assert [one.short for one in board.rows] == ["aaaa", "cccc"]


def test_whoever_follows_an_entry_is_named_on_both_pages() -> None:
    assert JOURNAL.lineage(NEWEST.id) == [("measured against", OLDEST)]
    assert JOURNAL.lineage(OLDEST.id) == [("baseline of", NEWEST)]
    assert JOURNAL.lineage("20261121-x-none") == []


def test_the_next_entries_are_those_that_can_be_read() -> None:
    assert JOURNAL.around(NEWEST.id) == (None, MIDDLE)
    assert JOURNAL.around(OLDEST.id) == (MIDDLE, None)


def test_a_page_is_made_anew_where_what_it_names_has_changed() -> None:
    key = JOURNAL.entry_key(NEWEST, "stamp")
    assert key == journal(FAULTY, NEWEST, MIDDLE, OLDEST).entry_key(NEWEST, "stamp")
    assert key != JOURNAL.entry_key(NEWEST, "another stamp")
    assert key != journal(FAULTY, NEWEST, MIDDLE, replace_key(OLDEST)).entry_key(NEWEST, "stamp")  # its baseline
    assert key != journal(FAULTY, NEWEST, OLDEST).entry_key(NEWEST, "stamp")  # the next one is another
    assert key != replace(JOURNAL, name="other").entry_key(NEWEST, "stamp")


def replace_key(card: Card) -> Card:
    return Card(id=card.id, key="changed", data=card.data, data_hash=card.data_hash, data_name=card.data_name, best=card.best)


def test_parts_that_only_together_are_alike_have_another_hash() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert paths(NEWEST) == ["entries/2026/20261121-x-cccc.md", "entries/2026/20261121-x-cccc.runs.jsonl"]
