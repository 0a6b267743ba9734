"""Records as `exec` leaves them, for what is computed from them."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record
from gitjournal.stats.sample import Sample, sample_of

A, B = "20261121-one-aaaa", "20261122-other-bbbb"
HOLDOUT = {"dev": 0.2, "seed": 0, "shuffle": True, "stratify": True}
EACH = {**HOLDOUT, "seed": "each"}
FOLDS = {"cv": 5, "repeats": 1, "seed": 0, "shuffle": True, "stratify": True}


def front(*metrics: str, more: str = "") -> FrontMatter:
    """Return the front matter of an entry that measures these."""
    text = f"---\ntitle: x\ndata: {{sklearn: digits}}\nprocedure: [SVC]\nmetrics: [{', '.join(metrics or ('accuracy',))}]\n{more}---\n"
    return parse(text, entry_id=A, file="e.md").front


def right(*wrong: int, n: int = 360) -> list[bool]:
    """Return right and wrong answers to so many rows."""
    return [row not in wrong for row in range(n)]


def packed(right: Sequence[bool]) -> str:
    """Return right and wrong answers as a record holds them."""
    bits = "".join("1" if one else "0" for one in right)
    raw = bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))
    return base64.b64encode(zlib.compress(raw)).decode()


def run(
    fingerprint: str,
    value: float | None = None,
    *,
    right: Sequence[bool] | None = None,
    folds: Sequence[float] = (),
    seed: int | None = None,
    metric: str = "accuracy",
    split: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    rows: int = 360,
    **more: Any,
) -> Record:
    """Return a finished run with a value, with right and wrong answers, or with the values of folds."""
    declared = split or (FOLDS if folds else HOLDOUT)
    if right is not None:
        value, rows = sum(right) / len(right), len(right)
    if folds:
        value = sum(folds) / len(folds)
    judged = f"rows of seed {seed}" if declared.get("seed") == "each" else "the same rows"
    known = {"hash": "sha256:d1", "format": "sklearn", "task": "classification", **(data or {})}
    return Record(
        **{
            "run": f"{fingerprint}-{seed}",
            "fingerprint": fingerprint,
            "seed": seed,
            "metrics": {"dev": {metric: value}, "train": {metric: (value or 0.0) + 0.01}},
            "folds": {"dev": {metric: list(folds)}} if folds else {},
            "rows": {"dev": rows, "train": 4 * rows},
            "parts": {"dev": judged, "train": "others"},
            "hits": None if right is None else packed(right),
            "canonical": json.dumps({"data": known, "split": declared, "procedure": [], "schema": 1}),
            **more,
        }
    )


def sample(entry: str, records: Sequence[Record], metric: str | None = None, *metrics: str) -> Sample:
    """Return the best configuration of an entry with these records."""
    return sample_of(entry, front(*metrics), records, metric)
