from __future__ import annotations

from pathlib import Path

from gitjournal.entry.parse import parse
from gitjournal.journal.journal import open_journal
from gitjournal.journal.records import as_baseline, copy_from_owners, join_owners
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, TREES, commit, page, record, three_entries, write

A = "a" * 64


def test_a_run_of_another_entry_gets_its_owners_metrics_and_one_of_its_own_keeps_them(repo: Path) -> None:
    three_entries(repo)
    own, taken = record(A, 0.5, run="own"), record(A, from_=LOGISTIC)
    with open_journal(repo) as journal:
        joined = join_owners([own, taken], journal.index)
    assert [joined[0], joined[1].metrics["dev"]] == [own, {"accuracy": 0.972}]


def test_what_is_read_already_goes_before_the_index(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo) as journal:
        (joined,) = join_owners([record(A, from_=LOGISTIC)], journal.index, {(A, None): {"dev": {"accuracy": 0.9}}})
    assert joined.metrics["dev"] == {"accuracy": 0.9}


def test_a_run_whose_owner_is_nowhere_has_no_metrics(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo) as journal:
        (joined,) = join_owners([record("e" * 64, from_=LOGISTIC)], journal.index)
    assert joined.metrics == {}


def test_a_copy_is_the_owners_record_with_the_grid_of_the_one_that_took_it(repo: Path) -> None:
    lab = three_entries(repo)
    taken = record(A, from_=LOGISTIC, grid={"C": 1})
    with open_journal(repo) as journal:
        (copy,) = copy_from_owners(journal.lab, [taken], journal.refs)
        assert (copy.at, copy.grid, copy.from_) == ("2026-11-08T09:00:00Z", {"C": 1}, None)
        # the first branch that has the owner's run speaks for it
        git(lab, "switch", "-q", "-c", "exp/x")
        write(lab, LOGISTIC, page("Logistic regression"), [record(A, 0.1, at="2027-01-01T00:00:00Z")])
        commit(lab)
        journal.refresh()
        assert [copy_from_owners(journal.lab, [taken], refs)[0].at for refs in (journal.refs, ["refs/heads/journal"])] == [
            "2027-01-01T00:00:00Z",
            "2026-11-08T09:00:00Z",
        ]
        unknown = record(A, from_=TREES)
        assert copy_from_owners(journal.lab, [unknown], journal.refs) == [unknown]


def test_a_baseline_knows_whether_it_was_retracted() -> None:
    for front in ("", "retracted: the labels were wrong\n"):
        entry = parse(page("Logistic regression", front=front), entry_id=LOGISTIC, file="x.md")
        baseline = as_baseline(entry.id, entry.front, [record(A, 0.972)])
        assert (baseline.retracted, baseline.summary.runs, baseline.title) == (bool(front), 1, "Logistic regression")
