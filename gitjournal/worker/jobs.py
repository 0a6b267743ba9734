"""What the worker is asked about data: the base of all such jobs, and the run. Any other job stands beside what does it."""

from __future__ import annotations

from typing import Any

import msgspec


class OnData(msgspec.Struct, kw_only=True):
    """What all jobs on data say."""

    root: str
    cache: str
    data: dict[str, Any]
    hash: str | None = None
    task: str | None = None
    split: dict[str, Any] | None = None
    metrics: list[str] | None = None
    code: dict[str, Any] | None = None


class Run(OnData, tag_field="do", tag="run", kw_only=True):
    """Fit and score one procedure with one seed. `store` is a folder for predictions, `memory_mb` a limit."""

    procedure: Any
    seed: int | None = None
    store: str | None = None
    memory_mb: int | None = None
