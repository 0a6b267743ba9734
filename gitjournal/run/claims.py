"""Locks that say which process of this clone runs which entry and which run. The kernel frees them when the process ends."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from gitjournal.entry.summary import Key
from gitjournal.errors import BusyError
from gitjournal.git.lab import Lab
from gitjournal.locks import GLANCE_SECONDS, hold_lock, is_locked, lock_byte, unlock_byte


@contextlib.contextmanager
def claim_entry(lab: Lab, entry_id: str, *, patient: bool) -> Iterator[None]:
    """Lock an entry while it runs here.

    Raises BusyError naming who holds it, unless `patient`.
    """
    path = lab.repository.private / "claims" / f"{entry_id}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(hold_lock(path, patience=math.inf if patient else GLANCE_SECONDS))
        except BlockingIOError:
            hint = "wait for it with: gitjournal exec --wait"
            raise BusyError(f"{entry_id} is running here already{_holder(path)}", hint=hint) from None
        file.truncate(0)
        file.write(
            json.dumps({"host": socket.gethostname(), "process": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")})
        )
        file.flush()
        yield


def is_running(lab: Lab, entry_id: str) -> bool:
    """Whether a process of this clone has an entry at work; for one's own the answer is yes as well."""
    return is_locked(lab.repository.private / "claims" / f"{entry_id}.lock")


def _holder(path: Path) -> str:
    with contextlib.suppress(OSError, ValueError, KeyError):
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f": process {holder['process']} on {holder['host']}, since {holder['since']}"
    return ""


class RunClaims:
    """The runs that this process is doing, for the other processes of this clone to see. Use it in a `with`.

    A run is one byte of one file, at a place that follows from its identity, under a POSIX lock: nothing is to be
    cleaned up, however many runs there are. Such a lock belongs to the process, so that only one of these may be open
    in it at a time.
    """

    def __init__(self, lab: Lab) -> None:
        path = lab.repository.private / "claims" / "runs"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def take(self, key: Key) -> bool:
        """Claim a run; False where another process is at it."""
        return lock_byte(self._file, _place(key))

    def drop(self, key: Key) -> None:
        """Give a run back, done or not."""
        unlock_byte(self._file, _place(key))


def _place(key: Key) -> int:
    """Return the byte that stands for a run. Two that share one, at a chance of 1 to 2**62, would wait for each other."""
    return int.from_bytes(hashlib.sha256(f"{key[0]} {key[1]}".encode()).digest()[:8]) >> 2
