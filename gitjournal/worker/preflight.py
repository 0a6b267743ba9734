"""What is asked before anything is fitted: of the data (`inspect`, `find_duplicates`, `list_split_rows`), and of procedures (`validate`).

Knows no git; runs in the worker process.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from msgspec.structs import replace

from gitjournal.data import overlaps, splits
from gitjournal.data.loading import load
from gitjournal.data.raw import DataRequest
from gitjournal.entry import metrics as metric_names
from gitjournal.errors import GitjournalError
from gitjournal.procedure.networks import network
from gitjournal.worker import scores
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import (
    DuplicateRows,
    DuplicatesJob,
    ErrorReply,
    Inspection,
    InspectJob,
    SplitJob,
    SplitRows,
    Validated,
    ValidateJob,
)
from gitjournal.worker.models import keras_models, python_models, sklearn_models
from gitjournal.worker.models.keras_objective import PredictionTarget
from gitjournal.worker.outcome import part_digests


def inspect(job: InspectJob, cache: TableCache) -> Inspection:
    """Return hash, facts, chosen options, task, split and metrics with every default, and the digest of the test rows.

    Raises EntryError or DataError, with the key in the front matter, for what would not run.
    """
    table = cache.table(job)
    split = splits.effective_split(job.split, table.task)
    folds = splits.divide_rows(table, split, seed=0)
    n_classes = len(table.classes) if table.classes else None
    test = folds[0].get("test")
    weighted = table.weights is not None
    return Inspection(
        hash=table.content,
        facts=table.facts(named=False),
        data=table.options,
        task=table.task,
        split=split,
        metrics=metric_names.effective_metrics(job.metrics, table.task, n_classes, weighted=weighted, own=job.own_metrics),
        sealed=None if test is None else splits.rows_digest([test]),
        findings=[asdict(overlap) for overlap in cache.overlaps(job, split, folds)],
    )


def validate(job: ValidateJob) -> Validated | ErrorReply:
    """Return why the first procedure that cannot be built, or does not fit task or metrics, does not."""
    for index, tree in enumerate(job.procedures):
        try:
            if python_models.is_python(tree):
                python_models.check(tree[0][1], Path(job.root))
                continue
            if network.is_network(tree[-1][1]):
                facts = job.facts or {}
                target = PredictionTarget(job.task or "classification", facts.get("classes"), facts.get("n_outputs") or 1)
                keras_models.validate(tree, target, facts)
                scores.require(keras_models.build(tree, None, target), job.metrics or [])
                continue
            sklearn_models.validate(tree, job.task)
            scores.require(sklearn_models.build(tree, None), job.metrics or [])
        except GitjournalError as fault:
            return ErrorReply.from_error(fault, index)
    return Validated()


def find_duplicates(job: DuplicatesJob, cache: TableCache) -> DuplicateRows:
    """Return how many rows are alike within the data, and what two parts share, with the first few row numbers (from 1).

    Raises EntryError or DataError for data that cannot be read, and for a column that is not there.
    """
    table = cache.table(job)
    digits = job.digits or overlaps.DIGITS
    alike = overlaps.row_keys(table, Path(job.cache), digits)
    whole = DuplicateRows(table.content, table.n_rows, digits, overlaps.count_repeats(alike.exact), overlaps.count_repeats(alike.rounded))
    if not job.divided:
        return whole
    split = splits.effective_split(job.split, table.task)
    folds = splits.divide_rows(table, split, seed=0)
    across = [overlaps.SplitOverlap(overlaps.ROWS, overlaps.find_common_rows(alike.exact, folds))]
    across.append(overlaps.SplitOverlap(overlaps.ROUNDED, overlaps.find_common_rows(alike.rounded, folds)))
    group, time = job.group or split.get("group"), job.time or split.get("time")
    if group or time:
        beside = load(DataRequest(job.data, Path(job.root), group, time, job.code), Path(job.cache), job.task)
        if beside.groups is not None:
            across.append(overlaps.SplitOverlap(overlaps.GROUPS, overlaps.find_common_rows(beside.groups, folds)))
        if beside.times is not None:
            across.append(overlaps.SplitOverlap(overlaps.TIMES, overlaps.find_late_rows(beside.times, folds)))
    parts = {name: len(rows) for name, rows in folds[0].items()}
    return replace(whole, folds=len(folds), parts=parts, across=[asdict(overlap) for overlap in across])


def list_split_rows(job: SplitJob, cache: TableCache) -> SplitRows:
    """Return which rows each part of each fold has. Those of the test part stay here: of them go out the count and the digest.

    Raises EntryError or DataError for a split that does not fit the data.
    """
    table = cache.table(job)
    split = splits.effective_split(job.split, table.task)
    folds = splits.divide_rows(table, split, job.seed)
    return SplitRows(
        hash=table.content,
        rows=table.n_rows,
        split=split,
        seed=job.seed if split.get("seed") == "each" else None,
        test=len(folds[0]["test"]) if "test" in folds[0] else None,
        digests=part_digests(folds),
        folds=[{part: rows.tolist() for part, rows in parts.items() if part != "test"} for parts in folds],
    )
