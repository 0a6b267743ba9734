"""The worker process: reads jobs, answers, one JSON object a line each. Started by `process`.

What a model prints never mixes with answers: those go to a copy of the first standard output, made before anything
else could write to it.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import importlib.metadata
import os
import platform
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import threadpoolctl

from gitjournal.errors import GitjournalError
from gitjournal.worker import arrays, bootstrap, final, keep, preflight, run, scores
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import (
    JOBS,
    BootstrapJob,
    ConfusionJob,
    DuplicatesJob,
    Environment,
    ErrorReply,
    FinalJob,
    InspectJob,
    KeepJob,
    Message,
    PredictJob,
    PrepareJob,
    RunJob,
    ScoreJob,
    SplitJob,
    ValidateJob,
)
from gitjournal.worker.process import BLAS_THREADS, wanted_threads

LOG_LINES, LOG_BYTES = 40, 64 * 1024
LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas", "keras", "tensorflow")
LOG = 2  # the descriptor that the parent opened as a file; standard output is pointed to it too

_jobs = msgspec.json.Decoder(JOBS)


class Channel:
    """The pipes to the parent process: jobs come in, answers go out."""

    def __init__(self) -> None:
        """Take over both standard streams and leave models with an empty input and the log as output."""
        self._in = os.dup(0)
        self._out = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(LOG, 1)
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """Hand on lines; when the parent is gone, be gone too, in the middle of a fit if need be."""
        with os.fdopen(self._in, "rb") as jobs:
            for line in jobs:
                self._lines.put(line)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpgrp(), signal.SIGKILL)  # and with us what the model started
        os._exit(0)

    def next(self) -> bytes:
        """Return the next job, or wait for it."""
        return self._lines.get()

    def send(self, message: Message) -> None:
        """Write one object as a line; NaN becomes null."""
        line = memoryview(msgspec.json.encode(message) + b"\n")
        while line:
            line = line[os.write(self._out, line) :]


def main() -> None:
    """Say what this process is, then do jobs until the parent closes the pipe."""
    gc.enable()
    gc.freeze()  # the libraries stay: no collection need look at them again
    channel = Channel()
    faulthandler.enable()
    channel.send(Message(ready=environment()))
    cache = TableCache()
    while True:
        line = channel.next()
        _begin_log()
        answer = _answer(line, cache, channel)
        if answer is not None:
            channel.send(answer)


def _answer(line: bytes, cache: TableCache, channel: Channel) -> Message | None:
    try:
        job = _jobs.decode(line)
        if isinstance(job, PrepareJob):
            run.prepare(job, cache)
            return None
        answer = _run_job(job, cache, channel)
    except GitjournalError as fault:
        answer = ErrorReply.from_error(fault)
    except msgspec.ValidationError as fault:
        answer = ErrorReply("entry", f"not a job: {fault}")
    return Message(error=answer) if isinstance(answer, ErrorReply) else Message(ok=msgspec.Raw(msgspec.json.encode(answer)))


def _run_job(job: Any, cache: TableCache, channel: Channel) -> Any:
    """Return the answer to a job, of the type that it names, or why there is none."""
    match job:
        case RunJob():
            result = run.run(job, cache, lambda progress: channel.send(Message(progress=progress)))
            return msgspec.structs.replace(result, log=_end_log())
        case InspectJob():
            return preflight.inspect(job, cache)
        case ValidateJob():
            return preflight.validate(job)
        case DuplicatesJob():
            return preflight.find_duplicates(job, cache)
        case SplitJob():
            return preflight.list_split_rows(job, cache)
        case ScoreJob():
            return scores.rescore(job)
        case BootstrapJob():
            return bootstrap.bootstrap_files(job)
        case ConfusionJob():
            return arrays.confusion_counts(Path(job.file), job.sha256)
        case FinalJob():
            return final.final(job, cache)
        case KeepJob():
            return keep.keep(job, cache)
        case PredictJob():
            return keep.predict(job, cache)


def environment() -> Environment:
    """Return what numbers depend on besides the declaration: versions, machine, BLAS kernel, threads."""
    versions = {}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    pools: list[dict[str, Any]] = threadpoolctl.threadpool_info()
    blas: dict[str, Any] = next((pool for pool in pools if pool["user_api"] == "blas"), {})
    return Environment(
        python=platform.python_version(),
        versions=versions,
        machine=platform.machine(),
        system=platform.system(),
        kernel=blas.get("architecture") or blas.get("internal_api") or "unknown",
        threads=wanted_threads(),
        blas_threads=BLAS_THREADS,
    )


def _begin_log() -> None:
    with contextlib.suppress(OSError):  # not a file where somebody starts this by hand
        os.ftruncate(LOG, 0)


def _end_log() -> str:
    """Return the last lines that were printed in this job, by Python or by C."""
    sys.stdout.flush()
    sys.stderr.flush()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).fflush(None)
    try:
        size = os.fstat(LOG).st_size
        text = os.pread(LOG, LOG_BYTES, max(size - LOG_BYTES, 0)).decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-LOG_LINES:])


if __name__ == "__main__":
    main()
