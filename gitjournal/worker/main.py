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
from typing import Any

import msgspec
import threadpoolctl

from gitjournal.errors import GitjournalError
from gitjournal.worker import bootstrap, duplicate_rows, final, keep, preflight, rescore, run
from gitjournal.worker.cache import Shelf
from gitjournal.worker.jobs import Run
from gitjournal.worker.process import BLAS_THREADS, wanted_threads

LOG_LINES, LOG_BYTES = 40, 64 * 1024
LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas", "keras", "tensorflow")
LOG = 2  # the descriptor that the parent opened as a file; standard output is pointed to it too

_jobs = msgspec.json.Decoder(
    preflight.Inspect
    | preflight.Validate
    | run.Prepare
    | Run
    | keep.Keep
    | keep.Predict
    | rescore.Score
    | bootstrap.Draw
    | rescore.Confuse
    | duplicate_rows.Dups
    | final.Final
)


class Channel:
    """The way to the parent: jobs come in, answers go out."""

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

    def send(self, message: dict[str, Any]) -> None:
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
    channel.send({"ready": environment()})
    shelf = Shelf()
    while True:
        line = channel.next()
        _begin_log()
        answer = _answer(line, shelf, channel)
        if answer is not None:
            channel.send(answer)


def _answer(line: bytes, shelf: Shelf, channel: Channel) -> dict[str, Any] | None:
    try:
        job = _jobs.decode(line)
        if isinstance(job, preflight.Inspect):
            return {"ok": preflight.inspect(job, shelf)}
        if isinstance(job, preflight.Validate):
            wrong = preflight.validate(job)
            return {"ok": {}} if wrong is None else _error(wrong[1], index=wrong[0])
        if isinstance(job, run.Prepare):
            run.prepare(job, shelf)
            return None
        if isinstance(job, rescore.Score):
            return {"ok": rescore.score(job)}
        if isinstance(job, bootstrap.Draw):
            return {"ok": bootstrap.draw(job)}
        if isinstance(job, final.Final):
            return {"ok": final.final(job, shelf)}
        if isinstance(job, duplicate_rows.Dups):
            return {"ok": duplicate_rows.find(job, shelf)}
        if isinstance(job, keep.Keep):
            return {"ok": keep.keep(job, shelf)}
        if isinstance(job, keep.Predict):
            return {"ok": keep.predict(job, shelf)}
        if isinstance(job, rescore.Confuse):
            return {"ok": rescore.confuse(job)}
        found = run.run(job, shelf, lambda news: channel.send({"progress": news}))
        return {"ok": {**found, "log": _end_log()}}
    except GitjournalError as fault:
        return _error(fault)
    except msgspec.ValidationError as fault:
        return {"error": {"kind": "entry", "message": f"not a job: {fault}", "hint": "", "path": []}}


def _error(fault: GitjournalError, **where: int) -> dict[str, Any]:
    return {"error": {"kind": fault.kind, "message": fault.message, "hint": fault.hint, "path": list(fault.path), **where}}


def environment() -> dict[str, Any]:
    """Return what numbers depend on besides the declaration: versions, machine, BLAS kernel, threads."""
    versions = {}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    pools: list[dict[str, Any]] = threadpoolctl.threadpool_info()
    blas: dict[str, Any] = next((pool for pool in pools if pool["user_api"] == "blas"), {})
    return {
        "python": platform.python_version(),
        "versions": versions,
        "machine": platform.machine(),
        "system": platform.system(),
        "kernel": blas.get("architecture") or blas.get("internal_api") or "unknown",
        "threads": wanted_threads(),
        "blas_threads": BLAS_THREADS,
    }


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
