"""What an entry declares, with every default written out, and the libraries whose defaults count. Pure.

A planned entry says all of it itself (`written_out`), so its configurations can be worked out anew anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from gitjournal.entry.model import Entry


@dataclass(frozen=True)
class Declared:
    """What a run needs besides its procedure and seed, with every default written out; plain JSON."""

    data: dict[str, Any]
    hash: str
    facts: dict[str, Any]
    task: str
    split: dict[str, Any]
    metrics: list[str]
    sealed: str | None
    code: dict[str, Any] | None = None  # what the function is made of that the data come from
    findings: tuple[dict[str, Any], ...] = ()  # what stands in two parts of the split: code, and overlaps between parts


@dataclass(frozen=True)
class Versions:
    """The libraries whose defaults count; "" for the reference."""

    sklearn: str = ""
    keras: str = ""


REFERENCE = Versions()


def loader_options(entry: Entry) -> dict[str, Any]:
    """Return the `data` mapping as declared, without what gitjournal wrote in."""
    options: dict[str, Any] = msgspec.to_builtins(entry.front.data)
    return {key: value for key, value in options.items() if key not in ("hash", "facts")}


def written_out(entry: Entry) -> Declared | None:
    """Return what an entry declares where it says all of it itself, as a planned one does; else None. Reads no data."""
    front = entry.front
    if not front.data.hash or front.data.facts is None or front.split is None or front.task is None:
        return None
    split: dict[str, Any] = msgspec.to_builtins(front.split)
    drawn = {"seed", "shuffle", "stratify", "repeats" if "cv" in split else "dev"}
    if not ("given" in split or {"time", "gap", "dev"} <= split.keys() or drawn <= split.keys()):
        return None
    facts: dict[str, Any] = msgspec.to_builtins(front.data.facts)
    return Declared(loader_options(entry), front.data.hash, facts, front.task, split, front.metric_names, None)
