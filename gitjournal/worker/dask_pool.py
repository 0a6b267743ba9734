"""A pool of workers on a Dask cluster that is there already: they get the same JSON jobs as the workers of this machine.

Each thread of a Dask worker has a worker process of ours, so that a crash, a time limit and a memory limit end one run
there as they do here. A Dask worker that is lost costs its run, which Dask begins again on another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import logging
import os
import queue
import socket
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import distributed
import msgspec

from gitjournal import __version__
from gitjournal.entry.record import Failure
from gitjournal.errors import GitjournalError
from gitjournal.worker.jobs import A, Environment, ErrorReply, Job, Message, RunJob, RunProgress, RunResult
from gitjournal.worker.pool import (
    JobSource,
    RecordedEnvironment,
    ReplyQueue,
    ReplyStream,
    RunReply,
    WorkerPool,
    record_environment,
    relay,
)
from gitjournal.worker.process import Worker

ROOT = "GITJOURNAL_ROOT"  # set for a Dask worker where it has the repository's files at another place
CONNECT_SECONDS, WAIT_SECONDS = 10.0, 60.0
LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas")

Answer = tuple[bytes, dict[str, bytes]]  # the JSON answer, and the files that the run has kept


class WorkerProcesses(distributed.WorkerPlugin):  # type: ignore[misc]
    """What a Dask worker has of ours for the length of one call: worker processes, and a folder for caches."""

    def __init__(self, name: str) -> None:
        self.name = name

    def setup(self, worker: Any) -> None:
        """Get ready: Dask calls it in each of its workers."""
        self.threads = max(1, worker.state.nthreads)
        self.free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self.workers = [Worker(self.threads) for _ in range(self.threads)]
        for own in self.workers:
            self.free.put(own)
        self.folder = Path(tempfile.mkdtemp(prefix="gitjournal-", dir=worker.local_directory))

    def teardown(self, worker: Any) -> None:  # noqa: ARG002 - Dask's signature
        """End what is being done."""
        for own in self.workers:
            own.kill()


def work(name: str, job: bytes, timeout: float | None) -> Answer:
    """Do one job in a Dask worker. Its files are those of the repository at the same place, or below $GITJOURNAL_ROOT."""
    processes: WorkerProcesses = distributed.get_worker().plugins[name]
    worker = processes.free.get()
    try:
        with tempfile.TemporaryDirectory(dir=processes.folder) as store:
            asked = msgspec.json.decode(job, type=RunJob)
            root = os.environ.get(ROOT) or asked.root
            asked = msgspec.structs.replace(asked, root=root, cache=str(processes.folder / "cache"), store=store)
            reply = worker.ask(asked, timeout=timeout)
            return _encode(reply, worker.ready), {file.name: file.read_bytes() for file in Path(store).iterdir() if file.is_file()}
    finally:
        processes.free.put(worker)


def _encode(reply: RunReply, environment: Environment) -> bytes:
    """Return a reply as a worker process sends it, with the environment that it came about in."""
    if isinstance(reply, ErrorReply):
        return msgspec.json.encode(Message(error=reply))
    result = msgspec.structs.replace(reply, environment=environment)
    return msgspec.json.encode(Message(ok=msgspec.Raw(msgspec.json.encode(result))))


def installed_versions() -> dict[str, str]:
    """Return what is installed: here, or in a Dask worker."""
    installed = {"gitjournal": __version__}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            installed[name] = importlib.metadata.version(name)
    return installed


class DaskPool:
    """Hands jobs to a cluster; looks at data and declarations here. Use it in a `with`.

    `size` is how many runs may be under way, by default one for each thread of the cluster; `say` is told of what
    differs between the cluster and here.
    """

    def __init__(self, address: str, size: int | None, say: Callable[[str], None]) -> None:
        self.address = address
        self.size = size
        self._say = say
        self._name = f"gitjournal-{uuid.uuid4().hex}"
        self._here = WorkerPool(1)
        self._client: Any = None
        self._futures: dict[int, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def start(self, jobs: int) -> None:
        """Connect; the workers begin to load their libraries with their first run.

        Raises GitjournalError where the cluster does not answer, has no worker, or has another gitjournal.
        """
        self._here.start(1)
        if not jobs or (self._client is not None and self._client.status == "running"):
            return
        self._let_go()
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said by us
        try:
            if self.address.startswith(("tcp://", "tls://")):  # where nobody listens, Dask would ask again for all of its time
                socket.create_connection(distributed.comm.get_address_host_port(self.address), CONNECT_SECONDS).close()
            self._client = distributed.Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False)
            self._client.wait_for_workers(1, timeout=WAIT_SECONDS)
            self._check_versions(self._client.run(installed_versions))
            self._client.register_plugin(WorkerProcesses(self._name), name=self._name)
        except (OSError, ValueError, ImportError, AttributeError) as fault:
            self._let_go()
            raise GitjournalError(
                f"the cluster at {self.address} cannot be used: {fault or type(fault).__name__}",
                hint="is a scheduler there, with workers that have gitjournal installed? see docs/how-to/running.md",
            ) from None

    def _check_versions(self, there: dict[str, dict[str, str]]) -> None:
        """Say where workers have other versions than here. Raises GitjournalError where it is gitjournal itself."""
        here = installed_versions()
        for worker, versions in there.items():
            if versions["gitjournal"] != here["gitjournal"]:
                self._let_go()
                raise GitjournalError(
                    f"the Dask worker {worker} has gitjournal {versions['gitjournal']}, this machine has {here['gitjournal']}",
                    hint=f"install one version on both: pip install gitjournal=={here['gitjournal']}",
                )
            differing = [
                f"{name} {versions.get(name, 'missing')} (here {own})" for name, own in here.items() if versions.get(name, "missing") != own
            ]
            if differing:
                self._say(f"{worker} has other versions: {', '.join(differing)}; the records name those that ran")

    def ask(self, job: Job[A], /) -> A | ErrorReply:
        """Have a worker of this machine look at data or declarations."""
        return self._here.ask(job)

    def environment_of(self, reply: RunReply | None = None) -> RecordedEnvironment:
        """Return where the run was made; for one that was lost with its worker, what is installed here."""
        environment = reply.environment if isinstance(reply, RunResult) else None
        return record_environment(environment) if environment else self._here.environment_of()

    def prepare(self, job: RunJob) -> None:
        """Leave it: the data are read where the run will be."""

    def _size(self) -> int:
        if self._client.status != "running":
            raise GitjournalError(f"the cluster at {self.address} is gone", hint="what had finished is kept; run the same command again")
        there: int = sum(self._client.nthreads().values())
        return there if self.size is None else min(self.size, there)

    def run(
        self,
        jobs: JobSource,
        *,
        timeout: float | None,
        on_progress: Callable[[RunProgress], None] | None = None,  # noqa: ARG002 - a cluster passes nothing on meanwhile
    ) -> ReplyStream:
        """Do all jobs and yield (number, answer) as they finish, in any order."""
        answers: ReplyQueue = queue.SimpleQueue()

        def begin(number: int, job: RunJob) -> None:
            future = self._client.submit(
                work, self._name, msgspec.json.encode(job), timeout, pure=False, key=f"{self._name}-{uuid.uuid4().hex}"
            )
            self._futures[number] = future
            future.add_done_callback(lambda done: answers.put(self._answer(number, job, done)))

        yield from relay(jobs, answers, begin=begin, size=self._size)

    def _answer(self, number: int, job: RunJob, future: Any) -> tuple[int, RunReply] | BaseException:
        self._futures.pop(number, None)
        try:
            reply, files = future.result(timeout=WAIT_SECONDS)
        except distributed.KilledWorker as fault:
            lost = f"the cluster lost its worker with this run, time and again; last {fault.last_worker.address}"
            return number, RunResult(status="failed", failure=Failure("crash", lost))
        except BaseException as fault:  # noqa: BLE001 - handed to the caller, who raises it
            return GitjournalError(f"the cluster at {self.address} gave no answer: {type(fault).__name__}: {fault}")
        message = msgspec.json.decode(reply, type=Message)
        if message.error:  # not the experiment: the data are not there, or are others
            return GitjournalError(
                f"a worker of the cluster: {message.error.message}",
                hint=f"it needs the repository's files at {job.root}, or ${ROOT} set to where they are",
            )
        result = msgspec.json.decode(message.ok, type=job.answer)
        try:
            _keep(Path(str(job.store)), files, result.artifacts)
        except OSError as fault:
            return fault
        return number, result

    def kill(self) -> None:
        """Give up what is being done, and let go of the cluster."""
        self._here.kill()
        self._let_go()

    def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(Exception):  # a cluster that is gone has nothing left to be ended
            client.cancel(list(self._futures.values()), force=True)
            client.unregister_worker_plugin(self._name)
        client.close(timeout=5)


def _keep(store: Path, files: dict[str, bytes], artifacts: dict[str, str]) -> None:
    """Write down the files that came with an answer and are what its record says."""
    for name, digest in artifacts.items():
        data = files.get(name, b"")
        if Path(name).name == name and hashlib.sha256(data).hexdigest() == digest:
            store.mkdir(parents=True, exist_ok=True)
            (store / name).write_bytes(data)
