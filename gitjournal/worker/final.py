"""The final evaluation: a model of the record is fitted again and scored on test rows, which nothing else reads. Runs in the worker."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from gitjournal.data import splits
from gitjournal.data.loading import Table
from gitjournal.data.raw import Array
from gitjournal.entry.metrics import default_metrics
from gitjournal.errors import DataError, EntryError
from gitjournal.worker import failures, fit, outcome, run, scores
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import FinalJob, FinalResult
from gitjournal.worker.models.python_models import PythonModel, is_python

RESAMPLES = 200  # for a standard error: known to a twentieth of itself


def final(job: FinalJob, cache: TableCache) -> FinalResult:
    """Return the metrics of the test part, with their standard errors over rows where these are not plain.

    The test part is looked at only after the model has predicted dev as its record says. Raises DataError where it does not,
    EntryError for a procedure that gives no model.
    """
    began = time.perf_counter()
    whole = bool((job.split or {}).get("cv"))
    if whole and is_python(job.procedure):
        message = "cross-validation of a function of your own gives one model per fold, and none fitted on all rows to look at test with"
        raise EntryError(message, hint="ask in a new entry with one dev part: split: {dev: 0.2, test: 0.2}", path=("split", "cv"))
    with fit.fit_again(job, cache, whole=whole) as (model, table, parts):
        if isinstance(model, PythonModel) and model.numbers is not None:
            raise EntryError("the function returns numbers and no model, so nothing can predict the test rows", path=("procedure",))
        metrics = job.metrics or default_metrics(table.task)
        if job.expected is not None:
            answers, _ = run.score_part(model, table, parts["dev"], "dev", metrics)
            if outcome.digest(answers.predicted, table.task) != job.expected:
                message = "fitted again, the model predicts dev otherwise than its record says: it was made in another environment"
                hint = "the test part was not looked at; run it again here first: gitjournal new --replicate ID"
                raise DataError(message, hint=hint)
        answers, values = run.score_part(model, table, parts["test"], "test", metrics)
    undefined = failures.not_finite([{"test": values}])
    if undefined:
        raise DataError(undefined.message)
    return FinalResult(
        metrics=values,
        errors=_bootstrap_errors(answers, table, parts["test"], metrics),
        rows=len(parts["test"]),
        learned=len(parts["train"]),
        part=splits.rows_digest([parts["test"]]),
        predictions=outcome.digest(answers.predicted, table.task),
        seconds=round(time.perf_counter() - began, 3),
    )


def _bootstrap_errors(answers: scores.Answers, table: Table, rows: Array, metrics: list[str]) -> dict[str, float]:
    """Return the standard error of each metric by the bootstrap over rows, or over groups where rows belong to some.

    Left out: accuracy over plain rows, whose interval is known exactly enough, and what predictions alone do not give.
    """
    plain = table.weights is None and table.groups is None and table.task == "classification"
    wanted = [name for name in metrics if name != "loss" and not (plain and name == "accuracy")]
    if not wanted:
        return {}
    stream = np.random.RandomState(0)
    units = [np.asarray([row]) for row in range(len(rows))]
    if table.groups is not None:
        units = [np.flatnonzero(table.groups[rows] == group) for group in np.unique(table.groups[rows])]
    draws: dict[str, list[float]] = {name: [] for name in wanted}
    for _ in range(RESAMPLES):
        at = np.concatenate([units[unit] for unit in stream.randint(len(units), size=len(units))])
        draw = replace(answers, predicted=answers.predicted[at], proba=_take(answers.proba, at), decision=_take(answers.decision, at))
        for name in wanted:
            weights = None if table.weights is None else table.weights[rows][at]
            draws[name].append(_score(draw, table.y[rows][at], name, table.task, weights))
    spread = {name: [value for value in values if np.isfinite(value)] for name, values in draws.items()}
    return {name: float(np.std(values, ddof=1)) for name, values in spread.items() if len(values) > RESAMPLES // 2}


def _take(values: Any, at: Array) -> Any:
    return values[at] if isinstance(values, np.ndarray) else None


def _score(answers: scores.Answers, y: Array, name: str, task: str, weights: Array | None) -> float:
    try:
        return scores.score(answers, y, [name], task, weights)[name]
    except ValueError:  # a resample without one of the classes
        return float("nan")
