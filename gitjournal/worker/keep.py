"""Models as files, and back: proven against what a record says of their predictions. Knows no git; runs in the worker process.

A scikit-learn model is a file of skops, fitted again where it is asked for. A network is rebuilt from its declaration, and gets the
arrays that its run kept; nothing in the file says what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitjournal.data import splits
from gitjournal.data.loading import Table
from gitjournal.data.raw import Array
from gitjournal.entry import metrics as metric_names
from gitjournal.errors import DataError, EntryError
from gitjournal.worker import arrays, environment, run
from gitjournal.worker import fit as fitting
from gitjournal.worker import outcome as measured
from gitjournal.worker.cache import Shelf
from gitjournal.worker.jobs import KeepJob, KeptModel, ModelJob, Predicted, PredictJob
from gitjournal.worker.models import keras_models, python_models, skops_files
from gitjournal.worker.outcome import Measurements

OTHERWISE = "the model predicts otherwise than its record says: it was made in another environment"
ELSEWHERE = "gitjournal show ID says which; run it again here: gitjournal new --replicate ID"


@dataclass(frozen=True)
class _Setting:
    """The data of a run, and the model that it declares, not fitted yet."""

    job: ModelJob
    table: Table
    parts: splits.Parts
    fit: fitting.Fit
    model: Any

    def rows(self, part: str) -> Any:
        return fitting.rows_of(self.table.X, self.parts[part])

    def learn(self) -> None:
        environment.seed_everything(self.job.seed)
        self.fit(self.model, [self.parts], 0, Measurements())

    def open(self, path: Path, sha256: str) -> None:
        """Let a network become what is kept. Raises TrustError for another file than that."""
        train, _ = self.fit.parts(self.model, [self.parts], 0)
        state = arrays.read_arrays(path, sha256)
        self.model.restore(state, self.rows("dev"), len(train), fitting.column_names(self.table))

    def proves(self, predict: Callable[[Any], Array], expected: str) -> bool:
        return measured.digest(predict(self.rows("dev")), self.table.task) == expected


def _setting(job: ModelJob, shelf: Shelf) -> _Setting:
    if python_models.is_python(job.procedure):
        message = "what a function of one's own returns is not kept: it may be any object, and only known ones are opened"
        raise EntryError(message, hint="let the function write what it needs, or declare the steps", path=("procedure",))
    table = fitting.table_of(job, shelf)
    split = splits.effective(job.split, table.task)
    if "cv" in split:
        raise EntryError("cross-validation fits a model for each fold, and none of all: keep one of a holdout", path=("split", "cv"))
    (parts,) = splits.divide(table, split, job.seed)
    model = fitting.build(job, table)
    fit = fitting.Fit(job, table, split, fitting.weight_key(model, table.weights), lambda _: None)
    return _Setting(job, table, parts, fit, model)


def keep(job: KeepJob, shelf: Shelf) -> KeptModel:
    """Make the model, write it, open it again, and return the sha256 of its file.

    What was written is kept only where both the model and the opened one predict dev as the record says. Raises DataError
    where they do not, EntryError for a procedure that is not kept, TrustError for a file that is not what the record names.
    """
    found = _setting(job, shelf)
    with environment.of(job, shelf, set()):
        there = job.file is not None and job.sha256 is not None and Path(job.file).is_file()
        path, sha256 = (_copied if there else _written)(job, found)
    return KeptModel(str(path), sha256, path.stat().st_size, rows=len(found.parts["dev"]), fitted=not there)


def _copied(job: KeepJob, found: _Setting) -> tuple[Path, str]:
    """Open the network that the run kept, prove it, and write it where it is wanted."""
    kept_file, sha256 = Path(str(job.file)), str(job.sha256)
    found.open(kept_file, sha256)
    if not found.proves(found.model.predict, job.expected):
        raise DataError(OTHERWISE, hint=ELSEWHERE)
    path = Path(job.folder) / arrays.WEIGHTS
    return path, arrays.write_bytes(path, arrays.read_bytes(kept_file, sha256))


def _written(job: KeepJob, found: _Setting) -> tuple[Path, str]:
    """Fit the model, prove it, write it, and prove what was written."""
    found.learn()
    if not found.proves(found.model.predict, job.expected):
        raise DataError(f"fitted again, {OTHERWISE}", hint=ELSEWHERE)
    if isinstance(found.model, keras_models.Network):
        path = Path(job.folder) / arrays.WEIGHTS
        sha256 = arrays.write_arrays(path, found.model.state())
        found.open(path, sha256)
        predict = found.model.predict
    else:
        path = Path(job.folder) / arrays.MODEL
        sha256 = skops_files.save(found.model, path)
        predict = skops_files.open_model(path, sha256).predict
    if not found.proves(predict, job.expected):
        path.unlink()
        raise DataError("opened again, the model predicts otherwise than before; it is not kept")
    return path, sha256


def predict(job: PredictJob, shelf: Shelf) -> Predicted:
    """Write the predictions of a run once more, from the network that it kept.

    Raises DataError where they are not, to the last bit, those that the record names, TrustError for another network.
    """
    found = _setting(job, shelf)
    outcome = Measurements()
    with environment.of(job, shelf, set()):
        found.open(Path(job.file), job.sha256)
        metrics = [name for name in job.metrics or metric_names.default_metrics(found.table.task) if name != "loss"]
        run.measure_fold(found.model, found.table, found.parts, metrics, outcome)
    told = measured.keep_predictions(found.table, [found.parts], outcome.answers, job.store, holdout=True)
    if told.digest != job.expected or told.artifacts != {arrays.PREDICTIONS: job.predictions}:
        (Path(str(job.store)) / arrays.PREDICTIONS).unlink(missing_ok=True)
        raise DataError(OTHERWISE, hint=ELSEWHERE)
    return Predicted(len(found.parts["dev"]))
