"""Entries that were refused because all their runs were done before. Kept on this clone alone, and lost without harm."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gitjournal.git.lab import Lab

NAME = "refused.jsonl"


class Refusal(msgspec.Struct, frozen=True):
    """One refusal: the entry, and what its runs took where they were done. `seconds` counts those that are known."""

    entry: str
    runs: int
    seconds: float
    at: str


_decoder = msgspec.json.Decoder(Refusal)


def note(lab: Lab, entry: str, seconds: Sequence[float | None]) -> None:
    """Write down that an entry was refused; `seconds` are those of its runs. What cannot be written is left out."""
    told = Refusal(entry, len(seconds), sum(one or 0.0 for one in seconds), datetime.now(UTC).isoformat(timespec="seconds"))
    with contextlib.suppress(OSError), _file(lab).open("ab") as file:
        file.write(msgspec.json.encode(told) + b"\n")


def read(lab: Lab) -> dict[str, Refusal]:
    """Return the last refusal of each entry."""
    found: dict[str, Refusal] = {}
    with contextlib.suppress(OSError):
        for line in _file(lab).read_bytes().splitlines():
            with contextlib.suppress(msgspec.DecodeError):  # cut off by a crash
                one = _decoder.decode(line)
                found[one.entry] = one
    return found


def _file(lab: Lab) -> Path:
    return lab.repository.private / NAME
