"""Crash recovery: what a dead writer left is finished or undone, whenever the journal is next held for writing."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from gitjournal.files import sweep_drafts
from gitjournal.git.index_copy import COPY, INTENT, index_bytes
from gitjournal.git.locks import MARK, holds_index_lock, index_lock, release_index_lock
from gitjournal.git.process import run_git
from gitjournal.git.repository import Repository
from gitjournal.git.transaction import (
    Intent,
    index_digest,
    read_intent,
)
from gitjournal.git.working_files import update_files
from gitjournal.git.worktree import Worktree, registered_path, worktree_at
from gitjournal.locks import hold_lock

DEAD_SECONDS = 0.5


@contextlib.contextmanager
def hold_journal(repository: Repository, *, patience: float) -> Iterator[None]:
    """Hold the journal for writing, after finishing what a dead writer left."""
    repository.private.mkdir(parents=True, exist_ok=True)
    with hold_lock(repository.private / "lock"):
        recover(repository, patience=patience)
        yield


def recover(repository: Repository, *, patience: float) -> None:
    """Finish or undo what a dead writer left; the caller holds the journal, so its owner is dead."""
    for folder in repository.private.glob("build-*"):
        shutil.rmtree(folder, ignore_errors=True)
    for notes in (repository.private, *repository.git_dirs()):
        intent = read_intent(notes)
        if intent:
            for lock in (repository.common / "refs" / "heads" / f"{intent.commit.branch}.lock", notes / "HEAD.lock"):
                _remove_dead(lock, intent.commit.new)
            if notes != repository.private:
                _finish(repository, notes, intent, patience)
        (notes / INTENT).unlink(missing_ok=True)
        if (notes / MARK).exists():
            release_index_lock(notes)
        for name in (COPY, f"{COPY}.lock"):
            (notes / name).unlink(missing_ok=True)
        sweep_drafts(notes, INTENT)


def _remove_dead(lock: Path, new: str) -> None:
    """Remove the lock of a ref that our own `update-ref` left when it was killed with us.

    It holds the commit, or nothing yet; a lock of somebody who lives holds nothing for microseconds only.
    """
    try:
        before, content = lock.stat(), lock.read_text(errors="replace").strip()
        if content not in ("", new):
            return
        time.sleep(DEAD_SECONDS)
        after = lock.stat()
        if (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns):
            lock.unlink()
    except FileNotFoundError:
        pass


def _finish(repository: Repository, git_dir: Path, intent: Intent, patience: float) -> None:
    commit = intent.commit
    if run_git(["merge-base", "--is-ancestor", commit.new, f"refs/heads/{commit.branch}"], cwd=repository.common).returncode:
        return
    top = registered_path(git_dir) if git_dir != repository.common else repository.top
    worktree = worktree_at(repository, top) if top else None
    if worktree is None or worktree.head() != commit.branch:
        return
    if holds_index_lock(git_dir):
        _finish_in(worktree, intent)
    else:
        with index_lock(git_dir, patience=patience):
            _finish_in(worktree, intent)


def _finish_in(worktree: Worktree, intent: Intent) -> None:
    copy = worktree.git_dir / COPY
    if copy.exists() and index_digest(index_bytes(worktree.git_dir)) == intent.index:
        copy.replace(worktree.git_dir / "index")
    update_files(worktree, intent.commit.changes, intent.commit.addition)
