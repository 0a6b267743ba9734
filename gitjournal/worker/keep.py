"""Kept models: a model as a file and back, proven against what a record says of its predictions. Runs in the worker process.

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
from gitjournal.entry.metrics import default_metrics
from gitjournal.errors import DataError, EntryError
from gitjournal.worker import arrays, environment, fit, outcome, run
from gitjournal.worker.cache import TableCache
from gitjournal.worker.fit import Trainer
from gitjournal.worker.jobs import KeepJob, KeptModel, ModelJob, Predicted, PredictJob
from gitjournal.worker.models import skops_files
from gitjournal.worker.models.keras_models import Network
from gitjournal.worker.models.python_models import is_python
from gitjournal.worker.outcome import Measurements

OTHERWISE = "the model predicts otherwise than its record says: it was made in another environment"
ELSEWHERE = "gitjournal show ID says which; run it again here: gitjournal new --replicate ID"


@dataclass(frozen=True)
class _RunSetup:
    """The data of a run, and the model that it declares, not fitted yet."""

    job: ModelJob
    table: Table
    parts: splits.Parts
    trainer: Trainer
    model: Any

    def rows(self, part: str) -> Any:
        return fit.take_rows(self.table.X, self.parts[part])

    def fit(self) -> None:
        environment.seed_everything(self.job.seed)
        self.trainer.fit(self.model, [self.parts], 0, Measurements())

    def restore(self, path: Path, sha256: str) -> None:
        """Let a network become what is kept. Raises TrustError for another file than that."""
        train, _ = self.trainer.divide_train(self.model, [self.parts], 0)
        state = arrays.read_arrays(path, sha256)
        self.model.restore(state, self.rows("dev"), len(train), fit.column_names(self.table))

    def proves(self, predict: Callable[[Any], Array], expected: str) -> bool:
        """Whether a model predicts dev as the record says, to the last bit."""
        return outcome.digest(predict(self.rows("dev")), self.table.task) == expected


def _set_up(job: ModelJob, cache: TableCache) -> _RunSetup:
    """Raises EntryError for a procedure of which no model is kept."""
    if is_python(job.procedure):
        message = "a model that a function of your own returns is not kept: it may be any object, and only known types are opened"
        raise EntryError(message, hint="let the function write what it needs, or declare the steps", path=("procedure",))
    table = fit.load_table(job, cache)
    split = splits.effective_split(job.split, table.task)
    if "cv" in split:
        message = "cross-validation fits one model per fold, and none on all rows: there is no single model to keep"
        raise EntryError(message, hint="ask in a new entry with one dev part: split: {dev: 0.2, test: 0.2}", path=("split", "cv"))
    (parts,) = splits.divide_rows(table, split, job.seed)
    model = fit.build(job, table)
    trainer = Trainer(job, table, split, fit.weight_key(model, table.weights), lambda _: None)
    return _RunSetup(job, table, parts, trainer, model)


def keep(job: KeepJob, cache: TableCache) -> KeptModel:
    """Make the model, write it, open it again, and return the sha256 of its file.

    What was written is kept only where both the model and the opened one predict dev as the record says. Raises DataError
    where they do not, EntryError for a procedure that is not kept, TrustError for a file that is not what the record names.
    """
    setup = _set_up(job, cache)
    with environment.hold_conditions(job, cache, set()):
        is_there = job.file is not None and job.sha256 is not None and Path(job.file).is_file()
        path, sha256 = _copy_network(job, setup) if is_there else _fit_and_write(job, setup)
    return KeptModel(str(path), sha256, path.stat().st_size, rows=len(setup.parts["dev"]), fitted=not is_there)


def _copy_network(job: KeepJob, setup: _RunSetup) -> tuple[Path, str]:
    """Open the network that the run kept, prove it, and write it where it is wanted."""
    source, sha256 = Path(str(job.file)), str(job.sha256)
    setup.restore(source, sha256)
    if not setup.proves(setup.model.predict, job.expected):
        raise DataError(OTHERWISE, hint=ELSEWHERE)
    path = Path(job.folder) / arrays.WEIGHTS
    return path, arrays.write_bytes(path, arrays.read_bytes(source, sha256))


def _fit_and_write(job: KeepJob, setup: _RunSetup) -> tuple[Path, str]:
    """Fit the model, prove it, write it, and prove what was written."""
    setup.fit()
    if not setup.proves(setup.model.predict, job.expected):
        raise DataError(f"fitted again, {OTHERWISE}", hint=ELSEWHERE)
    if isinstance(setup.model, Network):
        path = Path(job.folder) / arrays.WEIGHTS
        sha256 = arrays.write_arrays(path, setup.model.state())
        setup.restore(path, sha256)
        predict = setup.model.predict
    else:
        path = Path(job.folder) / arrays.MODEL
        sha256 = skops_files.save(setup.model, path)
        predict = skops_files.open_model(path, sha256).predict
    if not setup.proves(predict, job.expected):
        path.unlink()
        raise DataError("the model, written and opened again, predicts something else; it is not kept")
    return path, sha256


def predict(job: PredictJob, cache: TableCache) -> Predicted:
    """Write the predictions of a run once more, from the network that it kept.

    Raises DataError where they are not, to the last bit, those that the record names, TrustError for another network.
    """
    setup = _set_up(job, cache)
    measurements = Measurements()
    with environment.hold_conditions(job, cache, set()):
        setup.restore(Path(job.file), job.sha256)
        metrics = [name for name in job.metrics or default_metrics(setup.table.task) if name != "loss"]
        run.measure_fold(setup.model, setup.table, setup.parts, metrics, measurements)
    predictions = outcome.keep_predictions(setup.table, [setup.parts], measurements.answers, job.store, holdout=True)
    if predictions.digest != job.expected or predictions.artifacts != {arrays.PREDICTIONS: job.predictions}:
        (Path(str(job.store)) / arrays.PREDICTIONS).unlink(missing_ok=True)
        raise DataError(OTHERWISE, hint=ELSEWHERE)
    return Predicted(len(setup.parts["dev"]))
