"""From what an entry declares to the text that identifies each of its configurations. Pure: no data, no library, no disk.

They can be worked out anew anywhere, under any version of the libraries.
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
from gitjournal.procedure.declaration import Declared, Versions
from gitjournal.procedure.tree import Steps


@dataclass(frozen=True)
class Configuration:
    """One grid point, its steps, and the text that identifies it."""

    point: Point
    tree: Steps
    canonical: str


def configurations(entry: Entry, declared: Declared, versions: Versions, code: Mapping[str, Any] | None = None) -> list[Configuration]:
    """Return every grid point with its steps and canonical text under some versions of the libraries, in grid order.

    `code` says what the procedure is made of where it is a function of one's own. Raises EntryError or TrustError with the place of
    what cannot be built.
    """
    return [configure(entry, declared, point, versions, code) for point in grid.expand(entry)]


def configure(entry: Entry, declared: Declared, point: Point, versions: Versions, code: Mapping[str, Any] | None = None) -> Configuration:
    """Return the configuration of one point, which need not be one of the grid. Raises what `configurations` does."""
    facts = msgspec.convert(declared.facts, Facts)
    tree = reader.build_tree(entry, point, facts)
    if code:
        tree[0][1] |= code
    sizes = counts.sizes(declared.data, declared.split, facts)
    return Configuration(point, tree, identity.canonical(declared, tree, versions, sizes))
