"""Ready processes (tests/support/ready.py) are what the tests of most commands run in: they must be as fresh ones are."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitjournal.worker.process import START
from tests.support import ready, ready_client
from tests.support.helpers import gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")

END = f"\n{ready_client.WORKER}"  # what the client knows a worker by; never reached here
ABOUT = """
import json, os, resource, sys
print(json.dumps({
    "parent": open(f"/proc/{os.getppid()}/cmdline").read().split("\\0"), "argv": sys.argv, "folder": os.getcwd(), "path": sys.path,
    "environment": {**os.environ, "_": ""}, "umask": os.umask(0), "limit": resource.getrlimit(resource.RLIMIT_NOFILE), "name": __name__,
    "input": sys.stdin.read(), "hash": hash("x"), "leader": os.getsid(0) == os.getpid(), "safe": sys.flags.safe_path,
    "streams": [(one.fileno(), one.encoding, one.errors, one.line_buffering) for one in (sys.stdin, sys.stdout, sys.stderr)],
}))
print("to the other stream", file=sys.stderr)
raise SystemExit(3)
"""
DRAWN = """
import random, sys
print([random.random(), sys.modules["numpy"].random.random() if "numpy" in sys.modules else 0])
raise SystemExit
"""
LASTING = """
import os, signal, sys, time
signal.signal(signal.SIGUSR1, lambda *_: print("told", flush=True))
print(os.getpid(), flush=True)
while True:
    time.sleep(0.1)
"""


@pytest.fixture(autouse=True, scope="module")
def own_servers() -> Iterator[None]:
    """Have servers that no other test has used up."""
    with ready.servers():
        yield


@pytest.fixture(autouse=True)
def ready_processes(own_servers: None) -> None:
    ready.choose(fresh=False, keras=False)


def start(code: str, **options: Any) -> subprocess.Popen[str]:
    """Start a process as the package starts a worker."""
    fixed = {"PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "0", "OF_THESE_TESTS": "1"}
    options = {"env": {**os.environ, **fixed}, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True, **options}
    return subprocess.Popen([sys.executable, "-c", code + END], text=True, **options)


def told(**options: Any) -> tuple[Any, str, int]:
    """Return what a process tells of itself, its other stream, and its exit code."""
    with start(ABOUT, stderr=subprocess.PIPE, **options) as process:
        out, err = process.communicate("to be read")
        return json.loads(out), err, process.returncode


def test_the_client_knows_how_a_worker_is_started() -> None:
    assert ready_client.kind_of("python", ["-c", START]) == ("worker", [START])


@pytest.mark.parametrize("leader", [True, False])
def test_a_ready_process_is_as_a_fresh_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leader: bool) -> None:
    def limit() -> None:
        os.umask(0o027)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))

    assert told()[2] == 3  # where no server was started yet, this has started one, which must not be under those limits
    options = {"cwd": tmp_path, "start_new_session": leader, "preexec_fn": limit}
    (tmp_path / "json.py").write_text("raise SystemExit('imported from the current folder')")
    monkeypatch.setenv("GIT_EDITOR", "of this test")
    one, *ended = told(**options)
    monkeypatch.setattr(sys, "executable", ready.REAL)
    other, *ended_too = told(**options)
    assert "ready_server" in " ".join(one.pop("parent"))
    assert "ready_server" not in " ".join(other.pop("parent"))
    of_libraries = one["environment"].keys() - other["environment"].keys()
    assert of_libraries <= {"KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"}  # set by scikit-learn when it is imported
    other["environment"].update({name: one["environment"][name] for name in of_libraries})
    assert one == other
    assert ended == ended_too == ["to the other stream\n", 3]
    assert (one["umask"], one["limit"], one["environment"]["GIT_EDITOR"]) == (0o027, [200, 300], "of this test")


def test_no_two_ready_processes_draw_alike() -> None:
    def drawn() -> str:
        with start(DRAWN) as process:
            return process.communicate()[0]

    assert len({part for _ in range(2) for part in drawn().strip("[]\n").split(", ")}) == 4


def test_what_is_read_while_importing_decides_which_server_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = told()[0]["parent"]
    monkeypatch.setenv("GIT_EDITOR", "of this test")
    assert told()[0]["parent"] == parent
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    other = told()[0]["parent"]
    assert "ready_server" in " ".join(other)
    assert other != parent


def test_signals_go_through_and_a_killed_one_leaves_nothing() -> None:
    with start(LASTING) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        assert pid != process.pid
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.readline() == "told\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == -signal.SIGTERM
    assert gone(pid)
    with start(LASTING) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        process.kill()
    assert gone(pid)
    with start(LASTING) as process:
        assert process.stdout
        os.kill(int(process.stdout.readline()), signal.SIGSEGV)
        assert process.wait(20) == -signal.SIGSEGV


def test_servers_and_what_they_have_forked_end_with_the_tests_even_if_those_are_killed() -> None:
    code = f"""
import os, subprocess, sys, time
from tests.support import ready
with ready.servers():
    print(os.environ[ready.FOLDER], flush=True)
    ready.choose(fresh=False, keras=False)
    while True:
        process = subprocess.Popen([sys.executable, "-c", {LASTING + END!r}], stdout=subprocess.PIPE, text=True)
        pid = int(process.stdout.readline())
        if pid != process.pid:
            print(pid, os.stat(f"/proc/{{pid}}") and open(f"/proc/{{pid}}/stat").read().rpartition(")")[2].split()[1], flush=True)
            time.sleep(1000)
        process.kill()
"""
    with subprocess.Popen([ready.REAL, "-c", code], stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout
        folder = tests.stdout.readline().strip()
        forked, server = map(int, tests.stdout.readline().split())
        assert not gone(forked, seconds=0.1)
        tests.kill()
    shutil.rmtree(folder)
    assert gone(server)
    assert gone(forked)
