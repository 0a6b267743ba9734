"""Processes that are ready: most of what a test starts is forked from a server that has imported its libraries already.

`sys.executable` is, in tests, a program that asks such a server (`ready_client.py`, `ready_server.py`). A worker or a command is
then a process as any other, with the pipes, folder, environment, signals and exit code of the one that was asked for; only
the seconds that Python and its libraries take to start are spared. A test that is about how a process begins or ends is marked
`fresh_processes`, and one whose workers need Keras `keras`. On other systems than Linux all processes are fresh.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

REAL = sys.executable
FOLDER = "READY_PROCESSES"  # the variable that says where the servers are, so that all processes of pytest-xdist share them

LINE = 120  # as long may the path of an interpreter be in the first line of a program
WITH = "READY_WITH"  # the variable that says which library a worker is to have at hand


@contextmanager
def servers() -> Iterator[None]:
    """Let processes be forked from servers until the end, which ends the servers and all that they have forked."""
    if sys.platform != "linux" or " " in REAL or len(REAL) > LINE:
        yield
        return
    folder = Path(tempfile.mkdtemp(prefix="ready-"))
    alive = folder / "alive"
    os.mkfifo(alive)
    hold = os.open(alive, os.O_RDWR)
    (folder / "limits").write_bytes(Path("/proc/self/limits").read_bytes())
    before = os.environ.get(FOLDER)
    os.environ[FOLDER] = str(folder)
    try:
        programs(folder / "bin")
        yield
    finally:
        del os.environ[FOLDER]
        if before is not None:
            os.environ[FOLDER] = before
        os.close(hold)
        shutil.rmtree(folder, ignore_errors=True)  # a server may be starting


def choose(*, fresh: bool, keras: bool) -> None:
    """Choose whether the processes that are started next are fresh, and whether ready ones have imported Keras."""
    sys.executable = REAL if fresh or FOLDER not in os.environ else str(Path(os.environ[FOLDER]) / "bin/python")
    os.environ.pop(WITH, None)
    if keras and not fresh:
        os.environ[WITH] = "keras"


def skip_processes(event: str, arguments: tuple[Any, ...]) -> None:
    """Skip the test that starts a process other than git: an audit hook, which sees all of them."""
    if event == "subprocess.Popen":
        program = os.fsdecode(arguments[0] or arguments[1][0])
        if "PYTEST_CURRENT_TEST" in os.environ and Path(program).name != "git":
            pytest.skip("starts a process")


def programs(folder: Path) -> None:
    """Write a folder of programs like the one where Python is; those that start Python ask a server."""
    folder.mkdir()
    for program in Path(REAL).parent.iterdir():
        (folder / program.name).symlink_to(program)
    for name in ("python", "python3", "gitjournal", "git-journal"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_text(
            f"#!{REAL} -IS\n"  # as quick a start as there is
            f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import ready_client\n"
            f"ready_client.main({REAL!r}, {str(folder.parent)!r}, *sys.argv)\n"
        )
        (folder / name).chmod(0o755)
