from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from gitjournal.git.busy import COMMITTING, await_commit, find_conflicts, find_obstacle, find_operation, lab_obstacle
from tests.support.helpers import git
from tests.support.journals import finish, journal, planned, wait_for, write


def test_a_note_of_a_commit_that_is_over_does_not_make_busy(repo: Path) -> None:
    lab, plan_entry = planned(repo)
    assert lab.git_dir
    over = subprocess.Popen(["true"])
    over.wait()
    for note in (str(over.pid), str(os.getpid()), "nonsense", ""):
        (lab.git_dir / "gitjournal-committing").write_text(note)
        assert finish(lab, plan_entry, block=f"by {note or 'none'}").state == "committed", note


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("MERGE_HEAD", "a merge"),
        ("CHERRY_PICK_HEAD", "a cherry-pick"),
        ("REVERT_HEAD", "a revert"),
        ("sequencer", "a cherry-pick or revert"),
        ("rebase-merge", "a rebase"),
        ("rebase-apply", "a rebase or `git am`"),
    ],
)
def test_what_is_not_finished_is_named(repo: Path, name: str, operation: str) -> None:
    lab = journal(repo)
    assert lab.git_dir
    assert lab.worktree
    assert find_operation(lab.repository, lab.branch, lab.worktree) == lab_obstacle(lab) == ""
    (lab.git_dir / name).mkdir()
    assert find_operation(lab.repository, lab.branch, lab.worktree) == f"{operation} is not finished in {lab.path}"
    assert find_operation(lab.repository, lab.branch, None) == ""


def test_a_rebase_of_the_branch_in_another_worktree_counts(repo: Path) -> None:
    lab = journal(repo)
    (repo / ".git/rebase-merge").mkdir()
    (repo / ".git/rebase-merge/head-name").write_text("refs/heads/journal\n")
    assert find_operation(lab.repository, "journal", None) == f"a rebase of journal is not finished in {repo}"
    assert find_operation(lab.repository, "other", None) == ""


def test_conflicts_that_a_stash_left_are_an_obstacle(repo: Path) -> None:
    lab, _ = planned(repo)
    assert lab.worktree
    write(lab, "mine\n")
    git(lab.path, "stash", "-q")
    write(lab, "theirs\n")
    git(lab.path, "add", "-A")
    git(lab.path, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "theirs")
    assert find_conflicts(lab.worktree) == ""
    subprocess.run(["git", "stash", "pop", "-q"], cwd=lab.path, check=False, capture_output=True)
    assert find_obstacle(lab.repository, lab.branch, lab.worktree) == f"there are conflicts in {lab.path}"


def test_a_commit_that_stays_open_is_waited_for_no_longer_than_the_patience(repo: Path) -> None:
    lab = journal(repo)
    assert lab.worktree
    assert lab.git_dir
    with subprocess.Popen(["git", "cat-file", "--batch"], cwd=repo, stdin=subprocess.PIPE) as open_commit:
        (lab.git_dir / COMMITTING).write_text(str(open_commit.pid))
        wait_for(lambda: find_operation(lab.repository, lab.branch, lab.worktree) != "")  # it is a copy of this process at first
        start = time.monotonic()
        await_commit(lab.worktree, patience=0.3)
        assert 0.2 < time.monotonic() - start < 5
        assert "its editor is open" in find_operation(lab.repository, lab.branch, lab.worktree)
        open_commit.communicate()
    start = time.monotonic()
    await_commit(lab.worktree, patience=5)
    assert time.monotonic() - start < 2
