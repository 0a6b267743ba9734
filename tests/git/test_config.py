from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.git.config import read_config
from tests.support.helpers import git

ROLES = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("yes", True), ("1", True), ("off", False), ("0", False)])
def test_a_switch_is_read_as_git_reads_it(repo: Path, value: str, *, expected: bool) -> None:
    git(repo, "config", "commit.gpgSign", value)
    git(repo, "config", "core.bare", value)
    config = read_config(repo / ".git")
    assert (config.signs_commits, config.bare) == (expected, expected)


def test_a_switch_without_a_value_is_on_and_one_that_is_missing_is_off(repo: Path) -> None:
    assert not read_config(repo / ".git").signs_commits
    with (repo / ".git/config").open("a") as file:
        file.write("[commit]\n\tgpgSign\n")
    assert read_config(repo / ".git").signs_commits


def test_an_identity_is_known_where_name_and_address_are_set(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ROLES:
        monkeypatch.delenv(role, raising=False)
    assert not read_config(repo / ".git").has_identity
    git(repo, "config", "user.name", "Ada")
    assert not read_config(repo / ".git").has_identity
    git(repo, "config", "user.email", "ada@example.org")
    assert read_config(repo / ".git").has_identity
    git(repo, "config", "user.email", " ")
    assert not read_config(repo / ".git").has_identity
    for role in ROLES:
        monkeypatch.setenv(role, "Ada")
    assert read_config(repo / ".git").has_identity


def test_a_main_worktree_elsewhere_is_told(repo: Path) -> None:
    assert read_config(repo / ".git").worktree is None
    (repo / "else where").mkdir()
    git(repo, "config", "core.worktree", "../else where")
    assert read_config(repo / ".git").worktree == "../else where"
