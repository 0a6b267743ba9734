from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitjournal.errors import GitError
from gitjournal.git.objects import ObjectReader, object_id
from tests.support.helpers import git
from tests.support.journals import wait_for


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """All processes that are started meanwhile; each is the real one."""
    processes = []
    popen = subprocess.Popen

    def start(*command, **more):
        processes.append(popen(*command, **more))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    yield processes
    assert all(process.poll() is not None for process in processes), "a process was left behind"


def store(repo: Path, data: bytes) -> str:
    return (
        subprocess.run(["git", "hash-object", "-w", "--stdin"], cwd=repo, input=data, capture_output=True, check=True)
        .stdout.decode()
        .strip()
    )


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_objects_are_read_as_git_has_them(form: str, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", f"--object-format={form}")
    (tmp_path / "a b").write_bytes(b"one\n\0two")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    names = {"HEAD": "commit", "HEAD^{tree}": "tree", "HEAD:a b": "blob"}
    objects = ObjectReader(tmp_path / ".git").read([*names, "HEAD:none", "0" * 40, "no such name 12"])
    assert {name: stored.kind for name, stored in objects.items()} == names
    for name, stored in objects.items():
        assert stored.id == git(tmp_path, "rev-parse", name)
        assert object_id(stored.kind, stored.data, stored.id) == stored.id
    assert objects["HEAD:a b"].data == b"one\n\0two"


def test_one_process_answers_as_long_as_it_is_kept(repo: Path, started: list[subprocess.Popen[bytes]]) -> None:
    reader = ObjectReader(repo / ".git")
    assert reader.read([]) == {}
    with reader.kept():
        assert not started  # it starts with the first question
        with reader.kept():
            assert reader.read(["HEAD"])["HEAD"].kind == "commit"
        assert reader.read(["HEAD:none"]) == {}
        (git_process,) = started
        assert git_process.poll() is None
    assert git_process.poll() is not None
    assert reader.read(["HEAD"])
    assert len(started) == 2


def test_what_came_later_is_read_too(repo: Path) -> None:
    reader = ObjectReader(repo / ".git")
    with reader.kept():
        blob = object_id("blob", b"later\n", "0" * 40)
        assert reader.read([blob]) == {}
        assert store(repo, b"later\n") == blob
        assert reader.read([blob])[blob].data == b"later\n"
        git(repo, "commit", "-q", "--allow-empty", "-m", "second")
        git(repo, "branch", "side")
        git(repo, "pack-refs", "--all")
        git(repo, "gc", "-q")
        assert reader.read(["refs/heads/side"])["refs/heads/side"].id == git(repo, "rev-parse", "HEAD")


def test_a_process_that_died_is_replaced(repo: Path, started: list[subprocess.Popen[bytes]]) -> None:
    reader = ObjectReader(repo / ".git")
    with reader.kept():
        for number in range(1, 4):
            assert reader.read(["HEAD"])
            kept = started[-1]
            assert reader.read(["HEAD"])
            assert started[-1] is kept
            kept.send_signal(signal.SIGINT)
            kept.wait()
            assert reader.read(["HEAD", "none"]).keys() == {"HEAD"}
            assert len(started) == 2 * number  # one answered the question that found it dead


def test_an_answer_that_was_not_heard_to_the_end_is_none_to_the_next_question(repo: Path) -> None:
    large = [store(repo, bytes([number]) * 3_000_000) for number in range(4)]
    reader = ObjectReader(repo / ".git")

    asking: list[bool] = []

    def interrupt(*_: object) -> None:
        if asking:  # and not this test
            raise KeyboardInterrupt

    former = signal.signal(signal.SIGALRM, interrupt)
    interrupted = 0
    try:
        with reader.kept():
            for milliseconds in range(1, 30):
                assert reader.read(["HEAD"])["HEAD"].kind == "commit"
                try:
                    asking.append(True)
                    signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
                    reader.read(large)
                    asking.clear()
                except KeyboardInterrupt:
                    interrupted += 1
                asking.clear()
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, former)
    assert interrupted


def test_a_question_of_any_length_is_answered(repo: Path) -> None:
    blob = store(repo, b"x" * 10_000)
    names = [f"{blob}^{{{'blob' if number % 2 else 'object'}}}{'^{object}' * (number % 200)}" for number in range(400)]
    assert len("".join(names)) > 300_000  # more than a pipe holds, as are the answers
    objects = ObjectReader(repo / ".git").read(names)
    assert objects.keys() == set(names)
    assert {stored.id for stored in objects.values()} == {blob}


def test_threads_get_each_their_own_answers(repo: Path, started: list[subprocess.Popen[bytes]]) -> None:
    blobs = {store(repo, str(number).encode()): str(number).encode() for number in range(8)}
    reader = ObjectReader(repo / ".git")
    wrong = []

    def ask(blob: str) -> None:
        wrong.extend(1 for _ in range(50) if reader.read([blob])[blob].data != blobs[blob])

    started.clear()
    with reader.kept():
        threads = [threading.Thread(target=ask, args=(blob,)) for blob in blobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong
    assert len(started) == 1


def test_a_repository_that_is_not_there_is_told_as_git_tells_it(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        ObjectReader(tmp_path).read(["HEAD"])
    with pytest.raises(GitError, match="is not there"):
        ObjectReader(tmp_path / "none").read(["HEAD"])


_KEEPER = """
import subprocess, sys, time
from pathlib import Path
from gitjournal.git.objects import ObjectReader
started, popen = [], subprocess.Popen
subprocess.Popen = lambda *command, **more: started.append(popen(*command, **more)) or started[-1]
reader = ObjectReader(Path(sys.argv[1]))
with reader.kept():
    reader.read(["HEAD"])
    worker = popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(started[0].pid, worker.pid, flush=True)
    time.sleep(60)
"""


def test_the_process_of_a_killed_owner_ends_also_where_its_worker_lives(repo: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", _KEEPER, str(repo / ".git")], stdout=subprocess.PIPE)
    assert owner.stdout
    git_pid, worker_pid = map(int, owner.stdout.readline().split())
    owner.kill()
    owner.wait()
    owner.stdout.close()

    def is_gone() -> bool:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(git_pid)], capture_output=True, text=True, check=False).stdout
        return not state.strip() or state.startswith("Z")

    try:
        wait_for(is_gone)
    finally:
        os.kill(worker_pid, signal.SIGKILL)
