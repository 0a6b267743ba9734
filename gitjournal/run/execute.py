"""Runs what an entry declares: plan commit, runs in worker processes, results commit. Knows no terminal.

The order is what makes it safe: the plan is committed before compute is spent, a finished run is on disk (spooled)
before it is announced, and one commit takes all results of the call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from gitjournal.entry import verdict
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, runs_among, skipped_among
from gitjournal.entry.results_block import splice
from gitjournal.entry.summary import Key
from gitjournal.git import results_commit
from gitjournal.git.busy import lab_obstacle
from gitjournal.git.lab import Lab
from gitjournal.git.plan_commit import PlannedEntry, plan_commit, uncommitted_plan
from gitjournal.git.repository import require_identity
from gitjournal.git.working_files import replace_file
from gitjournal.journal.entry_ids import id_of_page
from gitjournal.journal.index import Run
from gitjournal.run import expectations as expected
from gitjournal.run import known_runs, savings, sealed_set
from gitjournal.run import plan as planning
from gitjournal.run.claims import RunClaims, claim_entry, is_running
from gitjournal.run.compare import Measured, drawn
from gitjournal.run.dispatch import Dispatch
from gitjournal.run.entry_state import Subject, baseline_of, check_grown, check_may_run, check_unchanged, code_state, read_subject, states
from gitjournal.run.forecast import Forecast, Forecaster, Gatekeeper
from gitjournal.run.known_runs import Elsewhere
from gitjournal.run.messages import Counts, Epoch, Options, Outcome, Planned, Printed, Progress, Recovered, Spent, State, Tell
from gitjournal.run.plan import Plan, PlannedRun, check_not_blocked
from gitjournal.run.results import Compose, Ledger, borrowed, job_of, left_out, made
from gitjournal.stats.judge import Draw
from gitjournal.worker.jobs import RunResult
from gitjournal.worker.pool import Team


@dataclass(frozen=True)
class _Todo:
    """What is to be done: runs to make, runs to take from others, runs that are repeated on purpose and why."""

    runs: list[PlannedRun]
    reused: dict[Key, Run]
    repeated: dict[Key, Run]
    reason: str | None
    counts: Counts
    elsewhere: Elsewhere


def recover(lab: Lab, tell: Tell) -> None:
    """Commit what an earlier call left behind; what a call is still adding to is left to it."""
    for outcome in results_commit.commit_spooled(lab, leave=lambda path: is_running(lab, id_of_page(path))):
        tell(Recovered(outcome))


def execute(
    lab: Lab,
    start: Path,
    entry_id: str,
    options: Options,
    *,
    crew: Team,
    compose: Compose,
    tell: Tell,
    forecaster: Forecaster | None = None,
) -> Outcome:
    """Run one entry by its state. Without a `forecaster` nothing is forecast, and nothing is skipped.

    Raises GitjournalError where it refuses; then nothing was written.
    """
    with claim_entry(lab, entry_id, patient=options.patient):
        subject = read_subject(lab, start, entry_id)
        check_may_run(subject)
        plan = planning.make_plan(subject.entry, subject.text, root=subject.root, cache=lab.repository.private, ask=crew.ask)
        if subject.waiting:
            check_unchanged(subject, parse(plan.text, entry_id=entry_id, file=subject.entry.document.file))
        check_grown(subject, [run.key for run in plan.runs])
        check_not_blocked(subject.entry, plan.declared)
        ledger = Ledger(subject, plan, baseline_of(subject), compose)
        todo = _todo(subject, plan, options)
        if options.dry_run:
            expected.prepare(lab, subject.refs, subject.entry, plan, final=False)  # the others may be run before it
            nearest = known_runs.nearest(subject, plan, todo.runs)
            expects = forecaster.forecast(subject, plan, todo.runs) if forecaster else None
            return replace(_outcome(ledger, "planned", todo), forecast=expects, nearest=nearest)
        if not todo.runs and not (todo.reused and subject.records):
            if not todo.reused or todo.counts.failed:
                return _with_verdict(_outcome(ledger, "shown", todo), subject)
            savings.note_refusal(lab, entry_id, [run.seconds for run in todo.reused.values()])
            return replace(_outcome(ledger, "duplicate", todo), twins=tuple(known_runs.twins(subject, plan, todo.reused)))
        ledger = replace(ledger, expected=expected.prepare(lab, subject.refs, subject.entry, plan, final=True))
        crew.start(len(todo.runs))
        nearest = known_runs.nearest(subject, plan, todo.runs)
        expects, gate = _foretold(subject, plan, todo, options.skip_below, forecaster)  # while the workers load their libraries
        planning.validate(subject.entry, plan, todo.runs, ask=crew.ask)
        if todo.runs and not plan.declared.code:  # a function of one's own gives data within a run alone, and within its limits
            crew.prepare(job_of(subject, plan, todo.runs[0], "", memory_mb=None))
        committed = commit_plan(subject, plan, force=options.force)
        metric, findings = plan.declared.metrics[0], plan.declared.findings
        tell(Planned(committed.accepted, todo.counts, committed.commit, metric, nearest, findings, expects))
        ledger = replace(ledger, subject=replace(subject, entry=committed.accepted))
        return replace(_run(ledger, todo, committed, crew, options, tell, gate), forecast=expects)


def _foretold(
    subject: Subject, plan: Plan, todo: _Todo, below: float | None, forecaster: Forecaster | None
) -> tuple[Forecast | None, Gatekeeper | None]:
    """Return what to expect of the runs, and what skips some of them, where that is wanted."""
    if forecaster is None or not todo.runs:
        return None, None
    expects = forecaster.forecast(subject, plan, todo.runs)
    return expects, forecaster.gate(subject, plan, todo.runs, below) if below is not None and not todo.reason else None


def _todo(subject: Subject, plan: Plan, options: Options) -> _Todo:
    replicates = subject.entry.front.replicates
    reason = options.force or (f"replicates {replicates}" if replicates else None)
    done, failed = states(subject.records)
    missing = [run for run in plan.runs if run.key not in done]
    elsewhere = Elsewhere(subject, [run.key for run in missing])
    others = elsewhere.done() if missing else {}
    others = {run.key: others[run.key] for run in missing if run.key in others}
    reused = {} if reason else others
    skipped = {run.key for run in missing if run.key in failed and run.key not in reused and not options.retry}
    unlikely = {one.key for one in skipped_among(subject.records)} - set(reused) if options.skip_below is not None else set()
    runs = [run for run in missing if run.key not in reused and run.key not in skipped and run.key not in unlikely]
    own = len(plan.runs) - len(missing)
    retried = sum(run.key in failed for run in runs)
    repeated = len(others) if reason else 0
    shape = (plan.n_points, plan.n_seeds, plan.draws, len(plan.runs))
    counts = Counts(*shape, own, len(reused), len(skipped), len(runs), retried, repeated, len(unlikely))
    return _Todo(runs, reused, others if reason else {}, reason, counts, elsewhere)


def commit_plan(subject: Subject, plan: Plan, *, force: str | None) -> PlannedEntry[Entry]:
    """Write the completed entry into lab/ and commit it with the sealed test rule.

    What git would store is read back and must declare the same: a save in between never separates plan and run.
    """
    lab = subject.lab
    require_identity(lab.repository)
    sheet = sealed_set.sheet_to_write(lab, subject.refs, subject.entry, plan.declared, force=force)
    expected = parse(plan.text, entry_id=subject.entry.id, file=subject.entry.document.file)

    def accept(text: str) -> Entry:
        stored = parse(text, entry_id=subject.entry.id, file=subject.entry.document.file)
        splice(text, stored.id, "")  # whether there is a place for the results, before compute is spent
        return planning.require_same(expected, stored)

    def message(entry: Entry) -> str:
        return f"plan: {entry.front.title}\n\n{entry.front.hypothesis or ''}\n\nEntry: {entry.id}\nData: {plan.declared.hash}\n"

    if lab.worktree is None or lab_obstacle(lab):
        # compute is not refused for a missing folder or a merge: the plan travels with the results
        return uncommitted_plan(lab, subject.ref, subject.path, plan.text, expected)
    old, new = subject.text.encode(), plan.text.encode()
    replace_file(lab.path / subject.path, lambda before: new if before == old else before)
    return plan_commit(lab, subject.path, accept=accept, message=message, files=sheet)


def _run(
    ledger: Ledger, todo: _Todo, planned: PlannedEntry[Entry], crew: Team, options: Options, tell: Tell, gate: Gatekeeper | None
) -> Outcome:
    subject = ledger.subject
    fresh: list[Record] = []
    state: State = "done"
    block = ""
    with RunClaims(subject.lab) as claims:
        dispatch = Dispatch(
            todo.runs,
            lambda run, run_id: job_of(subject, ledger.plan, run, run_id, memory_mb=options.memory_mb),
            claims=claims,
            elsewhere=todo.elsewhere,
            repeated=todo.repeated if todo.reason else None,
            limits=options.limits,
            budget=subject.entry.front.budget,
            spent=_spent(subject, options.spent),
            gate=gate,
            metric=ledger.plan.declared.metrics[0],
        )
        try:
            _make(ledger, todo, dispatch, planned, crew, options.timeout, fresh, lambda run: claims.drop(run.key), tell)
            if {run.key for run in ledger.plan.runs} <= {one.key for one in (*subject.records, *fresh)}:
                block = ledger.judge(fresh, planned, _drawing(ledger, crew))
        except KeyboardInterrupt:
            crew.kill()
            state = "interrupted"
    written = results_commit.commit_spooled(subject.lab, leave=lambda path: path != subject.path)
    commit = next((one.commit for one in written if one.commit), None)
    waiting = next((one.why for one in written if one.state == "waiting"), "")
    made_now = [one for one in fresh if one.owned and one.is_run]
    return replace(
        _outcome(ledger, state, todo, fresh),
        commit=commit,
        waiting=waiting,
        made=len(made_now),
        failed_now=sum(one.status == "failed" for one in made_now),
        stopped=dispatch.stopped,
        verdict=verdict.read(block),
    )


def _drawing(ledger: Ledger, crew: Team) -> Draw:
    """Return what draws the kept predictions of runs anew, in a worker."""
    measured = Measured(replace(ledger.subject.entry, front=ledger.front), [])
    return lambda a, b: drawn(a, b, measured, ledger.subject.lab, crew)


def _with_verdict(ended: Outcome, subject: Subject) -> Outcome:
    """Add what the entry says of what was expected: it was judged when its last run was done."""
    found = verdict.of_page(subject.text, subject.entry.id)
    moved = expected.changed_since(subject.lab, subject.refs, found.against) if found else []
    return replace(ended, verdict=found, moved=tuple(moved))


def _make(
    ledger: Ledger,
    todo: _Todo,
    dispatch: Dispatch,
    planned: PlannedEntry[Entry],
    crew: Team,
    timeout: float | None,
    fresh: list[Record],
    drop: Callable[[PlannedRun], None],
    tell: Tell,
) -> None:
    """Have the runs made, and add their records to `fresh` when they are safe on disk."""
    code, dirty = code_state(ledger.subject.root)

    def take_over(reused: Sequence[tuple[PlannedRun, Run]]) -> None:
        if reused:
            new = [borrowed(run, known) for run, known in reused]
            ledger.spool(new, [*fresh, *new], planned, None)
            fresh.extend(new)

    def leave_out() -> None:
        skipped = [left_out(run, why, plan=planned.blob) for run, why in dispatch.skipped()]
        if skipped:
            ledger.spool(skipped, [*fresh, *skipped], planned, None)
            fresh.extend(skipped)

    def pass_on(news: dict[str, Any]) -> None:
        if "epoch" in news:
            tell(Epoch(sum(one.owned for one in fresh), len(todo.runs), news))

    take_over([(run, todo.reused[run.key]) for run in ledger.plan.runs if run.key in todo.reused])
    with contextlib.closing(crew.run(dispatch, timeout=timeout, on_progress=pass_on)) as results:
        for position, reply in results:
            run, where = todo.runs[position], crew.surroundings(reply)
            one = made(run, dispatch.ids[position], reply, where, plan=planned.blob, code=code, dirty=dirty)
            one = msgspec.structs.replace(_repeating(one, todo), gate=dispatch.control(run))
            summary = ledger.spool([one], [*fresh, one], planned, where)
            fresh.append(one)
            drop(run)
            take_over(dispatch.found())
            owned = [record for record in fresh if record.owned]
            meanwhile = len(fresh) - len(owned) - len(todo.reused)
            failed = sum(record.status == "failed" for record in owned)
            if isinstance(reply, RunResult) and reply.log:
                tell(Printed(reply.log))
            tell(Progress(len(owned), len(todo.runs) - meanwhile, len(fresh) - len(owned), failed, summary))
    take_over(dispatch.found())
    leave_out()


def _spent(subject: Subject, by_call: Spent) -> Spent:
    """Add what the entry has spent in earlier calls to what the call has spent on other entries."""
    owned = [one for one in runs_among(subject.records) if one.owned]
    return replace(by_call, entry_runs=len(owned), entry_seconds=sum(one.seconds or 0.0 for one in owned))


def _repeating(one: Record, todo: _Todo) -> Record:
    """Mark a run that was done before and is repeated on purpose."""
    earlier = todo.repeated.get(one.key)
    if earlier is None or one.status != "done":
        return one
    return msgspec.structs.replace(one, status="again", repeats=earlier.run, reason=todo.reason)


def _outcome(ledger: Ledger, state: State, todo: _Todo, fresh: list[Record] | None = None) -> Outcome:
    summary = ledger.summarise(fresh or [])
    gain = ledger.gain(summary, fresh or [])
    others, findings = tuple(todo.reused.values()), ledger.plan.declared.findings
    return Outcome(ledger.subject.entry, state, todo.counts, summary, gain, others=others, findings=findings)
