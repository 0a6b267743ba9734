"""What the hooks ask: refused is what cannot be right, and what is only unfinished passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.git.worktree import find_repository
from gitjournal.integrity.guard import HookRefusal, check_commit, check_move
from gitjournal.journal.index.rows import Row
from tests.support.guarded import FIRST, LATER, UNGUARDED, begin, page, put, repeat, run, save
from tests.support.helpers import git

RECORDS = f"entries/2026/{FIRST}.runs.jsonl"


@pytest.fixture
def lab(repo: Path) -> Path:
    return begin(repo)


def staged(lab: Path) -> HookRefusal | None:
    """Ask as the hook before a commit does."""
    git(lab, "add", "--all")
    folder = Path(git(lab, "rev-parse", "--absolute-git-dir"))
    return check_commit(find_repository(lab), folder, git(lab, "rev-parse", "HEAD"), git(lab, "write-tree"))


def moved(lab: Path, old: str, *, pushed: bool = False) -> HookRefusal | None:
    """Ask as the hook does through which the journal is about to move from `old` to where it stands."""
    return check_move(find_repository(lab), old, git(lab, "rev-parse", "HEAD"), "refs/heads/journal", pushed=pushed)


def test_work_in_progress_passes(lab: Path) -> None:
    path = lab / f"entries/2026/{FIRST}.md"
    path.write_text(path.read_text().replace("procedure:", "procedures:"))
    assert staged(lab) is None, "an entry that cannot be read yet is a person's work"
    put(lab, FIRST, page("First"), [run(at="2026-11-01T10:00:00+00:00")])
    (lab / "notes.txt").write_text("x")
    assert staged(lab) is None


def test_a_run_that_another_entry_did_is_refused_with_that_entry(lab: Path) -> None:
    repeat(lab)
    refusal = staged(lab)
    assert refusal
    assert refusal.findings == []
    (earlier,) = refusal.repeated
    assert (earlier.duplicate.stem, earlier.branch) == (f"entries/2026/{LATER}", "journal")
    assert isinstance(earlier.row, Row)
    assert (earlier.row.id, earlier.row.title) == (FIRST, "First")


def test_a_run_of_another_branch_is_refused_too_and_where_it_comes_in_by_a_merge_is_not(lab: Path) -> None:
    git(lab, "switch", "-q", "-c", "exp/other")
    put(lab, LATER, page("Other", c=3), [run(3, at="2026-11-02T10:00:00+00:00")])
    save(lab)
    git(lab, *UNGUARDED, "switch", "-q", "journal")
    put(lab, "20261103-third-cccc", page("Third", c=3), [run(3, at="2026-11-03T10:00:00+00:00")])
    refusal = staged(lab)
    assert refusal
    assert [one.branch for one in refusal.repeated] == ["exp/other"]
    (Path(git(lab, "rev-parse", "--absolute-git-dir")) / "CHERRY_PICK_HEAD").write_text(git(lab, "rev-parse", "HEAD"))
    assert staged(lab) is None, "what comes from elsewhere was accepted there"


def test_an_edited_record_is_refused_before_a_commit_and_before_a_push(lab: Path) -> None:
    before = git(lab, "rev-parse", "HEAD")
    (lab / RECORDS).write_text((lab / RECORDS).read_text().replace("0.97", "0.99"))
    refusal = staged(lab)
    assert refusal
    assert {one.code for one in refusal.findings} == {"GJ105"}
    save(lab)
    for old, pushed in ((before, True), (before, False), ("", True)):
        refusal = moved(lab, old, pushed=pushed)
        assert refusal
        assert {(one.code, one.file) for one in refusal.findings} == {("GJ105", RECORDS)}


def test_a_new_run_may_move_the_branch(lab: Path) -> None:
    before = git(lab, "rev-parse", "HEAD")
    put(lab, LATER, page("Later", c=3), [run(3, at="2026-11-02T10:00:00+00:00")])
    save(lab)
    assert moved(lab, before) is None
