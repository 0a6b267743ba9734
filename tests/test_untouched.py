"""Whatever gitjournal does, the person's repository stays as it was, byte for byte, but for what the README names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import done, git, gitjournal, snapshot

OURS = (
    ".git/gitjournal",
    ".git/refs/heads/exp",
    ".git/logs/refs/heads/exp",
    ".git/worktrees",
    ".git/objects",
    ".git/refs/heads/journal",
    ".git/logs/refs/heads/journal",
    "lab",
)
CHANGED_ONCE = (".git/config", ".git/info/exclude")
HOOK = "#!/bin/sh\necho ran >> ../hooks-ran\nexit 1\n"


def own_hooks(repo: Path) -> None:
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout", "reference-transaction", "pre-push"):
        (repo / ".git/hooks" / name).write_text(HOOK)
        (repo / ".git/hooks" / name).chmod(0o755)


def husky(repo: Path) -> None:
    (repo / ".husky").mkdir()
    for name in ("pre-commit", "commit-msg", "post-checkout"):
        (repo / ".husky" / name).write_text(HOOK)
        (repo / ".husky" / name).chmod(0o755)
    git(repo, "config", "core.hooksPath", ".husky")


def pre_commit_framework(repo: Path) -> None:
    (repo / ".pre-commit-config.yaml").write_text(
        "repos:\n- repo: local\n  hooks:\n"
        "  - {id: fail, name: fail, language: system, entry: sh -c 'echo ran >> ../hooks-ran; exit 1', always_run: true}\n"
    )
    git(repo, "add", ".pre-commit-config.yaml")
    git(repo, "commit", "-qm", "pre-commit")
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=repo, check=True, capture_output=True)


def work_in_progress(repo: Path) -> None:
    """Leave staged, partly staged, unstaged, untracked, ignored and stashed work."""
    (repo / ".gitignore").write_text("secret.txt\n")
    for name in ("staged", "both", "unstaged", "deleted", "stashed"):
        (repo / f"{name}.txt").write_text("one\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "work", "--no-verify")
    (repo / "stashed.txt").write_text("put away\n")
    git(repo, "stash", "-q")
    for name in ("staged", "both"):
        (repo / f"{name}.txt").write_text("two\n")
    git(repo, "add", "staged.txt", "both.txt")
    git(repo, "rm", "-q", "--cached", "deleted.txt")
    (repo / "both.txt").write_text("three\n")
    (repo / "unstaged.txt").write_text("two\n")
    (repo / "untracked.txt").write_text("new\n")
    (repo / "secret.txt").write_text("ignored\n")


@pytest.mark.parametrize("others", [None, own_hooks, husky, pre_commit_framework])
def test_every_command_leaves_the_repository_as_it_was(repo: Path, others: object) -> None:
    work_in_progress(repo)
    if callable(others):
        others(repo)
    before, status = snapshot(repo, without=OURS), git(repo, "status", "--porcelain=v2", "--branch", "--show-stash")
    # asking for the status may refresh the index, which is git's own doing
    before = snapshot(repo, without=OURS)

    def same() -> None:
        now = snapshot(repo, without=(*OURS, *CHANGED_ONCE))
        assert now == {name: value for name, value in before.items() if name not in CHANGED_ONCE}

    done(repo, "init")
    same()
    config, exclude = (repo / ".git/config").read_text(), (repo / ".git/info/exclude").read_text()
    assert config.endswith('[includeIf "gitdir:./worktrees/lab"]\n\tpath = gitjournal/lab.config\n')
    assert exclude.endswith("/lab/\n")

    first = Path(done(repo, "new", "First", "--data", "sklearn:iris", "-e", "SVC").strip()).stem
    second = Path(done(repo, "new", "Second", "--data", "sklearn:iris", "-e", "SVC", "-g", "svc__C=1,10", "--baseline", first).strip()).stem
    same()
    for command in (
        ["exec", first],
        ["exec", second, "--jobs", "2"],
        ["exec", second],
        ["exec", "--dry-run", second],
        ["ls"],
        ["show", first],
        ["log"],
        ["diff", first, second],
        ["config", "get"],
        ["config", "schema"],
        ["new"],
        ["new", "Third", "--data", "sklearn:iris", "--branch", "exp/third"],
        ["init"],
    ):
        done(repo, *command)
        same()
    for command in (["exec", "no-such-entry"], ["new", "x", "--data", "nowhere.csv", "--target", "y"], ["init", "--folder", "other"]):
        assert gitjournal(repo, *command).returncode in (1, 2)
        same()

    assert git(repo, "status", "--porcelain=v2", "--branch", "--show-stash") == status
    assert (repo / ".git/config").read_text() == config
    assert (repo / ".git/info/exclude").read_text() == exclude
    assert not (repo.parent / "hooks-ran").exists()
    assert git(repo, "for-each-ref", "--format=%(refname)").splitlines() == [
        "refs/heads/exp/third",
        "refs/heads/journal",
        "refs/heads/main",
        "refs/stash",
    ]


def test_the_hooks_of_others_still_run_for_the_person(repo: Path) -> None:
    own_hooks(repo)
    done(repo, "init")
    ended = subprocess.run(["git", "commit", "--allow-empty", "-m", "x"], cwd=repo, capture_output=True, check=False, env=os.environ)
    assert ended.returncode != 0
    assert (repo.parent / "hooks-ran").exists()
