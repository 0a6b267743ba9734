"""`exec --dask`: a real scheduler and real workers, on this machine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.helpers import done, git, gitjournal, write_entry

pytest.importorskip("distributed", reason="the extra `dask` is not installed")

GRID = """title: {title}
data: {{path: data.csv, target: y}}
procedure: [{{MLPClassifier: {{max_iter: 60, hidden_layer_sizes: [200, 200], tol: 0.0}}}}]
grid: {{mlpclassifier__alpha: [0.0001, 0.01, 1.0]}}
seeds: 2
"""
MEASURED = ("run", "at", "seconds", "memory_mb", "plan", "artifacts", "status", "repeats", "reason")


@contextmanager
def process(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def wait_for(what: Callable[[], object], seconds: float = 90) -> None:
    last = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < last, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def journal(repo: Path) -> Path:
    rows = [f"{i % 7},{i * i % 11},{i * 3 % 5},{(i % 7 + i * i % 11) % 3}" for i in range(600)]
    (repo / "data.csv").write_text("\n".join(["a,b,c,y", *rows, ""]))
    done(repo, "init")
    return repo


def records(journal: Path, suffix: str) -> list[dict[str, Any]]:
    text = git(journal, "show", f"journal:entries/2026/20261121-an-entry-{suffix}.runs.jsonl")
    return [json.loads(line) for line in text.splitlines()]


def results(journal: Path, suffix: str) -> str:
    """Return the block of an entry without what costs, and what is called otherwise in each."""
    text = git(journal, "show", f"journal:entries/2026/20261121-an-entry-{suffix}.md").partition("<!-- gitjournal:results")[2]
    small = re.compile(r"^(Cost: .*|Runs: .*?jsonl\)\.?|.*Records: `\w+`\.)", re.MULTILINE)
    return small.sub("", text).replace(f"an-entry-{suffix}", "")


def alike(listed: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a record says by run, without what a clock, a chance or the question itself puts into it."""
    return {f"{one['fingerprint']} {one['seed']}": {k: v for k, v in one.items() if k not in MEASURED} for one in listed}


def test_a_cluster_that_loses_a_worker_fills_the_journal_as_this_machine_does(journal: Path, tmp_path: Path) -> None:
    page = write_entry(journal / "lab", "20261121-an-entry-aaaa", GRID.format(title="on a cluster"))
    scheduler = tmp_path / "scheduler.json"
    with ExitStack() as stack:
        local = ["--no-dashboard", "--host", "127.0.0.1"]
        start = stack.enter_context
        start(process("dask_scheduler", *local, "--port", "0", "--scheduler-file", str(scheduler), cwd=tmp_path))
        wait_for(scheduler.is_file)
        options = [*local, "--no-nanny", "--nthreads", "1", "--scheduler-file", str(scheduler), "--local-directory", str(tmp_path)]
        # one has the files where they are, the other where a shared folder would be
        mounted = tmp_path / "mounted"
        mounted.mkdir()
        (mounted / "data.csv").write_bytes((journal / "data.csv").read_bytes())
        victim = start(process("dask_worker", *options, cwd=tmp_path))
        start(process("dask_worker", *options, cwd=tmp_path, env={"GITJOURNAL_ROOT": str(mounted)}))
        address = json.loads(scheduler.read_text())["address"]
        running = subprocess.Popen(
            [sys.executable, "-m", "gitjournal", "exec", "aaaa", "--dask", address],
            cwd=journal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: list((journal / ".git/gitjournal/spool").glob("*.json")) or running.poll() is not None)
        os.killpg(victim.pid, signal.SIGKILL)
        out, err = running.communicate(timeout=200)
        assert running.returncode == 0, out + err
        assert "6/6 done · 0 failed" in out

        (mounted / "data.csv").write_text("a,b,c,y\n1,2,3,0\n")
        page.write_text(page.read_text().replace("[0.0001, 0.01, 1.0]", "[0.0001, 0.01, 1.0, 2.0]"))
        refused = gitjournal(journal, "exec", "aaaa", "--dask", address)
        assert refused.returncode == 1
        assert "a worker of the cluster: data.csv is not what the entry names" in refused.stderr
        assert "GITJOURNAL_ROOT" in refused.stderr

    write_entry(journal / "lab", "20261121-an-entry-bbbb", GRID.format(title="here") + "replicates: aaaa\n")
    done(journal, "exec", "bbbb")
    there, here = records(journal, "aaaa"), records(journal, "bbbb")
    assert [record.get("status", "done") for record in there] == ["done"] * 6
    assert alike(there) == alike(here)
    assert results(journal, "aaaa") == results(journal, "bbbb")
    for record in there:
        file = journal / ".git/gitjournal/artifacts" / record["run"][:2] / record["run"] / "predictions.npz"
        assert file.is_file()
    assert git(journal, "fsck", "--no-dangling") == ""


def test_a_cluster_that_is_not_there_is_one_message(journal: Path) -> None:
    write_entry(journal / "lab", "20261121-an-entry-aaaa", GRID.format(title="on a cluster"))
    usage = gitjournal(journal, "exec", "aaaa", "--dask", "host")
    assert usage.returncode == 2
    ended = gitjournal(journal, "exec", "aaaa", "--dask", "tcp://127.0.0.1:1")
    assert ended.returncode == 1
    assert "the cluster at tcp://127.0.0.1:1 cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr
