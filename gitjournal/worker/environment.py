"""The conditions of a run: its random seeds, its threads and its memory, and its warnings as findings."""

from __future__ import annotations

import contextlib
import random
import resource
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from gitjournal.data import splits
from gitjournal.procedure.networks import network
from gitjournal.trust import loader
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import ModelJob
from gitjournal.worker.models import keras_library, python_models

FINDINGS = {ConvergenceWarning: "GJ301"}


def seed_everything(seed: int | None) -> None:
    """Seed what every library draws from by default."""
    random.seed(seed or 0)
    np.random.seed((seed or 0) % splits.SEEDS)  # what estimators without a random_state of their own draw from


@contextlib.contextmanager
def hold_conditions(job: ModelJob, cache: TableCache, findings: set[str]) -> Iterator[None]:
    """Hold what a run is made under: its threads, its memory, and its warnings as `findings`."""
    if job.memory_mb is not None and network.is_network(job.procedure[-1][1]):
        keras_library.warm_up()
    with cache.threads(), _limit_memory(job.memory_mb), _record_warnings(findings), _code_on_path(job):
        yield


def _code_on_path(job: ModelJob) -> contextlib.AbstractContextManager[None]:
    """Return what a function of one's own needs around it while it runs and answers."""
    return loader.at_home(job.procedure[0][1], Path(job.root)) if python_models.is_python(job.procedure) else contextlib.nullcontext()


@contextlib.contextmanager
def _limit_memory(memory_mb: int | None) -> Iterator[None]:
    """Limit the address space, so that a run that needs more ends with MemoryError and not with the machine.

    What Python, the libraries and the data take already is not counted.
    """
    if memory_mb is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + memory_mb * 2**20, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _address_space() -> int:
    """Return the bytes that this process has reserved; nothing where the system does not tell (macOS, which limits nothing either)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


@contextlib.contextmanager
def _record_warnings(findings: set[str]) -> Iterator[None]:
    """Turn the warnings that mean something into findings, and all of them into lines of the log."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        try:
            yield
        finally:
            sys.stderr.writelines(dict.fromkeys(f"{one.category.__name__}: {one.message}\n" for one in caught))  # each once
            for warning in caught:
                findings.update(code for kind, code in FINDINGS.items() if issubclass(warning.category, kind))


def forget_peak() -> None:
    """Begin a new peak of memory, where the system can (Linux), so that a run is not charged with an earlier one's."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_mb() -> int:
    """Return the most memory that this process has taken, since `forget_peak` where the system can."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))
