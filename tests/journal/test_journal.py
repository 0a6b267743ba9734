from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import EntryError, UsageError
from gitjournal.journal.index.rows import gains_over_baselines
from gitjournal.journal.journal import open_journal
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, TREES, commit, page, record, three_entries, write


def test_entries_and_drafts_stand_side_by_side(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-a-draft-zzzz", page("A draft"))
    write(lab, TREES, page("Trees, said otherwise"))
    with open_journal(repo) as journal:
        found = {one.row.id: (one.row.title, one.state, one.branch) for one in journal.current_entries()}
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
    with open_journal(repo) as journal:
        assert journal.find("m2c8").row.title == "Trees, tried"
        assert journal.find("m2c8").branch == "exp/x"
        assert {one.row.id: one.branch for one in journal.all_entries()} == dict.fromkeys([LOGISTIC, RBF, TREES], "exp/x")
    git(lab, "checkout", "-q", "journal")
    with open_journal(repo) as journal:
        assert journal.find("m2c8").row.title == "Trees on digits"


def test_opening_reads_text_and_records_with_their_owners_scores(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, page("User"), [record("a" * 64, from_=LOGISTIC)])
    commit(lab)
    with open_journal(repo) as journal:
        opened = journal.open(journal.find("m2c8"))
    assert opened.entry.front.title == "User"
    assert opened.records[0].metrics["dev"] == {"accuracy": 0.972}


def test_opening_a_draft_reads_the_file(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-a-draft-zzzz", page("A draft"))
    write(lab, "20261122-broken-bbbb", "no entry")
    with open_journal(repo) as journal:
        assert journal.open(journal.find("zzzz")).entry.front.title == "A draft"
        with pytest.raises(EntryError, match="front matter"):
            journal.open(journal.find("bbbb"))
        with pytest.raises(UsageError, match="fits 2 entries"):
            journal.find("20261122")


def test_a_gain_is_the_difference_to_the_baselines_best(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo) as journal:
        assert gains_over_baselines(listed.row for listed in journal.current_entries()) == {RBF: pytest.approx(0.006)}


def test_a_refresh_sees_what_another_process_committed_and_what_was_edited_since(repo: Path) -> None:
    lab = three_entries(repo)
    with open_journal(repo) as journal:
        before = journal.refs
        assert journal.drafts == []
        write(lab, TREES, page("Trees, said otherwise"))
        assert journal.drafts == []  # it is as it was when it was opened
        journal.refresh()
        assert [draft.id for draft in journal.drafts] == [TREES]
        commit(lab)
        journal.refresh()
        assert journal.drafts == []
        assert journal.refs != before
        assert journal.find("m2c8").row.title == "Trees, said otherwise"
        git(lab, "switch", "-q", "-c", "exp/x")
        journal.refresh()
        assert journal.current == "refs/heads/exp/x"


def test_a_baseline_has_its_results_and_a_draft_is_none(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-a-draft-zzzz", page("A draft"))
    with open_journal(repo) as journal:
        baseline = journal.baseline("k3f9")
        assert journal.baseline("zzzz") is None
        with pytest.raises(UsageError, match="no entry fits"):
            journal.baseline("none")
    assert baseline is not None
    assert (baseline.id, baseline.title) == (RBF, "RBF beats linear")
    assert baseline.summary.best is not None


def test_a_journal_that_is_not_kept_writes_no_index(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo, on_disk=False) as journal:
        assert len(journal.current_entries()) == 3
    assert not (repo / ".git/gitjournal/index.sqlite").exists()


def test_a_commit_of_ones_own_is_passed_over_and_that_of_another_is_not(repo: Path) -> None:
    lab = three_entries(repo)
    with open_journal(repo) as journal:
        seen = journal.refs["refs/heads/journal"]
        write(lab, "20261122-planned-pppp", page("Planned here"))
        own = commit(lab, "plan: Planned here")
        journal.pass_over("journal", seen, own)
        journal.refresh()
        assert journal.refs["refs/heads/journal"] == seen  # nothing was read again
        assert "20261122-planned-pppp" not in journal.ids()
        write(lab, "20261122-another-oooo", page("Another's"), [record("e" * 64, 0.9)])
        another = commit(lab)
        journal.refresh()
        assert journal.refs["refs/heads/journal"] == another
        assert journal.find("oooo").row.title == "Another's"


def test_a_commit_on_top_of_anothers_is_looked_at(repo: Path) -> None:
    lab = three_entries(repo)
    with open_journal(repo) as journal:
        write(lab, "20261122-another-oooo", page("Another's"), [record("e" * 64, 0.9)])
        between = commit(lab)
        write(lab, "20261122-planned-pppp", page("Planned here"))
        own = commit(lab, "plan: Planned here")
        journal.pass_over("journal", between, own)
        journal.refresh()
        assert journal.find("oooo").row.title == "Another's"
