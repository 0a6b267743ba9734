"""Differences between two configurations, in words and as plain values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gitjournal.procedure.difference import ABSENT, ValueChange, value_changes
from gitjournal.render import text

SHOWN = 4  # changes that are named; the others are counted
LONGEST_VALUE = 40


def change_words(change: ValueChange) -> str:
    """Return ``svc__gamma (scale -> 0.001)``."""
    name, left, right = text.clean(change.name), canonical_value(change.left), canonical_value(change.right)
    if name.startswith("step ") and change.left is ABSENT:
        return f"{name} ({right} put in)"
    if name.startswith("step ") and change.right is ABSENT:
        return f"{name} ({left} left out)"
    return f"{name} ({left} -> {right})"


def change_list(changes: Sequence[ValueChange]) -> str:
    """Return the first changes in words, and how many more there are."""
    more = f" and {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
    return ", ".join(map(change_words, changes[:SHOWN])) + more


def text_differences(left: str, right: str) -> str:
    """Say how two canonical texts differ, in few words; "" where one of them is no such text."""
    try:
        return change_list(value_changes(left, right))
    except ValueError:
        return ""


def canonical_value(value: Any) -> str:
    """Return a value of the canonical text on one line, at most 40 columns wide."""
    shown = str(value) if isinstance(value, str) or value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text.shorten(text.clean(shown), LONGEST_VALUE)


def changes_as_plain(changes: Sequence[ValueChange]) -> list[dict[str, Any]]:
    """Return differences as plain values; what is not there is null, and `absent` says on which side."""
    return [
        {
            "name": change.name,
            "left": None if change.left is ABSENT else change.left,
            "right": None if change.right is ABSENT else change.right,
            "absent": "left" if change.left is ABSENT else "right" if change.right is ABSENT else None,
        }
        for change in changes
    ]
