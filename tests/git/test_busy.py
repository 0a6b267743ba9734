from __future__ import annotations

import os
import shutil
import subprocess

from gitjournal.git.busy import find_holder
from tests.support.journals import (
    finish,
    journal,
    planned,
)


def test_a_note_of_a_commit_that_is_over_does_not_make_busy(repo):
    lab, made = planned(repo)
    assert lab.git_dir
    over = subprocess.Popen(["true"])
    over.wait()
    for note in (str(over.pid), str(os.getpid()), "nonsense", ""):
        (lab.git_dir / "gitjournal-committing").write_text(note)
        assert finish(lab, made, block=f"by {note or 'none'}").state == "committed", note


def test_the_holder_of_a_branch_is_a_worktree_that_is_really_ours(repo, tmp_path):
    lab = journal(repo)
    found = find_holder(lab.repository, "journal")
    assert found
    assert (found.path, found.git_dir) == (lab.path, lab.git_dir)
    assert find_holder(lab.repository, "nothing") is None
    copy = tmp_path / "copy"
    shutil.copytree(repo, copy, symlinks=True)
    assert find_holder(type(lab.repository)(copy / ".git"), "journal") is None
