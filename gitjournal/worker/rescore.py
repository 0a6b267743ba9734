"""Metrics that are asked for later, from predictions that were kept. Knows no git; runs in the worker process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from gitjournal.entry import metrics as metric_names
from gitjournal.errors import DataError
from gitjournal.worker import arrays as stored
from gitjournal.worker import scores


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
    """Return the codes of the classes that occur, and the counts. Raises as `arrays.confusion_counts` does."""
    return stored.confusion_counts(Path(job.file), job.sha256)


def score(job: Score) -> dict[str, Any]:
    """Return the metrics of predictions that were kept, with their values by fold; nothing is trained.

    Raises EntryError for a metric that does not fit them, TrustError where they are not what the record names.
    """
    arrays = stored.read_arrays(Path(job.file), job.sha256)
    lacking = [name for name in ("fold", "y", "predicted") if name not in arrays]
    if lacking:
        raise DataError(f"{Path(job.file).name} holds no `{lacking[0]}`")
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
