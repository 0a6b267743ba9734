"""Runs on two data sets as `exec` leaves them, without training anything, for tests of what follows from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from gitjournal.entry.record import Record
from gitjournal.git.lab import Lab, find_lab
from gitjournal.journal.index.results import Result
from gitjournal.journal.index.rows import Row
from gitjournal.procedure.canonical_text import fingerprint
from gitjournal.worker.jobs import Inspection
from tests.support.guarded import HASH, begin, canonical, page, put, run, save

WINE = f"sha256:{'1' * 64}"
SPLIT = {"dev": 0.2, "test": 0.2, "seed": 0, "shuffle": True, "stratify": True}


def wine_page(title: str, *values: float) -> str:
    text = page(title, c=values).replace("digits", "wine").replace(HASH, WINE)
    return text.replace("n_rows: 1797, n_features: 64", "n_rows: 178, n_features: 13").replace("number: 64", "number: 13")


def wine_run(c: float, dev: float, **more: Any) -> Record:
    text, record = canonical(c).replace(HASH, WINE), run(c, at=f"2026-11-02T10:00:0{int(c) % 10}", dev=dev, **more)
    return msgspec.structs.replace(record, canonical=text, fingerprint=fingerprint(text))


def two_data_sets(repo: Path) -> Lab:
    """Return a journal with one configuration run on digits (0.97) and three on wine, where C = 3 was best."""
    folder = begin(repo)
    runs = [wine_run(c, dev) for c, dev in ((1, 0.6), (3, 0.9), (5, 0.7))]
    put(folder, "20261102-on-wine-cccc", wine_page("On wine", 1, 3, 5), runs)
    save(folder, "run: On wine")
    return find_lab(repo)


def look_at_digits(_: Any, /) -> Any:
    """Answer as a worker does that was asked to look at the data of `page`."""
    facts = {"n_rows": 1797, "n_features": 64, "classes": [0, 1], "columns": {"number": 64}}
    return Inspection(HASH, facts, {}, "classification", SPLIT, ["accuracy"])


def refuse(job: Any, /) -> Any:
    raise AssertionError(f"no worker is needed for this, and one was asked: {job}")


def result(
    text: str,
    score: float | None,
    *,
    data: str = HASH,
    status: str = "done",
    entry: str = "20261101-a-aaaa",
    seconds: float = 2.0,
    findings: tuple[str, ...] = (),
    **more: Any,
) -> Result:
    """Return one run as the index lists it; `more` are further metrics."""
    scores = {**({} if score is None else {"accuracy": score}), **more}
    return Result(data, fingerprint(text), text, status, scores, seconds, Row(id=entry, data="digits", data_hash=data), findings)
