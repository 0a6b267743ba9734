"""A worker process as its parent sees it. Loads no numerical library.

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
import time
from collections.abc import Callable
from typing import IO, Any

import msgspec

from gitjournal.errors import GitjournalError

Job = dict[str, Any]

START_SECONDS = 300.0
LOG_LINES, LOG_BYTES = 40, 64 * 1024
# each library that can thread has its own name for the same number, read when it is loaded
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# how C++ libraries end where they are given no more memory, or no room for the stack of a thread
STARVED = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS)


def fair_threads(workers: int) -> int:
    """Return how many threads each of so many workers may use: one, or what GITJOURNAL_THREADS asks for.

    Several together never ask for more than there are cores. No recorded number depends on it.
    """
    declared = os.environ.get("GITJOURNAL_THREADS", "")
    wanted = int(declared) if declared.isdigit() and int(declared) > 0 else 1
    return wanted if workers == 1 else max(1, min(wanted, (os.cpu_count() or 1) // workers))


class _GoneError(Exception):
    """The process ended without an answer."""


class _LateError(Exception):
    """No answer in time."""


class Worker:
    """One worker: started when first asked, started again after a crash, asked one job at a time."""

    def __init__(self, beside: int = 1) -> None:
        self.beside = beside  # how many workers there are in all
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._unread = b""
        self._ready: Job | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process and do not wait for it; it loads its libraries meanwhile."""
        if self._process is not None:
            return self._process
        threads = str(fair_threads(self.beside))
        # a safe path, since a file `numpy.py` in the current folder is not what a worker should import;
        # one hash seed, since the order of a set of texts must not depend on the process
        fixed = {"PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "0", "GITJOURNAL_THREADS": threads, **dict.fromkeys(THREAD_VARIABLES, threads)}
        self._log = tempfile.TemporaryFile(mode="a+b")  # noqa: SIM115 - open as long as the process is
        self._unread = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gitjournal.worker_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **fixed},
            start_new_session=True,  # Ctrl-C at the terminal is for the parent alone, who decides
        )
        return self._process

    @property
    def ready(self) -> Job:
        """What the process said of its environment. Raises GitjournalError where it does not start."""
        process = self.start()
        if self._ready is None:
            try:
                self._ready = self._receive(process, time.monotonic() + START_SECONDS)["ready"]
            except (_GoneError, _LateError):
                said = self._tail().strip().splitlines()
                self.kill()
                raise GitjournalError(
                    f"the worker process did not start: {said[-1] if said else 'it said nothing'}",
                    hint=f"is the installation whole? try: {sys.executable} -m gitjournal.worker_main </dev/null",
                ) from None
        return self._ready

    def ask(self, job: Job, timeout: float | None = None, on_progress: Callable[[Job], None] | None = None) -> Job:
        """Return the answer to one job: `{"ok": …}` or `{"error": …}`; a run that ends the process has failed.

        `timeout` is in seconds and counts from when the process is ready. Whatever interrupts the wait ends the process.
        """
        _ = self.ready
        process = self._process
        if process is None:
            raise GitjournalError("the worker was stopped")
        try:
            deadline = None if timeout is None else time.monotonic() + timeout
            self._send(process, job)
            while True:
                message = self._receive(process, deadline)
                if "progress" not in message:
                    return message
                if on_progress:
                    on_progress(message["progress"])
        except _LateError:
            failure = {"kind": "timeout", "message": f"took longer than {timeout:g} seconds"}
            return self._failed(job, failure)
        except _GoneError:
            if self._process is not process:
                raise GitjournalError("the worker was stopped") from None
            return self._failed(job, self._death(process, job.get("memory_mb")))
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End the process now, and what it started."""
        process, self._process = self._process, None
        log, self._log = self._log, None
        self._ready = None
        if process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe:
                        pipe.close()
        if log is not None:
            log.close()

    def close(self) -> None:
        """End the process, which holds nothing that is not written; one that is asked again starts anew."""
        self.kill()

    def _send(self, process: subprocess.Popen[bytes], job: Job) -> None:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            process.stdin.write(msgspec.json.encode(job) + b"\n")
            process.stdin.flush()
        except (OSError, ValueError):
            raise _GoneError from None

    def _receive(self, process: subprocess.Popen[bytes], deadline: float | None) -> Job:
        """Return the next message. Raises _GoneError at the end of the pipe and _LateError after the deadline."""
        assert isinstance(process.stdout, io.BufferedReader)  # noqa: S101 - it is a pipe
        while b"\n" not in self._unread:
            left = None if deadline is None else max(deadline - time.monotonic(), 0)
            try:
                if not select.select([process.stdout], [], [], left)[0]:
                    raise _LateError
                piece = process.stdout.read1(1 << 16)
            except ValueError:  # another thread has killed the process and closed the pipe
                raise _GoneError from None
            if not piece:
                raise _GoneError
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        message: Job = msgspec.json.decode(line)
        return message

    def _death(self, process: subprocess.Popen[bytes], limit: int | None = None) -> Job:
        """Return how the process ended; `limit` is the memory in MB that it was given, if any."""
        code = process.wait()
        if code >= 0:
            said = self._tail().strip().splitlines()
            last = f": {said[-1][:200]}" if said else ""
            return {"kind": "crash", "message": f"the process ended itself with exit code {code}{last}"}
        if -code == signal.SIGKILL:
            return {"kind": "memory", "message": "the system killed the process, most likely for want of memory"}
        name = signal.Signals(-code).name
        if limit and -code in STARVED:
            return {
                "kind": "memory",
                "message": f"the process was ended by {name}, most likely for want of memory: the limit is {limit} MB",
            }
        return {"kind": "crash", "message": f"the process was ended by {name}"}

    def _failed(self, job: Job, failure: Job) -> Job:
        log = self._tail()
        self.kill()
        if job.get("do") == "run":
            return {"ok": {"status": "failed", "failure": failure, "log": log}}
        return {"error": {"kind": failure["kind"], "message": failure["message"], "hint": "", "path": []}}

    def _tail(self) -> str:
        """Return the last lines of the log, or where a crash is reported in it its first ones, which say what it was."""
        if self._log is None:
            return ""
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), LOG_BYTES, max(size - LOG_BYTES, 0)).decode(errors="replace")
        lines = text.splitlines()
        crash = next((number for number, line in enumerate(lines) if line.startswith("Fatal Python error")), len(lines) - LOG_LINES)
        return "\n".join(lines[max(crash, 0) :][:LOG_LINES])
