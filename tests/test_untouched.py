"""Whatever gitjournal does, the person's repository stays as it was, byte for byte, but for what the README names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.helpers import done, git, gitjournal, snapshot

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


class Untouched:
    """A repository with work in progress, which `same` holds against what it was."""

    def __init__(self, repo: Path) -> None:
        self.repo = repo
        self.status()  # asking for it may refresh the index, which is git's own doing
        self.before, self.asked = snapshot(repo, without=OURS), self.status()

    def status(self) -> str:
        return git(self.repo, "status", "--porcelain=v2", "--branch", "--show-stash")

    def do(self, *command: str, code: int = 0) -> str:
        ended = gitjournal(self.repo, *command)
        assert ended.returncode == code, ended.stdout + ended.stderr
        now = snapshot(self.repo, without=(*OURS, *CHANGED_ONCE))
        assert now == {name: value for name, value in self.before.items() if name not in CHANGED_ONCE}, command
        return ended.stdout.strip()

    def end(self) -> None:
        assert self.status() == self.asked
        assert not (self.repo.parent / "hooks-ran").exists()
        refs = git(self.repo, "for-each-ref", "--format=%(refname)").splitlines()
        assert refs == ["refs/heads/exp/third", "refs/heads/journal", "refs/heads/main", "refs/stash"]


@pytest.mark.parametrize("others", [own_hooks, husky, pre_commit_framework])
def test_nothing_that_writes_runs_or_changes_the_hooks_of_others(repo: Path, others: Callable[[Path], None]) -> None:
    work_in_progress(repo)
    others(repo)
    journal = Untouched(repo)
    journal.do("init")
    journal.do("new", "Third", "--data", "sklearn:iris", "-e", "SVC", "--branch", "exp/third")
    journal.do("exec", "third")
    journal.do("init")
    journal.end()


def test_every_command_leaves_the_repository_as_it_was(repo: Path) -> None:
    work_in_progress(repo)
    journal = Untouched(repo)
    journal.do("init")
    config, exclude = (repo / ".git/config").read_text(), (repo / ".git/info/exclude").read_text()
    assert config.endswith('[includeIf "gitdir:./worktrees/lab"]\n\tpath = gitjournal/lab.config\n')
    assert exclude.endswith("/lab/\n")

    first = Path(journal.do("new", "First", "--data", "sklearn:iris", "-e", "SVC")).stem
    second = Path(journal.do("new", "Second", "--data", "sklearn:iris", "-e", "SVC", "-g", "svc__C=1,10", "--baseline", first)).stem
    for command in (
        ["exec", first],
        ["exec", second, "--jobs", "2"],
        ["exec", second],
        ["exec", "--dry-run", second],
        ["exec", second, "--final", "to report"],
        ["ls"],
        ["ls", "--like", "svc"],
        ["show", first],
        ["log"],
        ["diff", first, second],
        ["compare", second, first],
        ["suggest", "--write"],
        ["check"],
        ["doctor"],
        ["trust", "--list"],
        ["report", "waste"],
        ["report", "importance"],
        ["report", "calibration"],
        ["report", "journal~2..journal"],
        ["data", "sheet", "sklearn:iris"],
        ["data", "dups", second],
        ["data", "split", second],
        ["model", "gc"],
        ["export"],
        ["config", "get"],
        ["config", "schema"],
        ["new"],
        ["new", "Third", "--data", "sklearn:iris", "--branch", "exp/third"],
        ["init"],
    ):
        journal.do(*command)
    journal.do("exec", "no-such-entry", code=2)
    journal.do("new", "x", "--data", "nowhere.csv", "--target", "y", code=1)
    journal.do("init", "--folder", "other", code=1)

    journal.end()
    assert (repo / ".git/config").read_text() == config
    assert (repo / ".git/info/exclude").read_text() == exclude


def test_the_hooks_of_others_still_run_for_the_person(repo: Path) -> None:
    own_hooks(repo)
    done(repo, "init")
    ended = subprocess.run(["git", "commit", "--allow-empty", "-m", "x"], cwd=repo, capture_output=True, check=False, env=os.environ)
    assert ended.returncode != 0
    assert (repo.parent / "hooks-ran").exists()
