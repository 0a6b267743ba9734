"""Exceptions that are expected, each with a place and a hint. Raised anywhere, printed only by `cli`."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where in a file something is: lines and columns count from 1, as editors do."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


# what a command ends with, and what it means
EXIT_CODES = {
    0: "done",
    1: "refused, or found something wrong",
    2: "usage: the command's own words are off",
    3: "duplicate: the journal has the same run",
    4: "the experiment itself failed, or a part of it",
    130: "interrupted (Ctrl-C): what is finished is kept",
    143: "ended by a signal: what is finished is kept",
}


class GitjournalError(Exception):
    """An expected fault: one short message, where it is, and what to try next.

    `path` is the key in the front matter, such as ("data", "target"), for who raises it without the file at hand.
    """

    exit_code = 1
    kind = "refused"

    def __init__(self, message: str, *, hint: str = "", place: Place | None = None, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place
        self.path = path

    def __str__(self) -> str:
        head = f"{self.place}: {self.message}" if self.place else self.message
        return f"{head}\n  {self.hint}" if self.hint else head


class UsageError(GitjournalError):
    """The command's own words are off: a wrong option, an id that fits none or several."""

    exit_code = 2
    kind = "usage"


class EntryError(GitjournalError):
    """An entry (or another file that people write) does not say something we understand."""

    kind = "entry"


class DataError(GitjournalError):
    """The data are missing, changed, or not what the entry says."""

    kind = "data"


class ComparisonError(GitjournalError):
    """Two results were not measured alike, or there is none."""

    kind = "not comparable"


class TrustError(GitjournalError):
    """The entry asks for something that is not run without trust."""

    kind = "trust"


class GitError(GitjournalError):
    """git refused, or the repository is in a state that we do not touch."""

    kind = "git"


class BusyError(GitError):
    """Somebody is in the middle of a merge, a rebase or a commit there."""

    kind = "busy"


class SpaceError(GitjournalError):
    """Nothing more can be written: the disk is full, or a quota or limit is reached."""

    kind = "space"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"no space left: {what} could not be written",
            hint="what was announced is safe; make room, and run the same command again",
        )


def is_full(fault: OSError) -> bool:
    """Whether the system refused to write for want of space."""
    return fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def nearest(word: str, words: Iterable[str]) -> str:
    """Return ``; did you mean `x`?`` for the one of `words` that is nearest to `word`, or nothing.

    >>> nearest("acuracy", ["rmse", "accuracy"])
    '; did you mean `accuracy`?'
    """
    by_lower = {name.lower(): name for name in words}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=5, cutoff=0.6)
    if not matches:
        return ""
    # among words alike, one with the same letters: two of them swapped is the commonest slip
    best = next((match for match in matches if sorted(match) == sorted(word.lower())), matches[0])
    return f"; did you mean `{by_lower[best]}`?"
