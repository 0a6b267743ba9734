"""The confusion matrix: how many rows of each class were taken for which.

A module of its own, since what computes it and what draws it both stand below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Confusion:
    """How often each class (row) was taken for each (column); the classes in their order."""

    classes: list[str]
    counts: list[list[int]]

    @property
    def worst(self) -> tuple[int, int, int] | None:
        """The class that was most often taken for another: (class, other, how often); None where all is right."""
        wrong = [(count, -row, -column) for row, line in enumerate(self.counts) for column, count in enumerate(line) if row != column]
        count, row, column = max(wrong, default=(0, 0, 0))
        return (-row, -column, count) if count else None


def confusion(codes: Sequence[int], counts: list[list[int]], classes: Sequence[Any] | None) -> Confusion:
    """Return square `counts` by the codes of the classes that occur, with the names of the classes."""
    names = [str(classes[code]) if classes and 0 <= code < len(classes) else str(code) for code in codes]
    return Confusion(names, counts)
