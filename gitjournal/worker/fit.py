"""Fitting: the model that a job declares is built, and learns from the train part of a fold."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import has_fit_parameter

from gitjournal.data import splits
from gitjournal.data.images import Images
from gitjournal.data.loading import Table
from gitjournal.data.raw import Array
from gitjournal.errors import EntryError
from gitjournal.procedure.networks import network
from gitjournal.worker import environment
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import ModelJob, RunProgress
from gitjournal.worker.models import keras_models, sklearn_models
from gitjournal.worker.models.keras_models import Examples, Network
from gitjournal.worker.models.keras_objective import PredictionTarget
from gitjournal.worker.models.python_models import PythonModel, is_python
from gitjournal.worker.outcome import Measurements

WATCHED_SHARE = 0.1  # of a fold's train part, where the entry says that dev is watched: a fold's dev part judges it
DEV_CHOSE = "GJ302"  # what decided when to stop, or which epoch to keep, is the part that the result is measured on

Progress = Callable[[RunProgress], None]


def load_table(job: ModelJob, cache: TableCache) -> Table:
    """Return the table as the model of a job takes it: scikit-learn takes one row of numbers for each, others what there is."""
    as_it_is = is_python(job.procedure) or network.is_network(job.procedure[-1][1])
    return cache.table(job) if as_it_is else cache.in_rows(job)


def build(job: ModelJob, table: Table) -> Any:
    """Return the model that a job declares, not fitted."""
    if is_python(job.procedure):
        n_classes = len(table.classes) if table.classes else None
        return PythonModel(job.procedure[0][1], job.seed or 0, n_classes, table.task)
    if not network.is_network(job.procedure[-1][1]):
        return sklearn_models.build(job.procedure, job.seed)
    columns = table.y.shape[1] if table.y.ndim > 1 else 1
    return keras_models.build(job.procedure, job.seed, PredictionTarget(table.task, table.classes, columns))


def weight_key(model: Any, weights: Array | None) -> str | None:
    """Return the keyword that takes row weights to the last step. Raises EntryError where it takes none."""
    if weights is None or isinstance(model, Network):
        return None
    if isinstance(model, PythonModel):
        raise EntryError("row weights are not passed to a function of your own: leave out `weights`", path=("data", "weights"))
    if not has_fit_parameter(sklearn_models.last_step(model), "sample_weight"):
        name = type(sklearn_models.last_step(model)).__name__
        raise EntryError(f"{name} takes no row weights", hint="leave out `weights`, or take another estimator", path=("data", "weights"))
    return f"{model.steps[-1][0]}__sample_weight" if hasattr(model, "steps") else "sample_weight"


def column_names(table: Table) -> list[str]:
    """Return what the columns of a table are called, in their order by kind."""
    return [name for kind in table.columns.values() for name in kind]


def take_rows(X: Any, rows: Array) -> Any:
    """Return some rows of features, whatever they are held in; images stay undecoded."""
    if isinstance(X, Images):
        return X.rows(rows)
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


@dataclass(frozen=True)
class Trainer:
    """Fits models to the train parts of folds, as a job declares it."""

    job: ModelJob
    table: Table
    split: dict[str, Any]
    weight_key: str | None
    progress: Progress

    def fit(self, model: Any, folds: list[splits.Parts], number: int, measurements: Measurements) -> None:
        """Fit a model to one fold. A network that watches some rows while it learns gets them here; its curves go to `measurements`."""
        train, weights = folds[number]["train"], self.table.weights
        if isinstance(model, PythonModel):
            X, y, dev = self.table.X, self.table.y, folds[number]["dev"]
            model.fit((take_rows(X, train), y[train]), (take_rows(X, dev), y[dev]))
            return
        if not isinstance(model, Network):
            extra = {} if weights is None or self.weight_key is None else {self.weight_key: weights[train]}
            model.fit(take_rows(self.table.X, train), self.table.y[train], **extra)
            return
        train, watched = self.divide_train(model, folds, number)
        if watched is not None and watched is folds[number]["dev"]:
            measurements.findings |= {DEV_CHOSE} if network.watches(model.node) else set()

        def tell(epoch: int, epochs: int, losses: Mapping[str, float]) -> None:
            self.progress(RunProgress(number + 1, len(folds), epoch, epochs, **losses))

        validation = None if watched is None else self._examples(watched)
        try:
            model.fit(self._examples(train), validation, names=column_names(self.table), tell=tell)
        finally:
            measurements.curves.append(model.curves)

    def divide_train(self, model: Network, folds: list[splits.Parts], number: int) -> tuple[Array, Array | None]:
        """Return the rows that a network learns from, and those that it watches."""
        train, share = folds[number]["train"], model.options["validation"]
        if share is None:
            return train, None
        if share == "dev" and "cv" not in self.split:
            return train, folds[number]["dev"]
        return splits.hold_back(train, self.table, self.split, self.job.seed, WATCHED_SHARE if share == "dev" else share, number)

    def _examples(self, rows: Array) -> Examples:
        weights = self.table.weights
        return Examples(take_rows(self.table.X, rows), self.table.y[rows], None if weights is None else weights[rows])


@contextlib.contextmanager
def fit_again(job: ModelJob, cache: TableCache, *, whole: bool = False) -> Iterator[tuple[Any, Table, splits.Parts]]:
    """Fit as for a run, and hold the conditions of a run while the model is asked: give model, table and parts.

    Under cross-validation, and with `whole`, the model learns from all rows outside the test part.
    """
    table = load_table(job, cache)
    split = splits.effective_split(job.split, table.task)
    parts = splits.divide_rows(table, split, job.seed)[0]
    if whole:
        parts = {**parts, "train": np.sort(np.concatenate([parts["train"], parts["dev"]]))}
    model = build(job, table)
    with environment.hold_conditions(job, cache, set()):
        environment.seed_everything(job.seed)
        trainer = Trainer(job, table, split, weight_key(model, table.weights), lambda _: None)
        trainer.fit(model, [parts], 0, Measurements())
        yield model, table, parts
