from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gitjournal.entry.record import Failure
from gitjournal.errors import GitjournalError
from gitjournal.worker.jobs import ErrorReply, Inspection, InspectJob, RunJob, RunProgress, RunResult, Validated, ValidateJob
from gitjournal.worker.process import Worker
from tests.support.helpers import gone
from tests.support.journals import wait_for
from tests.support.trees import step

pytestmark = pytest.mark.fresh_processes
SVM = [step("sklearn.svm.SVC", gamma=0.001)]
ENDLESS = [step("sklearn.ensemble.GradientBoostingClassifier", n_estimators=100_000)]


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """One for all tests: whatever one of them does to its process, the next must find it working."""
    worker = Worker()
    yield worker
    worker.kill()


def job(root: Path, tree: Any, **more: Any) -> RunJob:
    declared = {"data": {"sklearn": "digits"}, "task": "classification", "split": {"dev": 0.2}, "metrics": ["accuracy"], "seed": 0}
    return RunJob(root=str(root), cache=str(root / ".cache"), procedure=tree, **{**declared, **more})


def result(reply: RunResult | ErrorReply) -> RunResult:
    assert isinstance(reply, RunResult)
    return reply


def failure(reply: RunResult | ErrorReply) -> Failure:
    failure = result(reply).failure
    assert failure is not None
    return failure


def refusal(reply: object) -> ErrorReply:
    assert isinstance(reply, ErrorReply)
    return reply


def during(worker: Worker, deed: Callable[[int], None]) -> threading.Thread:
    """Do something to the process in the middle of a fit."""
    pid = worker.start().pid
    _ = worker.ready

    def cpu_seconds() -> float:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    before = cpu_seconds()

    def wait_and_do() -> None:
        wait_for(lambda: cpu_seconds() > before + 0.4, 120)
        deed(pid)

    thread = threading.Thread(target=wait_and_do)
    thread.start()
    return thread


def test_it_says_what_numbers_depend_on(worker: Worker) -> None:
    ready = worker.ready
    assert ready.python == ".".join(map(str, sys.version_info[:3]))
    assert {"scikit-learn", "numpy", "scipy", "pandas"} <= set(ready.versions)
    assert (ready.threads, ready.blas_threads) == (1, 1)
    assert ready.kernel != "unknown"
    assert ready.system in ("Linux", "Darwin")


def test_the_three_jobs(worker: Worker, tmp_path: Path) -> None:
    base = {"root": str(tmp_path), "cache": str(tmp_path / ".cache"), "data": {"sklearn": "digits"}}
    inspection = worker.ask(InspectJob(**base))
    assert isinstance(inspection, Inspection)
    assert worker.ask(ValidateJob(task=inspection.task, procedures=[SVM])) == Validated()
    progress: list[RunProgress] = []
    run = RunJob(**base, hash=inspection.hash, task=inspection.task, split=inspection.split, metrics=inspection.metrics, procedure=SVM)
    outcome = result(worker.ask(run, on_progress=progress.append))
    assert (outcome.metrics["dev"]["accuracy"] or 0) > 0.97
    assert progress == [RunProgress(1, 1)]


def test_what_is_done_ahead_is_not_answered_and_changes_no_number(worker: Worker, tmp_path: Path) -> None:
    def numbers(reply: RunResult | ErrorReply) -> dict[str, Any]:
        return {name: value for name, value in msgspec.structs.asdict(result(reply)).items() if name not in MEASURED}

    plain = numbers(worker.ask(job(tmp_path, SVM)))
    worker.kill()
    worker.prepare(job(tmp_path, SVM))  # not even ready yet
    worker.prepare(job(tmp_path, SVM, data={"path": "none.csv", "target": "y"}))
    worker.prepare(job(tmp_path, [step("sklearn.svm.SVC", gamma="x" * 100_000)]))  # longer than a pipe
    process = worker.start()
    assert numbers(worker.ask(job(tmp_path, SVM))) == plain
    assert worker.start() is process
    os.kill(process.pid, signal.SIGKILL)
    process.death()  # its main thread ends before the others do
    worker.prepare(job(tmp_path, SVM))
    assert result(worker.ask(job(tmp_path, SVM))).status == "done"


def test_faults_come_back_with_kind_key_and_position(worker: Worker, tmp_path: Path) -> None:
    outside = refusal(worker.ask(job(tmp_path, SVM, data={"path": "../a.csv", "target": "y"})))
    assert (outside.kind, outside.path) == ("trust", ["data", "path"])
    missing = refusal(worker.ask(job(tmp_path, SVM, data={"path": "a.csv", "target": "y"})))
    assert (missing.kind, missing.message) == ("data", "a.csv is not there")
    wrong = [step("sklearn.svm.SVC", kernel="rbff")]
    misspelt = refusal(worker.ask(ValidateJob(task="classification", procedures=[SVM, wrong])))
    assert (misspelt.kind, misspelt.index) == ("entry", 1)
    assert "rbff" in misspelt.message
    no_job: Any = {"do": "dance"}
    assert refusal(worker.ask(no_job)).message.startswith("not a job")


def test_what_a_model_prints_is_log_and_never_an_answer(worker: Worker, tmp_path: Path) -> None:
    noisy = [step("sklearn.svm.SVC", verbose=True)]  # printed by C
    assert "optimization finished" in result(worker.ask(job(tmp_path, noisy))).log
    noisy = [step("sklearn.neural_network.MLPClassifier", verbose=True, max_iter=60, hidden_layer_sizes=[4])]  # printed by Python
    log = result(worker.ask(job(tmp_path, noisy))).log
    assert "Iteration 60, loss" in log
    assert "nSV" not in log
    assert len(log.splitlines()) == 40
    assert result(worker.ask(job(tmp_path, SVM))).log == ""


def test_a_failing_model_leaves_its_traceback_in_the_log_and_the_process_alive(worker: Worker, tmp_path: Path) -> None:
    pid = worker.start().pid
    outcome = result(worker.ask(job(tmp_path, [step("sklearn.neighbors.KNeighborsClassifier", n_neighbors=9999)])))
    assert failure(outcome).kind == "exception"
    assert "Traceback" in outcome.log
    assert "Traceback" not in failure(outcome).message
    assert result(worker.ask(job(tmp_path, SVM))).status == "done"
    assert worker.start().pid == pid


@pytest.mark.parametrize(
    ("number", "limit", "kind", "words"),
    [
        (signal.SIGSEGV, None, "crash", "ended by SIGSEGV"),
        (signal.SIGABRT, None, "crash", "ended by SIGABRT"),
        (signal.SIGABRT, 3000, "memory", "ended by SIGABRT, most likely for want of memory: the limit is 3000 MB"),
        (signal.SIGKILL, None, "memory", "want of memory"),
    ],
)
def test_a_run_that_takes_the_process_down_has_failed_and_the_next_one_runs(
    number: int, limit: int | None, kind: str, words: str, worker: Worker, tmp_path: Path
) -> None:
    thread = during(worker, lambda pid: os.kill(pid, number))
    outcome = result(worker.ask(job(tmp_path, ENDLESS, memory_mb=limit)))
    thread.join()
    assert (outcome.status, failure(outcome).kind) == ("failed", kind)
    assert words in failure(outcome).message
    if number == signal.SIGSEGV:
        assert "Segmentation fault" in outcome.log  # and where, by faulthandler
    assert result(worker.ask(job(tmp_path, SVM))).status == "done"


def test_a_process_that_ends_with_nothing_to_do_is_replaced(worker: Worker) -> None:
    worker.kill()
    os.kill(worker.start().pid, signal.SIGSEGV)
    with pytest.raises(GitjournalError, match="did not start"):
        worker.ask(ValidateJob(procedures=[]))
    process = worker.start()
    _ = worker.ready
    os.kill(process.pid, signal.SIGABRT)
    process.death()
    assert worker.ask(ValidateJob(procedures=[])) == Validated()


def test_a_run_beyond_its_time_is_ended(worker: Worker, tmp_path: Path) -> None:
    pid = worker.start().pid
    outcome = result(worker.ask(job(tmp_path, ENDLESS), timeout=1))
    assert outcome.failure == Failure("timeout", "took longer than 1 s")
    assert (outcome.seconds or 0) >= 1  # what it has cost counts, for an entry's budget as well
    assert gone(pid)
    assert result(worker.ask(job(tmp_path, SVM), timeout=60)).status == "done"


def test_a_memory_limit_fails_the_run_and_not_the_next(worker: Worker, tmp_path: Path) -> None:
    greedy = [step("sklearn.preprocessing.PolynomialFeatures", degree=4), SVM[0]]
    outcome = result(worker.ask(job(tmp_path, greedy, memory_mb=3000)))
    assert failure(outcome).kind == "memory"
    assert result(worker.ask(job(tmp_path, SVM, memory_mb=3000))).status == "done"


def test_an_interrupt_ends_the_process_and_not_the_worker(worker: Worker, tmp_path: Path) -> None:
    pid = worker.start().pid
    thread = during(worker, lambda _: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        worker.ask(job(tmp_path, ENDLESS))
    thread.join()
    assert gone(pid)
    assert result(worker.ask(job(tmp_path, SVM))).status == "done"


def test_killed_from_another_thread_it_says_so(worker: Worker, tmp_path: Path) -> None:
    thread = during(worker, lambda _: worker.kill())
    with pytest.raises(GitjournalError, match="the worker was stopped"):
        worker.ask(job(tmp_path, ENDLESS))
    thread.join()


PARENT = """
import sys
from gitjournal.worker.jobs import RunJob
from gitjournal.worker.process import Worker
worker = Worker()
print(worker.start().pid, flush=True)
_ = worker.ready
print("asking", flush=True)
worker.ask({job!r})
"""


def test_it_does_not_outlive_a_killed_parent_even_in_the_middle_of_a_fit(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT.format(job=job(tmp_path, ENDLESS))], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert parent.stdout.readline() == "asking\n"
    time.sleep(1)
    assert not gone(pid, seconds=0.1)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def test_modules_in_the_current_folder_are_not_imported(worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("numpy", "sklearn", "queue", "gitjournal"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'RAN')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    worker.kill()
    assert result(worker.ask(job(tmp_path, SVM))).status == "done"
    assert not (tmp_path / "RAN").exists()


def test_a_number_of_threads_that_is_none_means_one(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITJOURNAL_THREADS", "many")
    worker.kill()
    assert worker.ready.threads == 1


MODELS: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("svc", SVM, {}),
    (
        "logistic",
        [step("sklearn.preprocessing.StandardScaler"), step("sklearn.linear_model.LogisticRegression", C=0.1)],
        {"metrics": ["log_loss"]},
    ),
    ("forest", [step("sklearn.ensemble.RandomForestClassifier", n_estimators=20)], {"metrics": ["accuracy", "log_loss"]}),
    (
        "boosting",
        [step("sklearn.ensemble.HistGradientBoostingClassifier", max_iter=10)],
        {"data": {"sklearn": "breast_cancer"}, "metrics": ["roc_auc"]},
    ),
    ("mlp", [step("sklearn.neural_network.MLPClassifier", max_iter=10)], {"split": {"cv": 3, "repeats": 1}}),
    (
        "sgd",
        [step("sklearn.preprocessing.StandardScaler"), step("sklearn.linear_model.SGDClassifier")],
        {"split": {"dev": 0.2, "seed": "each"}},
    ),
    ("neighbours", [step("sklearn.decomposition.PCA", n_components=10), step("sklearn.neighbors.KNeighborsClassifier")], {}),
    ("ridge", [step("sklearn.linear_model.Ridge")], {"data": {"sklearn": "diabetes"}, "task": "regression", "metrics": ["rmse", "r2"]}),
]
# what a clock and the system say, and the hash of a file of probabilities, whose last bit follows the number of threads
MEASURED = ("seconds", "memory_mb", "artifacts")


def recorded(root: Path, threads: int) -> dict[str, Any]:
    os.environ["GITJOURNAL_THREADS"] = str(threads)
    worker = Worker()
    try:
        assert worker.ready.threads == threads
        results = {
            name: msgspec.to_builtins(worker.ask(job(root, tree, **{**more, "seed": 3, "store": str(root / f"{threads}/{name}")})))
            for name, tree, more in MODELS
        }
    finally:
        worker.kill()
    return {name: {key: value for key, value in one.items() if key not in MEASURED} for name, one in results.items()}


@pytest.mark.parametrize("kernel", ["", "Haswell"])  # with some, BLAS gives another last digit at two threads
def test_every_recorded_number_is_the_same_in_fresh_processes_at_one_and_two_threads(
    kernel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", kernel) if kernel else monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    monkeypatch.setenv("GITJOURNAL_THREADS", "1")
    first = recorded(tmp_path, 1)
    assert all(one["status"] == "done" for one in first.values()), first
    assert recorded(tmp_path, 1) == first
    assert recorded(tmp_path, 2) == first
