"""The conditions of a run: seeds, limits of threads and memory, warnings as findings, and that nothing of it stays behind."""

from __future__ import annotations

import random
import resource
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl
from sklearn.exceptions import ConvergenceWarning

from gitjournal.worker import environment
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import RunJob
from tests.support.trees import step


def job(memory_mb: int | None = None) -> RunJob:
    return RunJob(root=".", cache=".", data={}, procedure=[step("sklearn.svm.SVC")], memory_mb=memory_mb)


def draws(seed: int | None) -> tuple[float, float]:
    environment.seed_everything(seed)
    return random.random(), float(np.random.random_sample())


def test_the_same_seed_draws_the_same_from_every_library() -> None:
    assert draws(3) == draws(3)
    assert draws(3) != draws(4)
    assert draws(None) == draws(0)
    assert draws(2**40)  # larger than numpy takes


def test_warnings_become_findings_and_lines_of_the_log_each_once(capfd: pytest.CaptureFixture[str]) -> None:
    findings = {"GJ999"}
    with environment.hold_conditions(job(), TableCache(), findings):
        for _ in range(3):
            warnings.warn("did not converge", ConvergenceWarning, stacklevel=1)
        warnings.warn("old", FutureWarning, stacklevel=1)
    assert findings == {"GJ301", "GJ999"}
    assert capfd.readouterr().err.splitlines() == ["ConvergenceWarning: did not converge", "FutureWarning: old"]


def test_findings_and_log_are_kept_where_the_model_raises(capfd: pytest.CaptureFixture[str]) -> None:
    findings: set[str] = set()

    def fit() -> None:
        with environment.hold_conditions(job(), TableCache(), findings):
            warnings.warn("did not converge", ConvergenceWarning, stacklevel=1)
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        fit()
    assert findings == {"GJ301"}
    assert "did not converge" in capfd.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="only Linux tells what address space a process has")
def test_memory_is_limited_beyond_what_is_taken_already_and_the_limit_goes_with_the_run() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with environment.hold_conditions(job(memory_mb=200), TableCache(), set()):
        assert len(bytearray(50 * 2**20)) == 50 * 2**20
        with pytest.raises(MemoryError):
            bytearray(400 * 2**20)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert len(bytearray(400 * 2**20)) == 400 * 2**20


def test_libraries_are_held_to_the_threads_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def threads(kind: str) -> set[int]:
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == kind}

    monkeypatch.setenv("GITJOURNAL_THREADS", "2")
    before = threads("openmp")
    with environment.hold_conditions(job(), TableCache(), set()):
        assert threads("openmp") == {2}
        assert threads("blas") == {1}
    assert threads("openmp") == before


def test_the_peak_of_memory_is_that_of_one_run() -> None:
    block = np.ones(300 * 2**17)  # 300 MB
    high = environment.peak_mb()
    del block
    environment.forget_peak()
    assert high > 300
    if sys.platform == "linux":
        assert environment.peak_mb() < high
