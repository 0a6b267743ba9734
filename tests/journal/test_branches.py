from __future__ import annotations

from pathlib import Path

from gitjournal.git.lab import find_lab
from gitjournal.journal.branches import branch_patterns, current_ref, journal_refs
from tests.support.helpers import git
from tests.support.pages import three_entries


def test_the_branches_that_count_come_in_the_order_of_their_weight(repo: Path, tmp_path: Path) -> None:
    folder = three_entries(repo)
    git(repo, "init", "-q", "--bare", str(tmp_path / "forge.git"))
    git(repo, "remote", "add", "forge", str(tmp_path / "forge.git"))
    git(folder, "branch", "exp/old")
    git(folder, "branch", "else/where")
    git(folder, "-c", "core.hooksPath=/dev/null", "push", "-q", "-u", "forge", "journal", "exp/old:exp/theirs")
    git(folder, "checkout", "-q", "-b", "exp/new")
    lab = find_lab(repo)
    refs = list(journal_refs(lab, current_ref(lab)))
    assert refs == [
        "refs/heads/exp/new",
        "refs/heads/journal",
        "refs/remotes/forge/journal",
        "refs/heads/exp/old",
        "refs/remotes/forge/exp/theirs",
    ]


def test_a_code_branch_that_is_called_like_an_experiment_does_not_count(repo: Path) -> None:
    three_entries(repo)
    git(repo, "branch", "exp/code")
    lab = find_lab(repo)
    assert list(journal_refs(lab, current_ref(lab))) == ["refs/heads/journal"]


def test_patterns_come_from_the_settings_or_from_the_default() -> None:
    assert branch_patterns(b'branches: ["try/*", wip]\n') == ("try/*", "wip")
    assert branch_patterns(None) == ("exp/*",)
    assert branch_patterns(b"branches: [\n") == ("exp/*",)  # `check` says what is wrong; looking goes on
    assert branch_patterns(b"\xff") == ("exp/*",)
