from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.journal.entry_results import EntryResults, Unreadable, read_results
from gitjournal.journal.journal import open_journal
from tests.support.pages import LOGISTIC, RBF, TREES, commit, page, record, three_entries, write


def gains(repo: Path, *ids: str) -> dict[str, float | None]:
    """Return what each entry gained over its baseline, by its title."""
    with open_journal(repo) as journal:
        results = list(read_results(journal, [journal.find(entry_id) for entry_id in ids]))
    entries = [result for result in results if isinstance(result, EntryResults)]
    assert [result.opened.entry.id for result in entries] == list(ids)
    return {result.opened.entry.front.title: result.gain and result.gain.difference for result in entries}


def test_entries_come_in_the_order_asked_for_each_with_its_gain(repo: Path) -> None:
    three_entries(repo)
    assert gains(repo, TREES, RBF, LOGISTIC) == {
        "Trees on digits": None,
        "RBF beats linear": pytest.approx(0.006),
        "Logistic regression": None,
    }


def test_a_baseline_is_read_though_it_was_not_asked_for(repo: Path) -> None:
    three_entries(repo)
    assert gains(repo, RBF) == {"RBF beats linear": pytest.approx(0.006)}


@pytest.mark.parametrize("front", ["retracted: the labels were wrong\n", "metrics: [\n"])
def test_a_baseline_that_is_retracted_or_cannot_be_read_is_none(repo: Path, front: str) -> None:
    lab = three_entries(repo)
    write(lab, LOGISTIC, page("Logistic regression", front=front), [record("a" * 64, 0.972)])
    commit(lab)
    assert gains(repo, RBF) == {"RBF beats linear": None}


def test_an_entry_that_cannot_be_read_says_why_and_hides_no_other(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, "no entry")
    commit(lab)
    with open_journal(repo) as journal:
        unreadable, results = read_results(journal, [journal.find("m2c8"), journal.find("k3f9")])
    assert isinstance(unreadable, Unreadable)
    assert "front matter" in str(unreadable.fault)
    assert isinstance(results, EntryResults)
