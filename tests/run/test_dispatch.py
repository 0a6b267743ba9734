"""Which run begins next: claimed, not done by others, within the limits, and worth it by the gate. No worker is started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from gitjournal.entry.model import Budget
from gitjournal.entry.record import GateForecast, Record, encode
from gitjournal.git.spool import Results, spool_results
from gitjournal.journal.entry_ids import page_path
from gitjournal.journal.journal import open_journal
from gitjournal.run.claims import RunClaims
from gitjournal.run.dispatch import Dispatch, Todo
from gitjournal.run.entry_state import Subject, read_subject
from gitjournal.run.forecast import Gatekeeper
from gitjournal.run.known_runs import OtherRuns
from gitjournal.run.messages import Allowance, Counts, Limits, Spent
from gitjournal.run.plan import PlannedRun
from gitjournal.worker.jobs import RunJob, RunResult
from tests.support.pages import begin, commit, page, record, write

ENTRY, OTHER = "20261122-an-entry-aaaa", "20261122-another-bbbb"
RUNS = [PlannedRun({"svc__C": number}, ["SVC"], f'{{"C":{number}}}', letter * 64, None) for number, letter in enumerate("abc")]
DONE = RunResult(status="done", metrics={"dev": {"accuracy": 0.9}}, seconds=10.0)
FAILED = RunResult(status="failed")


@pytest.fixture
def subject(repo: Path) -> Iterator[Subject]:
    lab = begin(repo)
    write(lab, ENTRY, page("An entry"))
    commit(lab)
    with open_journal(repo) as journal:
        yield read_subject(journal, repo, ENTRY)


@pytest.fixture
def claims(subject: Subject) -> Iterator[RunClaims]:
    with RunClaims(subject.lab) as claims:
        yield claims


def job(run: PlannedRun, run_id: str) -> RunJob:
    empty: dict[str, object] = {}
    return RunJob(
        root="", cache="", data=empty, hash="", task="classification", split=empty, metrics=[], procedure=run.tree, seed=None, store=run_id
    )


def dispatch(
    subject: Subject, claims: RunClaims, *, allowance: Allowance | None = None, reason: str | None = None, gate: Gatekeeper | None = None
) -> Dispatch:
    counts = Counts(3, 1, draws=False, runs=3, own=0, reused=0, failed=0, todo=3)
    todo = Todo(RUNS, {}, {}, reason, counts, OtherRuns(subject, [run.key for run in RUNS]))
    return Dispatch(todo, job, claims=claims, allowance=allowance or Allowance(), gate=gate, metric="accuracy")


def spool_from_another(subject: Subject, their_record: Record) -> None:
    spool_results(
        subject.lab,
        Results(
            branch="journal",
            path=page_path(OTHER),
            plan=None,
            mode="100644",
            blob="",
            lines=[encode(their_record)],
            block="",
            message="run: x",
        ),
    )


def positions(queue: Dispatch, reply: RunResult = DONE) -> list[int]:
    """Take run after run, each answered before the next one is asked for."""
    taken = []
    while (next_run := queue.take()) is not None:
        taken.append(next_run[0])
        queue.record_reply(next_run[0], reply)
    return taken


def test_every_run_is_handed_out_once_under_an_id_of_its_own(subject: Subject, claims: RunClaims) -> None:
    queue = dispatch(subject, claims)
    assert queue.waiting
    first = queue.take()
    assert first is not None
    assert (first[0], first[1].store) == (0, queue.ids[0])
    queue.record_reply(0, DONE)
    assert positions(queue) == [1, 2]
    assert len(set(queue.ids)) == 3
    assert (queue.waiting, queue.stopped) == (False, "")


@pytest.mark.parametrize(
    ("allowance", "reply", "taken", "reason"),
    [
        (Allowance(Limits(runs=2)), DONE, [0, 1], "--max-runs"),
        (Allowance(Limits(runs=2), spent=Spent(runs=1)), DONE, [0], "--max-runs"),
        (Allowance(Limits(fail_fast=True)), FAILED, [0], "--fail-fast"),
        (Allowance(budget=Budget(runs=3), spent=Spent(entry_runs=1)), DONE, [0, 1], "budget of 3 runs"),
        (Allowance(budget=Budget(hours=15 / 3600)), DONE, [0, 1], "budget of"),
    ],
)
def test_no_run_begins_beyond_a_limit(
    subject: Subject, claims: RunClaims, allowance: Allowance, reply: RunResult, taken: list[int], reason: str
) -> None:
    queue = dispatch(subject, claims, allowance=allowance)
    assert positions(queue, reply) == taken
    assert reason in queue.stopped
    assert not queue.waiting


def test_what_another_entry_has_done_meanwhile_is_taken_from_it(subject: Subject, claims: RunClaims) -> None:
    queue = dispatch(subject, claims)
    first = queue.take()
    assert first is not None
    queue.record_reply(first[0], DONE)
    spool_from_another(subject, record("b" * 64, 0.8))
    assert positions(queue) == [2]
    ((run, owned),) = queue.pop_runs_of_others()
    assert (run, owned.entry) == (RUNS[1], OTHER)
    assert queue.pop_runs_of_others() == []


def test_with_a_reason_it_is_made_again_and_known_as_a_repetition(subject: Subject, claims: RunClaims) -> None:
    spool_from_another(subject, record("b" * 64, 0.8))
    queue = dispatch(subject, claims, reason="to be sure")
    assert positions(queue) == [0, 1, 2]
    repeated = queue.repeated_run(RUNS[1])
    assert repeated is not None
    assert repeated.entry == OTHER
    assert queue.repeated_run(RUNS[0]) is None


class BestFirst:
    """A gate that wants `order`, and of the others says that they are not worth it."""

    def __init__(self, *order: str) -> None:
        self.order = list(order)
        self.scores: dict[str, float | None] = {}

    def next(self, waiting: Sequence[str]) -> str | None:
        return next((name for name in self.order if name in waiting), None)

    def learn(self, fingerprint: str, score: float | None, seconds: float | None) -> None:
        self.scores[fingerprint] = score

    def reason(self, fingerprint: str) -> GateForecast:
        return GateForecast(0.01, 0.9)

    def control(self, fingerprint: str) -> GateForecast | None:
        return GateForecast(0.02, 0.9) if fingerprint == "a" * 64 else None


def test_a_gate_says_the_order_and_what_is_left_out(subject: Subject, claims: RunClaims) -> None:
    gate = BestFirst("c" * 64, "a" * 64)
    queue = dispatch(subject, claims, gate=gate)
    assert positions(queue) == [2, 0]
    assert gate.scores == {"c" * 64: 0.9, "a" * 64: 0.9}
    assert queue.pop_skips() == [(RUNS[1], GateForecast(0.01, 0.9))]
    assert (queue.pop_skips(), queue.stopped) == ([], "")
    assert queue.control_reason(RUNS[0]) == GateForecast(0.02, 0.9)
    assert queue.control_reason(RUNS[2]) is None


def test_a_gate_hears_no_score_that_cannot_be_believed(subject: Subject, claims: RunClaims) -> None:
    gate = BestFirst("c" * 64, "b" * 64, "a" * 64)
    leaky = msgspec.structs.replace(DONE, findings=["GJ313"])
    assert positions(dispatch(subject, claims, gate=gate), leaky) == [2, 1, 0]
    assert set(gate.scores.values()) == {None}


def test_while_a_run_is_made_that_may_change_its_mind_the_gate_is_asked_again(subject: Subject, claims: RunClaims) -> None:
    gate = BestFirst("c" * 64)
    queue = dispatch(subject, claims, gate=gate)
    first = queue.take()
    assert first is not None
    assert queue.take() is None
    assert queue.waiting
    gate.order.append("a" * 64)
    queue.record_reply(first[0], DONE)
    assert positions(queue) == [0]
    assert [run for run, _ in queue.pop_skips()] == [RUNS[1]]
