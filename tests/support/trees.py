"""Procedures as an entry writes them, and the trees of steps that they become."""

from __future__ import annotations

from typing import Any

from gitjournal.entry import grid
from gitjournal.entry.model import Entry, Facts, parse
from gitjournal.procedure import reader


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
