"""Files outside git, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from gitjournal.errors import GitjournalError, SpaceError, is_full


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one.

    Raises GitjournalError where that is not allowed, SpaceError where nothing more can be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as fault:
        beside.unlink(missing_ok=True)
        if is_full(fault):
            raise SpaceError(str(path)) from None
        raise GitjournalError(f"{path} cannot be written: {fault.strerror or fault}") from None
