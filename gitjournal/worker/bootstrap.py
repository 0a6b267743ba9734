"""The bootstrap of kept predictions: rows, or whole groups, drawn with replacement. Runs in the worker process.

The same draws serve all runs, so that differences are paired.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from gitjournal.data.raw import Array
from gitjournal.entry import metrics
from gitjournal.errors import DataError
from gitjournal.stats.distributions import normal_quantile, normal_share, t_quantile, t_tails
from gitjournal.stats.evidence import BootstrapResult
from gitjournal.stats.intervals import LEVEL
from gitjournal.worker import arrays, scores
from gitjournal.worker.jobs import BootstrapJob

DRAWS, SEED = 1000, 0
CALLS = 8000  # of a metric that has to be computed anew for each draw: a millisecond each
FEWEST = 200  # draws below which an answer is none
CELLS = 4_000_000  # rows times draws that are held at once
Arrays = dict[str, Array]
Scorer = Callable[[Arrays, Array], float]
# takes how often each draw (first axis) holds each row; returns the metric of each draw and run, of one run alone where `only` says which
Measure = Callable[[Array, Array | None], Array]


@dataclass(frozen=True)
class _Draws:
    """The metric of each run (columns) on each draw (rows), of the best of a draw on the rows left out, and of each run on all rows."""

    inside: Array
    outside: Array
    whole: Array


def bootstrap_files(job: BootstrapJob) -> BootstrapResult:
    """Return the bootstrap result of the kept predictions that a job names; see `bootstrap`."""
    files = [*job.runs, job.other] if job.other else job.runs
    return bootstrap(job, [arrays.read_arrays(Path(file.file), file.sha256) for file in files])


def bootstrap(job: BootstrapJob, predictions: Sequence[Arrays]) -> BootstrapResult:
    """Return the standard error of the winner (minus the other), and what allows for the choice of the winner.

    `predictions` are those of the runs, and of the other. `z` is how many standard errors hold for all runs at once, `p_all`
    the p of the largest difference (max-statistic over the centred draws), `corrected` what the winner of a draw reaches on the
    rows that were not drawn (BBC, Tsamardinos et al. 2018). Raises DataError for predictions of other rows, EntryError for a
    metric that does not fit.
    """
    _require_same_rows(predictions, grouped=job.grouped)
    units = np.unique(predictions[0]["group" if job.grouped else "row"], return_inverse=True)[1]
    k = len(job.runs)
    measure = _vectorised_measure(job, predictions)
    n_draws = DRAWS
    if measure is None:
        n_draws = min(DRAWS, CALLS // len(predictions))
        if n_draws < FEWEST:
            predictions, k = [predictions[0], *predictions[k:]], 1  # too many to draw each: the two that are compared
            n_draws = min(DRAWS, max(FEWEST, CALLS // len(predictions) // 2))
        measure = _scorer_measure(job, predictions)
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore")  # a metric may not be defined on some draws, which are left out
        draws = _resample(measure, units, n_draws, k, metrics.direction(job.metric))
    return _summarise(draws, job, k=k, units=int(units.max()) + 1)


def _resample(measure: Measure, units: Array, n_draws: int, k: int, sign: int) -> _Draws:
    """Draw units with replacement, and measure all runs on the rows of each draw."""
    stream, count = np.random.default_rng(SEED), int(units.max()) + 1
    inside, outside = [], []
    at_once = max(1, min(n_draws, CELLS // len(units)))
    for first in range(0, n_draws, at_once):
        drawn = stream.integers(0, count, (min(at_once, n_draws - first), count))
        counts = np.stack([np.bincount(draw, minlength=count) for draw in drawn])
        values = measure(counts[:, units], None)
        inside.append(values)
        if k > 1:
            best = np.where(np.isfinite(values[:, :k]), sign * values[:, :k], -np.inf).argmax(axis=1)
            outside.append(measure((counts == 0)[:, units].astype(int), best)[np.arange(len(best)), best])
    whole = measure(np.ones((1, len(units)), int), None)[0]
    return _Draws(np.concatenate(inside), np.concatenate(outside) if outside else np.array([]), whole)


def _summarise(draws: _Draws, job: BootstrapJob, *, k: int, units: int) -> BootstrapResult:
    """Return the bootstrap result of the first of `k` runs, minus the other one where there is one."""
    reference, reference_whole = (draws.inside[:, [k]], draws.whole[k]) if job.other else (0, 0)
    differences = draws.inside[:, :k] - reference
    observed = draws.whole[:k] - reference_whole
    differences = differences[np.isfinite(differences).all(axis=1)]
    if len(differences) < FEWEST // 2:
        raise DataError("the metric is not defined on most draws of these rows")
    spread = differences.std(axis=0, ddof=1)
    # draws spread as if divided by n, not by n - 1 (Hesterberg 2015, The American Statistician 69:371, "narrowness bias")
    errors = spread * math.sqrt(units / max(units - 1, 1))
    z = p_all = corrected = None
    if k == len(job.runs) > 1 and errors[0] > 0:
        largest = np.abs((differences - observed) / np.where(spread > 0, spread, np.inf)).max(axis=1)
        z = _from_normal(float(np.quantile(largest, 1 - LEVEL, method="higher")), units - 1)
        distance = _to_normal(abs(float(observed[0] / errors[0])), units - 1)
        p_all = float((np.sum(largest >= distance) + 1) / (len(largest) + 1))
        corrected = float(np.nanmean(draws.outside))
    unit: Literal["groups", "rows"] = "groups" if job.grouped else "rows"
    return BootstrapResult(unit, units, float(draws.whole[0]), float(errors[0]), z, p_all, corrected)


def _to_normal(t: float, df: int) -> float:
    """Return the point of the normal distribution that is as rare as `t` is of Student's.

    Draws hold their spread for known, and few units do not know it: without this the best of 24 over 8 groups, where all are
    equal, was called better in 12 of 100 cases.
    """
    return -normal_quantile(max(t_tails(t, df) / 2, sys.float_info.min))


def _from_normal(z: float, df: int) -> float:
    return t_quantile(normal_share(z), df)


def _require_same_rows(predictions: Sequence[Arrays], *, grouped: bool) -> None:
    """Raise DataError for predictions of other rows, or of an earlier version."""
    wanted = ("fold", "row", "y", "predicted", *(("group",) if grouped else ()))
    for run in predictions:
        lacking = [name for name in wanted if name not in run]
        if lacking:
            raise DataError(f"the kept predictions hold no `{lacking[0]}`: they were made by an earlier version")
        if any(not np.array_equal(run[name], predictions[0][name]) for name in ("fold", "row", "y")):
            raise DataError("the kept predictions are of other rows")


def _vectorised_measure(job: BootstrapJob, predictions: Sequence[Arrays]) -> Measure | None:
    """Return what measures many draws at once; None where a metric must be computed for each draw."""
    return _mean_measure(job, predictions) or _recall_measure(job, predictions) or _auc_measure(job, predictions)


def _mean_measure(job: BootstrapJob, predictions: Sequence[Arrays]) -> Measure | None:
    """For metrics that are a mean over rows, or its root."""
    columns = [column for run in predictions if (column := _row_values(job, run)) is not None]
    if len(columns) < len(predictions):
        return None
    values = np.column_stack(columns)

    def measure(counts: Array, only: Array | None) -> Array:  # noqa: ARG001 - all cost no more than one
        weight = _row_weights(counts, predictions)
        means = weight @ values / weight.sum(axis=1, keepdims=True)
        return np.asarray(np.sqrt(means) if job.metric == "rmse" else means)

    return measure


def _recall_measure(job: BootstrapJob, predictions: Sequence[Arrays]) -> Measure | None:
    """For balanced accuracy: the mean over classes of the share that is right."""
    y = predictions[0]["y"]
    if job.metric != "balanced_accuracy" or y.ndim != 1:
        return None
    right = np.column_stack([run["predicted"] == y for run in predictions])

    def measure(counts: Array, only: Array | None) -> Array:  # noqa: ARG001
        weight = _row_weights(counts, predictions)
        classes = [(weight[:, y == c], right[y == c]) for c in np.unique(y)]
        return np.asarray(np.nanmean([of @ hits / of.sum(axis=1, keepdims=True) for of, hits in classes], axis=0))

    return measure


def _auc_measure(job: BootstrapJob, predictions: Sequence[Arrays]) -> Measure | None:
    """For the area under the ROC curve of two classes."""
    if job.metric != "roc_auc" or job.n_classes != 2:
        return None
    rankings = [ranking for run in predictions if (ranking := _ranking(run)) is not None]
    if len(rankings) < len(predictions):
        return None
    positive = predictions[0]["y"] == 1

    def measure(counts: Array, only: Array | None) -> Array:
        weight, areas = _row_weights(counts, predictions), np.full((len(counts), len(predictions)), np.nan)
        for at, ranking in enumerate(rankings):
            wanted = slice(None) if only is None else np.flatnonzero(only == at)
            areas[wanted, at] = _area(weight[wanted], positive, ranking)
        return areas

    return measure


def _row_weights(counts: Array, predictions: Sequence[Arrays]) -> Array:
    return np.asarray(counts * predictions[0].get("weights", 1.0), float)


def _ranking(run: Arrays) -> Array | None:
    """Return what a classifier of two classes ranks rows by; None where it says nothing to rank by."""
    ranking = run["decision"] if "decision" in run else run["proba"][:, 1] if "proba" in run else None
    return np.asarray(ranking) if ranking is not None and ranking.ndim == 1 and np.isfinite(ranking).all() else None


def _area(weight: Array, positive: Array, ranking: Array) -> Array:
    """Return the area under the ROC curve of each draw: how often a positive row ranks above a negative one, ties by half."""
    ups, downs = weight[:, positive], weight[:, ~positive]
    negative = ranking[~positive]
    order = np.argsort(negative)
    below = np.cumsum(np.column_stack([np.zeros(len(weight)), downs[:, order]]), axis=1)
    first, last = (np.searchsorted(negative[order], ranking[positive], side) for side in ("left", "right"))
    return np.asarray((ups * (below[:, first] + below[:, last])).sum(axis=1) / (2 * ups.sum(axis=1) * downs.sum(axis=1)))


def _scorer_measure(job: BootstrapJob, predictions: Sequence[Arrays]) -> Measure:
    """For any metric: computed for each draw by scikit-learn."""
    scorers = [_scorer(job, run) for run in predictions]

    def measure(counts: Array, only: Array | None) -> Array:
        values = np.full((len(counts), len(predictions)), np.nan)
        for number, draw in enumerate(counts):
            rows = np.repeat(np.arange(len(draw)), draw)
            for at in range(len(predictions)) if only is None else [only[number]]:
                values[number, at] = scorers[at](predictions[at], rows)
        return values

    return measure


def _row_values(job: BootstrapJob, run: Arrays) -> Array | None:
    """Return a value for each row whose mean is the metric (its square for rmse); None where it is no mean over rows."""
    y, predicted = run["y"], run["predicted"]
    if job.metric == "accuracy" and y.ndim == 1:
        return np.asarray(y == predicted, float)
    if job.task == "regression" and y.ndim == 1 and job.metric in ("mae", "mse", "rmse"):
        errors = np.abs(y - predicted)
        return np.asarray(errors if job.metric == "mae" else errors**2, float)
    if job.metric in ("log_loss", "brier") and "proba" in run and y.ndim == 1:
        proba = run["proba"]
        if job.metric == "log_loss":
            clipped = np.clip(proba, np.finfo(proba.dtype).eps, 1)
            return np.asarray(-np.log(clipped[np.arange(len(y)), y] / clipped.sum(axis=1)), float)
        squares = ((proba - np.eye(proba.shape[1])[y]) ** 2).sum(axis=1)
        return np.asarray(squares / 2 if proba.shape[1] == 2 else squares, float)
    return None


def _scorer(job: BootstrapJob, run: Arrays) -> Scorer:
    """Return what computes the metric of some rows. Raises EntryError for a metric that these predictions do not answer."""
    classes = None if job.n_classes is None else np.arange(job.n_classes)
    whole = scores.Answers(run["predicted"], run.get("proba"), run.get("decision"), classes)
    scores.require_answers(whole, [job.metric])

    def score(run: Arrays, rows: Array) -> float:
        part = {name: array[rows] for name, array in run.items()}
        answers = scores.Answers(part["predicted"], part.get("proba"), part.get("decision"), classes)
        try:
            return scores.score(answers, part["y"], [job.metric], job.task, part.get("weights"))[job.metric]
        except ValueError:  # such as a single class among the rows drawn
            return float("nan")

    return score
