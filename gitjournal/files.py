"""Files outside git, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from gitjournal.errors import GitjournalError, SpaceError, is_full

DRAFT = ".tmp"  # how a file ends that is being written


def write_whole(path: Path, content: bytes, *, mode: int | None = None, durable: bool = False, what: str = "") -> None:
    """Write a file so that a reader sees the old one or the new one.

    It gets the permissions `mode`, by default those of a new file. With `durable` it outlives a power cut as soon as this
    returns. Raises GitjournalError where that is not allowed, SpaceError where nothing more can be written; it says that
    `what` (the file itself, where that is empty) was not.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}{DRAFT}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            draft.chmod(mode)
        draft.replace(path)
        if durable:
            _sync_folder(path.parent)
    except OSError as fault:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        if is_full(fault):
            raise SpaceError(what or str(path)) from None
        raise GitjournalError(f"{path} cannot be written: {fault.strerror or fault}") from None


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where it is missing. Raises as `write_whole` does."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        if is_full(fault):
            raise SpaceError(str(path)) from None
        raise GitjournalError(f"{path} cannot be made: {fault.strerror or fault}") from None


def sweep_drafts(folder: Path, name: str = "*") -> None:
    """Remove drafts of dead processes from a folder, those of one file or of all: nobody was told that they were written."""
    for draft in folder.glob(f".{name}.*{DRAFT}"):
        try:
            os.kill(int(draft.name.removesuffix(DRAFT).rpartition(".")[2]), 0)
        except ProcessLookupError:
            draft.unlink(missing_ok=True)
        except (PermissionError, ValueError):
            continue


def _sync_folder(folder: Path) -> None:
    """Have the system write down the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
