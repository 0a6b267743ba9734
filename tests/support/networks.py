"""What the tests of networks share: entries as text, and their trees."""

from __future__ import annotations

from typing import Any

from gitjournal.entry.model import Entry, Facts
from tests.support import trees

DATA = "{path: data/it.npz}"
FACTS = Facts(n_rows=100, n_features=3, classes=[0, 1, 2], columns={"number": ["a", "b", "c"]})


def entry(text: str, data: str = DATA) -> Entry:
    return trees.read(text, data)


def tree(text: str, *, facts: Facts | None = FACTS, point: int = 0) -> list[Any]:
    return trees.tree(text, facts, point=point, data=DATA)


def sequential(layers: str, *, optimizer: str = "adam", loss: str = "mse", more: str = "") -> str:
    return f"procedure: [Sequential: {{layers: {layers}, optimizer: {optimizer}, loss: {loss}{more}}}]"


def model(layers: str, *, inputs: str = "{x: all}", outputs: str = "[out]", more: str = "") -> str:
    return f"procedure: [Model: {{inputs: {inputs}, layers: {layers}, outputs: {outputs}, optimizer: adam, loss: mse{more}}}]"
