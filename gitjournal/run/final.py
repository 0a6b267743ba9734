"""`exec --final`: a look at the sealed test part, by the model that was chosen on dev. Counted, and committed by itself.

Nothing is written before the model has proven to be that of the record; what was seen is on disk before it is told.
"""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from gitjournal.entry import record, verdict
from gitjournal.entry.changes import advise_new_entry
from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record, runs_among
from gitjournal.entry.summary import COUNTS, ConfigurationResult, Summary, summarise
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.git.repository import require_identity
from gitjournal.git.results_commit import CommitOutcome, commit_spool
from gitjournal.git.spool import Results, spool_results
from gitjournal.run import artifacts, sealed_set
from gitjournal.run import plan as planning
from gitjournal.run.call import ExecCall
from gitjournal.run.claims import claim_entry
from gitjournal.run.entry_state import Subject, check_may_run, read_baseline, read_code_state, read_subject
from gitjournal.run.plan import Plan, PlannedRun
from gitjournal.run.results import ComposeResults, ResultsPage, make_run_job
from gitjournal.stats.gain import gain_over
from gitjournal.stats.looks import FINAL, Look, number_looks
from gitjournal.worker.jobs import FinalJob, FinalResult
from gitjournal.worker.pool import RecordedEnvironment

LONGEST = 300  # letters of a reason: a record is at most 4 KB


@dataclass(frozen=True)
class LookOutcome:
    """The outcome: a look was taken now, or had been (`shown`), or would be (`planned`, without one).

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


def take_look(call: ExecCall, entry_id: str, reason: str, say: Say) -> LookOutcome:
    """Score the test part by the best configuration of an entry, with all its seeds, as one look.

    `reason` says why now, `call.options.force` why the budget may be overdrawn; `say` makes the message of the commit. The same
    configuration is never looked at twice: what was seen is told again. Raises GitjournalError where it refuses; then nothing
    was looked at, and nothing written.
    """
    options, journal = call.options, call.journal
    with claim_entry(call.lab, entry_id, patient=options.patient):
        subject = read_subject(journal, call.start, entry_id)
        check_may_run(subject)
        summary = summarise(subject.entry.front, subject.records)
        best = summary.best
        if best is None:
            hint = f"run it first: gitjournal exec {subject.entry.short_id}"
            raise GitjournalError(f"{entry_id} has no result: the model to test is chosen on dev", hint=hint)
        plan = planning.make_plan(subject.entry, subject.workplace(call.pool.ask))
        if plan.declared.sealed is None:
            hint = f"{advise_new_entry(subject.entry.short_id, ask='ask anew with one')}, and `split: {{…, test: 0.2}}`"
            raise EntryError("the split has no `test`: there is nothing to look at", place=subject.entry.place("split"), hint=hint)
        looks = sealed_set.list_looks(call.lab, journal.index, plan.declared.hash)
        allowed = sealed_set.look_budget(call.lab, journal.refs, plan.declared.hash)
        earlier = next((look for look in looks if look.entry == entry_id and _same_models(look.record, best)), None)
        proven = "cv" not in plan.declared.split
        if earlier:
            return LookOutcome(subject.entry, "shown", summary, looks, earlier, allowed, proven)
        overdrawn = allowed is not None and len(looks) >= allowed
        if overdrawn and not options.force:
            raise GitjournalError(
                f"the test set of these data may be looked at {allowed} times, and was: gitjournal data sheet {subject.entry.short_id}",
                hint=f'say why one more: gitjournal exec {subject.entry.short_id} --final "…" --force "why"',
            )
        if options.dry_run:
            return LookOutcome(subject.entry, "planned", summary, looks, None, allowed, proven)
        require_identity(call.lab.repository)
        wish = _Wish(best, len(looks) + 1, reason, options.force if overdrawn else None)
        record, where = _fit_and_score(call, subject, plan, wish)
        looks = number_looks([*looks, Look(record, entry_id, subject.entry.front.title, subject.ref)])
        own_look = next(look for look in looks if look.record.run == record.run)
        page = _compose(call.compose, subject, summary, own_look)
        outcome = _commit(subject, own_look, where, page, say(subject.entry, summary, own_look))
        return LookOutcome(subject.entry, "looked", summary, looks, own_look, allowed, proven, outcome.commit, outcome.why)


@dataclass(frozen=True)
class _Wish:
    """The look that is wanted: at what the `best` configuration does, the `number`-th at these rows, why, and why beyond the budget."""

    best: ConfigurationResult
    number: int
    reason: str
    forced: str | None


def _same_models(look: Record, best: ConfigurationResult) -> bool:
    return look.fingerprint == best.fingerprint and set(_seeds(look)) == set(best.seeds)


def _seeds(look: Record) -> list[int | None]:
    return look.seeds or [look.seed]


def _fit_and_score(call: ExecCall, subject: Subject, plan: Plan, wish: _Wish) -> tuple[Record, RecordedEnvironment]:
    """Have each seed's model fitted again and asked for the test rows. Returns the record of the look."""
    best, pool = wish.best, call.pool
    runs = [run for run in plan.runs if run.fingerprint == best.fingerprint and run.seed in best.seeds]
    if len(runs) < len(best.seeds):
        raise GitjournalError("the best configuration on record is no longer declared", hint=f"gitjournal diff {subject.entry.short_id}")
    pool.start(1)
    results = [_score_test(call, subject, plan, run) for run in runs]
    first = results[0]
    means = {name: statistics.fmean([one.metrics[name] for one in results]) for name in first.metrics}
    # of a mean over seeds: no larger than that of one model, as all are measured on the same rows
    errors = {
        name: statistics.fmean([one.errors[name] for one in results]) for name in first.errors if all(name in one.errors for one in results)
    }
    where = pool.environment_of()
    code = read_code_state(subject.root)
    several = len(runs) > 1
    return Record(
        run=uuid.uuid4().hex,
        fingerprint=best.fingerprint,
        seed=None if several else runs[0].seed,
        status=FINAL,
        reason=wish.reason[:LONGEST],
        plan=next((one.plan for one in subject.records if one.owned and one.plan), None),
        grid=best.grid,
        metrics={"test": dict(means)},
        rows={"train": first.learned, "test": first.rows},
        parts={"test": first.part},
        seeds=[run.seed for run in runs] if several else [],
        errors=errors,
        look=wish.number,
        forced=wish.forced[:LONGEST] if wish.forced else None,
        predictions=first.predictions,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        seconds=sum(one.seconds for one in results),
        environment=where.name,
        kernel=where.kernel,
        threads=where.threads,
        blas_threads=where.blas_threads,
        code=code.commit,
        dirty=code.dirty,
        canonical=runs[0].canonical,
    ), where


def _score_test(call: ExecCall, subject: Subject, plan: Plan, run: PlannedRun) -> FinalResult:
    expected = None
    if "cv" not in plan.declared.split:
        record = next(one for one in subject.records if one.key == run.key and one.status in COUNTS)
        expected = artifacts.read_owner_record(subject, record).predictions
        if not expected:
            hint = f"run it again here: gitjournal new --replicate {subject.entry.short_id}"
            raise GitjournalError("the run kept no dev predictions, so the model fitted again cannot be checked against it", hint=hint)
    job = FinalJob.about(make_run_job(subject, plan, run, "", memory_mb=call.options.memory_mb), store=None, expected=expected)
    return planning.unwrap_reply(call.pool.ask(job), subject.entry)


def _compose(compose: ComposeResults, subject: Subject, summary: Summary, look: Look) -> ResultsPage:
    """Make the page of results with the look in it; a look changes nothing about what was judged on dev."""
    baseline = read_baseline(subject)
    records = [*subject.records, look.record]
    gain = gain_over(summary, runs_among(records), baseline) if baseline else None
    return compose(subject.entry, summary, records, gain, verdict.read_page(subject.entry.text, subject.entry.id))


def _commit(subject: Subject, look: Look, where: RecordedEnvironment, page: ResultsPage, message: str) -> CommitOutcome:
    """Write the look safely to disk, and commit it by itself."""
    tip = subject.journal.refs[subject.ref]
    stored = subject.lab.repository.files(tip, subject.path).get(subject.path)
    if stored is None:
        raise GitjournalError(f"{subject.entry.id} is not committed on {subject.ref.removeprefix('refs/heads/')}")
    results = Results(
        branch=subject.ref.removeprefix("refs/heads/"),
        path=subject.path,
        plan=tip,
        mode=stored.mode,
        blob=stored.blob,
        lines=[record.encode(look.record)],
        block=page.block,
        message=message,
        figures=page.figures,
        files={f"environments/{where.name}.json": where.environment},
    )
    spool_results(subject.lab, results)
    written = commit_spool(subject.lab, leave=lambda path: path != subject.path)
    return next((outcome for outcome in written if outcome.path == subject.path), CommitOutcome(subject.path, None, "waiting"))
