"""Locks: git's own `index.lock`, known as ours by a token, and signals that are blocked meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from gitjournal.errors import BusyError
from gitjournal.git.worktree import registered_path

MARK = "gitjournal-token"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def index_lock(git_dir: Path, *, patience: float) -> Iterator[None]:
    """Hold git's lock of one index; it is known as ours by its inode. Raises BusyError after `patience` seconds."""
    token, lock = git_dir / MARK, git_dir / "index.lock"
    token.unlink(missing_ok=True)
    token.write_text(f"gitjournal {os.getpid()}\n")
    last = time.monotonic() + patience
    while True:
        try:
            lock.hardlink_to(token)
            break
        except FileExistsError:
            if time.monotonic() > last:
                token.unlink()
                raise BusyError(
                    f"git is at work in {registered_top(git_dir)}",
                    hint=f"close the editor of its commit; if no git runs there any more, delete {lock}",
                ) from None
            time.sleep(0.02)
    try:
        yield
    finally:
        release_index_lock(git_dir)


def registered_top(git_dir: Path) -> Path:
    """Return the folder of a worktree, for a message."""
    return registered_path(git_dir) if (git_dir / "gitdir").is_file() else git_dir.parent


def release_index_lock(git_dir: Path) -> None:
    """Remove our lock of an index and its token; another's lock stays."""
    token, lock = git_dir / MARK, git_dir / "index.lock"
    if holds_index_lock(git_dir):
        lock.unlink()
    token.unlink(missing_ok=True)


def holds_index_lock(git_dir: Path) -> bool:
    """Whether the lock of an index is ours: the same file as our token."""
    try:
        return (git_dir / MARK).samefile(git_dir / "index.lock")
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def block_signals() -> Iterator[None]:
    """Put off Ctrl-C for the few milliseconds in which the branch and the index move together."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
