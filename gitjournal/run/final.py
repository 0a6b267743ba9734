"""`exec --final`: a look at the sealed test part, by the model that was chosen on dev. Counted, and committed by itself.

Nothing is written before the model has proven to be that of the record; what was seen is on disk before it is told.
"""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from gitjournal.entry import record, verdict
from gitjournal.entry.changes import advise_new_entry
from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record, runs_among
from gitjournal.entry.summary import COUNTS, Configuration, Summary, summarise
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.git.lab import Lab
from gitjournal.git.repository import require_identity
from gitjournal.git.results_commit import CommitOutcome, commit_spooled
from gitjournal.git.spool import Results, spool_results
from gitjournal.journal.index import Index
from gitjournal.run import artifacts, sealed_set
from gitjournal.run import plan as planning
from gitjournal.run.claims import claim_entry
from gitjournal.run.entry_state import Subject, baseline_of, check_may_run, code_state, read_subject
from gitjournal.run.plan import Plan, PlannedRun
from gitjournal.run.results import Compose, job_of
from gitjournal.stats.gain import gain_over
from gitjournal.stats.looks import FINAL, Look, numbered
from gitjournal.worker.jobs import FinalJob, FinalResult
from gitjournal.worker.pool import Surroundings, Team

LONGEST = 300  # letters of a reason: a record is at most 4 KB


@dataclass(frozen=True)
class Request:
    """Why to look; `force` is why the budget may be overdrawn."""

    reason: str
    force: str | None = None
    dry_run: bool = False
    patient: bool = False
    memory_mb: int | None = None


@dataclass(frozen=True)
class Looked:
    """How it ended: a look was taken now, or had been (`shown`), or would be (`planned`, without one).

    `looks` are all at these test rows, in their order. `proven` says that the model is that of the record.
    """

    entry: Entry
    state: Literal["looked", "shown", "planned"]
    summary: Summary
    looks: list[Look]
    look: Look | None
    allowed: int | None
    proven: bool = True
    commit: str | None = None
    waiting: str = ""


Say = Callable[[Entry, Summary, Look], str]


def take_look(lab: Lab, start: Any, entry_id: str, request: Request, *, crew: Team, compose: Compose, say: Say) -> Looked:
    """Score the test part by the best configuration of an entry, with all its seeds, as one look.

    The same configuration is never looked at twice: what was seen is told again. Raises GitjournalError where it refuses;
    then nothing was looked at, and nothing written.
    """
    with claim_entry(lab, entry_id, patient=request.patient):
        subject = read_subject(lab, start, entry_id)
        check_may_run(subject)
        summary = summarise(subject.entry.front, subject.records)
        best = summary.best
        if best is None:
            hint = f"run it first: gitjournal exec {subject.entry.short_id}"
            raise GitjournalError(f"{entry_id} has no result: the model to test is chosen on dev", hint=hint)
        plan = planning.make_plan(subject.entry, subject.text, root=subject.root, cache=lab.repository.private, ask=crew.ask)
        if plan.declared.sealed is None:
            hint = f"{advise_new_entry(subject.entry.short_id, ask='ask anew with one')}, and `split: {{…, test: 0.2}}`"
            raise EntryError("the split has no `test`: there is nothing to look at", place=subject.entry.place("split"), hint=hint)
        with Index.open(lab.repository) as index:
            index.refresh(subject.refs)
            looks = sealed_set.looks_at(lab, index, plan.declared.hash)
        allowed = sealed_set.budget_of(lab, subject.refs, plan.declared.hash)
        earlier = next((one for one in looks if one.entry == entry_id and _same_models(one.record, best)), None)
        proven = "cv" not in plan.declared.split
        if earlier:
            return Looked(subject.entry, "shown", summary, looks, earlier, allowed, proven)
        if allowed is not None and len(looks) >= allowed and not request.force:
            raise GitjournalError(
                f"the test set of these data may be looked at {allowed} times, and was: gitjournal data sheet {subject.entry.short_id}",
                hint=f'say why one more: gitjournal exec {subject.entry.short_id} --final "…" --force "why"',
            )
        if request.dry_run:
            return Looked(subject.entry, "planned", summary, looks, None, allowed, proven)
        require_identity(lab.repository)
        forced = request.force if allowed is not None and len(looks) >= allowed else None
        seen, where = _look(subject, plan, best, request, crew, number=len(looks) + 1, forced=forced)
        look = numbered([*looks, Look(seen, entry_id, subject.entry.front.title, subject.ref)])
        mine = next(one for one in look if one.record.run == seen.run)
        outcome = _commit(subject, summary, mine, where, compose, say)
        return Looked(subject.entry, "looked", summary, look, mine, allowed, proven, outcome.commit, outcome.why)


def _same_models(look: Record, best: Configuration) -> bool:
    return look.fingerprint == best.fingerprint and set(_seeds(look)) == set(best.seeds)


def _seeds(look: Record) -> list[int | None]:
    return look.seeds or [look.seed]


def _look(
    subject: Subject, plan: Plan, best: Configuration, request: Request, crew: Team, *, number: int, forced: str | None
) -> tuple[Record, Surroundings]:
    """Have each seed's model fitted again and asked for the test rows. Returns the record of the look."""
    runs = [run for run in plan.runs if run.fingerprint == best.fingerprint and run.seed in best.seeds]
    if len(runs) < len(best.seeds):
        raise GitjournalError("the best configuration on record is no longer declared", hint=f"gitjournal diff {subject.entry.short_id}")
    crew.start(1)
    told = [_ask(subject, plan, run, request, crew) for run in runs]
    first = told[0]
    means = {name: statistics.fmean([one.metrics[name] for one in told]) for name in first.metrics}
    # of a mean over seeds: no larger than that of one model, as all are measured on the same rows
    errors = {
        name: statistics.fmean([one.errors[name] for one in told]) for name in first.errors if all(name in one.errors for one in told)
    }
    where = crew.surroundings()
    code, dirty = code_state(subject.root)
    several = len(runs) > 1
    return Record(
        run=uuid.uuid4().hex,
        fingerprint=best.fingerprint,
        seed=None if several else runs[0].seed,
        status=FINAL,
        reason=request.reason[:LONGEST],
        plan=next((one.plan for one in subject.records if one.owned and one.plan), None),
        grid=best.grid,
        metrics={"test": dict(means)},
        rows={"train": first.learned, "test": first.rows},
        parts={"test": first.part},
        seeds=[run.seed for run in runs] if several else [],
        errors=errors,
        look=number,
        forced=forced[:LONGEST] if forced else None,
        predictions=first.predictions,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        seconds=sum(one.seconds for one in told),
        environment=where.name,
        kernel=where.kernel,
        threads=where.threads,
        blas_threads=where.blas_threads,
        code=code,
        dirty=dirty,
        canonical=runs[0].canonical,
    ), where


def _ask(subject: Subject, plan: Plan, run: PlannedRun, request: Request, crew: Team) -> FinalResult:
    expected = None
    if "cv" not in plan.declared.split:
        known = next(one for one in subject.records if one.key == run.key and one.status in COUNTS)
        expected = artifacts.as_owned(subject, known).predictions
        if not expected:
            hint = f"run it again here: gitjournal new --replicate {subject.entry.short_id}"
            raise GitjournalError("no predictions of dev are on record, so the model cannot be told to be the same", hint=hint)
    job = FinalJob.about(job_of(subject, plan, run, "", memory_mb=request.memory_mb), store=None, expected=expected)
    return planning.answer(crew.ask(job), subject.entry)


def _commit(subject: Subject, summary: Summary, look: Look, where: Surroundings, compose: Compose, say: Say) -> CommitOutcome:
    """Write the look safely to disk, and commit it by itself."""
    tip = subject.refs[subject.ref]
    held = subject.lab.repository.files(tip, subject.path).get(subject.path)
    if held is None:
        raise GitjournalError(f"{subject.entry.id} is not committed on {subject.ref.removeprefix('refs/heads/')}")
    baseline = baseline_of(subject)
    records = [*subject.records, look.record]
    gain = gain_over(summary, runs_among(records), baseline) if baseline else None
    # a look changes nothing about what was judged on dev
    page = compose(subject.entry, summary, records, gain, verdict.of_page(subject.text, subject.entry.id))
    results = Results(
        branch=subject.ref.removeprefix("refs/heads/"),
        path=subject.path,
        plan=tip,
        mode=held.mode,
        blob=held.blob,
        lines=[record.encode(look.record)],
        block=page.block,
        message=say(subject.entry, summary, look),
        figures=page.figures,
        files={f"environments/{where.name}.json": where.environment},
    )
    spool_results(subject.lab, results)
    written = commit_spooled(subject.lab, leave=lambda path: path != subject.path)
    return next((one for one in written if one.path == subject.path), CommitOutcome(subject.path, None, "waiting"))
