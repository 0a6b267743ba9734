"""Comparing two entries: by their records, and by a bootstrap of stored predictions where records do not suffice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from gitjournal.entry.labels import point_label
from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record
from gitjournal.entry.summary import COUNTS, deciding_metric
from gitjournal.errors import ComparisonError, UsageError
from gitjournal.git.lab import Lab
from gitjournal.journal.journal import Journal, Opened
from gitjournal.journal.records import copy_from_owners
from gitjournal.run.artifacts import PREDICTIONS, run_folder
from gitjournal.stats.compare import compare
from gitjournal.stats.evidence import BootstrapResult, Comparison
from gitjournal.stats.one_sample import score_elsewhere
from gitjournal.stats.sample import Sample, require_alike, sample_of
from gitjournal.worker.jobs import BootstrapJob, ErrorReply, PredictionsFile, ScoreJob
from gitjournal.worker.pool import Pool, WorkerPool

NAMED = 10  # configurations that are listed where it is not clear which one is meant
PARTS = ("dev", "train", "train_dev", "test")


@dataclass(frozen=True)
class MeasuredEntry:
    """An entry with its records, those of other entries as their owners have them."""

    entry: Entry
    records: list[Record]


def measure_entry(journal: Journal, opened: Opened) -> MeasuredEntry:
    """Return an entry with complete records: those of other entries as their owners have them."""
    return MeasuredEntry(opened.entry, copy_from_owners(journal.lab, opened.records, journal.index.refs))


def metric_to_compare(measured: MeasuredEntry, metric: str | None) -> str:
    """Return PART.METRIC as it was asked for, of dev where no part is named; else what decides the entry."""
    metric = metric or deciding_metric(measured.entry.front, measured.records) or ""
    return metric if metric.partition(".")[0] in PARTS else f"dev.{metric}"


def find_configuration(measured: MeasuredEntry, wanted: str | Mapping[str, Any]) -> str:
    """Return the fingerprint of the one configuration with these grid values, or whose fingerprint begins so.

    Raises UsageError with the configurations that there are where none or several fit.
    """
    grids = {record.fingerprint: record.grid for record in measured.records if record.status in COUNTS}
    if isinstance(wanted, str):
        fitting = [fingerprint for fingerprint in grids if fingerprint.startswith(wanted.lower())]
        words = wanted
    else:
        fitting = [name for name, grid in grids.items() if all(key in grid and grid[key] == value for key, value in wanted.items())]
        words = point_label(wanted)
    if len(fitting) == 1:
        return fitting[0]
    listed = sorted(fitting or grids, key=lambda fingerprint: (point_label(grids[fingerprint]), fingerprint))
    lines = [f"{fingerprint[:8]}  {point_label(grids[fingerprint])}".rstrip() for fingerprint in listed]
    more = [f"and {len(lines) - NAMED} more: gitjournal show {measured.entry.short_id} --runs"] if len(lines) > NAMED else []
    fault = f"fits {len(fitting)} configurations of" if fitting else "is no configuration of"
    hint = "\n  ".join([*lines[:NAMED], *more]) or f"run it: gitjournal exec {measured.entry.short_id}"
    raise UsageError(f"`{words}` {fault} {measured.entry.short_id}", hint=hint)


def read_sample(measured: MeasuredEntry, metric: str, lab: Lab, pool: WorkerPool, *, named: str = "") -> Sample:
    """Return the sample of scores of an entry in PART.METRIC, computed from stored predictions where it was not measured.

    It is that of its best configuration, or of the one with the fingerprint `named`.
    Raises ComparisonError where there is nothing to compare, saying what to do.
    """
    part, _, name = metric.partition(".")
    lacks = [one for one in measured.records if one.status in COUNTS and one.metrics.get(part, {}).get(name) is None]
    records = measured.records
    if lacks and part == "dev" and not measured.entry.front.retracted:
        records = [_add_metric(measured, one, name, lab, pool) if one in lacks else one for one in records]
    return sample_of(measured.entry.id, measured.entry.front, records, metric, named=named)


def _add_metric(measured: MeasuredEntry, record: Record, name: str, lab: Lab, pool: WorkerPool) -> Record:
    """Return a record with one more metric, computed from its stored predictions."""
    predictions = _stored_predictions(record, lab)
    if predictions is None:
        what = f"{measured.entry.short_id} did not measure dev.{name}, and its predictions are not kept here"
        raise ComparisonError(what, hint="compare it where it was run, or name another metric: --metric")
    task, n_classes = _target_of(measured)
    reply = pool.ask(ScoreJob(file=predictions.file, sha256=predictions.sha256, metrics=[name], task=task, n_classes=n_classes))
    if isinstance(reply, ErrorReply):
        raise ComparisonError(f"{measured.entry.short_id}: {reply.message}", hint=reply.hint)
    metrics = {**record.metrics, "dev": {**record.metrics.get("dev", {}), name: reply.metrics[name]}}
    folds = record.folds
    if reply.folds:
        folds = {**folds, "dev": {**folds.get("dev", {}), name: reply.folds[name]}}
    return msgspec.structs.replace(record, metrics=metrics, folds=folds)


def judge_difference(a: Sample, b: Sample, task: MeasuredEntry, lab: Lab, pool: WorkerPool) -> Comparison:
    """Judge the difference A minus B by records where they suffice, else by a bootstrap of stored predictions.

    Raises ComparisonError for what was not measured alike.
    """
    require_alike(a, b)
    first = compare(a, b)
    leader, second = (a, b) if first.evidence.value * a.direction >= 0 else (b, a)
    unknown = first.evidence.interval is None and a.single and b.single
    once = all(len(one.values) == 1 for one in (leader, *leader.among))
    selection = first.evidence.selection
    luck = once and not leader.named and bool(leader.folds) and selection is not None and selection.corrected is None
    if not (unknown or luck) or a.part != "dev":
        return first
    drawn = draw_bootstrap(leader, second if unknown else None, task, lab, pool)
    if isinstance(drawn, BootstrapResult):
        return compare(a, b, drawn)
    evidence = replace(first.evidence, notes=(*first.evidence.notes, f"{drawn[:1].upper()}{drawn[1:]}."))
    return replace(first, evidence=evidence) if unknown else first


def correct_selection(sample: Sample, measured: MeasuredEntry, lab: Lab, pool: WorkerPool) -> float:
    """Return the score of a configuration corrected for selection: without the optimism of the best of several.

    Raises ComparisonError where it was chosen among several, and nothing tells how much of it was luck.
    """
    score = score_elsewhere(sample)
    if score is None and sample.part == "dev" and all(len(each.values) == 1 for each in (sample, *sample.among)):
        drawn = draw_bootstrap(sample, None, measured, lab, pool)
        score = score_elsewhere(sample, drawn) if isinstance(drawn, BootstrapResult) else None
    if score is None:
        what = f"{sample.entry[-4:]} is the best of {sample.k} on these very rows, and how much of that is luck is not known here"
        raise ComparisonError(
            what, hint="compare it in the clone that ran it, which has the predictions, or compare entries of one configuration each"
        )
    return score


def draw_bootstrap(leader: Sample, second: Sample | None, measured: MeasuredEntry, lab: Lab, pool: Pool) -> BootstrapResult | str:
    """Return a bootstrap of stored predictions, or why there is none."""
    best, *among = [_stored_predictions(next(iter(one.runs.values())), lab) for one in (leader, *leader.among)]
    second_file = _stored_predictions(next(iter(second.runs.values())), lab) if second else None
    lacking = [one.entry[-4:] for one, files in ((leader, best), (second, second_file)) if one and files is None]
    if lacking or best is None:
        return f"of {' and '.join(lacking)} no predictions are kept here"
    files = [file for file in among if file is not None]
    task, n_classes = _target_of(measured)
    job = BootstrapJob(
        runs=[best, *files] if len(files) == len(among) else [best],
        metric=leader.metric.partition(".")[2],
        task=task,
        other=second_file,
        n_classes=n_classes,
        grouped=bool(leader.split.get("group")),
    )
    reply = pool.ask(job)
    return reply.message if isinstance(reply, ErrorReply) else reply


def _target_of(measured: MeasuredEntry) -> tuple[str, int | None]:
    """Return the task of an entry, and the number of classes of its target."""
    classes = measured.entry.front.data.facts.classes if measured.entry.front.data.facts else None
    return measured.entry.front.task or "classification", len(classes) if classes else None


def _stored_predictions(record: Record, lab: Lab) -> PredictionsFile | None:
    sha256 = record.artifacts.get(PREDICTIONS)
    path = run_folder(lab.repository.private, record.run) / PREDICTIONS
    return PredictionsFile(file=str(path), sha256=sha256) if sha256 and path.is_file() else None
