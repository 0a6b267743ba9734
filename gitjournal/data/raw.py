"""Data as read from a source, before anything is coded as numbers, and the request for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class DataRequest:
    """What is asked of a source: the entry's `data` mapping, and the columns that its split goes by.

    `root` is the top of the worktree that paths are relative to, `code` says what a `python` function that gives data is made of.
    """

    data: dict[str, Any]
    root: Path
    group: str | None = None
    time: str | None = None
    code: dict[str, Any] | None = None


@dataclass(frozen=True)
class Raw:
    """Features, and the columns that have a role of their own.

    `columns` maps kind to feature names, `given` part to row numbers; `options` are the loader options that were
    chosen, `content` the hash where it is known only after reading, `first_line` the line of the first row where lines
    can be told.
    """

    X: Any
    y: Any
    columns: dict[str, list[str]]
    weights: Any = None
    groups: Any = None
    times: Any = None
    given: dict[str, Array] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    content: str | None = None
    first_line: int | None = None
