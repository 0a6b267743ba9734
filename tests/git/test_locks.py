from __future__ import annotations

import pytest

from gitjournal.errors import BusyError
from gitjournal.git.locks import index_lock
from gitjournal.git.recovery import recover
from tests.support.helpers import git
from tests.support.journals import (
    journal,
)


def test_the_lock_of_a_person_is_never_removed_and_ours_always(repo):
    lab = journal(repo)
    assert lab.git_dir
    lock, token = lab.git_dir / "index.lock", lab.git_dir / "gitjournal-token"
    with index_lock(lab.git_dir, patience=0):
        assert lock.samefile(token)
        with pytest.raises(AssertionError, match=r"index\.lock"):
            git(lab.path, "add", "README.md")
    assert not lock.exists()
    lock.write_text("a person's")
    token.write_text("left by a dead writer")
    with pytest.raises(BusyError, match="git is at work"), index_lock(lab.git_dir, patience=0):
        pass
    token.write_text("left by a dead writer")
    recover(lab.repository, patience=0)
    assert lock.read_text() == "a person's"
    assert not token.exists()
