"""Path checks: where files that an entry names may lie, and how one is opened."""

from __future__ import annotations

import os
import re
import stat
from io import BufferedReader
from pathlib import Path

from gitjournal.errors import DataError, TrustError, nearest

KeyPath = tuple[str | int, ...]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def inside(name: str, root: Path, place: KeyPath) -> Path:
    """Return the path that a declared name means, if it may be read.

    It must lie inside the repository, outside `.git` and other dot files, with no symlink on the way.
    `place` is the key in the front matter. Raises TrustError for another path, DataError where nothing is there.
    """
    if _URL.match(name):
        raise TrustError(f"`{name.partition('?')[0].rpartition('@')[2]}` is no path: data are files in the repository", path=place)
    if "\0" in name or "\n" in name:
        raise TrustError("a path holds a line end or a NUL byte", path=place)
    if Path(name).is_absolute() or name.startswith("~"):
        hint = "write the path from the top of the repository; copy data that lie elsewhere into it (git can ignore them)"
        raise TrustError(f"{name} does not begin at the top of the repository", hint=hint, path=place)
    parts = Path(name).parts
    if ".." in parts:
        raise TrustError(f"{name} leads out of the repository: `..` is not followed", path=place)
    if not parts or any(part.startswith(".") for part in parts):
        raise TrustError(f"{name} is a dot file or lies in a dot folder: those are never read as data", path=place)
    at = root
    for part in parts:
        at = at / part
        try:
            mode = at.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            siblings = sorted(entry.name for entry in at.parent.iterdir()) if at.parent.is_dir() else []
            raise DataError(f"{name} is not there{nearest(part, siblings)}", path=place) from None
        except OSError as fault:
            raise DataError(f"{name} cannot be read: {fault.strerror}", path=place) from None
        if stat.S_ISLNK(mode):
            raise TrustError(f"{at.relative_to(root)} is a symlink: data are read from the repository itself", path=place)
    return at


def open_file(path: Path, name: str, place: KeyPath) -> BufferedReader:
    """Open a regular file for reading; `name` is what messages call it.

    Raises TrustError for a device, a pipe or a symlink.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as fault:
        raise DataError(f"{name} cannot be read: {fault.strerror}", path=place) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise TrustError(f"{name} is not a regular file", path=place)
    return os.fdopen(descriptor, "rb")
