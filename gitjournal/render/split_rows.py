"""The parts of a split as row numbers: as CSV, as an object for programs, and in a line for a person. Test rows are never among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitjournal.render.text import clean, count
from gitjournal.worker.jobs import SplitRows


def rows_as_csv(split_rows: SplitRows) -> str:
    """Return a line for each row: ``row,part`` of a holdout, ``row,repeat,fold`` of a cross-validation (the fold that judges the row)."""
    if "cv" in split_rows.split:
        lines = [f"{row},{repeat},{fold}" for repeat, row, fold in sorted(_judged_rows(split_rows))]
        return "\n".join(["row,repeat,fold", *lines, ""])
    lines = [f"{row},{part}" for row, part in sorted((row, part) for part, rows in split_rows.folds[0].items() for row in rows)]
    return "\n".join(["row,part", *lines, ""])


def _judged_rows(split_rows: SplitRows) -> Iterator[tuple[int, int, int]]:
    """Give (repeat, row, fold) of each dev row of each fold."""
    for number, parts in enumerate(split_rows.folds):
        repeat, fold = divmod(number, split_rows.split["cv"])
        for row in parts["dev"]:
            yield repeat, row, fold


def rows_as_plain(split_rows: SplitRows) -> dict[str, Any]:
    """Return everything for a program; a holdout is one fold."""
    k = split_rows.split.get("cv", 1)
    folds = [{"repeat": number // k, "fold": number % k, **parts} for number, parts in enumerate(split_rows.folds)]
    return {
        "hash": split_rows.hash,
        "rows": split_rows.rows,
        "split": split_rows.split,
        "seed": split_rows.seed,
        "test": split_rows.test,
        "digests": split_rows.digests,
        "folds": folds,
    }


def split_lines(what: str, split_rows: SplitRows) -> list[str]:
    """Return the size of each part of the split of the entry named `what`, and how many test rows were left out, with their digest."""
    sizes = ", ".join(f"{part} {len(rows):,}" for part, rows in split_rows.folds[0].items())
    first = f", the first of {len(split_rows.folds)} folds" if len(split_rows.folds) > 1 else ""
    seed = f", seed {split_rows.seed}" if split_rows.seed is not None else ""
    lines = [f"{clean(what)}: {sizes}{first}{seed}"]
    if split_rows.test is not None:
        lines.append(f"test: {count(split_rows.test, 'row')}, not written; digest {split_rows.digests['test']}")
    return lines
