"""Keeps the results of one call: joins new records with old ones, and writes them to the spool."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from gitjournal.entry import record
from gitjournal.entry.model import Entry, FrontMatter
from gitjournal.entry.record import Failure, Gate, Record
from gitjournal.entry.summary import Summary, summarise
from gitjournal.entry.verdict import Verdict
from gitjournal.git.plan_commit import PlannedEntry
from gitjournal.git.spool import Results, spool_results
from gitjournal.journal.index import Run
from gitjournal.journal.records import copy_from_owners
from gitjournal.run.entry_state import Subject
from gitjournal.run.expectations import NOTHING, Expected, judged
from gitjournal.run.plan import Plan, PlannedRun
from gitjournal.stats.gain import Baseline, Gain, gain_over
from gitjournal.stats.judge import Draw, Judgeable, Judgement
from gitjournal.worker.jobs import ErrorReply, RunJob, RunResult
from gitjournal.worker.pool import RunReply, Surroundings


@dataclass(frozen=True)
class ResultsPage:
    """What is written for people: the block in the entry, the message of the commit, figures by path."""

    block: str
    message: str
    figures: dict[str, bytes] = field(default_factory=dict)


Compose = Callable[[Entry, Summary, Sequence[Record], Gain | None, Judgement | Verdict | None], ResultsPage]


@dataclass(frozen=True)
class Ledger:
    """The results so far. `compose` makes the page from them; what was `expected` is judged when no run is left."""

    subject: Subject
    plan: Plan
    baseline: Baseline | None
    compose: Compose
    expected: Expected = NOTHING

    def summarise(self, fresh: Sequence[Record] = ()) -> Summary:
        """Return the summary over the records of earlier calls and of this one."""
        return summarise(self.front, [*self.subject.records, *fresh])

    @property
    def front(self) -> FrontMatter:
        """What the entry declares, with what follows from its data."""
        declared = self.plan.declared
        return msgspec.structs.replace(self.subject.entry.front, task=declared.task, metrics=declared.metrics)

    def gain(self, summary: Summary, fresh: Sequence[Record] = ()) -> Gain | None:
        """Return the gain over the baseline, where there is one."""
        return gain_over(summary, [*self.subject.records, *fresh], self.baseline) if self.baseline else None

    def spool(self, new: Sequence[Record], fresh: Sequence[Record], planned: PlannedEntry[Any], where: Surroundings | None) -> Summary:
        """Write new records safely to disk, with the block that all `fresh` ones make. Returns the summary."""
        summary = self.summarise(fresh)
        self._spool(new, self.page(summary, fresh), planned, where)
        return summary

    def judge(self, fresh: Sequence[Record], planned: PlannedEntry[Any], draw: Draw) -> str:
        """Judge what was expected, and write the block that says so to disk. Returns the block; "" where there is nothing to judge."""
        if not self.expected.expectations:
            return ""
        summary, subject = self.summarise(fresh), self.subject
        own = Judgeable(subject.entry.id, self.front, [*subject.records, *fresh])

        def whole(records: Sequence[Record]) -> list[Record]:
            return copy_from_owners(subject.lab, records, subject.refs)

        page = self.page(summary, fresh, judged(own, self.expected, whole, draw))
        self._spool([], page, planned, None)
        return page.block

    def page(self, summary: Summary, fresh: Sequence[Record], judgement: Judgement | None = None) -> ResultsPage:
        """Return what is written of the results."""
        return self.compose(self.subject.entry, summary, [*self.subject.records, *fresh], self.gain(summary, fresh), judgement)

    def _spool(self, new: Sequence[Record], page: ResultsPage, planned: PlannedEntry[Any], where: Surroundings | None) -> None:
        results = Results(
            branch=self.subject.ref.removeprefix("refs/heads/"),
            path=self.subject.path,
            plan=planned.tip,
            mode=planned.mode,
            blob=planned.blob,
            lines=[record.encode(record.as_written(one)) for one in new],
            block=page.block,
            message=page.message,
            figures=page.figures,
            files={f"environments/{where.name}.json": where.environment} if where else {},
        )
        spool_results(self.subject.lab, results)


def job_of(subject: Subject, plan: Plan, run: PlannedRun, run_id: str, *, memory_mb: int | None) -> RunJob:
    """Return the job of one run, which keeps its predictions in a folder of its own."""
    declared, private = plan.declared, subject.lab.repository.private
    return RunJob(
        root=str(subject.root),
        cache=str(private),
        data=declared.data,
        hash=declared.hash,
        task=declared.task,
        split=declared.split,
        metrics=declared.metrics,
        code=declared.code,
        procedure=run.tree,
        seed=run.seed,
        store=str(private / "artifacts" / run_id[:2] / run_id),
        memory_mb=memory_mb,
    )


def borrowed(run: PlannedRun, known: Run) -> Record:
    """Return the record of a run that another entry owns; its metrics are for the summary, not for the line."""
    return Record(run=known.run, fingerprint=run.fingerprint, seed=run.seed, from_=known.entry, grid=run.point, metrics=known.metrics)


def left_out(run: PlannedRun, gate: Gate, *, plan: str) -> Record:
    """Return the record of a run that was skipped as unlikely to beat the best."""
    return Record(
        run=uuid.uuid4().hex,
        fingerprint=run.fingerprint,
        seed=run.seed,
        status="skipped",
        plan=plan,
        grid=run.point,
        gate=gate,
        at=_now(),
        canonical=run.canonical,
    )


def made(run: PlannedRun, run_id: str, reply: RunReply, where: Surroundings, *, plan: str, code: str | None, dirty: bool) -> Record:
    """Return the record of a run that this call made, from the worker's answer."""
    if isinstance(reply, ErrorReply):
        reply = RunResult(status="failed", failure=Failure("exception", reply.message))
    return Record(
        run=run_id,
        fingerprint=run.fingerprint,
        seed=run.seed,
        status=reply.status,
        failure=Failure(reply.failure.kind, reply.failure.message[:500]) if reply.failure else None,
        plan=plan,
        grid=run.point,
        metrics=reply.metrics,
        folds=reply.folds,
        rows=reply.rows,
        parts=reply.parts,
        hits=reply.hits,
        predictions=reply.predictions,
        curves=reply.curves,
        findings=reply.findings,
        at=_now(),
        seconds=reply.seconds,
        memory_mb=reply.memory_mb,
        environment=where.name,
        kernel=where.kernel,
        threads=where.threads,
        blas_threads=where.blas_threads,
        code=code,
        dirty=dirty,
        flags=reply.flags,
        artifacts=reply.artifacts,
        canonical=run.canonical,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
