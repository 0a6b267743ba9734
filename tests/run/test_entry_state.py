"""The entry at hand: what is read of it, what it may not do any more, and the state of the code beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.entry.record import Record, encode
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.git.lab import find_lab
from gitjournal.git.spool import Results, spool_results
from gitjournal.journal.entry_ids import page_path
from gitjournal.journal.index.runs import find_runs
from gitjournal.journal.journal import open_journal
from gitjournal.run.entry_state import (
    CodeState,
    Subject,
    check_declaration,
    check_growth,
    check_may_run,
    is_done_by_another,
    read_baseline,
    read_code_state,
    read_subject,
    split_by_outcome,
)
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, TREES, begin, commit, failed, page, record, three_entries, write

DRAFT = "20261122-a-draft-zzzz"


def at_hand(repo: Path, entry_id: str) -> Subject:
    with open_journal(repo) as journal:
        return read_subject(journal, repo, entry_id)


def spool(repo: Path, entry_id: str, *records: Record) -> None:
    lines = [encode(one) for one in records]
    spool_results(
        find_lab(repo),
        Results(branch="journal", path=page_path(entry_id), plan=None, mode="100644", blob="", lines=lines, block="", message="run: x"),
    )


def test_an_entry_is_read_from_the_folder_with_its_committed_records(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, RBF, page("Edited", front="baseline: p2m1"))
    subject = at_hand(repo, RBF)
    assert (subject.entry.front.title, subject.ref, subject.waiting) == ("Edited", "refs/heads/journal", False)
    assert [one.seed for one in subject.records] == [0, 1, 0, 1, 0]
    assert subject.entry.document.file == f"lab/{page_path(RBF)}"
    baseline = read_baseline(subject)
    assert baseline is not None
    assert (baseline.id, baseline.records[0].metrics["dev"]) == (LOGISTIC, {"accuracy": 0.972})


def test_records_that_wait_in_the_spool_count_once(repo: Path) -> None:
    lab = begin(repo)
    committed = record("a" * 64, 0.9, seed=0)
    write(lab, DRAFT, page("x"), [committed])
    commit(lab)
    spool(repo, DRAFT, committed, record("a" * 64, 0.8, seed=1))
    subject = at_hand(repo, DRAFT)
    assert (subject.waiting, [one.seed for one in subject.records]) == (True, [0, 1])


def test_a_run_of_another_entry_has_its_owners_metrics(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, page("User"), [record("a" * 64, from_=LOGISTIC)])
    commit(lab)
    assert at_hand(repo, TREES).records[0].metrics["dev"] == {"accuracy": 0.972}


def test_an_entry_of_another_branch_is_refused_with_the_way_to_it(repo: Path) -> None:
    lab = three_entries(repo)
    git(lab, "switch", "-qc", "exp/x")
    write(lab, DRAFT, page("x"))
    commit(lab)
    git(lab, "switch", "-q", "journal")
    with pytest.raises(GitjournalError, match="is on branch exp/x, not on journal") as caught:
        at_hand(repo, DRAFT)
    assert caught.value.hint == "switch to it: git -C lab switch exp/x"


def test_a_link_and_bytes_that_are_no_text_are_named_with_their_place(repo: Path) -> None:
    lab = begin(repo)
    path = write(lab, DRAFT, "")
    path.write_bytes(b"---\ntitle: x\n\xff\n---\n")
    with pytest.raises(EntryError, match=r"zzzz\.md:3: not UTF-8 text"):
        at_hand(repo, DRAFT)
    path.unlink()
    path.symlink_to(repo / "train.py")
    with pytest.raises(EntryError, match="a link, not a file"):
        at_hand(repo, DRAFT)


@pytest.mark.parametrize(
    ("settings", "front", "message"),
    [
        ("", "hypothesis: h\nretracted: a leak\n", "retracted: a leak"),
        ("protect: true\n", "hypothesis: h\n", "`journal` is protected"),
        ("hypothesis: error\n", "", "`hypothesis` is missing"),
    ],
)
def test_what_may_not_run_is_refused(repo: Path, settings: str, front: str, message: str) -> None:
    lab = begin(repo)
    (lab / "journal.yaml").write_text(f"schema: 1\n{settings}")
    write(lab, DRAFT, page("x", front=front))
    commit(lab)
    with pytest.raises(GitjournalError, match=message):
        check_may_run(at_hand(repo, DRAFT))


def test_a_declaration_that_was_changed_after_its_results_is_named(repo: Path) -> None:
    lab = begin(repo)
    path = write(lab, DRAFT, page("x", front="hypothesis: h"))
    commit(lab)
    plan = git(lab, "rev-parse", f"HEAD:{page_path(DRAFT)}")
    write(lab, DRAFT, page("x", front="hypothesis: h"), [record("a" * 64, 0.9, plan=plan)])
    commit(lab)
    subject = at_hand(repo, DRAFT)
    check_declaration(subject, subject.entry)
    path.write_text(path.read_text().replace("rbf", "linear"))
    changed = at_hand(repo, DRAFT)
    with pytest.raises(EntryError, match="`procedure` was changed after results came in"):
        check_declaration(changed, changed.entry)


def test_grid_and_seeds_may_grow_and_not_shrink(repo: Path) -> None:
    three_entries(repo)
    subject = at_hand(repo, RBF)
    keys = [one.key for one in subject.records]
    check_growth(subject, [*keys, ("e" * 64, 0)])
    with pytest.raises(EntryError, match="1 runs on record are no longer declared") as caught:
        check_growth(subject, keys[1:])
    assert caught.value.place == subject.entry.place("grid")


def test_runs_that_count_and_those_that_only_ever_failed() -> None:
    records = [failed("a"), record("a", 0.9), failed("b"), record("c", 0.8, status="again"), record("d", status="skipped")]
    assert split_by_outcome(records) == ({("a", None), ("c", None)}, {("b", None)})


def test_whose_word_on_a_run_counts(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo) as journal:
        (run,) = find_runs(journal.index, [("a" * 64, None)])
    assert is_done_by_another(run, RBF)
    assert not is_done_by_another(run, LOGISTIC)


def test_the_state_of_the_code_is_its_commit_and_whether_it_was_edited(repo: Path, tmp_path: Path) -> None:
    head = git(repo, "rev-parse", "HEAD")
    (repo / "new.py").write_text("")
    assert read_code_state(repo) == CodeState(head, dirty=False)
    (repo / "train.py").write_text("changed\n")
    assert read_code_state(repo) == CodeState(head, dirty=True)
    unborn, bare, nothing = tmp_path / "unborn", tmp_path / "bare", tmp_path / "nothing"
    git(tmp_path, "init", "-q", str(unborn))
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(bare))
    nothing.mkdir()
    assert read_code_state(unborn) == CodeState()
    assert read_code_state(bare) == CodeState(head, dirty=False)
    assert read_code_state(nothing) == CodeState()
