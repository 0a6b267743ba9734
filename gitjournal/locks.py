"""Advisory locks on files, between the processes of one machine; the kernel frees them when their process ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

GLANCE_SECONDS = 0.2  # `is_locked` holds a lock for less than that
_POLL_SECONDS = 0.05


@contextlib.contextmanager
def hold_lock(path: Path, *, patience: float = math.inf) -> Iterator[IO[str]]:
    """Hold the lock of a file, which is made where it is missing, and give the file, open to read and to append to.

    Raises BlockingIOError where another process still holds it after `patience` seconds, OSError where it cannot be made.
    """
    with path.open("a+", encoding="utf-8") as file:
        if math.isinf(patience):
            fcntl.flock(file, fcntl.LOCK_EX)
        else:
            _lock_within(file, time.monotonic() + patience)
        yield file


def _lock_within(file: IO[str], last: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > last:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock of a file, be it this process itself; a file that is not there is free."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def lock_byte(file: IO[bytes], position: int) -> bool:
    """Lock one byte of a file for this process (POSIX); False where another process has it."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, position)
    except OSError:
        return False
    return True


def unlock_byte(file: IO[bytes], position: int) -> None:
    """Give a byte back."""
    fcntl.lockf(file, fcntl.LOCK_UN, 1, position)
