"""One run, from a declaration to numbers: load, split, fit, score. Knows no git; runs in the worker process.

`run` does this for all folds, and `prepare` does ahead what the first run has to do. The pieces, in their order: `cache` holds the
data, `environment` is what a run is made under, `fit` builds and fits, `outcome` sums up what was measured, `failures` say what went
wrong.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gitjournal.data import splits
from gitjournal.data.loading import Table
from gitjournal.data.raw import Array
from gitjournal.entry.metrics import default_metrics
from gitjournal.errors import TrustError
from gitjournal.worker import environment, failures, fit, outcome, scores
from gitjournal.worker.cache import TableCache
from gitjournal.worker.fit import Progress, Trainer
from gitjournal.worker.jobs import PrepareJob, RunJob, RunProgress, RunResult
from gitjournal.worker.models import keras_library
from gitjournal.worker.models.keras_models import Network
from gitjournal.worker.models.python_models import PythonModel
from gitjournal.worker.outcome import Measurements, Metrics


def prepare(job: PrepareJob, cache: TableCache) -> None:
    """Do ahead what the first run would have to do. What is wrong with the data is for that run to say."""
    with contextlib.suppress(Exception):
        fit.build(job, fit.load_table(job, cache))


def run(job: RunJob, cache: TableCache, progress: Progress) -> RunResult:
    """Fit and score as the job says; test rows are neither predicted nor scored.

    What goes wrong inside the model is a result (`status: failed`). Raises EntryError or DataError for a job that
    cannot be run at all.
    """
    table = fit.load_table(job, cache)
    split = splits.effective_split(job.split, table.task)
    metrics = job.metrics or default_metrics(table.task)
    folds = splits.divide_rows(table, split, job.seed)
    model = fit.build(job, table)
    if not isinstance(model, PythonModel):  # what that offers is known when it was called
        scores.require(model, metrics)
    trainer = Trainer(job, table, split, fit.weight_key(model, table.weights), progress)
    measurements, failure = Measurements(findings={overlap.code for overlap in cache.overlaps(job, split, folds)}), None
    environment.forget_peak()
    began = time.perf_counter()
    try:
        with environment.hold_conditions(job, cache, measurements.findings):
            for number, parts in enumerate(folds):
                environment.seed_everything(job.seed)
                model = fit.build(job, table)
                trainer.fit(model, folds, number, measurements)
                measure_fold(model, table, parts, metrics, measurements, store=job.store)
                progress(RunProgress(number + 1, len(folds)))
        failure = failures.not_finite(measurements.folds)
    except TrustError:
        raise
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - a model may raise anything, and that is a result
        failure = failures.failure_of(fault, model)
    holdout = "cv" not in split
    result = RunResult(
        status="failed" if failure else "done",
        failure=failure,
        metrics=outcome.mean_metrics(measurements.folds),
        folds={} if holdout else outcome.metrics_by_fold(measurements.folds),
        rows=outcome.mean_rows(folds),
        parts=outcome.part_digests(folds),
        curves=outcome.mean_curves(measurements.curves),
        findings=sorted(measurements.findings),
        seconds=round(time.perf_counter() - began, 3),
        memory_mb=environment.peak_mb(),
        flags=keras_library.conditions() if isinstance(model, Network) else {},
    )
    if failure or not measurements.answers:
        return result
    predictions = outcome.keep_predictions(table, folds, measurements.answers, job.store, holdout=holdout)
    artifacts = predictions.artifacts
    if job.store and holdout and isinstance(model, Network):
        artifacts = artifacts | outcome.keep_weights(model, Path(job.store))
    return replace(result, predictions=predictions.digest, hits=predictions.hits, artifacts=artifacts)


def measure_fold(
    model: Any, table: Table, parts: splits.Parts, metrics: list[str], measurements: Measurements, *, store: str | None = None
) -> None:
    """Predict and score the parts of a fold but for test; metrics and dev's answers go to `measurements`."""
    if isinstance(model, PythonModel):
        if model.numbers is not None:
            measurements.folds.append({"dev": _own_metrics(model.numbers, metrics, measurements.folds)})
            return
        scores.require(model, metrics)
    fold: Metrics = {}
    for part in ("train", "train_dev", "dev"):
        if part not in parts:
            continue
        # what is kept of dev answers metrics that are asked for later
        answers, fold[part] = score_part(model, table, parts[part], part, metrics, everything=part == "dev" and store is not None)
        if part == "dev":
            measurements.answers.append(answers)
    measurements.folds.append(fold)


def score_part(
    model: Any, table: Table, rows: Array, part: str, metrics: list[str], *, everything: bool = False
) -> tuple[scores.Answers, dict[str, float]]:
    """Ask a fitted model about some rows, and score what it says; `everything` that it can say is asked, or what metrics need.

    Raises NotFiniteError for predictions that are no numbers.
    """
    weights = None if table.weights is None else table.weights[rows]
    X = fit.take_rows(table.X, rows)
    if isinstance(model, Network):
        raw = model.raw(X)
        failures.check_finite(raw, part)
        answers = model.answers(raw)
        loss = {"loss": model.loss(raw, table.y[rows], weights)} if "loss" in metrics else {}
    else:
        n_classes = len(table.classes) if table.classes else None
        answers, loss = scores.ask_model(model, X, metrics, n_classes, everything=everything), {}
    failures.check_finite(answers.predicted, part)
    values = scores.score(answers, table.y[rows], [name for name in metrics if name not in loss], table.task, weights) | loss
    return answers, {name: values[name] for name in metrics}


def _own_metrics(numbers: dict[str, float], metrics: list[str], folds: list[Metrics]) -> dict[str, float]:
    """Return what a function measured itself, the metrics of the entry first.

    Raises ValueError where one of them is not there, or where the `folds` before this one had others.
    """
    missing = [name for name in metrics if name not in numbers]
    if missing:
        raise ValueError(f"the function returned {', '.join(numbers)}, and no `{missing[0]}`: list in `metrics` what it returns")
    if folds and set(folds[0]["dev"]) != set(numbers):
        raise ValueError(f"the function returned {', '.join(numbers)} for one fold and {', '.join(folds[0]['dev'])} for another")
    return {name: numbers[name] for name in dict.fromkeys([*metrics, *numbers])}
