"""From what an entry declares to the text that identifies each of its configurations. Pure: no data, no library, no disk.

A planned entry says all of it itself (`written_out`), so its configurations can be worked out anew anywhere, under any version of
the libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from gitjournal.entry import grid
from gitjournal.entry.grid import Point
from gitjournal.entry.model import Entry, Facts
from gitjournal.procedure import counts, identity, reader


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
class Configured:
    """One grid point, its steps, and the text that identifies it."""

    point: Point
    tree: list[Any]
    canonical: str


@dataclass(frozen=True)
class Versions:
    """The libraries whose defaults count; "" for the reference."""

    sklearn: str = ""
    keras: str = ""


def loader_options(entry: Entry) -> dict[str, Any]:
    """Return the `data` mapping as declared, without what gitjournal wrote in."""
    said: dict[str, Any] = msgspec.to_builtins(entry.front.data)
    return {key: value for key, value in said.items() if key not in ("hash", "facts")}


def configurations(entry: Entry, declared: Declared, versions: Versions, code: Mapping[str, Any] | None = None) -> list[Configured]:
    """Return every grid point with its steps and canonical text under some versions of the libraries, in grid order.

    `code` says what the procedure is made of where it is a function of one's own. Raises EntryError or TrustError with the place of
    what cannot be built.
    """
    return [configure(entry, declared, point, versions, code) for point in grid.expand(entry)]


def configure(entry: Entry, declared: Declared, point: Point, versions: Versions, code: Mapping[str, Any] | None = None) -> Configured:
    """Return the configuration of one point, which need not be one of the grid. Raises what `configurations` does."""
    facts = msgspec.convert(declared.facts, Facts)
    tree = reader.build_tree(entry, point, facts)
    if code:
        tree[0][1] |= code
    sizes = counts.sizes(declared.data, declared.split, facts)
    text = identity.canonical(
        declared.data, declared.hash, declared.task, declared.split, tree, version=versions.sklearn, keras=versions.keras, sizes=sizes
    )
    return Configured(point, tree, text)


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
