"""Procedures as an entry writes them, and the trees of steps that they become."""

from __future__ import annotations

from typing import Any

from gitjournal.entry import grid
from gitjournal.entry.model import Entry, Facts
from gitjournal.entry.parse import parse
from gitjournal.procedure import counts, identity, reader
from gitjournal.procedure.declaration import Declared, Versions


def step(path: str, **params: Any) -> list[Any]:
    """Return one step of a tree."""
    return [path.rpartition(".")[2].lower(), {"class": path, "params": params}]


def read(text: str, data: str = "{sklearn: iris}") -> Entry:
    """Return an entry with a title, these data, and this text."""
    return parse(f"---\ntitle: t\ndata: {data}\n{text}\n---\n", entry_id="20260101-t-aaaa", file="lab/e.md")


def tree(text: str, facts: Facts | None, *, point: int = 0, data: str = "{sklearn: iris}") -> list[Any]:
    """Return the tree of an entry with this text at one point of its grid."""
    entry = read(text, data)
    return reader.build_tree(entry, grid.expand(entry)[point], facts)


def canonical(
    data: dict[str, Any],
    data_hash: str,
    task: str,
    split: dict[str, Any],
    steps: list[Any],
    *,
    version: str = "",
    sizes: counts.Sizes = counts.UNKNOWN,
) -> str:
    """Return the canonical text of steps on these data, under a version of scikit-learn."""
    return identity.canonical(Declared(data, data_hash, {}, task, split, [], None), steps, Versions(version), sizes)
