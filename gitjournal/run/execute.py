"""Runs what an entry declares: plan commit, runs in worker processes, results commit. Knows no terminal.

The order is what makes it safe: the plan is committed before compute is spent, a finished run is on disk (spooled)
before it is announced, and one commit takes all results of the call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from msgspec import UNSET

from gitjournal.entry import verdict
from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record, runs_among, skipped_among
from gitjournal.entry.results_block import splice
from gitjournal.entry.summary import summarise
from gitjournal.git import results_commit
from gitjournal.git.busy import UnfinishedError
from gitjournal.git.lab import Lab
from gitjournal.git.plan_commit import PlannedEntry, PlanRequest, plan_commit, uncommitted_plan
from gitjournal.git.repository import require_identity
from gitjournal.git.working_files import replace_file
from gitjournal.journal.entry_ids import id_of_page
from gitjournal.journal.index.runs import Run
from gitjournal.run import expectations, known_runs, savings, sealed_set
from gitjournal.run import plan as planning
from gitjournal.run.call import ExecCall
from gitjournal.run.claims import RunClaims, claim_entry, is_running
from gitjournal.run.compare import MeasuredEntry, draw_bootstrap
from gitjournal.run.dispatch import Dispatch, Todo
from gitjournal.run.entry_state import (
    Subject,
    check_declaration,
    check_growth,
    check_may_run,
    read_baseline,
    read_code_state,
    read_subject,
    split_by_outcome,
)
from gitjournal.run.forecast import Forecast, Gatekeeper
from gitjournal.run.known_runs import OtherRuns
from gitjournal.run.messages import Allowance, Counts, Epoch, ExecOutcome, Options, Planned, Printed, Progress, Recovered, State, Tell
from gitjournal.run.plan import Plan, PlannedRun, check_findings
from gitjournal.run.results import Ledger, Origin, make_run_job, record_of_reuse, record_of_run, record_of_skip
from gitjournal.stats.gain import gain_over
from gitjournal.stats.judge import Draw
from gitjournal.worker.jobs import RunProgress, RunResult


def recover(lab: Lab, tell: Tell) -> None:
    """Commit what an earlier call left behind; what a call is still adding to is left to it."""
    for outcome in results_commit.commit_spool(lab, leave=lambda path: is_running(lab, id_of_page(path))):
        tell(Recovered(outcome))


def execute(call: ExecCall, entry_id: str) -> ExecOutcome:
    """Run one entry by its state. Raises GitjournalError where it refuses; then nothing was written."""
    options, pool = call.options, call.pool
    with claim_entry(call.lab, entry_id, patient=options.patient):
        subject = read_subject(call.journal, call.start, entry_id)
        check_may_run(subject)
        plan = planning.make_plan(subject.entry, subject.workplace(pool.ask))
        if subject.waiting:
            check_declaration(subject, plan.full_entry)
        check_growth(subject, [run.key for run in plan.runs])
        check_findings(subject.entry, plan.declared)
        execution = _Execution(call, subject, plan)
        if options.dry_run:
            return execution.describe()
        if execution.has_nothing_to_do:
            return execution.report_existing()
        outcome = execution.run()
    call.count(outcome)
    return outcome


class _Execution:
    """One entry on its way from its plan to committed results."""

    def __init__(self, call: ExecCall, subject: Subject, plan: Plan) -> None:
        self.call, self.subject, self.plan = call, subject, plan
        self.baseline = read_baseline(subject)
        self.todo = _find_todo(subject, plan, call.options)

    @property
    def has_nothing_to_do(self) -> bool:
        """Whether there is nothing to do: no run to make, and none of others to take into results that are there already."""
        todo = self.todo
        return not todo.runs and not (todo.reused and self.subject.records)

    def describe(self) -> ExecOutcome:
        """Return the outcome of a dry run: what would be done, and a forecast of it."""
        expectations.prepare_expectations(self.call.journal, self.plan, final=False)  # the others may be run before it
        nearest = known_runs.find_nearest(self.subject, self.plan, self.todo.runs)
        forecaster = self.call.forecaster
        forecast = forecaster.forecast(self.subject, self.plan, self.todo.runs) if forecaster else None
        return replace(self._outcome("planned", self.subject.records), forecast=forecast, nearest=nearest)

    def report_existing(self) -> ExecOutcome:
        """Return the outcome where there is nothing to do: the entry's own results, or those of others that it duplicates."""
        reused = self.todo.reused
        if not reused or self.todo.counts.failed:
            judged = verdict.read_page(self.subject.entry.text, self.subject.entry.id)
            moved = expectations.find_moved_entries(self.call.journal, judged.against) if judged else []
            return replace(self._outcome("shown", self.subject.records), verdict=judged, moved=tuple(moved))
        savings.note_refusal(self.call.lab, self.subject.entry.id, [run.seconds for run in reused.values()])
        twins = known_runs.find_twins(self.subject, self.plan, reused)
        return replace(self._outcome("duplicate", self.subject.records), twins=tuple(twins))

    def run(self) -> ExecOutcome:
        """Commit the plan, make the runs, and commit their results."""
        subject, plan, todo, pool = self.subject, self.plan, self.todo, self.call.pool
        expected = expectations.prepare_expectations(self.call.journal, plan, final=True)
        pool.start(len(todo.runs))
        # while the workers load their libraries
        nearest = known_runs.find_nearest(subject, plan, todo.runs)
        forecast, gate = self._forecast()
        require_identity(subject.lab.repository)
        sheet = sealed_set.plan_sheet(self.call.journal, subject.ref, subject.entry, plan.declared, force=self.call.options.force)
        code = read_code_state(subject.root)
        planning.validate_procedures(subject.entry, plan, todo.runs, ask=pool.ask)
        if todo.runs and not plan.declared.code:  # a function of one's own gives data within a run alone, and within its limits
            pool.prepare(make_run_job(subject, plan, todo.runs[0], "", memory_mb=None))
        committed = commit_plan(subject, plan, sheet)
        metric, findings = plan.declared.metrics[0], plan.declared.findings
        self.call.tell(Planned(committed.accepted, todo.counts, committed.commit, metric, nearest, findings, forecast))
        ledger = Ledger(subject, plan, committed, self.baseline, expected, self.call.compose)
        return replace(self._make_and_commit(ledger, Origin(committed.blob, code), gate), forecast=forecast)

    def _forecast(self) -> tuple[Forecast | None, Gatekeeper | None]:
        """Return the forecast of the runs, and the gate that skips some of them, where they are wanted."""
        forecaster, todo, below = self.call.forecaster, self.todo, self.call.options.skip_below
        if forecaster is None or not todo.runs:
            return None, None
        forecast = forecaster.forecast(self.subject, self.plan, todo.runs)
        if below is None or todo.reason:
            return forecast, None
        return forecast, forecaster.gate(self.subject, self.plan, todo.runs, below)

    def _make_and_commit(self, ledger: Ledger, origin: Origin, gate: Gatekeeper | None) -> ExecOutcome:
        subject, plan, pool = self.subject, self.plan, self.call.pool
        block, interrupted = "", False
        with RunClaims(subject.lab) as claims:
            dispatch = Dispatch(
                self.todo,
                lambda run, run_id: make_run_job(subject, plan, run, run_id, memory_mb=self.call.options.memory_mb),
                claims=claims,
                allowance=self._allowance(),
                gate=gate,
                metric=plan.declared.metrics[0],
            )
            try:
                self._make(ledger, dispatch, claims, origin)
                if {run.key for run in plan.runs} <= {record.key for record in ledger.records}:
                    block = ledger.judge(self._bootstrap(ledger.entry))
            except KeyboardInterrupt:
                pool.kill()
                interrupted = True
        written = results_commit.commit_spool(subject.lab, leave=lambda path: path != subject.path)
        made_now = [record for record in ledger.fresh if record.owned and record.is_run]
        left = len({run.key for run in self.todo.runs} - {record.key for record in ledger.fresh})
        state: State = "interrupted" if interrupted else "stopped" if left else "done"
        return replace(
            self._outcome(state, ledger.records),
            entry=ledger.entry,
            commit=next((one.commit for one in written if one.commit), None),
            waiting=next((one.why for one in written if one.state == "waiting"), ""),
            made=len(made_now),
            left=left,
            failed_now=sum(record.status == "failed" for record in made_now),
            stopped=dispatch.stopped,
            verdict=verdict.read(block),
        )

    def _make(self, ledger: Ledger, dispatch: Dispatch, claims: RunClaims, origin: Origin) -> None:
        """Have the runs made, and enter each into the ledger when it is safe on disk."""
        call, todo = self.call, self.todo

        def take_over(reused: Sequence[tuple[PlannedRun, Run]]) -> None:
            if reused:
                ledger.add([record_of_reuse(run, known) for run, known in reused])

        def pass_on(progress: RunProgress) -> None:
            if progress.epoch is not UNSET:
                call.tell(Epoch(sum(record.owned for record in ledger.fresh), len(todo.runs), progress))

        take_over([(run, todo.reused[run.key]) for run in self.plan.runs if run.key in todo.reused])
        with contextlib.closing(call.pool.run(dispatch, timeout=call.options.timeout, on_progress=pass_on)) as results:
            for position, reply in results:
                run, where = todo.runs[position], call.pool.environment_of(reply)
                record = record_of_run(run, dispatch.ids[position], reply, where, origin)
                record = _mark_repetition(record, dispatch.repeated_run(run), todo.reason)
                summary = ledger.add([msgspec.structs.replace(record, gate=dispatch.control_reason(run))], where)
                claims.drop(run.key)
                take_over(dispatch.pop_runs_of_others())
                if isinstance(reply, RunResult) and reply.log:
                    call.tell(Printed(reply.log))
                owned = [fresh for fresh in ledger.fresh if fresh.owned]
                meanwhile = len(ledger.fresh) - len(owned) - len(todo.reused)
                failed = sum(fresh.status == "failed" for fresh in owned)
                call.tell(Progress(len(owned), len(todo.runs) - meanwhile, len(ledger.fresh) - len(owned), failed, summary))
        take_over(dispatch.pop_runs_of_others())
        skipped = [record_of_skip(run, why, plan=origin.plan) for run, why in dispatch.pop_skips()]
        if skipped:
            ledger.add(skipped)

    def _allowance(self) -> Allowance:
        """Return what the runs may spend: the limits, less what the entry spent in earlier calls and the call on other entries."""
        owned = [record for record in runs_among(self.subject.records) if record.owned]
        seconds = sum(record.seconds or 0.0 for record in owned)
        spent = replace(self.call.spent, entry_runs=len(owned), entry_seconds=seconds)
        return Allowance(self.call.options.limits, self.subject.entry.front.budget, spent)

    def _bootstrap(self, entry: Entry) -> Draw:
        """Return the bootstrap of stored predictions that judges a difference, computed in a worker."""
        measured = MeasuredEntry(replace(entry, front=self.plan.front), [])
        return lambda a, b: draw_bootstrap(a, b, measured, self.call.lab, self.call.pool)

    def _outcome(self, state: State, records: Sequence[Record]) -> ExecOutcome:
        summary = summarise(self.plan.front, records)
        gain = gain_over(summary, records, self.baseline) if self.baseline else None
        reused, findings = tuple(self.todo.reused.values()), self.plan.declared.findings
        counts = self.todo.counts
        return ExecOutcome(self.subject.entry, state, counts, summary, gain, left=counts.todo, others=reused, findings=findings)


def _find_todo(subject: Subject, plan: Plan, options: Options) -> Todo:
    replicates = subject.entry.front.replicates
    reason = options.force or (f"replicates {replicates}" if replicates else None)
    counted, failed = split_by_outcome(subject.records)
    missing = [run for run in plan.runs if run.key not in counted]
    other_runs = OtherRuns(subject, [run.key for run in missing])
    by_others = other_runs.look_again() if missing else {}
    by_others = {run.key: by_others[run.key] for run in missing if run.key in by_others}
    reused = {} if reason else by_others
    skipped = {run.key for run in missing if run.key in failed and run.key not in reused and not options.retry}
    unlikely = {record.key for record in skipped_among(subject.records)} - set(reused) if options.skip_below is not None else set()
    runs = [run for run in missing if run.key not in reused and run.key not in skipped and run.key not in unlikely]
    own = len(plan.runs) - len(missing)
    retried = sum(run.key in failed for run in runs)
    repeated = len(by_others) if reason else 0
    shape = (plan.n_points, plan.n_seeds, plan.draws, len(plan.runs))
    counts = Counts(*shape, own, len(reused), len(skipped), len(runs), retried, repeated, len(unlikely))
    return Todo(runs, reused, by_others if reason else {}, reason, counts, other_runs)


def commit_plan(subject: Subject, plan: Plan, sheet: dict[str, bytes]) -> PlannedEntry[Entry]:
    """Write the completed entry into lab/ and commit it with `sheet`, the datasheet that says which rows are the test part.

    What git would store is read back and must declare the same: a save in between never separates plan and run.
    """
    lab = subject.lab

    def accept(text: str) -> Entry:
        stored = plan.full_entry if text == plan.text else plan.read(text)
        splice(text, stored.id, "")  # whether there is a place for the results, before compute is spent
        return planning.require_same(plan.full_entry, stored)

    def message(entry: Entry) -> str:
        return f"plan: {entry.front.title}\n\n{entry.front.hypothesis or ''}\n\nEntry: {entry.id}\nData: {plan.declared.hash}\n"

    def write() -> None:
        old, new = subject.entry.text.encode(), plan.text.encode()
        replace_file(lab.path / subject.path, lambda before: new if before == old else before)

    # compute is not refused for a missing folder or a merge: then the plan travels with the results
    if lab.worktree is None:
        return uncommitted_plan(lab, subject.ref, subject.path, plan.text, plan.full_entry)
    try:
        committed = plan_commit(lab, subject.path, PlanRequest(accept, message, sheet, write))
    except UnfinishedError:
        return uncommitted_plan(lab, subject.ref, subject.path, plan.text, plan.full_entry)
    subject.journal.pass_over(committed.branch, committed.before, committed.tip)
    return committed


def _mark_repetition(record: Record, earlier: Run | None, reason: str | None) -> Record:
    """Mark a run that was done before and is repeated on purpose."""
    if earlier is None or record.status != "done":
        return record
    return msgspec.structs.replace(record, status="again", repeats=earlier.run, reason=reason)
