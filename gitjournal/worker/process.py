"""The client of a worker process, as its parent sees it. Loads no numerical library.

Python and the libraries are started once for many jobs. A job that takes the process down with it is answered all the
same, and the next one gets a new process.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from gitjournal.entry.record import Failure
from gitjournal.errors import GitjournalError
from gitjournal.worker.jobs import A, Environment, ErrorReply, Job, Message, ModelJob, PrepareJob, RunJob, RunProgress

START_SECONDS = 300.0
# without collecting garbage, of which there is none while libraries are loaded: a tenth quicker
START = "import gc; gc.disable(); from gitjournal.worker.main import main; main()"
PIPE_BYTES = 32 * 1024  # fits into a pipe that nobody reads yet
LOOK_SECONDS = 1.0  # how often to look whether the process lives, where its pipe does not tell
LOG_LINES, LOG_BYTES = 40, 64 * 1024
# how C++ libraries end where they are given no more memory, or no room for the stack of a thread
STARVED = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS)
# BLAS splits a sum among its threads, so that its last digit follows their number: all of them give what one gives
BLAS_THREADS = 1
# each BLAS has its own name for the number of its threads, read when it is loaded
BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def wanted_threads() -> int:
    """Return how many threads a model may use: one, unless GITJOURNAL_THREADS says otherwise."""
    declared = os.environ.get("GITJOURNAL_THREADS", "")
    return int(declared) if declared.isdigit() and int(declared) > 0 else 1


def fair_threads(workers: int) -> int:
    """Return how many threads each of so many workers may use: one, or what GITJOURNAL_THREADS asks for.

    Several together never ask for more than there are cores. No recorded number depends on it.
    """
    wanted = wanted_threads()
    return wanted if workers == 1 else max(1, min(wanted, (os.cpu_count() or 1) // workers))


_messages = msgspec.json.Decoder(Message)


class _GoneError(Exception):
    """The process ended without an answer."""


class _LateError(Exception):
    """No answer in time."""


class _GarbledError(Exception):
    """Something else than an answer came: a model has written where only answers go."""


class Process:
    """One worker process, from its start to its end. Who waits for it holds it, whatever the worker begins meanwhile."""

    def __init__(self, beside: int) -> None:
        number = str(fair_threads(beside))
        # a safe path, since a file `numpy.py` in the current folder is not what a worker should import;
        # one hash seed, since the order of a set of texts must not depend on the process
        fixed = {"PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "0", "GITJOURNAL_THREADS": number, "OMP_NUM_THREADS": number}
        fixed.update(dict.fromkeys(BLAS_VARIABLES, str(BLAS_THREADS)))
        self._log = tempfile.TemporaryFile(mode="a+b")  # noqa: SIM115 - open as long as the process is
        self._unread = b""
        self._ready: Environment | None = None
        self._popen = subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **fixed},
            start_new_session=True,  # Ctrl-C at the terminal is for the parent alone, who decides
        )
        self.pid = self._popen.pid

    @property
    def ready(self) -> Environment:
        """The environment, as the process described it. Raises GitjournalError where it does not start."""
        if self._ready is None:
            with contextlib.suppress(_GoneError, _LateError, _GarbledError):
                self._ready = self.receive(time.monotonic() + START_SECONDS).ready
            if self._ready is None:
                printed = self.tail().strip().splitlines()
                raise GitjournalError(
                    f"the worker process did not start: {printed[-1] if printed else 'it said nothing'}",
                    hint=f"is the installation whole? try: {sys.executable} -m gitjournal.worker.main </dev/null",
                )
        return self._ready

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self._popen.poll() is not None

    def send(self, job: Job[Any] | PrepareJob) -> None:
        """Hand a job over. Raises _GoneError where nobody takes it."""
        assert self._popen.stdin is not None  # noqa: S101 - it is a pipe
        try:
            self._popen.stdin.write(msgspec.json.encode(job) + b"\n")
            self._popen.stdin.flush()
        except (OSError, ValueError):
            raise _GoneError from None

    def receive(self, deadline: float | None) -> Message:
        """Return the next message. Raises _GoneError when the process has ended, and _LateError after the deadline."""
        pipe = self._popen.stdout
        assert isinstance(pipe, io.BufferedReader)  # noqa: S101 - it is a pipe
        while b"\n" not in self._unread:
            left = LOOK_SECONDS if deadline is None else min(max(deadline - time.monotonic(), 0), LOOK_SECONDS)
            try:
                has_ended = self.has_ended  # asked first: what it wrote before is there to be read
                if not select.select([pipe], [], [], 0 if has_ended else left)[0]:
                    if has_ended:  # and what it has started keeps the pipe open
                        raise _GoneError
                    if deadline is not None and time.monotonic() >= deadline:
                        raise _LateError
                    continue
                piece = pipe.read1(1 << 16)
            except (ValueError, OSError):  # another thread has ended the process and closed the pipe
                raise _GoneError from None
            if not piece:
                raise _GoneError
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        try:
            return _messages.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _GarbledError from None

    def death(self, limit: int | None = None) -> Failure:
        """Return how it ended; `limit` is the memory in MB that it was given, if any."""
        code = self._popen.wait()
        if code >= 0:
            printed = self.tail().strip().splitlines()
            last = f": {printed[-1][:200]}" if printed else ""
            return Failure("crash", f"the process ended itself with exit code {code}{last}")
        if -code == signal.SIGKILL:
            return Failure("memory", "the system killed the process, most likely for want of memory")
        name = signal.Signals(-code).name
        if limit and -code in STARVED:
            return Failure("memory", f"the process was ended by {name}, most likely for want of memory: the limit is {limit} MB")
        return Failure("crash", f"the process was ended by {name}")

    def tail(self) -> str:
        """Return the last lines of the log, or where a crash is reported in it its first ones, which say what it was."""
        try:
            size = os.fstat(self._log.fileno()).st_size
            text = os.pread(self._log.fileno(), LOG_BYTES, max(size - LOG_BYTES, 0)).decode(errors="replace")
        except (OSError, ValueError):  # another thread has ended the process and closed the log
            return ""
        lines = text.splitlines()
        crash = next((number for number, line in enumerate(lines) if line.startswith("Fatal Python error")), len(lines) - LOG_LINES)
        return "\n".join(lines[max(crash, 0) :][:LOG_LINES])

    def end(self) -> None:
        """End it now, and what it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout, self._log):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()


class Worker:
    """One worker: started when first asked, started again after a crash, asked one job at a time."""

    def __init__(self, beside: int = 1) -> None:
        self.beside = beside  # how many workers there are in all
        self._process: Process | None = None
        self._changing = threading.Lock()  # one thread may ask while another one ends the process

    def start(self) -> Process:
        """Start the process and do not wait for it; it loads its libraries meanwhile."""
        with self._changing:
            if self._process is None:
                self._process = Process(self.beside)
            return self._process

    @property
    def ready(self) -> Environment:
        """The environment, as the process described it. Raises GitjournalError where it does not start."""
        return self._ready_process().ready

    def ask(self, job: Job[A], timeout: float | None = None, on_progress: Callable[[RunProgress], None] | None = None) -> A | ErrorReply:
        """Return the answer to one job, or what was refused; a run that ends the process has failed.

        A process that ended while it had nothing to do is replaced. `timeout` is in seconds and counts from when the process
        is ready. Whatever interrupts the wait ends the process.
        """
        process = self._ready_process()
        if process.has_ended:
            self.kill()
            process = self._ready_process()
        began = time.monotonic()
        try:
            deadline = None if timeout is None else began + timeout
            process.send(job)
            while (message := process.receive(deadline)).progress is not None:
                if on_progress:
                    on_progress(message.progress)
            return message.error or _decode_answer(message.ok, job.answer)
        except _LateError:
            failure = Failure("timeout", f"took longer than {timeout:g} s")
        except _GarbledError:
            failure = Failure("crash", "the process wrote something else where its answer was expected")
        except _GoneError:
            if self._process is not process:
                raise GitjournalError("the worker was stopped") from None
            failure = process.death(job.memory_mb if isinstance(job, ModelJob) else None)
        except BaseException:
            self.kill()
            raise
        return self._end_after(process, job, failure, began)

    def prepare(self, job: RunJob) -> None:
        """Have the process do ahead what the job will need, and do not wait for it."""
        ahead = PrepareJob.about(job)
        if len(msgspec.json.encode(ahead)) < PIPE_BYTES:
            with contextlib.suppress(_GoneError):  # the job itself will say so
                self.start().send(ahead)

    def kill(self) -> None:
        """End the process now, and what it started; one that is asked again starts another."""
        with self._changing:
            process, self._process = self._process, None
        if process is not None:
            process.end()

    def _ready_process(self) -> Process:
        """Return the process when it is ready for jobs."""
        process = self.start()
        try:
            _ = process.ready
        except BaseException:
            self.kill()
            raise
        return process

    def _end_after(self, process: Process, job: Job[A], failure: Failure, began: float) -> A | ErrorReply:
        """End the process, and return what its failure means: a run has failed, anything else was refused."""
        log = process.tail()
        self.kill()
        if isinstance(job, RunJob):
            return job.answer(status="failed", failure=failure, log=log, seconds=round(time.monotonic() - began, 3))
        return ErrorReply(failure.kind, failure.message)


def _decode_answer(answer: msgspec.Raw, kind: type[A]) -> A:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _GarbledError from None
