"""Locks between processes: who holds one, how long others wait, and that none outlives its process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitjournal.locks import hold_lock, is_locked, lock_byte, unlock_byte

HOLD = """
import sys
from pathlib import Path
from gitjournal.locks import hold_lock, lock_byte
with hold_lock(Path(sys.argv[1])), open(sys.argv[2], "a+b") as file:
    lock_byte(file, 7)
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Have another process hold the lock of `lock`, and byte 7 of `bytes`."""
    command = [sys.executable, "-c", HOLD, str(folder / "lock"), str(folder / "bytes")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_is_held_inside_the_block_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    with hold_lock(path) as file:
        assert is_locked(path)
        file.write("mine")
    assert not is_locked(path)
    with hold_lock(path):
        assert path.read_text() == "mine"


def test_who_waits_gives_up_after_its_patience(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold_lock(path):
        began = time.monotonic()
        with pytest.raises(BlockingIOError), hold_lock(path, patience=0.1):
            pass
        assert time.monotonic() - began >= 0.1
    with hold_lock(path, patience=0.0):
        assert is_locked(path)


def test_a_lock_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), hold_lock(tmp_path / "missing" / "lock"):
        pass


def test_locks_of_another_process_end_with_it(tmp_path: Path) -> None:
    with (tmp_path / "bytes").open("a+b") as file:
        with another_process(tmp_path) as process:
            assert is_locked(tmp_path / "lock")
            assert not lock_byte(file, 7)
            assert lock_byte(file, 8)
            process.kill()
            process.wait()
            with hold_lock(tmp_path / "lock"):
                assert lock_byte(file, 7)
        unlock_byte(file, 7)
        with another_process(tmp_path):
            assert not lock_byte(file, 7)  # so that it was free for them
