"""Artifacts of runs: predictions and models, kept outside the journal below `.git/gitjournal/artifacts/`, by run.

Local, and may be lost: a metric asked for later is then computed by running again.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitjournal.entry.metrics import direction
from gitjournal.entry.record import Record
from gitjournal.entry.summary import COUNTS, summarise
from gitjournal.errors import GitjournalError, UsageError
from gitjournal.git.lab import Lab
from gitjournal.journal.entry_ids import FOLDER, RECORDS
from gitjournal.journal.records import copy_from_owners
from gitjournal.run import plan as planning
from gitjournal.run.entry_state import Subject
from gitjournal.run.plan import make_plan
from gitjournal.run.results import make_run_job
from gitjournal.stats.confusion import Confusion, confusion
from gitjournal.worker.jobs import ConfusionCounts, ConfusionJob, ErrorReply, KeepJob, KeptModel, MetricValues, PredictJob, RunJob, ScoreJob
from gitjournal.worker.pool import WorkerPool

STORE, PREDICTIONS, WEIGHTS = "artifacts", "predictions.npz", "weights.npz"
RESTING = 3600.0  # seconds: what is younger may belong to a run whose record is being written
_RUN = re.compile(rb'"run":"([^"\\]{1,64})"')


@dataclass(frozen=True)
class RunScore:
    """A metric of one run, computed from its stored predictions; `why` says why it could not be."""

    record: Record
    value: float | None
    folds: list[float | None]
    why: str = ""


@dataclass(frozen=True)
class Stray:
    """Artifacts of a run that no branch knows."""

    run: str
    path: Path
    bytes: int


def run_folder(private: Path, run: str) -> Path:
    """Return the folder with the artifacts of a run."""
    return private / STORE / run[:2] / run


def score_runs(subject: Subject, metric: str, *, run: str | None, pool: WorkerPool) -> list[RunScore]:
    """Compute a metric on the dev rows of each finished run from its stored predictions; nothing is trained.

    Where they are gone, and the run's network is not, it predicts once more what the record says that it did.
    Raises EntryError for a metric that does not fit, UsageError where no run fits `run`.
    """
    front = subject.entry.front
    classes = front.data.facts.classes if front.data.facts else None
    scores = []
    for record in _select_runs(subject, run):
        owner = read_owner_record(subject, record)
        sha256 = owner.artifacts.get(PREDICTIONS)
        path = run_folder(subject.private, owner.run) / PREDICTIONS
        why = "" if sha256 and path.is_file() else _predict_again(subject, record, owner, pool)
        if why:
            scores.append(RunScore(record, None, [], why))
            continue
        n_classes = len(classes) if classes else None
        task = front.task or "classification"
        reply = pool.ask(ScoreJob(file=str(path), sha256=str(sha256), metrics=[metric], task=task, n_classes=n_classes))
        if isinstance(reply, MetricValues):
            scores.append(RunScore(record, reply.metrics[metric], reply.folds.get(metric, [])))
        elif reply.kind == "entry":
            raise UsageError(reply.message, hint=reply.hint)
        else:
            scores.append(RunScore(record, None, [], reply.message))
    return scores


def kept_predictions(private: Path, record: Record) -> Path | None:
    """Return the file with the predictions of a run; None where it is not here."""
    path = run_folder(private, record.run) / PREDICTIONS
    return path if PREDICTIONS in record.artifacts and path.is_file() else None


def count_confusion(private: Path, record: Record, classes: Sequence[Any] | None, pool: WorkerPool) -> Confusion | None:
    """Return the confusion matrix of one run on its dev rows; None where its predictions are not stored or not of classes."""
    path = kept_predictions(private, record)
    if path is None:
        return None
    reply = pool.ask(ConfusionJob(file=str(path), sha256=record.artifacts[PREDICTIONS]))
    return confusion(reply.codes, reply.counts, classes) if isinstance(reply, ConfusionCounts) else None


def sort_by_score(scored: list[RunScore], metric: str) -> list[RunScore]:
    """Return the runs sorted by the metric, the best first and those without a value last."""
    sign = direction(metric)
    return sorted(scored, key=lambda one: (one.value is None, -sign * (one.value or 0.0)))


def _predict_again(subject: Subject, record: Record, owner: Record, pool: WorkerPool) -> str:
    """Have the stored network of a run write its predictions again. Returns why they could not be written, or nothing."""
    weights = run_folder(subject.private, owner.run) / WEIGHTS
    if not {PREDICTIONS, WEIGHTS} <= owner.artifacts.keys() or not weights.is_file():
        return "its predictions are not kept here"
    try:
        job, expected = _remake_job(subject, record, owner, pool)
    except GitjournalError as fault:
        return fault.message
    network, predictions = owner.artifacts[WEIGHTS], owner.artifacts[PREDICTIONS]
    reply = pool.ask(PredictJob.about(job, file=str(weights), sha256=network, expected=expected, predictions=predictions))
    return reply.message if isinstance(reply, ErrorReply) else ""


def _remake_job(subject: Subject, record: Record, owner: Record, pool: WorkerPool) -> tuple[RunJob, str]:
    """Return the job of a run as it was done, and the digest of what it predicted.

    Raises GitjournalError where it is not declared any more.
    """
    plan = make_plan(subject.entry, subject.workplace(pool.ask))
    planned = next((run for run in plan.runs if run.key == record.key), None)
    if planned is None or not owner.predictions:
        raise GitjournalError(f"run {record.run[:8]} is no longer declared, or has no predictions to compare with")
    return make_run_job(subject, plan, planned, owner.run, memory_mb=None), owner.predictions


def save_model(subject: Subject, folder: Path | None, *, run: str | None, pool: WorkerPool) -> tuple[Record, KeptModel]:
    """Make one run's model, prove that it predicts what the record says, and write it into `folder`, by default the run's own.

    A network that its run kept is opened; anything else is fitted again. Without `run` it is the best one. Returns its record,
    and the file with its sha256. Raises DataError where the model comes out otherwise, EntryError for a procedure of which
    nothing is kept.
    """
    chosen = _select_runs(subject, run) if run else [_best_run(subject)]
    if len(chosen) > 1:
        raise UsageError(f"`{run}` fits {len(chosen)} runs; give more of the run id")
    record = chosen[0]
    owner = read_owner_record(subject, record)
    job, expected = _remake_job(subject, record, owner, pool)
    own = run_folder(subject.private, owner.run)
    network = owner.artifacts.get(WEIGHTS)
    keep = KeepJob.about(job, store=None, folder=str(folder or own), expected=expected, file=str(own / WEIGHTS), sha256=network)
    return record, planning.unwrap_reply(pool.ask(keep), subject.entry)


def find_strays(lab: Lab, *, now: float) -> list[Stray]:
    """Return what is kept of runs that stand on no branch and wait in no spool; `now` is in seconds since 1970."""
    known_runs = _known_runs(lab)
    strays = []
    for folder in sorted((lab.repository.private / STORE).glob("*/*")):
        if folder.is_symlink() or not folder.is_dir() or folder.name in known_runs:
            continue
        files = [file for file in folder.rglob("*") if file.is_file()]
        youngest = max([file.lstat().st_mtime for file in files], default=folder.lstat().st_mtime)
        if now - youngest > RESTING:
            strays.append(Stray(folder.name, folder, sum(file.lstat().st_size for file in files)))
    return strays


def remove_strays(strays: list[Stray]) -> None:
    """Remove the artifacts of these runs."""
    for stray in strays:
        shutil.rmtree(stray.path, ignore_errors=True)


def _known_runs(lab: Lab) -> set[str]:
    """Return the runs of every branch, known or not as a journal's, and of the spool: to forget is worse than to keep."""
    repository = lab.repository
    refs = repository.git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes").splitlines()
    blobs = {file.blob for ref in refs for file in repository.tree(ref, FOLDER) if file.path.endswith(RECORDS)}
    texts = [*repository.blobs(sorted(blobs)).values(), *_read_spool_files(repository.private)]
    return {run.decode() for text in texts for run in _RUN.findall(text)}


def _read_spool_files(private: Path) -> Iterator[bytes]:
    for file in (private / "spool").glob("*"):
        yield file.read_bytes().replace(b'\\"', b'"')


def _select_runs(subject: Subject, run: str | None) -> list[Record]:
    """Return the finished runs, or those whose id begins with `run`."""
    finished = [one for one in subject.records if one.status in COUNTS]
    chosen = [one for one in finished if one.run.startswith(run)] if run else finished
    if not chosen:
        what = f"no finished run of {subject.entry.id} begins with `{run}`" if run else f"{subject.entry.id} has no finished run"
        raise UsageError(what, hint=f"see them: gitjournal show {subject.entry.short_id} --runs")
    return chosen


def _best_run(subject: Subject) -> Record:
    finished = _select_runs(subject, None)
    best = summarise(subject.entry.front, subject.records).best
    return next((one for one in finished if best and one.fingerprint == best.fingerprint), finished[0])


def read_owner_record(subject: Subject, record: Record) -> Record:
    """Return the record of a run as its owner has it."""
    (owner,) = copy_from_owners(subject.lab, [record], subject.journal.refs)
    return owner
