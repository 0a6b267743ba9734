"""A pool whose workers die at any moment, and one that is left early. Its workers are processes that load nothing."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from gitjournal.entry.record import Failure
from gitjournal.worker import process
from gitjournal.worker.jobs import ErrorReply, RunJob, RunProgress, RunResult, Validated, ValidateJob
from gitjournal.worker.pool import RunReply, WorkerPool
from tests.support.helpers import gone

pytestmark = pytest.mark.fresh_processes
RUNS, TURNS = (3000, 500) if os.environ.get("GITJOURNAL_FAULTS") == "long" else (150, 12)
WORKER = """
import json, os, random, signal, sys, time
out = os.dup(1)
os.dup2(2, 1)

def send(message):
    os.write(out, message if isinstance(message, bytes) else json.dumps(message).encode() + b"\\n")

def die():
    os.kill(os.getpid(), signal.SIGKILL)

send({"ready": {"python": "3", "versions": {}, "machine": "m", "system": "s"}})
for line in sys.stdin:
    job = json.loads(line)
    time.sleep(job.get("seconds", 0))
    place = random.choice(job["deaths"])
    if place == "with a child":
        if os.fork() == 0:
            time.sleep(100)
        os._exit(9)
    if place == "before":
        die()
    send({"progress": {"fold": job["number"], "of": 1}})
    if place == "in the middle":
        send(b'{"ok": {"status": "do')
        die()
    if place == "garbled":
        send(b'{"ok": {"status": "do\\n')
    send({"ok": {"status": "done", "rows": {"number": job["number"], "pid": os.getpid()}} if job["do"] == "run" else {}})
    if place == "after":
        die()
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START", WORKER)


class MortalRun(RunJob, frozen=True, tag="run", kw_only=True):
    """A run that takes some seconds, and whose process dies at one of some places."""

    number: int
    deaths: tuple[str, ...] = ("never",)
    seconds: float = 0


class MortalCheck(ValidateJob, frozen=True, tag="validate", kw_only=True):
    number: int
    deaths: tuple[str, ...] = ("never",)


def run(number: int, **more: Any) -> MortalRun:
    return MortalRun(root="", cache="", data={}, procedure=[], number=number, **more)


class Queue:
    """Jobs, handed out one after another."""

    def __init__(self, *jobs: dict[str, Any]) -> None:
        self.jobs = [run(number, **job) for number, job in enumerate(jobs)]
        self.waiting = False
        self.replies: list[RunReply] = []

    def take(self) -> tuple[int, MortalRun] | None:
        job = self.jobs.pop(0) if self.jobs else None
        return None if job is None else (job.number, job)

    def record_reply(self, number: int, reply: RunReply) -> None:
        self.replies.append(reply)


def result(reply: RunReply) -> RunResult:
    assert isinstance(reply, RunResult)
    return reply


@pytest.fixture
def nobody_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.usefixtures("nobody_left")
def test_every_job_is_answered_once_whenever_a_worker_dies() -> None:
    jobs = Queue(*[{"deaths": ["never", "never", "before", "in the middle", "after"]} for _ in range(RUNS)])
    progress: list[RunProgress] = []
    with WorkerPool(3) as pool:
        results = {number: result(reply) for number, reply in pool.run(jobs, timeout=60, on_progress=progress.append)}
    assert sorted(results) == list(range(RUNS))
    for number, reply in results.items():
        if reply.status == "done":
            assert reply.rows["number"] == number
        else:
            assert reply.failure is not None
            assert reply.failure.kind == "memory"
    count = Counter(reply.status for reply in results.values())
    assert min(count["done"], count["failed"]) > RUNS / 10, count
    assert {one.fold for one in progress} >= {number for number, reply in results.items() if reply.status == "done"}
    assert len(jobs.replies) == RUNS


def test_a_death_between_two_jobs_costs_neither() -> None:
    with WorkerPool(1) as pool:
        for _ in range(5):
            ((_, reply),) = pool.run(Queue({"deaths": ["after"]}), timeout=60)
            assert result(reply).status == "done"
            assert gone(result(reply).rows["pid"])


def test_a_death_outside_of_a_run_is_an_error() -> None:
    with WorkerPool(1) as pool:
        refused = pool.ask(MortalCheck(procedures=[], deaths=("with a child",), number=0))
        assert refused == ErrorReply("crash", "the process ended itself with exit code 9")
        assert pool.ask(MortalCheck(procedures=[], number=1)) == Validated()


def test_what_is_no_answer_and_what_a_child_holds_open_end_one_run() -> None:
    with WorkerPool(1) as pool:
        jobs = Queue({"deaths": ["garbled"]}, {"deaths": ["with a child"]}, {})
        replies = [result(reply) for _, reply in pool.run(jobs, timeout=60)]
    assert [reply.status for reply in replies] == ["failed", "failed", "done"]
    garbled, ended, _ = [reply.failure for reply in replies]
    assert garbled is not None
    assert "something else where its answer was expected" in garbled.message
    assert ended == Failure("crash", "the process ended itself with exit code 9")


@pytest.mark.usefixtures("nobody_left")
def test_left_early_nothing_goes_on_and_the_next_jobs_are_answered() -> None:
    chance = random.Random(3)
    with WorkerPool(2) as pool:
        for _ in range(TURNS):
            began = Queue({}, {"seconds": 100}, {"seconds": 100})
            with contextlib.closing(pool.run(began, timeout=None)) as answers:
                assert next(answers)[0] == 0
                time.sleep(chance.choice([0, 0, 0.001, 0.01, 0.03]))
            assert result(pool.ask(run(7))).rows["number"] == 7
            assert [number for number, _ in pool.run(Queue({}, {}), timeout=60)] in ([0, 1], [1, 0])


@pytest.mark.usefixtures("nobody_left")
def test_killed_from_aside_at_any_moment_it_says_so_or_is_done() -> None:
    chance = random.Random(4)
    for _ in range(TURNS):
        pool = WorkerPool(2)
        killer = threading.Timer(chance.uniform(0, 0.08), pool.kill)
        killer.start()
        with contextlib.suppress(process.GitjournalError), pool:
            for _, reply in pool.run(Queue(*[{"seconds": 0.01}] * 6), timeout=60):
                assert result(reply).status in ("done", "failed")
        killer.join()
        pool.kill()
