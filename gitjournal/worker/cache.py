"""A cache for the runs of a grid: the table that was read last, and the thread pools of the libraries."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import threadpoolctl

from gitjournal.data import overlaps, splits
from gitjournal.data.hashing import hash_source
from gitjournal.data.loading import Table, in_rows, load
from gitjournal.data.raw import DataRequest
from gitjournal.entry.changes import advise_new_entry
from gitjournal.errors import DataError
from gitjournal.worker.jobs import DataJob
from gitjournal.worker.process import BLAS_THREADS, wanted_threads


class TableCache:
    """Keeps what was read and looked up, for the next run. One worker has one."""

    def __init__(self) -> None:
        self._requests: set[bytes] = set()
        self._table: Table | None = None
        self._in_rows: Table | None = None
        self._likeness: overlaps.RowKeys | None = None
        self._pools: threadpoolctl.ThreadpoolController | None = None
        self._modules = 0

    def threads(self) -> contextlib.AbstractContextManager[Any]:
        """Hold every library to the threads that a model may use, and BLAS to its own number.

        Looking for them takes 2 ms: only where modules were loaded.
        """
        if self._pools is None or self._modules != len(sys.modules):
            self._pools, self._modules = threadpoolctl.ThreadpoolController(), len(sys.modules)
        limits: contextlib.AbstractContextManager[Any] = self._pools.limit(limits={"openmp": wanted_threads(), "blas": BLAS_THREADS})
        return limits

    def table(self, job: DataJob) -> Table:
        """Return what the job names, read again only where something differs.

        Raises DataError where the content is not what the job's hash says.
        """
        now = hash_source(job.data, Path(job.root), Path(job.cache))
        _require_same_content(job, now)
        if job.code:
            now = str(job.code["digest"])  # what the function gives is known only after it ran; within one call it runs once
        if self._table is None or _request_key(job, job.task, now) not in self._requests:
            self._table = self._in_rows = self._likeness = None  # two tables at once may not fit
            split = job.split or {}
            request = DataRequest(job.data, Path(job.root), split.get("group"), split.get("time"), job.code)
            table = load(request, Path(job.cache), job.task)
            content = table.content if job.code is None else now
            self._requests = {_request_key(job, task, content) for task in (job.task, table.task)}
            self._table = table
        _require_same_content(job, self._table.content)
        return self._table

    def in_rows(self, job: DataJob) -> Table:
        """Return the same table with features as scikit-learn takes them."""
        table = self.table(job)
        if self._in_rows is None:
            self._in_rows = replace(table, X=in_rows(table.X))
        return self._in_rows

    def overlaps(self, job: DataJob, split: dict[str, Any], folds: list[splits.Parts]) -> list[overlaps.SplitOverlap]:
        """Return what stands in two parts of a split; the rows of a table are compared once."""
        table = self.table(job)
        if self._likeness is None:
            self._likeness = overlaps.row_keys(table, Path(job.cache))
        return overlaps.find_overlaps(table, folds, self._likeness, split)


def _request_key(job: DataJob, task: str | None, content: str | None) -> bytes:
    split = job.split or {}
    return msgspec.json.encode([job.root, job.data, split.get("group"), split.get("time"), task, content], order="deterministic")


def _require_same_content(job: DataJob, now: str | None) -> None:
    """Raise DataError where the content is not what the job's hash says."""
    if job.hash and now and job.hash != now:
        name = next((job.data[key] for key in ("path", "sklearn", "images", "python") if job.data.get(key)), "the data")
        message = f"{name} is not what the entry names: its hash was {job.hash[:19]}… and is {now[:19]}… now"
        hint = advise_new_entry("ID", "bring the old data back", ask="ask anew about the new")
        raise DataError(message, hint=hint, path=("data", "hash"))
