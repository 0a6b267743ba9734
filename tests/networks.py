"""What the tests of networks share: entries as text, and their trees."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from gitjournal import grid, procedure
from gitjournal.entry import Entry, Facts, parse

NEEDS_KERAS = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="Keras is an extra: pip install 'gitjournal[keras]'")
FACTS = Facts(n_rows=100, n_features=3, classes=[0, 1, 2], columns={"number": ["a", "b", "c"]})


def entry(text: str, data: str = "{path: data/it.npz}") -> Entry:
    return parse(f"---\ntitle: t\ndata: {data}\n{text}\n---\n", entry_id="20260101-t-aaaa", file="lab/e.md")


def tree(text: str, *, facts: Facts | None = FACTS, point: int = 0) -> list[Any]:
    found = entry(text)
    return procedure.build_tree(found, grid.expand(found)[point], facts)


def sequential(layers: str, *, optimizer: str = "adam", loss: str = "mse", more: str = "") -> str:
    return f"procedure: [Sequential: {{layers: {layers}, optimizer: {optimizer}, loss: {loss}{more}}}]"


def model(layers: str, *, inputs: str = "{x: all}", outputs: str = "[out]", more: str = "") -> str:
    return f"procedure: [Model: {{inputs: {inputs}, layers: {layers}, outputs: {outputs}, optimizer: adam, loss: mse{more}}}]"
