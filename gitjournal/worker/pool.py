"""A pool of worker processes for one call: started when first needed, several side by side, gone at the end."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import msgspec

from gitjournal.worker.jobs import A, Environment, ErrorReply, Job, RunJob, RunProgress, RunResult
from gitjournal.worker.process import Worker

RunReply = RunResult | ErrorReply
DESCRIBES = ("python", "versions", "machine", "system")  # what an environment is; kernel and threads stand in the record
POLL_SECONDS = 0.1  # how often to ask for a job that another process may be doing
LOOK_SECONDS = 5.0  # how often to look whether those who do the jobs are still there

ReplyQueue = queue.SimpleQueue[tuple[int, RunReply] | RunProgress | BaseException]
ReplyStream = Generator[tuple[int, RunReply], None, None]  # to be closed by whoever leaves it early


class JobSource(Protocol):
    """Where a pool gets its jobs from, one by one, when somebody is free to do it."""

    @property
    def waiting(self) -> bool:
        """Whether there may be a job later, although there is none now."""
        ...

    def take(self) -> tuple[int, RunJob] | None:
        """Return the next job and its number, or None where there is none now."""
        ...

    def record_reply(self, number: int, reply: RunReply) -> None:
        """Take note of an answer, before the next job is asked for."""
        ...


class Pool(Protocol):
    """Whoever does jobs: workers of this machine, or of a cluster."""

    def start(self, jobs: int) -> None:
        """Get ready for so many jobs, without waiting for it."""
        ...

    def prepare(self, job: RunJob) -> None:
        """Let all who have started do ahead what a run such as this one needs, without waiting for it."""
        ...

    def ask(self, job: Job[A], /) -> A | ErrorReply:
        """Have one job done, and wait for its answer."""
        ...

    def run(self, jobs: JobSource, *, timeout: float | None, on_progress: Callable[[RunProgress], None] | None = None) -> ReplyStream:
        """Do all jobs and yield (number, answer) as they finish, in any order; pass on what runs say meanwhile."""
        ...

    def kill(self) -> None:
        """End what is being done, now."""
        ...

    def environment_of(self, reply: RunReply | None = None) -> RecordedEnvironment:
        """Return the environment in which an answer came about."""
        ...


@dataclass(frozen=True)
class RecordedEnvironment:
    """What numbers depend on besides the declaration. `environment` is the bytes of its file, `name` their hash."""

    name: str
    environment: bytes
    kernel: str | None
    threads: int | None
    blas_threads: int | None


def record_environment(environment: Environment) -> RecordedEnvironment:
    """Return an environment as it is committed, and what a record says of it."""
    described = {name: getattr(environment, name) for name in DESCRIBES}
    text = msgspec.json.format(msgspec.json.encode(described, order="deterministic")) + b"\n"
    return RecordedEnvironment(hashlib.sha256(text).hexdigest(), text, environment.kernel, environment.threads, environment.blas_threads)


class WorkerPool:
    """Hands jobs to worker processes. Use it in a `with`, so that no worker outlives the call."""

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self._workers: list[Worker] = []
        self._environment: RecordedEnvironment | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def kill(self) -> None:
        """End all workers now."""
        for worker in self._workers:
            worker.kill()

    def ask(self, job: Job[A], /) -> A | ErrorReply:
        """Ask the first worker, and wait for its answer."""
        return self._worker(0).ask(job)

    def environment_of(self, reply: RunReply | None = None) -> RecordedEnvironment:  # noqa: ARG002 - all workers of a machine are alike
        """Return the environment of the first worker, as it described it when it started."""
        if self._environment is None:
            self._environment = record_environment(self._worker(0).ready)
        return self._environment

    def start(self, jobs: int) -> None:
        """Start as many workers as are needed for so many jobs, side by side; they load their libraries meanwhile."""
        for number in range(min(self.size, jobs)):
            self._worker(number).start()

    def prepare(self, job: RunJob) -> None:
        """Have all workers read the data and load the libraries of a run, while the plan is committed."""
        for worker in self._workers:
            worker.prepare(job)

    def run(self, jobs: JobSource, *, timeout: float | None, on_progress: Callable[[RunProgress], None] | None = None) -> ReplyStream:
        """Do all jobs and yield (number, answer) as they finish, in any order. `timeout` is in seconds, for each.

        What a run says meanwhile goes to `on_progress`, in the thread of the caller.
        """
        self.environment_of()  # known before threads begin: later, only the thread that has a worker may listen to it
        answers: ReplyQueue = queue.SimpleQueue()
        free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for place in range(self.size):
            free.put(place)
        at_work: dict[int, threading.Thread] = {}

        def work(worker: Worker, place: int, number: int, job: RunJob) -> None:
            try:
                answer: tuple[int, RunReply] | BaseException = (number, worker.ask(job, timeout=timeout, on_progress=answers.put))
            except BaseException as fault:  # noqa: BLE001 - handed to the caller, who raises it
                answer = fault
            free.put(place)
            answers.put(answer)

        def begin(number: int, job: RunJob) -> None:
            place = free.get()
            at_work[place] = threading.Thread(target=work, args=(self._worker(place), place, number, job), daemon=True)
            at_work[place].start()

        try:
            yield from relay(jobs, answers, begin=begin, size=lambda: self.size, on_progress=on_progress)
        finally:  # left early, what is being done is nobody's; and no thread may still listen when a worker is asked again
            early = free.qsize() < self.size
            for thread in at_work.values():
                while thread.is_alive():
                    if early:  # again and again, since a thread may have been about to start its worker
                        self.kill()
                    thread.join(POLL_SECONDS)

    def _worker(self, number: int) -> Worker:
        while len(self._workers) <= number:
            self._workers.append(Worker(self.size))
        return self._workers[number]


def relay(
    jobs: JobSource,
    answers: ReplyQueue,
    *,
    begin: Callable[[int, RunJob], None],
    size: Callable[[], int],
    on_progress: Callable[[RunProgress], None] | None = None,
) -> ReplyStream:
    """Begin jobs as long as fewer than `size()` are being done, and yield (number, answer) as they come in."""
    busy = 0

    def fill() -> None:
        nonlocal busy
        while busy < size() and (taken := jobs.take()) is not None:
            begin(*taken)
            busy += 1

    while True:
        fill()
        if not busy and not jobs.waiting:
            return
        try:
            answer = answers.get(timeout=POLL_SECONDS if jobs.waiting and busy < size() else LOOK_SECONDS)
        except queue.Empty:
            continue
        if isinstance(answer, RunProgress):
            if on_progress:
                on_progress(answer)
            continue
        if isinstance(answer, BaseException):
            raise answer
        busy -= 1
        jobs.record_reply(*answer)
        fill()  # before the caller writes the answer down, so that nobody is idle meanwhile
        yield answer
