"""Drafts: entries in the lab folder that their branch does not hold, or holds otherwise."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import PurePosixPath

from gitjournal.entry.model import ID_PATTERN
from gitjournal.entry.parse import MAX_BYTES
from gitjournal.git.lab import Lab
from gitjournal.git.process import git_bytes
from gitjournal.journal.entry_ids import FOLDER, PAGE


@dataclass(frozen=True)
class Draft:
    """An entry's file in the lab folder that is not what its branch holds."""

    id: str
    path: str
    text: str
    new: bool
    changed: float
    error: str = ""


def read_drafts(lab: Lab) -> list[Draft]:
    """Return the entries in the lab folder that are new or differ from the branch, in one call of git."""
    if not lab.path.is_dir():
        return []
    arguments = ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", FOLDER]
    drafts = []
    for line in git_bytes(arguments, cwd=lab.path).split(b"\0"):
        code, path = line[:2], os.fsdecode(line[3:])
        if path.endswith(PAGE) and b"D" not in code:
            draft = _read_draft(lab, path, new=code == b"??" or b"A" in code)
            if draft is not None:
                drafts.append(draft)
    return drafts


def _read_draft(lab: Lab, path: str, *, new: bool) -> Draft | None:
    """Read one file, and nothing that it may point to: a link could lead anywhere."""
    name = PurePosixPath(path).name.removesuffix(PAGE)
    try:
        descriptor = os.open(lab.path / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as fault:
        return Draft(name, path, "", new, 0.0, f"{path}: {fault.strerror or fault}")
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Draft(name, path, "", new, 0.0, f"{path}: not a plain file")
        content = file.read(MAX_BYTES + 1)
    error = "" if ID_PATTERN.match(name) else f"{path}: not named as an entry is (YYYYMMDD-words-xxxx.md); see gitjournal new"
    return Draft(name, path, content.decode(errors="replace"), new, status.st_mtime, error)
