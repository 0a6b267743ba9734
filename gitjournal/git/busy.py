"""Operations of the person that are not finished, and that a moving branch would disturb: merge, rebase, a commit in its editor."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from pathlib import Path

from gitjournal.errors import BusyError
from gitjournal.git.lab import Lab
from gitjournal.git.locks import registered_top
from gitjournal.git.repository import Repository
from gitjournal.git.worktree import Worktree

COMMITTING = "gitjournal-committing"  # written by hooks/prepare-commit-msg


class UnfinishedError(BusyError):
    """The person is in the middle of a merge, a rebase, a commit: ours has to wait."""

    def __init__(self, what: str) -> None:
        super().__init__(what, hint="finish it first, or give it up")


def find_operation(repository: Repository, branch: str, worktree: Worktree | None) -> str:
    """Return what is going on that a moving branch would disturb, or nothing."""
    for git_dir in repository.git_dirs():
        for name in ("rebase-merge", "rebase-apply"):
            head = git_dir / name / "head-name"
            if head.is_file() and head.read_text(errors="replace").strip() == f"refs/heads/{branch}":
                return f"a rebase of {branch} is not finished in {registered_top(git_dir)}"
    return _operation_in(worktree) if worktree else ""


def _operation_in(worktree: Worktree) -> str:
    going_on = {
        "MERGE_HEAD": "a merge",
        "CHERRY_PICK_HEAD": "a cherry-pick",
        "REVERT_HEAD": "a revert",
        "sequencer": "a cherry-pick or revert",
        "rebase-merge": "a rebase",
        "rebase-apply": "a rebase or `git am`",
    }
    for name, what in going_on.items():
        if (worktree.git_dir / name).exists():
            return f"{what} is not finished in {worktree.path}"
    if _commit_has_editor(worktree.git_dir / COMMITTING):
        return f"a commit is being written in {worktree.path}: its editor is open"
    return ""


def find_conflicts(worktree: Worktree) -> str:
    """Return that there are conflicts, or nothing."""
    return conflict_message(worktree) if worktree.git("ls-files", "--unmerged") else ""


def conflict_message(worktree: Worktree) -> str:
    """Say that a worktree has conflicts."""
    return f"there are conflicts in {worktree.path}"


def lab_obstacle(lab: Lab) -> str:
    """Return what is under way in the lab that commits have to wait for, such as a merge; nothing where all is calm."""
    branch = lab.worktree.head() if lab.worktree else None
    return find_obstacle(lab.repository, branch or lab.branch, lab.worktree)


def find_obstacle(repository: Repository, branch: str, worktree: Worktree | None) -> str:
    """Return what a commit has to wait for: an operation that is not finished, or conflicts; nothing where all is calm."""
    return find_operation(repository, branch, worktree) or (find_conflicts(worktree) if worktree else "")


def await_commit(worktree: Worktree, *, patience: float) -> None:
    """Give a commit that is being written there `patience` seconds: most are over at once, one in an editor is not."""
    last = time.monotonic() + patience
    while _commit_has_editor(worktree.git_dir / COMMITTING) and time.monotonic() < last:
        time.sleep(0.02)


def _commit_has_editor(note: Path) -> bool:
    """Whether the git process that our hook noted is alive: a plain `git commit` holds no lock while its editor is open."""
    try:
        pid = int(note.read_text().strip())
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return _process_name(pid).startswith("git")


def _process_name(pid: int) -> str:
    """Return the name of a living process; `git` where nobody can tell."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text()
    with contextlib.suppress(OSError):
        answer = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return Path(answer.stdout.strip()).name
    return "git"
