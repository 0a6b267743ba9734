"""The results of a run, summed up over its folds: metrics, learning curves and parts, and the files of predictions and weights."""

from __future__ import annotations

import base64
import hashlib
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gitjournal.data import splits
from gitjournal.data.loading import Table
from gitjournal.data.raw import Array
from gitjournal.entry.record import Scores
from gitjournal.errors import GitjournalError
from gitjournal.worker import failures
from gitjournal.worker.arrays import PREDICTIONS, WEIGHTS, write_arrays
from gitjournal.worker.models.keras_models import Network
from gitjournal.worker.scores import Answers

HITS_AT_MOST = 20_000
CURVE_POINTS = 50
KEPT_BYTES = 64 * 2**20  # of the weights of one run; a larger network is trained again where its model is asked for

Metrics = dict[str, dict[str, float]]


@dataclass
class Measurements:
    """What a run has measured so far, fold by fold; it survives a failure half-way."""

    folds: list[Metrics] = field(default_factory=list)
    answers: list[Answers] = field(default_factory=list)
    curves: list[dict[str, list[float]]] = field(default_factory=list)
    findings: set[str] = field(default_factory=set)


def mean_metrics(folds: list[Metrics]) -> Scores:
    """Return the mean of each metric over folds."""
    if not folds:
        return {}
    return {part: {name: float(np.mean([fold[part][name] for fold in folds])) for name in values} for part, values in folds[0].items()}


def metrics_by_fold(folds: list[Metrics]) -> dict[str, dict[str, list[float | None]]]:
    """Return each metric as a list over folds."""
    if not folds:
        return {}
    return {part: {name: [fold[part][name] for fold in folds] for name in values} for part, values in folds[0].items()}


def mean_rows(folds: list[splits.Parts]) -> dict[str, int]:
    """Return how many rows each part has, as a mean over folds."""
    return {part: round(float(np.mean([len(parts[part]) for parts in folds]))) for part in folds[0]}


def part_digests(folds: list[splits.Parts]) -> dict[str, str]:
    """Return the digest of the row numbers of each part; the test part is one for all folds."""
    return {part: splits.rows_digest([folds[0][part]] if part == "test" else [parts[part] for parts in folds]) for part in folds[0]}


def mean_curves(folds: list[dict[str, list[float]]]) -> dict[str, list[float | None]]:
    """Return the learning curves: means over folds as far as all of them went, at no more epochs than a record takes."""
    length = min((len(curves.get("loss", [])) for curves in folds), default=0)
    if not length:
        return {}
    epochs = np.unique(np.linspace(0, length - 1, min(length, CURVE_POINTS)).round().astype(int)).tolist()
    mean: dict[str, list[float | None]] = {"epoch": [epoch + 1 for epoch in epochs]}
    for name in folds[0]:
        values = (float(np.mean([curves[name][epoch] for curves in folds])) for epoch in epochs)
        mean[name] = [float(f"{value:.5g}") for value in values]
    return mean


def digest(predicted: Any, task: str) -> str:
    """Return the sha256 of predictions, as records hold it."""
    return hashlib.sha256(np.asarray(predicted).astype("<f8" if task == "regression" else "<i8").tobytes()).hexdigest()


# files


@dataclass(frozen=True)
class Predictions:
    """The predictions of the dev rows: their digest, right/wrong bits (one holdout of one label), and the sha256 of files by name."""

    digest: str
    hits: str | None
    artifacts: dict[str, str]


def keep_predictions(table: Table, folds: list[splits.Parts], answers: list[Answers], store: str | None, *, holdout: bool) -> Predictions:
    """Sum up what was predicted for the dev rows, and write it into `store`."""
    predicted = np.concatenate([fold.predicted for fold in answers])
    rows = np.concatenate([parts["dev"] for parts in folds])
    hits, artifacts = None, {}
    if holdout and table.task == "classification" and len(rows) <= HITS_AT_MOST:
        bits = np.packbits(predicted == table.y[rows]).tobytes()
        hits = base64.b64encode(zlib.compress(bits, 9)).decode()
    if store:
        sizes = [len(parts["dev"]) for parts in folds]
        arrays = {"fold": np.repeat(np.arange(len(folds)), sizes), "row": rows, "y": table.y[rows], "predicted": predicted}
        if table.weights is not None:
            arrays["weights"] = table.weights[rows]
        if table.groups is not None:
            arrays["group"] = table.groups[rows]
        for name in ("proba", "decision"):
            by_fold = [getattr(one, name) for one in answers]
            if all(isinstance(one, np.ndarray) for one in by_fold):
                arrays[name] = np.concatenate(by_fold)
        artifacts = _write(Path(store), arrays)
    return Predictions(digest(predicted, table.task), hits, artifacts)


def _write(store: Path, arrays: dict[str, Array], name: str = PREDICTIONS) -> dict[str, str]:
    """Write arrays as a file, and return its sha256 by name.

    Where there is no space the log says so and the result stands without them: a long fit is not thrown away for that.
    """
    try:
        return {name: write_arrays(store / name, arrays)}
    except GitjournalError as fault:
        sys.stderr.write(f"{name} could not be kept in {store}: {fault.message}\n")
        return {}


def keep_weights(model: Network, store: Path) -> dict[str, str]:
    """Write what a network learned, and return the sha256 of the file by name; the log says why where it is not kept."""
    try:
        state = model.state()
    except Exception as fault:  # noqa: BLE001 - the result stands, whatever a layer makes of being asked
        sys.stderr.write(f"the network is not kept: {failures.one_line(fault, model.name)}\n")
        return {}
    size = sum(array.nbytes for array in state.values())
    if size > KEPT_BYTES:
        sys.stderr.write(f"the network is not kept: it takes {size / 2**20:.0f} MB, more than {KEPT_BYTES // 2**20}\n")
        return {}
    return _write(store, state, WEIGHTS)
