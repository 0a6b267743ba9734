from __future__ import annotations

import time
from pathlib import Path

from gitjournal.git.repository import RESTING_NS
from gitjournal.git.worktree import find_repository
from tests.support.helpers import git


def test_every_way_in_which_a_branch_moves_is_seen_without_asking_git(repo: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(remote))
    git(repo, "remote", "add", "origin", str(remote))
    repository = find_repository(repo)
    time.sleep(2 * RESTING_NS / 1e9)
    at_rest = repository.refs_stamp()
    for arguments in (
        ("commit", "-q", "--allow-empty", "-m", "second"),
        ("branch", "exp/one"),
        ("branch", "-m", "exp/one", "exp/two"),
        ("push", "-q", "origin", "exp/two"),
        ("fetch", "-q", "origin"),
        ("pack-refs", "--all"),
        ("commit", "-q", "--amend", "--allow-empty", "-m", "third"),
        ("branch", "-qD", "exp/two"),
    ):
        git(repo, *arguments)
        assert repository.refs_stamp() != at_rest or arguments[0] == "fetch", arguments
        time.sleep(2 * RESTING_NS / 1e9)
        moved = repository.refs_stamp()
        assert moved is not None
        assert moved != at_rest or arguments[0] == "fetch", arguments  # the push has told it already
        assert repository.refs_stamp() == moved
        at_rest = moved


def test_what_changed_just_now_is_not_trusted_to_stay(repo: Path) -> None:
    repository = find_repository(repo)
    (repo / ".git/refs/heads/main").touch()
    assert repository.refs_stamp() is None or time.time_ns() > (repo / ".git/refs/heads/main").stat().st_mtime_ns + RESTING_NS
