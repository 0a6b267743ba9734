"""What a plan asks before anything is fitted: of the data (`inspect`), and of procedures (`validate`).

Knows no git; runs in the worker process.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from gitjournal.data import splits
from gitjournal.entry import metrics as metric_names
from gitjournal.errors import GitjournalError
from gitjournal.procedure.networks import network
from gitjournal.worker import scores
from gitjournal.worker.cache import Shelf
from gitjournal.worker.jobs import OnData
from gitjournal.worker.models import keras_models, python_models, sklearn_models
from gitjournal.worker.models.keras_objective import Target


class Inspect(OnData, tag_field="do", tag="inspect", kw_only=True):
    """Look at data: hash, facts and effective defaults. `tabular` lists columns however many they are.

    With `own_metrics` a function of one's own may return metrics that nobody else knows.
    """

    tabular: bool = False
    own_metrics: bool = False


class Validate(msgspec.Struct, tag_field="do", tag="validate", kw_only=True):
    """Build every procedure, fit none; `metrics` are checked against what the models offer, and networks against the facts."""

    procedures: list[Any]
    root: str = "."
    task: str | None = None
    metrics: list[str] | None = None
    facts: dict[str, Any] | None = None


def inspect(job: Inspect, shelf: Shelf) -> dict[str, Any]:
    """Return hash, facts, chosen options, task, split and metrics with every default, and the digest of the test rows.

    Raises EntryError or DataError, with the key in the front matter, for what would not run.
    """
    table = shelf.table(job)
    split = splits.effective(job.split, table.task)
    folds = splits.divide(table, split, seed=0)
    n_classes = len(table.classes) if table.classes else None
    test = folds[0].get("test")
    weighted = table.weights is not None
    return {
        "hash": table.content,
        "facts": table.facts(named=job.tabular),
        "data": table.options,
        "task": table.task,
        "split": split,
        "metrics": metric_names.effective_metrics(job.metrics, table.task, n_classes, weighted=weighted, own=job.own_metrics),
        "sealed": None if test is None else splits.rows_digest([test]),
        "findings": [asdict(one) for one in shelf.overlaps(job, split, folds)],
    }


def validate(job: Validate) -> tuple[int, GitjournalError] | None:
    """Return the first procedure that cannot be built or does not fit task or metrics, and why."""
    for index, tree in enumerate(job.procedures):
        try:
            if python_models.is_python(tree):
                python_models.check(tree[0][1], Path(job.root))
                continue
            if network.is_network(tree[-1][1]):
                facts = job.facts or {}
                target = Target(job.task or "classification", facts.get("classes"), facts.get("n_outputs") or 1)
                keras_models.validate(tree, target, facts)
                scores.require(keras_models.build(tree, None, target), job.metrics or [])
                continue
            sklearn_models.validate(tree, job.task)
            scores.require(sklearn_models.build(tree, None), job.metrics or [])
        except GitjournalError as fault:
            return index, fault
    return None
