"""The results of one `exec`: each run becomes a record, joins the earlier ones, and waits in the spool for the commit."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gitjournal.entry import record
from gitjournal.entry.model import Entry
from gitjournal.entry.record import Failure, GateForecast, Record
from gitjournal.entry.summary import Summary, summarise
from gitjournal.entry.verdict import Verdict
from gitjournal.git.plan_commit import PlannedEntry
from gitjournal.git.spool import Results, spool_results
from gitjournal.journal.index.runs import Run
from gitjournal.journal.records import copy_from_owners
from gitjournal.run.entry_state import CodeState, Subject
from gitjournal.run.expectations import EntryExpectations, judge_entry
from gitjournal.run.plan import Plan, PlannedRun
from gitjournal.stats.gain import Baseline, Gain, gain_over
from gitjournal.stats.judge import Draw, Judgeable, Judgement
from gitjournal.worker.jobs import ErrorReply, RunJob, RunResult
from gitjournal.worker.pool import RecordedEnvironment, RunReply


@dataclass(frozen=True)
class ResultsPage:
    """What is written for people: the block in the entry, the message of the commit, figures by path."""

    block: str
    message: str
    figures: dict[str, bytes] = field(default_factory=dict)


ComposeResults = Callable[[Entry, Summary, Sequence[Record], Gain | None, Judgement | Verdict | None], ResultsPage]


@dataclass(frozen=True)
class Ledger:
    """The results of an entry whose plan is `committed`: those of earlier calls, and the `fresh` ones of this call.

    `compose` makes what is written from them; what was `expected` is judged when no run is left.
    """

    subject: Subject
    plan: Plan
    committed: PlannedEntry[Entry]
    baseline: Baseline | None
    expected: EntryExpectations
    compose: ComposeResults
    fresh: list[Record] = field(default_factory=list, init=False)

    @property
    def entry(self) -> Entry:
        """The entry as git holds it."""
        return self.committed.accepted

    @property
    def records(self) -> list[Record]:
        """The records of earlier calls and of this one."""
        return [*self.subject.records, *self.fresh]

    def add(self, new: Sequence[Record], where: RecordedEnvironment | None = None) -> Summary:
        """Write new records safely to disk, with the page that all of them make; only then do they count. Returns the summary."""
        records = [*self.records, *new]
        summary = summarise(self.plan.front, records)
        self._spool(new, self._page(summary, records), where)
        self.fresh.extend(new)
        return summary

    def judge(self, draw: Draw) -> str:
        """Judge what was expected, and write the block that says so to disk. Returns the block; "" where there is nothing to judge."""
        if not self.expected.expectations:
            return ""
        records, lab, refs = self.records, self.subject.lab, self.subject.journal.refs
        own = Judgeable(self.entry.id, self.plan.front, records)
        judgement = judge_entry(own, self.expected, lambda taken: copy_from_owners(lab, taken, refs), draw)
        page = self._page(summarise(self.plan.front, records), records, judgement)
        self._spool([], page)
        return page.block

    def _page(self, summary: Summary, records: Sequence[Record], judgement: Judgement | None = None) -> ResultsPage:
        gain = gain_over(summary, records, self.baseline) if self.baseline else None
        return self.compose(self.entry, summary, records, gain, judgement)

    def _spool(self, new: Sequence[Record], page: ResultsPage, where: RecordedEnvironment | None = None) -> None:
        results = Results(
            branch=self.subject.ref.removeprefix("refs/heads/"),
            path=self.subject.path,
            plan=self.committed.tip,
            mode=self.committed.mode,
            blob=self.committed.blob,
            lines=[record.encode(record.trim_record(one)) for one in new],
            block=page.block,
            message=page.message,
            figures=page.figures,
            files={f"environments/{where.name}.json": where.environment} if where else {},
        )
        spool_results(self.subject.lab, results)


def make_run_job(subject: Subject, plan: Plan, run: PlannedRun, run_id: str, *, memory_mb: int | None) -> RunJob:
    """Return the job of one run, which keeps its predictions in a folder of its own."""
    declared, private = plan.declared, subject.private
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


def record_of_reuse(run: PlannedRun, owned: Run) -> Record:
    """Return the record of a run that another entry owns; its metrics are for the summary, not for the line."""
    return Record(run=owned.run, fingerprint=run.fingerprint, seed=run.seed, from_=owned.entry, grid=run.point, metrics=owned.metrics)


def record_of_skip(run: PlannedRun, gate: GateForecast, *, plan: str) -> Record:
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


@dataclass(frozen=True)
class Origin:
    """Where the runs of a call come from: the blob of their plan, and the state of the person's code."""

    plan: str
    code: CodeState


def record_of_run(run: PlannedRun, run_id: str, reply: RunReply, where: RecordedEnvironment, origin: Origin) -> Record:
    """Return the record of a run that this call made, from the worker's answer."""
    if isinstance(reply, ErrorReply):
        reply = RunResult(status="failed", failure=Failure("exception", reply.message))
    return Record(
        run=run_id,
        fingerprint=run.fingerprint,
        seed=run.seed,
        status=reply.status,
        failure=Failure(reply.failure.kind, reply.failure.message[:500]) if reply.failure else None,
        plan=origin.plan,
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
        code=origin.code.commit,
        dirty=origin.code.dirty,
        flags=reply.flags,
        artifacts=reply.artifacts,
        canonical=run.canonical,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")  # which of two entries came later is told by it
