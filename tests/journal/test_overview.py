from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import EntryError, UsageError
from gitjournal.journal.overview import gains, look
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, TREES, commit, page, record, three_entries, write


def test_entries_and_drafts_stand_side_by_side(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-a-draft-zzzz", page("A draft"))
    write(lab, TREES, page("Trees, said otherwise"))
    with look(repo) as overview:
        found = {one.row.id: (one.row.title, one.state, one.branch) for one in overview.here()}
    assert found == {
        LOGISTIC: ("Logistic regression", "done", "journal"),
        RBF: ("RBF beats linear", "partly", "journal"),
        TREES: ("Trees on digits", "planned, edited", "journal"),
        "20261122-a-draft-zzzz": ("A draft", "draft", ""),
    }


def test_an_entry_on_several_branches_is_taken_from_the_current_one(repo: Path) -> None:
    lab = three_entries(repo)
    git(lab, "checkout", "-q", "-b", "exp/x")
    write(lab, TREES, page("Trees, tried"))
    commit(lab)
    with look(repo) as overview:
        assert overview.find("m2c8").row.title == "Trees, tried"
        assert overview.find("m2c8").branch == "exp/x"
        assert {one.row.id: one.branch for one in overview.everywhere()} == dict.fromkeys([LOGISTIC, RBF, TREES], "exp/x")
    git(lab, "checkout", "-q", "journal")
    with look(repo) as overview:
        assert overview.find("m2c8").row.title == "Trees on digits"


def test_opening_reads_text_and_records_with_their_owners_scores(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, page("User"), [record("a" * 64, from_=LOGISTIC)])
    commit(lab)
    with look(repo) as overview:
        opened = overview.open(overview.find("m2c8"))
    assert opened.entry.front.title == "User"
    assert opened.records[0].metrics["dev"] == {"accuracy": 0.972}


def test_opening_a_draft_reads_the_file(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-a-draft-zzzz", page("A draft"))
    write(lab, "20261122-broken-bbbb", "no entry")
    with look(repo) as overview:
        assert overview.open(overview.find("zzzz")).entry.front.title == "A draft"
        with pytest.raises(EntryError, match="front matter"):
            overview.open(overview.find("bbbb"))
        with pytest.raises(UsageError, match="fits 2 entries"):
            overview.find("20261122")


def test_a_gain_is_the_difference_to_the_baselines_best(repo: Path) -> None:
    three_entries(repo)
    with look(repo) as overview:
        assert gains(overview.here()) == {RBF: pytest.approx(0.006)}
