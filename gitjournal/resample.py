"""Kept predictions drawn anew, rows or whole groups with replacement: what a metric would have been. Runs in the worker process.

The same draws serve all runs, so that differences are paired.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from gitjournal import metric_names, scores, stored
from gitjournal.data.raw import Array
from gitjournal.errors import DataError
from gitjournal.stats import LEVEL

DRAWS, SEED = 1000, 0
CALLS = 8000  # of a metric that has to be computed anew for each draw: a millisecond each
FEWEST = 200  # draws below which an answer is none
Arrays = dict[str, Array]
Scorer = Callable[[Arrays, Array], float]


class Kept(msgspec.Struct, kw_only=True):
    """The predictions of a run, whose file has this sha256."""

    file: str
    sha256: str


class Draw(msgspec.Struct, tag_field="do", tag="draw", kw_only=True):
    """Draw the rows of several runs anew. `runs` are the winner and what it was chosen from, `other` what it is compared with."""

    runs: list[Kept]
    metric: str
    task: str
    other: Kept | None = None
    n_classes: int | None = None
    grouped: bool = False


def draw(job: Draw) -> dict[str, Any]:
    """Return the standard error of the winner (minus the other), and what allows for the choice of the winner.

    `z` is how many standard errors hold for all runs at once, `p_all` the p of the largest difference (max-statistic over the
    centred draws), `corrected` what the winner of a draw reaches on the rows that were not drawn (BBC, Tsamardinos et al. 2018).
    Raises DataError for predictions that are not kept or of other rows, EntryError for a metric that does not fit.
    """
    held = [stored.read_arrays(Path(one.file), one.sha256) for one in (*job.runs, *([job.other] if job.other else []))]
    _require_alike(held, grouped=job.grouped)
    units = np.unique(held[0]["group" if job.grouped else "row"], return_inverse=True)[1]
    count = int(units.max()) + 1
    of_runs = list(range(len(job.runs)))
    sign = metric_names.direction(job.metric)
    measure, cost = _measures(job, held)
    draws = min(DRAWS, CALLS // (cost * len(held))) if cost else DRAWS
    if draws < FEWEST:
        held, of_runs = [held[0], *held[len(job.runs) :]], [0]  # too many to draw each: the two that are compared
        measure, _ = _measures(job, held)
        draws = max(FEWEST, CALLS // len(held) // 2)
    stream = np.random.default_rng(SEED)
    inside, outside = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a metric may not be defined on some draws, which are left out
        for _ in range(min(draws, DRAWS)):
            weights = np.bincount(stream.integers(0, count, count), minlength=count)
            found = measure(weights[units])
            inside.append(found)
            if len(of_runs) > 1:
                best = int(np.nanargmax(sign * found[of_runs])) if np.isfinite(found[of_runs]).any() else 0
                outside.append(measure((weights == 0)[units].astype(int), best)[best])
        whole = measure(np.ones(len(units), int))
    return {"units": count, "unit": "groups" if job.grouped else "rows"} | _judged(
        np.array(inside), np.array(outside), whole, against=len(of_runs) if job.other else None, k=len(of_runs), of=len(job.runs)
    )


def _judged(inside: Array, outside: Array, whole: Array, *, against: int | None, k: int, of: int) -> dict[str, Any]:
    gaps = inside[:, :k] - (inside[:, [against]] if against is not None else 0)
    reached = whole[:k] - (whole[against] if against is not None else 0)
    gaps = gaps[np.isfinite(gaps).all(axis=1)]
    if len(gaps) < FEWEST // 2:
        raise DataError("the metric is not defined on most draws of these rows")
    errors = gaps.std(axis=0, ddof=1)
    found: dict[str, Any] = {
        "value": float(whole[0]),
        "error": float(errors[0]),
        "z": None,
        "p_all": None,
        "corrected": None,
    }
    if k == of > 1 and errors[0] > 0:
        spread = np.where(errors > 0, errors, np.inf)
        largest = np.abs((gaps - reached) / spread).max(axis=1)
        found["z"] = float(np.quantile(largest, 1 - LEVEL, method="higher"))
        found["p_all"] = float((np.sum(largest >= abs(reached[0]) / errors[0]) + 1) / (len(largest) + 1))
        found["corrected"] = float(np.nanmean(outside))
    return found


def _require_alike(held: Sequence[Arrays], *, grouped: bool) -> None:
    wanted = ("fold", "row", "y", "predicted", *(("group",) if grouped else ()))
    for one in held:
        lacking = [name for name in wanted if name not in one]
        if lacking:
            raise DataError(f"the kept predictions hold no `{lacking[0]}`: they were made by an earlier version")
        if any(not np.array_equal(one[name], held[0][name]) for name in ("fold", "row", "y")):
            raise DataError("the kept predictions are of other rows")


def _measures(job: Draw, held: Sequence[Arrays]) -> tuple[Callable[..., Array], int]:
    """Return what measures all runs for some row counts (or one run alone), and how many calls of a metric that takes."""
    by_row = [_row_values(job, one) for one in held]
    weights = held[0].get("weights")
    if all(one is not None for one in by_row):
        values = np.column_stack([one for one in by_row if one is not None])

        def averages(counts: Array, only: int | None = None) -> Array:  # noqa: ARG001 - all cost no more than one
            weighted = counts if weights is None else counts * weights
            total = weighted.sum()
            found = weighted @ values / total if total else np.full(values.shape[1], np.nan)
            return np.asarray(np.sqrt(found) if job.metric == "rmse" else found)

        return averages, 0
    scorers = [_scorer(job, one) for one in held]

    def scored(counts: Array, only: int | None = None) -> Array:
        rows = np.repeat(np.arange(len(counts)), counts)
        wanted = range(len(scorers)) if only is None else [only]
        found = np.full(len(scorers), np.nan)
        for at in wanted:
            found[at] = scorers[at](held[at], rows)
        return found

    return scored, 1


def _row_values(job: Draw, one: Arrays) -> Array | None:
    """Return a value for each row whose mean is the metric (its square for rmse); None where it is no mean over rows."""
    y, predicted = one["y"], one["predicted"]
    if job.metric == "accuracy" and y.ndim == 1:
        return np.asarray(y == predicted, float)
    if job.task == "regression" and y.ndim == 1 and job.metric in ("mae", "mse", "rmse"):
        away = np.abs(y - predicted)
        return np.asarray(away if job.metric == "mae" else away**2, float)
    if job.metric in ("log_loss", "brier") and "proba" in one and y.ndim == 1:
        proba = one["proba"]
        if job.metric == "log_loss":
            clipped = np.clip(proba, np.finfo(proba.dtype).eps, 1)
            return np.asarray(-np.log(clipped[np.arange(len(y)), y] / clipped.sum(axis=1)), float)
        squares = ((proba - np.eye(proba.shape[1])[y]) ** 2).sum(axis=1)
        return np.asarray(squares / 2 if proba.shape[1] == 2 else squares, float)
    return None


def _scorer(job: Draw, one: Arrays) -> Scorer:
    classes = None if job.n_classes is None else np.arange(job.n_classes)
    whole = scores.Answers(one["predicted"], one.get("proba"), one.get("decision"), classes)
    scores.require_kept(whole, [job.metric])

    def score(held: Arrays, rows: Array) -> float:
        part = {name: array[rows] for name, array in held.items()}
        answers = scores.Answers(part["predicted"], part.get("proba"), part.get("decision"), classes)
        try:
            return scores.score(answers, part["y"], [job.metric], job.task, part.get("weights"))[job.metric]
        except ValueError:  # such as a single class among the rows drawn
            return float("nan")

    return score
