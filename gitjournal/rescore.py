"""Metrics that are asked for later, from predictions that were kept. Knows no git; runs in the worker process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from gitjournal import metric_names, scores, stored
from gitjournal.data.raw import Array
from gitjournal.errors import DataError


class Score(msgspec.Struct, tag_field="do", tag="score", kw_only=True):
    """Compute metrics from predictions that were kept, whose file has this sha256."""

    file: str
    sha256: str
    metrics: list[str]
    task: str
    n_classes: int | None = None


class Confuse(msgspec.Struct, tag_field="do", tag="confuse", kw_only=True):
    """Count which class was taken for which, in predictions that were kept."""

    file: str
    sha256: str


def confuse(job: Confuse) -> dict[str, Any]:
    """Return the codes of the classes that occur, and how often each (row) was taken for each (column).

    Raises TrustError where the predictions are not what the record names, DataError where they are not of one class a row.
    """
    arrays = _read(job.file, job.sha256, "y", "predicted")
    true, predicted = arrays["y"], arrays["predicted"]
    if true.ndim != 1 or true.shape != predicted.shape or "f" in (true.dtype.kind, predicted.dtype.kind):
        raise DataError(f"{Path(job.file).name} holds no classes")
    codes, at = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    counts = np.zeros((len(codes), len(codes)), dtype=int)
    np.add.at(counts, (at[: len(true)], at[len(true) :]), 1)
    return {"codes": codes.astype(int).tolist(), "counts": counts.tolist()}


def score(job: Score) -> dict[str, Any]:
    """Return the metrics of predictions that were kept, with their values by fold; nothing is trained.

    Raises EntryError for a metric that does not fit them, TrustError where they are not what the record names.
    """
    arrays = _read(job.file, job.sha256, "fold", "y", "predicted")
    metrics = metric_names.effective_metrics(job.metrics, job.task, job.n_classes, weighted="weights" in arrays)
    classes = None if job.n_classes is None else np.arange(job.n_classes)
    folds: list[dict[str, float]] = []
    for number in np.unique(arrays["fold"]):
        rows = arrays["fold"] == number
        held = {name: array[rows] for name, array in arrays.items()}
        answers = scores.Answers(held["predicted"], held.get("proba"), held.get("decision"), classes)
        scores.require_kept(answers, metrics)
        folds.append(scores.score(answers, held["y"], metrics, job.task, held.get("weights")))
    values = {name: [fold[name] for fold in folds] for name in metrics}
    return {"metrics": {name: float(np.mean(found)) for name, found in values.items()}, "folds": values if len(folds) > 1 else {}}


def _read(file: str, sha256: str, *names: str) -> dict[str, Array]:
    arrays = stored.read_arrays(Path(file), sha256)
    lacking = [name for name in names if name not in arrays]
    if lacking:
        raise DataError(f"{Path(file).name} holds no `{lacking[0]}`")
    return arrays
