"""From a declaration to numbers: load, split, fit, score. Knows no git; runs in the worker process.

Looking at data (`inspect`), building without fitting (`validate`) and fitting (`run`) are the jobs; `prepare` does ahead
what the first run has to do, and `keep` fits once more to keep the model.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import math
import random
import resource
import sys
import time
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import threadpoolctl
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import has_fit_parameter

from gitjournal import metric_names, network, scores, stored, threads
from gitjournal.data import overlaps, splits
from gitjournal.data.hashing import hash_source
from gitjournal.data.images import Images
from gitjournal.data.loading import Table, in_rows, load
from gitjournal.data.raw import Array
from gitjournal.errors import DataError, EntryError, GitjournalError, TrustError
from gitjournal.procedures import keras_library, with_keras, with_python, with_sklearn

HITS_AT_MOST = 20_000
CURVE_POINTS = 50
KEPT_BYTES = 64 * 2**20  # of the weights of one run; a larger network is trained again where its model is asked for
WATCHED_SHARE = 0.1  # of a fold's train part, where the entry says that dev is watched: a fold's dev part judges it
FINDINGS = {ConvergenceWarning: "GJ301"}
DEV_CHOSE = "GJ302"  # what decided when to stop, or which epoch to keep, is the part that the result is measured on

Metrics = dict[str, dict[str, float]]
Progress = Callable[[dict[str, Any]], None]


class OnData(msgspec.Struct, kw_only=True):
    """What all jobs on data say."""

    root: str
    cache: str
    data: dict[str, Any]
    hash: str | None = None
    task: str | None = None
    split: dict[str, Any] | None = None
    metrics: list[str] | None = None
    code: dict[str, Any] | None = None


class Inspect(OnData, tag_field="do", tag="inspect", kw_only=True):
    """Look at data: hash, facts and effective defaults. `tabular` lists columns however many they are.

    With `own_metrics` a function of one's own may return metrics that nobody else knows.
    """

    tabular: bool = False
    own_metrics: bool = False


class Validate(msgspec.Struct, tag_field="do", tag="validate", kw_only=True):
    """Build every procedure, fit none; `metrics` are checked against what the models offer, and networks against the facts."""

    procedures: list[Any]
    root: str = "."
    task: str | None = None
    metrics: list[str] | None = None
    facts: dict[str, Any] | None = None


class Run(OnData, tag_field="do", tag="run", kw_only=True):
    """Fit and score one procedure with one seed. `store` is a folder for predictions, `memory_mb` a limit."""

    procedure: Any
    seed: int | None = None
    store: str | None = None
    memory_mb: int | None = None


class Prepare(Run, tag_field="do", tag="prepare", kw_only=True):
    """Read the data and load the libraries that this run needs, and others like it. Nothing is answered, whatever comes of it."""


class Shelf:
    """Keeps what the runs of a grid need again and again: the table that was read last, and the thread pools of the libraries."""

    def __init__(self) -> None:
        self._answers: set[bytes] = set()
        self._table: Table | None = None
        self._in_rows: Table | None = None
        self._alike: overlaps.Likeness | None = None
        self._pools: threadpoolctl.ThreadpoolController | None = None
        self._modules = 0

    def threads(self) -> contextlib.AbstractContextManager[Any]:
        """Hold every library to the number of threads that a model may use. Looking for them takes 2 ms: only where modules were loaded."""
        if self._pools is None or self._modules != len(sys.modules):
            self._pools, self._modules = threadpoolctl.ThreadpoolController(), len(sys.modules)
        limits: contextlib.AbstractContextManager[Any] = self._pools.limit(limits=threads.wanted())
        return limits

    def table(self, job: OnData) -> Table:
        """Return what the job names, read again only where something differs.

        Raises DataError where the content is not what the job's hash says.
        """
        now = hash_source(job.data, Path(job.root), Path(job.cache))
        _same_content(job, now)
        if job.code:
            now = str(job.code["digest"])  # what the function gives is known only after it ran; within one call it runs once
        if self._table is None or _question(job, job.task, now) not in self._answers:
            self._table = self._in_rows = self._alike = None  # two tables at once may not fit
            split = job.split or {}
            group, moment = split.get("group"), split.get("time")
            table = load(job.data, Path(job.root), Path(job.cache), group=group, time=moment, task=job.task, code=job.code)
            content = table.content if job.code is None else now
            self._answers = {_question(job, task, content) for task in (job.task, table.task)}
            self._table = table
        _same_content(job, self._table.content)
        return self._table

    def in_rows(self, job: OnData) -> Table:
        """Return the same table with features as scikit-learn takes them."""
        table = self.table(job)
        if self._in_rows is None:
            self._in_rows = replace(table, X=in_rows(table.X))
        return self._in_rows

    def overlaps(self, job: OnData, split: dict[str, Any], folds: list[splits.Parts]) -> list[overlaps.Found]:
        """Return what stands in two parts of a split; the rows of a table are compared once."""
        table = self.table(job)
        if self._alike is None:
            self._alike = overlaps.likeness(table, Path(job.cache))
        return overlaps.look(table, folds, self._alike, split)


def _question(job: OnData, task: str | None, content: str | None) -> bytes:
    split = job.split or {}
    return msgspec.json.encode([job.root, job.data, split.get("group"), split.get("time"), task, content], order="deterministic")


def _same_content(job: OnData, now: str | None) -> None:
    if job.hash and now and job.hash != now:
        name = next((job.data[key] for key in ("path", "sklearn", "images", "python") if job.data.get(key)), "the data")
        message = f"{name} is not what the entry names: its hash was {job.hash[:19]}… and is {now[:19]}… now"
        hint = "bring the old data back, or ask anew about the new: gitjournal new --from ID"
        raise DataError(message, hint=hint, path=("data", "hash"))


def inspect(job: Inspect, shelf: Shelf) -> dict[str, Any]:
    """Return hash, facts, chosen options, task, split and metrics with every default, and the digest of the test rows.

    Raises EntryError or DataError, with the key in the front matter, for what would not run.
    """
    table = shelf.table(job)
    split = splits.effective(job.split, table.task)
    folds = splits.divide(table, split, seed=0)
    n_classes = len(table.classes) if table.classes else None
    test = folds[0].get("test")
    weighted = table.weights is not None
    return {
        "hash": table.content,
        "facts": table.facts(named=job.tabular),
        "data": table.options,
        "task": table.task,
        "split": split,
        "metrics": metric_names.effective_metrics(job.metrics, table.task, n_classes, weighted=weighted, own=job.own_metrics),
        "sealed": None if test is None else splits.rows_digest([test]),
        "findings": [asdict(one) for one in shelf.overlaps(job, split, folds)],
    }


def prepare(job: Prepare, shelf: Shelf) -> None:
    """Do ahead what the first run would have to do. What is wrong with the data is for that run to say."""
    with contextlib.suppress(Exception):
        build(job, _table(job, shelf))


def validate(job: Validate) -> tuple[int, GitjournalError] | None:
    """Return the first procedure that cannot be built or does not fit task or metrics, and why."""
    for index, tree in enumerate(job.procedures):
        try:
            if with_python.is_python(tree):
                with_python.check(tree[0][1], Path(job.root))
                continue
            if network.is_network(tree[-1][1]):
                facts = job.facts or {}
                target = with_keras.Target(job.task or "classification", facts.get("classes"), facts.get("n_outputs") or 1)
                with_keras.validate(tree, target, facts)
                scores.require(with_keras.build(tree, None, target), job.metrics or [])
                continue
            with_sklearn.validate(tree, job.task)
            scores.require(with_sklearn.build(tree, None), job.metrics or [])
        except GitjournalError as fault:
            return index, fault
    return None


def _table(job: Run, shelf: Shelf) -> Table:
    as_it_is = with_python.is_python(job.procedure) or network.is_network(job.procedure[-1][1])
    return shelf.table(job) if as_it_is else shelf.in_rows(job)


def build(job: Run, table: Table) -> Any:
    """Return the model that a job declares, not fitted."""
    if with_python.is_python(job.procedure):
        n_classes = len(table.classes) if table.classes else None
        return with_python.Own(job.procedure[0][1], job.seed or 0, n_classes, table.task)
    if not network.is_network(job.procedure[-1][1]):
        return with_sklearn.build(job.procedure, job.seed)
    columns = table.y.shape[1] if table.y.ndim > 1 else 1
    return with_keras.build(job.procedure, job.seed, with_keras.Target(table.task, table.classes, columns))


def _last(model: Any) -> Any:
    return model.steps[-1][1] if hasattr(model, "steps") else model


@dataclass
class Outcome:
    """What a run has found so far; it survives a failure half-way."""

    folds: list[Metrics] = field(default_factory=list)
    answers: list[scores.Answers] = field(default_factory=list)
    curves: list[dict[str, list[float]]] = field(default_factory=list)
    findings: set[str] = field(default_factory=set)


def run(job: Run, shelf: Shelf, progress: Progress) -> dict[str, Any]:
    """Fit and score as the job says; test rows are neither predicted nor scored.

    What goes wrong inside the model is an outcome (`status: failed`). Raises EntryError or DataError for a job that
    cannot be run at all.
    """
    table = _table(job, shelf)
    split = splits.effective(job.split, table.task)
    metrics = job.metrics or metric_names.default_metrics(table.task)
    folds = splits.divide(table, split, job.seed)
    model = build(job, table)
    if not isinstance(model, with_python.Own):  # what that offers is known when it was called
        scores.require(model, metrics)
    fit = Fit(job, table, split, weight_key(model, table.weights), progress)
    outcome, failure = Outcome(findings={one.code for one in shelf.overlaps(job, split, folds)}), None
    _forget_peak()
    began = time.perf_counter()
    try:
        with conditions(job, shelf, outcome.findings):
            for number, parts in enumerate(folds):
                seed_everything(job.seed)
                model = build(job, table)
                fit(model, folds, number, outcome)
                measure_fold(model, table, parts, metrics, outcome, store=job.store)
                progress({"fold": number + 1, "of": len(folds)})
        failure = _not_finite(outcome.folds)
    except TrustError:
        raise
    except MemoryError as fault:
        traceback.print_exc()
        failure = {"kind": "memory", "message": f"out of memory: {fault}"[:300].rstrip(": ")}
    except _NotFiniteError as fault:
        failure = {"kind": "not finite", "message": str(fault)}
    except with_keras.DivergedError as fault:
        failure = {"kind": "diverged", "message": str(fault)}
    except GitjournalError as fault:  # what only the data could tell
        failure = {"kind": "exception", "message": fault.message}
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - a model may raise anything, and that is a result
        traceback.print_exc()
        failure = {"kind": "exception", "message": one_line(fault, type(_last(model)).__name__)}
        if keras_library.out_of_memory(fault):
            failure = {"kind": "memory", "message": f"out of memory: {model.name} {keras_library.too_large(fault)}"}
    found = {
        "status": "failed" if failure else "done",
        "failure": failure,
        **_of_folds(folds, outcome, several="cv" in split),
        "hits": None,
        "predictions": None,
        "curves": _curves(outcome.curves),
        "findings": sorted(outcome.findings),
        "seconds": round(time.perf_counter() - began, 3),
        "memory_mb": _peak_mb(),
        "flags": keras_library.conditions() if isinstance(model, with_keras.Network) else {},
        "artifacts": {},
    }
    if failure or not outcome.answers:
        return found
    holdout = "cv" not in split
    found |= of_predictions(table, folds, outcome.answers, job.store, holdout=holdout)
    if job.store and holdout and isinstance(model, with_keras.Network):
        found["artifacts"] |= _keep_weights(model, Path(job.store))
    return found


@contextlib.contextmanager
def refitted(job: Run, shelf: Shelf, *, whole: bool = False) -> Iterator[tuple[Any, Table, splits.Parts]]:
    """Fit as for a run, and hold the conditions of a run while the model is asked: give model, table and parts.

    Under cross-validation, and with `whole`, the model learns from all rows outside the test part.
    """
    table = _table(job, shelf)
    split = splits.effective(job.split, table.task)
    parts = splits.divide(table, split, job.seed)[0]
    if whole:
        parts = {**parts, "train": np.sort(np.concatenate([parts["train"], parts["dev"]]))}
    model = build(job, table)
    with conditions(job, shelf, set()):
        seed_everything(job.seed)
        Fit(job, table, split, weight_key(model, table.weights), lambda _: None)(model, [parts], 0, Outcome())
        yield model, table, parts


def digest(predicted: Any, task: str) -> str:
    """Return the sha256 of predictions, as records hold it."""
    return hashlib.sha256(np.asarray(predicted).astype("<f8" if task == "regression" else "<i8").tobytes()).hexdigest()


def _of_folds(folds: list[splits.Parts], outcome: Outcome, *, several: bool) -> dict[str, Any]:
    """Return metrics (means over folds), and what each part was: mean rows, and the digest of its row numbers."""
    return {
        "metrics": _mean(outcome.folds),
        "folds": _listed(outcome.folds) if several else {},
        "rows": {part: round(float(np.mean([len(parts[part]) for parts in folds]))) for part in folds[0]},
        # the test part is one for all folds
        "parts": {part: splits.rows_digest([folds[0][part]] if part == "test" else [parts[part] for parts in folds]) for part in folds[0]},
    }


@dataclass(frozen=True)
class Fit:
    """Fits a model to the train part of a fold."""

    job: Run
    table: Table
    split: dict[str, Any]
    weight_key: str | None
    progress: Progress

    def __call__(self, model: Any, folds: list[splits.Parts], number: int, outcome: Outcome) -> None:
        """Fit. A network that watches some rows while it learns gets them here; what it saw is in `outcome`."""
        train, weights = folds[number]["train"], self.table.weights
        if isinstance(model, with_python.Own):
            X, y, dev = self.table.X, self.table.y, folds[number]["dev"]
            model.fit((rows_of(X, train), y[train]), (rows_of(X, dev), y[dev]))
            return
        if not isinstance(model, with_keras.Network):
            extra = {} if weights is None or self.weight_key is None else {self.weight_key: weights[train]}
            model.fit(rows_of(self.table.X, train), self.table.y[train], **extra)
            return
        train, watched = self.parts(model, folds, number)
        if watched is not None and watched is folds[number]["dev"]:
            outcome.findings |= {DEV_CHOSE} if network.watches(model.node) else set()

        def tell(news: dict[str, Any]) -> None:
            self.progress({"fold": number + 1, "of": len(folds), **news})

        try:
            model.fit(self._part(train), None if watched is None else self._part(watched), names=column_names(self.table), tell=tell)
        finally:
            outcome.curves.append(model.curves)

    def parts(self, model: with_keras.Network, folds: list[splits.Parts], number: int) -> tuple[Array, Array | None]:
        """Return the rows that a network learns from, and those that it watches."""
        train, share = folds[number]["train"], model.options["validation"]
        if share is None:
            return train, None
        if share == "dev" and "cv" not in self.split:
            return train, folds[number]["dev"]
        return splits.hold_back(train, self.table, self.split, self.job.seed, WATCHED_SHARE if share == "dev" else share, number)

    def _part(self, rows: Array) -> with_keras.Part:
        weights = self.table.weights
        return with_keras.Part(rows_of(self.table.X, rows), self.table.y[rows], None if weights is None else weights[rows])


def column_names(table: Table) -> list[str]:
    """Return what the columns of a table are called, in their order by kind."""
    return [name for kind in table.columns.values() for name in kind]


def _at_home(job: Run) -> contextlib.AbstractContextManager[None]:
    """Return what a function of one's own needs around it while it runs and answers."""
    return with_python.at_home(job.procedure[0][1], Path(job.root)) if with_python.is_python(job.procedure) else contextlib.nullcontext()


def measure_fold(model: Any, table: Table, parts: splits.Parts, metrics: list[str], outcome: Outcome, *, store: str | None = None) -> None:
    """Predict and score the parts of a fold but for test; metrics and dev's answers go to `outcome`."""
    if isinstance(model, with_python.Own):
        if model.numbers is not None:
            outcome.folds.append({"dev": _returned(model.numbers, metrics, outcome.folds)})
            return
        scores.require(model, metrics)
    fold: Metrics = {}
    for part in ("train", "train_dev", "dev"):
        if part not in parts:
            continue
        # what is kept of dev answers metrics that are asked for later
        answers, fold[part] = score_part(model, table, parts[part], part, metrics, everything=part == "dev" and store is not None)
        if part == "dev":
            outcome.answers.append(answers)
    outcome.folds.append(fold)


def score_part(
    model: Any, table: Table, rows: Array, part: str, metrics: list[str], *, everything: bool = False
) -> tuple[scores.Answers, dict[str, float]]:
    """Ask a fitted model about some rows, and score what it says; `everything` that it can say is asked, or what metrics need."""
    weights = None if table.weights is None else table.weights[rows]
    if isinstance(model, with_keras.Network):
        raw = model.raw(rows_of(table.X, rows))
        _check_finite(raw, part)
        answers = model.answers(raw)
        loss = {"loss": model.loss(raw, table.y[rows], weights)} if "loss" in metrics else {}
    else:
        n_classes = len(table.classes) if table.classes else None
        answers, loss = scores.answer(model, rows_of(table.X, rows), metrics, n_classes, everything=everything), {}
    _check_finite(answers.predicted, part)
    found = scores.score(answers, table.y[rows], [name for name in metrics if name not in loss], table.task, weights) | loss
    return answers, {name: found[name] for name in metrics}


def _returned(numbers: dict[str, float], metrics: list[str], before: list[Metrics]) -> dict[str, float]:
    """Return what a function measured, the metrics of the entry first. Raises ValueError where one of them is not there."""
    missing = [name for name in metrics if name not in numbers]
    if missing:
        raise ValueError(f"it returned {', '.join(numbers)}, and no `{missing[0]}`: name what it returns in `metrics`")
    if before and set(before[0]["dev"]) != set(numbers):
        raise ValueError(f"it returned {', '.join(numbers)} for one fold and {', '.join(before[0]['dev'])} for another")
    return {name: numbers[name] for name in dict.fromkeys([*metrics, *numbers])}


def _curves(folds: list[dict[str, list[float]]]) -> dict[str, list[float]]:
    """Return the learning curves: means over folds as far as all of them went, at no more epochs than a record takes."""
    length = min((len(curves.get("loss", [])) for curves in folds), default=0)
    if not length:
        return {}
    kept = np.unique(np.linspace(0, length - 1, min(length, CURVE_POINTS)).round().astype(int)).tolist()
    found: dict[str, list[float]] = {"epoch": [epoch + 1 for epoch in kept]}
    for name in folds[0]:
        means = (float(np.mean([curves[name][epoch] for curves in folds])) for epoch in kept)
        found[name] = [float(f"{mean:.5g}") for mean in means]
    return found


def rows_of(X: Any, rows: Array) -> Any:
    """Return some rows of features, whatever they are held in; images stay undecoded."""
    if isinstance(X, Images):
        return X.rows(rows)
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def weight_key(model: Any, weights: Array | None) -> str | None:
    """Return the keyword that takes row weights to the last step. Raises EntryError where it takes none."""
    if weights is None or isinstance(model, with_keras.Network):
        return None
    if isinstance(model, with_python.Own):
        raise EntryError("row weights do not reach a function of one's own", path=("data", "weights"))
    if not has_fit_parameter(_last(model), "sample_weight"):
        raise EntryError(f"{type(_last(model)).__name__} takes no row weights", path=("data", "weights"))
    return f"{model.steps[-1][0]}__sample_weight" if hasattr(model, "steps") else "sample_weight"


class _NotFiniteError(ArithmeticError):
    """A model predicts what is no number."""


def _check_finite(predicted: Array, part: str) -> None:
    if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
        count = int((~np.isfinite(predicted)).reshape(len(predicted), -1).any(axis=1).sum())
        raise _NotFiniteError(f"the model predicts NaN or infinity for {count} of {len(predicted)} {part} rows")


def _not_finite(folds: list[Metrics]) -> dict[str, str] | None:
    for number, fold in enumerate(folds):
        for part, values in fold.items():
            for name, value in values.items():
                if not math.isfinite(value):
                    where = f" in fold {number + 1}" if len(folds) > 1 else ""
                    return {"kind": "not finite", "message": f"{part}.{name} is {value}{where}"}
    return None


def one_line(fault: BaseException, model: str) -> str:
    """Return what an exception says, in one line, with what to do where that is known."""
    if isinstance(fault, GitjournalError):
        return fault.message
    text = str(fault)
    if "contains NaN" in text or ("NaN" in text and "missing values" in text):
        return f"the data hold missing values, which {model} does not take; put a SimpleImputer before it"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    if first.startswith("Graph execution error"):  # TensorFlow says what is wrong last, before the node
        first = next((line for line, after in itertools.pairwise(lines) if after.startswith("[[{{node")), first)
    return f"{type(fault).__name__}: {first}"[:300].rstrip(": ")


def _mean(folds: list[Metrics]) -> Metrics:
    if not folds:
        return {}
    return {part: {name: float(np.mean([fold[part][name] for fold in folds])) for name in values} for part, values in folds[0].items()}


def _listed(folds: list[Metrics]) -> dict[str, dict[str, list[float]]]:
    if not folds:
        return {}
    return {part: {name: [fold[part][name] for fold in folds] for name in values} for part, values in folds[0].items()}


# what is kept of predictions


def of_predictions(
    table: Table, folds: list[splits.Parts], answers: list[scores.Answers], store: str | None, *, holdout: bool
) -> dict[str, Any]:
    """Return digest, right/wrong bits (one holdout of one label) and, in `store`, the predictions of the dev rows."""
    predicted = np.concatenate([one.predicted for one in answers])
    rows = np.concatenate([parts["dev"] for parts in folds])
    found: dict[str, Any] = {"predictions": digest(predicted, table.task)}
    if holdout and table.task == "classification" and len(rows) <= HITS_AT_MOST:
        bits = np.packbits(predicted == table.y[rows]).tobytes()
        found["hits"] = base64.b64encode(zlib.compress(bits, 9)).decode()
    if store:
        sizes = [len(parts["dev"]) for parts in folds]
        arrays = {"fold": np.repeat(np.arange(len(folds)), sizes), "row": rows, "y": table.y[rows], "predicted": predicted}
        if table.weights is not None:
            arrays["weights"] = table.weights[rows]
        if table.groups is not None:
            arrays["group"] = table.groups[rows]
        for name in ("proba", "decision"):
            kept = [getattr(one, name) for one in answers]
            if all(isinstance(one, np.ndarray) for one in kept):
                arrays[name] = np.concatenate(kept)
        found["artifacts"] = _save(Path(store), arrays)
    return found


def _save(store: Path, arrays: dict[str, Array], name: str = stored.PREDICTIONS) -> dict[str, str]:
    """Write arrays as a file, and return its sha256 by name.

    Where there is no space the log says so and the result stands without them: a long fit is not thrown away for that.
    """
    try:
        return {name: stored.write_arrays(store / name, arrays)}
    except OSError as fault:
        sys.stderr.write(f"{name} could not be kept in {store}: {fault.strerror}\n")
        return {}


def _keep_weights(model: with_keras.Network, store: Path) -> dict[str, str]:
    """Write what a network learned, and return the sha256 of the file by name; the log says why where it is not kept."""
    try:
        state = model.state()
    except Exception as fault:  # noqa: BLE001 - the result stands, whatever a layer makes of being asked
        sys.stderr.write(f"the network is not kept: {one_line(fault, model.name)}\n")
        return {}
    size = sum(array.nbytes for array in state.values())
    if size > KEPT_BYTES:
        sys.stderr.write(f"the network is not kept: it takes {size / 2**20:.0f} MB, more than {KEPT_BYTES // 2**20}\n")
        return {}
    return _save(store, state, stored.WEIGHTS)


# the conditions of a run


def seed_everything(seed: int | None) -> None:
    """Seed what every library draws from by default."""
    random.seed(seed or 0)
    np.random.seed((seed or 0) % splits.SEEDS)  # what estimators without a random_state of their own draw from


@contextlib.contextmanager
def conditions(job: Run, shelf: Shelf, findings: set[str]) -> Iterator[None]:
    """Give what a model runs under: its threads, its memory, and its warnings as `findings`."""
    if job.memory_mb is not None and network.is_network(job.procedure[-1][1]):
        keras_library.warm_up()
    with shelf.threads(), _limited(job.memory_mb), _noting_warnings(findings), _at_home(job):
        yield


@contextlib.contextmanager
def _limited(memory_mb: int | None) -> Iterator[None]:
    """Limit the address space, so that a run that needs more ends with MemoryError and not with the machine.

    What Python, the libraries and the data take already is not counted.
    """
    if memory_mb is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + memory_mb * 2**20, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _address_space() -> int:
    """Return the bytes that this process has reserved; nothing where the system does not tell (macOS, which limits nothing either)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


@contextlib.contextmanager
def _noting_warnings(findings: set[str]) -> Iterator[None]:
    """Turn the warnings that mean something into findings, and all of them into lines of the log."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        try:
            yield
        finally:
            sys.stderr.writelines(dict.fromkeys(f"{one.category.__name__}: {one.message}\n" for one in caught))  # each once
            for one in caught:
                findings.update(code for kind, code in FINDINGS.items() if issubclass(one.category, kind))


def _forget_peak() -> None:
    """Begin a new peak of memory, where the system can (Linux), so that a run is not charged with an earlier one's."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))
