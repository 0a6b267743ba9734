from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from gitjournal.git import transaction
from gitjournal.git.lab import find_lab
from gitjournal.git.recovery import recover
from gitjournal.git.results_commit import commit_spool
from gitjournal.git.spool import spool_results
from gitjournal.git.transaction import BuiltCommit, Intent
from gitjournal.git.working_files import Addition
from tests.support.helpers import git
from tests.support.journals import (
    finish,
    has_block,
    journal,
    on_disk,
    planned,
    results,
    status,
)


def test_a_lock_that_a_dead_writer_left_is_removed(repo):
    lab = journal(repo)
    assert lab.git_dir
    (lab.git_dir / "gitjournal-token").write_text("left by a dead writer")
    (lab.git_dir / "index.lock").hardlink_to(lab.git_dir / "gitjournal-token")
    recover(lab.repository, patience=0)
    git(lab.path, "add", "README.md")


@pytest.mark.parametrize("gone", [False, True], ids=["lab", "no lab"])
@pytest.mark.parametrize("said", ["", "new", "another"])
def test_a_lock_of_the_branch_that_our_killed_git_left_is_removed_and_no_other(said, gone, repo):
    lab, plan_entry = planned(repo)
    assert lab.git_dir
    if gone:
        shutil.rmtree(lab.path)
    notes = lab.repository.private if gone else lab.git_dir
    commit = BuiltCommit("journal", plan_entry.tip, "a" * 40, "run", [], Addition())
    (notes / "gitjournal-intent").write_bytes(msgspec.json.encode(Intent(commit, "")))
    lock = repo / ".git" / "refs" / "heads" / "journal.lock"
    lock.write_text({"": "", "new": "a" * 40 + "\n", "another": "b" * 40 + "\n"}[said])
    outcome = finish(find_lab(repo), plan_entry)
    assert outcome.state == ("waiting" if said == "another" else "committed")
    assert lock.exists() == (said == "another")


def test_an_interruption_between_branch_and_index_is_finished_by_the_next_command(repo, monkeypatch):
    lab, plan_entry = planned(repo)
    update_ref = transaction._update_ref

    def interrupted(cwd: Path, commit: BuiltCommit) -> None:
        update_ref(cwd, commit)
        raise KeyboardInterrupt

    spool_results(lab, results(plan_entry))
    monkeypatch.setattr(transaction, "_update_ref", interrupted)
    with pytest.raises(KeyboardInterrupt):
        commit_spool(lab)
    monkeypatch.undo()
    assert not has_block(on_disk(lab))
    assert [outcome.state for outcome in commit_spool(lab)] == ["nothing new"]
    assert has_block(on_disk(lab))
    assert status(lab) == ""
