from __future__ import annotations

import shutil

from gitjournal.git.worktree import find_holder
from tests.support.journals import (
    journal,
)


def test_the_holder_of_a_branch_is_a_worktree_that_is_really_ours(repo, tmp_path):
    lab = journal(repo)
    found = find_holder(lab.repository, "journal")
    assert found
    assert (found.path, found.git_dir) == (lab.path, lab.git_dir)
    assert find_holder(lab.repository, "nothing") is None
    copy = tmp_path / "copy"
    shutil.copytree(repo, copy, symlinks=True)
    assert find_holder(type(lab.repository)(copy / ".git"), "journal") is None
