from __future__ import annotations

from pathlib import Path

from gitjournal.entry.record import Record
from gitjournal.journal.index.runs import find_holders, find_owners, find_repeated, fingerprints_outside, record_blobs
from gitjournal.journal.journal import open_journal
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, TREES, commit, page, record, three_entries, write

A = "a" * 64
JOURNAL = "refs/heads/journal"


def repeat(repo: Path, *records: Record, front: str = "") -> list[tuple[str, str]]:
    """Write records into a third entry, and return which entries repeat which."""
    lab = three_entries(repo)
    write(lab, TREES, page("Trees", front=front), list(records))
    commit(lab)
    with open_journal(repo) as journal:
        return [(row.id, earlier.id) for row, earlier in find_repeated(journal.index, JOURNAL)]


def test_a_run_that_two_entries_did_is_told_once_the_later_one_first(repo: Path) -> None:
    assert repeat(repo, record(A, 0.5, at="2026-12-01T00:00:00Z")) == [(TREES, LOGISTIC)]


def test_what_says_that_it_repeats_or_does_not_count_is_no_repetition(repo: Path, tmp_path: Path) -> None:
    again = record(A, 0.5, at="2026-12-01T00:00:00Z")
    assert repeat(repo, again, front="replicates: p2m1") == []
    with open_journal(repo) as journal:
        lab = journal.lab.path
    for text, run in (
        (page("Trees", front="retracted: wrong labels"), again),
        (page("Trees"), record(A, from_=LOGISTIC)),
        (page("Trees"), record(A, status="failed")),
        (page("Trees"), record(A, 0.5, seed=1)),
    ):
        write(lab, TREES, text, [run])
        commit(lab)
        with open_journal(repo) as journal:
            assert find_repeated(journal.index, JOURNAL) == [], text


def test_owners_are_entries_that_did_the_run_themselves_and_did_it(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20260101-takes-it-too-eeee", page("Takes it too"), [record(A, from_=LOGISTIC)])
    commit(lab)
    asked = [record(A, from_=LOGISTIC), record("d" * 64, seed=0, from_=RBF), record("b" * 64, 0.1, seed=0)]
    with open_journal(repo) as journal:
        assert {key: scores["dev"] for key, scores in find_owners(journal.index, asked).items()} == {(A, None): {"accuracy": 0.972}}


def test_the_branch_at_hand_speaks_first_for_a_run(repo: Path) -> None:
    lab = three_entries(repo)
    git(lab, "switch", "-q", "-c", "exp/x")
    write(lab, LOGISTIC, page("Logistic regression"), [record(A, 0.1)])
    commit(lab)
    with open_journal(repo) as journal:
        assert find_owners(journal.index, [record(A, from_=LOGISTIC)])[A, None]["dev"] == {"accuracy": 0.1}


def test_holders_are_named_by_the_blob_of_their_records(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo) as journal:
        (holder,) = find_holders(journal.index, [A, "d" * 64])
        assert (holder.fingerprint, holder.run) == (A, f"run-{A}-None")
        assert holder.blob == git(repo / "lab", "rev-parse", f"HEAD:entries/2026/{LOGISTIC}.runs.jsonl")
        assert holder.blob in record_blobs(journal.index)


def test_configurations_of_other_entries_are_those_that_these_did_not_run(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo) as journal:
        assert fingerprints_outside(journal.index, {RBF}) == {A}
        assert fingerprints_outside(journal.index, {RBF, LOGISTIC}) == set()
