"""A journal as a table: one row for each run, or for each entry. Pure.

Columns come in the same order whatever the journal holds: what every run has, then `grid.NAME`, `PART.METRIC` and
`rows.PART`, each group sorted by name. A value stands as it was recorded; what has no value is None.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitjournal.entry.labels import data_label, estimator_label
from gitjournal.entry.metrics import direction
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.record import Record
from gitjournal.entry.summary import Summary
from gitjournal.errors import GitjournalError

Cells = dict[str, Any]

ENTRY = ("entry", "title", "branch", "state")
DECLARED = ("data", "data_hash", "task", "estimator", "baseline", "replicates", "from_entry", "tags")
RUN = ("run", "fingerprint", "seed", "status", "owner", "repeats", "reason", "failure", "message")
MEASURED = (
    "at",
    "seconds",
    "memory_mb",
    "findings",
    "environment",
    "kernel",
    "threads",
    "blas_threads",
    "code",
    "dirty",
    "plan",
    "predictions",
)
BEST = ("metric", "higher_is_better", "best", "sd", "seeds", "gain", "gain_low", "gain_high", "runs", "failed", "seconds", "at")
GROUPS = ("grid.", "train.", "train_dev.", "dev.", "test.", "rows.")


@dataclass(frozen=True)
class FlatTable:
    """Columns and rows; every row has a value or None for every column."""

    columns: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True)
class EntryHead:
    """What a list knows of an entry."""

    id: str
    state: str
    branch: str


def run_cells(about: EntryHead, front: FrontMatter, record: Record) -> Cells:
    """Return one run; the metrics of a run that another entry owns must have been joined to it."""
    row: Cells = {
        **_entry_cells(about, front),
        "run": record.run,
        "fingerprint": record.fingerprint,
        "seed": record.seed,
        "status": record.status,
    }
    row |= {"owner": record.from_, "repeats": record.repeats, "reason": record.reason, "findings": list(record.findings)}
    row |= {"failure": record.failure.kind if record.failure else None, "message": record.failure.message if record.failure else None}
    row |= {name: getattr(record, name) for name in MEASURED if name != "findings"}
    row |= {f"grid.{name}": value for name, value in record.grid.items()}
    row |= {f"{part}.{name}": value for part, metrics in record.metrics.items() for name, value in metrics.items()}
    return row | {f"rows.{part}": n for part, n in record.rows.items()}


def entry_cells(about: EntryHead, front: FrontMatter, summary: Summary, gain: tuple[float, float | None, float | None] | None) -> Cells:
    """Return one entry with its best configuration; `gain` is the difference to the baseline and the ends of its interval."""
    best, score = summary.best, summary.best_score
    low = gain or (None, None, None)
    row: Cells = {**_entry_cells(about, front), "hypothesis": front.hypothesis, "metric": summary.deciding}
    row |= {"higher_is_better": direction(summary.metric) > 0 if summary.metric else None}
    row |= {"best": score.mean if score else None, "sd": score.sd if score else None, "seeds": score.n if score else None}
    row |= {"gain": low[0], "gain_low": low[1], "gain_high": low[2], "runs": summary.runs, "failed": summary.failed}
    row |= {"seconds": summary.seconds, "at": summary.last_at}
    if best:
        row |= {f"grid.{name}": value for name, value in best.grid.items()}
        row |= {name: metric.mean for name, metric in best.scores.items()}
    return row


def runs_table(rows: Sequence[Cells]) -> FlatTable:
    """Lay out rows of runs."""
    return _lay_out([*ENTRY, *RUN, *DECLARED, *MEASURED], rows)


def entries_table(rows: Sequence[Cells]) -> FlatTable:
    """Lay out rows of entries."""
    return _lay_out([*ENTRY, "hypothesis", *BEST, *DECLARED], rows)


def cell_text(value: Any) -> str:
    """Write a value as a cell of text: numbers with every digit, lists and mappings as JSON, nothing for None.

    >>> cell_text(0.1), cell_text(True), cell_text(["a"]), cell_text("=1+1")
    ('0.1', 'true', '["a"]', '=1+1')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def column_kinds(table: FlatTable) -> dict[str, type]:
    """Return one type for each column: bool, int, float, or str for everything else and for a mixture."""
    kinds_by_column: dict[str, type] = {}
    for at, name in enumerate(table.columns):
        kinds = {type(row[at]) for row in table.rows if row[at] is not None}
        if kinds == {int, float}:
            kinds_by_column[name] = float
        else:
            kinds_by_column[name] = kinds.pop() if len(kinds) == 1 and kinds <= {bool, int, float} else str
    return kinds_by_column


def _entry_cells(about: EntryHead, front: FrontMatter) -> Cells:
    return {
        "entry": about.id,
        "title": front.title,
        "branch": about.branch,
        "state": about.state,
        "data": data_label(front.data),
        "data_hash": front.data.hash,
        "task": front.task,
        "estimator": estimator_label(front.procedure),
        "baseline": front.baseline,
        "replicates": front.replicates,
        "from_entry": front.from_,
        "tags": list(front.tags),
    }


def _lay_out(fixed: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> FlatTable:
    rows = list(rows)
    further = {name for row in rows for name in row} - set(fixed)
    more = [name for group in GROUPS for name in sorted(further) if name.startswith(group)]
    columns = [*fixed, *more]
    return FlatTable(columns, [[row.get(name) for name in columns] for row in rows])


def as_parquet(table: FlatTable) -> bytes:
    """Return a table as a Parquet file; a column whose values are of several types becomes text, each value as it is in CSV.

    Raises GitjournalError where pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise GitjournalError("writing Parquet needs pyarrow", hint="pip install 'gitjournal[parquet]'") from None
    types = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    kinds = column_kinds(table)
    arrays = []
    for at, name in enumerate(table.columns):
        values = [row[at] for row in table.rows]
        if kinds[name] is str:
            values = [None if value is None else cell_text(value) for value in values]
        try:
            arrays.append(pa.array(values, type=types[kinds[name]]))
        except (pa.ArrowInvalid, OverflowError):  # a whole number beyond 64 bits
            arrays.append(pa.array([None if value is None else cell_text(value) for value in values], type=pa.string()))
    written = io.BytesIO()
    parquet.write_table(pa.table(arrays, names=table.columns), written, compression="zstd")
    return written.getvalue()
