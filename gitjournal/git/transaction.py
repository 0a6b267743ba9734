"""Atomic commit into a checked-out branch: branch, index and files move together, or not at all.

The commit is built aside. Then, under git's own `index.lock` held for milliseconds: an intent is written down, the
branch moves by compare-and-swap, the person's index is replaced by a prepared copy, and files follow. Whoever dies in
between is finished by the next one (`recovery`).
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gitjournal.errors import BusyError, GitError, GitjournalError
from gitjournal.files import write_whole
from gitjournal.git.busy import find_operation
from gitjournal.git.index_copy import INTENT, IndexCopy, index_bytes
from gitjournal.git.locks import block_signals, index_lock, registered_top
from gitjournal.git.process import refuse_full, run_git
from gitjournal.git.repository import Repository
from gitjournal.git.working_files import Addition, FileChange, update_files
from gitjournal.git.worktree import find_holder

PATIENCE = 5.0
TRIES = 8
SWITCH_SECONDS = 0.25  # `git switch` writes the index, and HEAD less than this later


class Moved(GitError):  # noqa: N818 - not a fault: a reason to look again
    """The branch, HEAD or the index changed under us: begin again from what is there now."""


class BuiltCommit(msgspec.Struct, frozen=True):
    """A commit that was built: the branch goes from `old` (None: the branch is gone) to `new`."""

    branch: str
    old: str | None
    new: str
    subject: str
    changes: list[FileChange]
    addition: Addition


class Intent(msgspec.Struct, frozen=True):
    """What is about to happen in one worktree; `index` is the hash of the index that the copy was made from."""

    commit: BuiltCommit
    index: str


def move_branch(repository: Repository, copy: IndexCopy | None, commit: BuiltCommit, *, patience: float, lab: Path | None = None) -> None:
    """Move the branch, and with it the worktree of the copy; `lab` is the git directory of the lab.

    Raises Moved where something changed meanwhile, BusyError where git is at work there.
    """
    if copy is None:
        with _held_still(repository, commit.branch, lab, patience), block_signals():
            _write_and_move(repository.private, repository.common, Intent(commit, ""))
            (repository.private / INTENT).unlink()
        return
    worktree = copy.worktree
    with index_lock(worktree.git_dir, patience=patience):
        changed = index_bytes(worktree.git_dir) != copy.before or worktree.head() != commit.branch
        if changed or find_operation(repository, commit.branch, worktree):
            raise Moved(f"{worktree.path} has changed")
        with block_signals():
            _write_and_move(worktree.git_dir, worktree.path, Intent(commit, index_digest(copy.before)))
            copy.path.replace(worktree.git_dir / "index")
            update_files(worktree, commit.changes, commit.addition)
            (worktree.git_dir / INTENT).unlink()


@contextlib.contextmanager
def _held_still(repository: Repository, branch: str, lab: Path | None, patience: float) -> Iterator[None]:
    """Keep the lab from being switched to a branch that moves.

    `git switch` reads the branch, then writes files and index under git's lock, and last takes the branch for its own:
    what came to the branch in between would look like deleted by the person, and be gone with their next commit.
    """
    with contextlib.ExitStack() as stack:
        if lab is not None and (lab / "index").exists():
            with contextlib.suppress(BusyError):  # a lock that stays is no switch, but an editor or a leftover
                stack.enter_context(index_lock(lab, patience=patience))
            age = time.time() - (lab / "index").stat().st_mtime
            time.sleep(min(max(SWITCH_SECONDS - age, 0.0), SWITCH_SECONDS))
            if find_holder(repository, branch):
                raise Moved(f"{registered_top(lab)} was switched to {branch}")
        yield


def _write_and_move(notes: Path, cwd: Path, intent: Intent) -> None:
    """Write down in the folder `notes` what is about to happen, and do it; where git refuses, nothing is left."""
    write_whole(notes / INTENT, msgspec.json.encode(intent), durable=True)
    try:
        _update_ref(cwd, intent.commit)
    except GitjournalError:
        (notes / INTENT).unlink()
        raise


def _update_ref(cwd: Path, commit: BuiltCommit) -> None:
    ref, nothing = f"refs/heads/{commit.branch}", "0" * len(commit.new)
    answer = run_git(["update-ref", "--create-reflog", "-m", commit.subject, ref, commit.new, commit.old or nothing], cwd=cwd)
    if answer.returncode == 0:
        return
    refuse_full(answer)
    message = answer.stderr.decode(errors="replace").strip()
    if "cannot lock ref" in message:
        raise Moved(message)  # and not for "aborted by hook": it would say the same again
    raise GitError(f"git update-ref: {message}")


def read_intent(notes: Path) -> Intent | None:
    """Return what a writer wrote down in this folder and did not finish; None where there is nothing, or half of it."""
    try:
        return msgspec.json.decode((notes / INTENT).read_bytes(), type=Intent)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def index_digest(data: bytes) -> str:
    """Return the hash by which the bytes of an index are known again."""
    return hashlib.sha256(data).hexdigest()


def back_off(number: int, patience: float) -> None:
    """Wait longer each time, and all in all hardly longer than `patience` seconds."""
    time.sleep(min(0.02 * 2**number, patience / TRIES) * random.uniform(0.5, 1.5))  # noqa: S311 - so that two do not walk in step
