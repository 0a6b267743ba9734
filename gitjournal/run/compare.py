"""What speaks for one entry against another: their records, and what kept predictions tell where records do not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record
from gitjournal.entry.summary import COUNTS, deciding_metric
from gitjournal.errors import ComparisonError
from gitjournal.git.lab import Lab
from gitjournal.journal.journal import Journal, Opened
from gitjournal.journal.records import copy_from_owners
from gitjournal.run.artifacts import PREDICTIONS, folder_of
from gitjournal.stats.compare import compare
from gitjournal.stats.evidence import BootstrapResult, Comparison
from gitjournal.stats.one_sample import score_elsewhere
from gitjournal.stats.sample import Sample, require_alike, sample_of
from gitjournal.worker.jobs import BootstrapJob, ErrorReply, PredictionsFile, ScoreJob
from gitjournal.worker.pool import Pool, WorkerPool

PARTS = ("dev", "train", "train_dev", "test")


@dataclass(frozen=True)
class Measured:
    """An entry with its records, those of other entries as their owners have them."""

    entry: Entry
    records: list[Record]


def measured(journal: Journal, opened: Opened) -> Measured:
    """Return an entry with whole records."""
    return Measured(opened.entry, copy_from_owners(journal.lab, opened.records, journal.index.refs))


def wanted(of: Measured, metric: str | None) -> str:
    """Return PART.METRIC as it was asked for, of dev where no part is named; else what decides the entry."""
    metric = metric or deciding_metric(of.entry.front, of.records) or ""
    return metric if metric.partition(".")[0] in PARTS else f"dev.{metric}"


def sample(of: Measured, metric: str, lab: Lab, pool: WorkerPool) -> Sample:
    """Return the best configuration of an entry in PART.METRIC, computed from kept predictions where it was not measured.

    Raises ComparisonError where there is nothing to compare, saying what to do.
    """
    part, _, name = metric.partition(".")
    lacks = [one for one in of.records if one.status in COUNTS and one.metrics.get(part, {}).get(name) is None]
    records = of.records
    if lacks and part == "dev" and not of.entry.front.retracted:
        records = [_scored(of, one, name, lab, pool) if one in lacks else one for one in records]
    return sample_of(of.entry.id, of.entry.front, records, metric)


def _scored(of: Measured, one: Record, name: str, lab: Lab, pool: WorkerPool) -> Record:
    """Return a record with a metric that was not asked for then."""
    kept = _kept(one, lab)
    if kept is None:
        what = f"{of.entry.short_id} did not measure dev.{name}, and its predictions are not kept here"
        raise ComparisonError(what, hint="compare it where it was run, or name another metric: --metric")
    task, n_classes = _target_of(of)
    reply = pool.ask(ScoreJob(file=kept.file, sha256=kept.sha256, metrics=[name], task=task, n_classes=n_classes))
    if isinstance(reply, ErrorReply):
        raise ComparisonError(f"{of.entry.short_id}: {reply.message}", hint=reply.hint)
    metrics = {**one.metrics, "dev": {**one.metrics.get("dev", {}), name: reply.metrics[name]}}
    folds = one.folds
    if reply.folds:
        folds = {**folds, "dev": {**folds.get("dev", {}), name: reply.folds[name]}}
    return msgspec.structs.replace(one, metrics=metrics, folds=folds)


def judge(a: Sample, b: Sample, task: Measured, lab: Lab, pool: WorkerPool) -> Comparison:
    """Judge A minus B by records alone where they suffice, else by kept predictions drawn anew.

    Raises ComparisonError for what was not measured alike.
    """
    require_alike(a, b)
    first = compare(a, b)
    leader, other = (a, b) if first.evidence.value * a.direction >= 0 else (b, a)
    unknown = first.evidence.interval is None and a.single and b.single
    once = all(len(one.values) == 1 for one in (leader, *leader.among))
    luck = once and bool(leader.folds) and first.evidence.selection is not None and first.evidence.selection.corrected is None
    if not (unknown or luck) or a.part != "dev":
        return first
    found = drawn(leader, other if unknown else None, task, lab, pool)
    if isinstance(found, BootstrapResult):
        return compare(a, b, found)
    told = replace(first.evidence, notes=(*first.evidence.notes, f"{found[:1].upper()}{found[1:]}."))
    return replace(first, evidence=told) if unknown else first


def elsewhere(one: Sample, of: Measured, lab: Lab, pool: WorkerPool) -> float:
    """Return what a configuration would reach on other rows, without the luck that the best of several had on these.

    Raises ComparisonError where it was chosen among several, and nothing tells how much of it was luck.
    """
    found = score_elsewhere(one)
    if found is None and one.part == "dev" and all(len(each.values) == 1 for each in (one, *one.among)):
        told = drawn(one, None, of, lab, pool)
        found = score_elsewhere(one, told) if isinstance(told, BootstrapResult) else None
    if found is None:
        what = f"{one.entry[-4:]} is the best of {one.k} on these very rows, and how much of that is luck is not known here"
        raise ComparisonError(what, hint="compare it where it was run, whose predictions tell, or entries of one configuration each")
    return found


def drawn(leader: Sample, other: Sample | None, of: Measured, lab: Lab, pool: Pool) -> BootstrapResult | str:
    """Return what kept predictions tell, or why they tell nothing."""
    best, *among = [_kept(next(iter(one.runs.values())), lab) for one in (leader, *leader.among)]
    against = _kept(next(iter(other.runs.values())), lab) if other else None
    lacking = [one.entry[-4:] for one, kept in ((leader, best), (other, against)) if one and kept is None]
    if lacking or best is None:
        return f"of {' and '.join(lacking)} no predictions are kept here"
    kept = [file for file in among if file is not None]
    task, n_classes = _target_of(of)
    job = BootstrapJob(
        runs=[best, *kept] if len(kept) == len(among) else [best],
        metric=leader.metric.partition(".")[2],
        task=task,
        other=against,
        n_classes=n_classes,
        grouped=bool(leader.split.get("group")),
    )
    reply = pool.ask(job)
    return reply.message if isinstance(reply, ErrorReply) else reply


def _target_of(of: Measured) -> tuple[str, int | None]:
    """Return the task of an entry, and the number of classes of its target."""
    classes = of.entry.front.data.facts.classes if of.entry.front.data.facts else None
    return of.entry.front.task or "classification", len(classes) if classes else None


def _kept(one: Record, lab: Lab) -> PredictionsFile | None:
    sha256 = one.artifacts.get(PREDICTIONS)
    path = folder_of(lab.repository.private, one.run) / PREDICTIONS
    return PredictionsFile(file=str(path), sha256=sha256) if sha256 and path.is_file() else None
