"""Procedures read on three columns and two classes, and the trees that are expected of them."""

from __future__ import annotations

from typing import Any

from gitjournal.entry.model import Facts
from tests.support import trees

SCALER = {"class": "sklearn.preprocessing.StandardScaler", "params": {}}
FACTS = Facts(n_rows=100, n_features=3, classes=["a", "b"], columns={"number": ["x", "y"], "category": ["c"]})


def tree(text: str, *, point: int = 0, facts: Facts | None = FACTS, data: str = "{sklearn: iris}") -> list[Any]:
    return trees.tree(text, facts, point=point, data=data)


def svc(**params: Any) -> dict[str, Any]:
    return {"class": "sklearn.svm.SVC", "params": params}


def only(text: str, **keywords: Any) -> dict[str, Any]:
    node = tree(f"procedure: [{text}]", **keywords)[0][1]
    assert isinstance(node, dict)
    return node
