from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

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


def test_some_bytes_are_stored_in_the_order_given_and_as_they_are(repo: Path) -> None:
    repository = find_repository(repo)
    repository.private.mkdir()
    contents = [b"two\r\n", b"", b"one\n", b"two\r\n"]
    ids = repository.store_each(contents)
    assert [repository.blob(blob) for blob in ids] == contents
    assert ids == [repository.store(data) for data in contents]
    assert repository.store_each([]) == []


@pytest.mark.parametrize("packed", [False, True])
def test_a_branch_is_resolved_as_git_does_it(repo: Path, *, packed: bool) -> None:
    repository = find_repository(repo)
    git(repo, "branch", "topic/one")
    if packed:
        git(repo, "pack-refs", "--all")
        git(repo, "commit", "-q", "--allow-empty", "-m", "later")  # main is loose again, and goes before the packed one
    for name in ("main", "topic/one", "topic", "none", "main:none", "main^{tree}"):
        expected = subprocess.run(["git", "rev-parse", "--verify", "-q", f"refs/heads/{name}"], cwd=repo, capture_output=True, check=False)
        assert repository.resolve(f"refs/heads/{name}") == (expected.stdout.decode().strip() or None), name


def test_what_is_no_object_id_in_the_file_of_a_branch_is_left_to_git(repo: Path) -> None:
    (repo / ".git/refs/heads/alias").write_text("ref: refs/heads/main\n")
    repository = find_repository(repo)
    assert repository.resolve("refs/heads/alias") == git(repo, "rev-parse", "main")
