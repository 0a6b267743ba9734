"""Objects read by a `git cat-file` process that is kept for many questions: to start one takes longer than to be answered."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from gitjournal.git.process import git_bytes, start_git

_AT_ONCE = 8192  # bytes of names: a pipe takes more, so that git and we never wait for each other


class GitObject(NamedTuple):
    """One object; `kind` is blob, tree, commit or tag."""

    id: str
    kind: str
    data: bytes


class _EndedError(Exception):
    """The process ended before it had answered."""


class ObjectReader:
    """Reads objects of one repository, also those that came after the process began.

    A process lives as long as somebody has it `kept`, else for one question. One that died, as of the Ctrl-C that every process
    at the terminal gets, is replaced. Threads take turns.
    """

    def __init__(self, common: Path) -> None:
        self._common = common
        self._lock = threading.RLock()
        self._keepers = 0
        self._process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the process for the length of a `with`, which may stand within another; it starts with the first question."""
        with self._lock:
            self._keepers += 1
        try:
            yield
        finally:
            with self._lock:
                self._keepers -= 1
                if not self._keepers:
                    self._stop()

    def read(self, names: Iterable[str]) -> dict[str, GitObject]:
        """Return objects by their names: ids or other revisions without a newline. What is not there is left out.

        Raises GitError with what git said.
        """
        objects: dict[str, GitObject] = {}
        with self.kept(), self._lock:
            for chunk in _chunks(names):
                objects |= self._ask(chunk)
        return objects

    def _ask(self, names: Sequence[str]) -> dict[str, GitObject]:
        """Ask the process that is kept. What is not heard to the end is not listened to again."""
        request = b"".join(os.fsencode(name) + b"\n" for name in names)
        arguments = ["--git-dir", str(self._common), "cat-file", "--batch"]
        try:
            if self._process is None:
                self._process = start_git(arguments, cwd=self._common)
            return _read_answers(_send(self._process, request), names)
        except _EndedError:
            self._stop()
            # one for this question alone can also say what is wrong
            return _read_answers(io.BytesIO(git_bytes(arguments, cwd=self._common, stdin=request)), names)
        except BaseException:
            self._stop()
            raise

    def _stop(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was not sent before it ended
                stream.close() if stream else None
        process.wait()


def _send(process: subprocess.Popen[bytes], request: bytes) -> IO[bytes]:
    """Send a question, and return where its answers are read. Raises _EndedError."""
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    try:
        process.stdin.write(request)
        process.stdin.flush()
    except OSError:
        raise _EndedError from None
    return process.stdout


def _read_answers(stdout: IO[bytes], names: Iterable[str]) -> dict[str, GitObject]:
    """Read what `git cat-file --batch` answers (BATCH OUTPUT in its manual). Raises _EndedError."""
    answers = [(name, _read_answer(stdout)) for name in names]
    return {name: stored for name, stored in answers if stored is not None}


def _read_answer(stdout: IO[bytes]) -> GitObject | None:
    """Read one answer; None where there is no such object. Raises _EndedError."""
    head = stdout.readline()
    if not head.endswith(b"\n"):
        raise _EndedError
    *start, size = head.decode(errors="replace").split()
    if not size.isdecimal():  # missing, or ambiguous
        return None
    data = stdout.read(int(size) + 1)
    if len(data) != int(size) + 1:
        raise _EndedError
    object_id, kind = start
    return GitObject(object_id, kind, data[:-1])


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    length = 0
    for name in names:
        if chunk and length + len(name) > _AT_ONCE:
            yield chunk
            chunk, length = [], 0
        chunk.append(name)
        length += len(name) + 1
    if chunk:
        yield chunk


def object_id(kind: str, data: bytes, like: str) -> str:
    """Return the id of an object of these bytes, in the hash that `like` is in."""
    digest = hashlib.sha256() if len(like) == 64 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"%s %d\0" % (kind.encode(), len(data)))
    digest.update(data)
    return digest.hexdigest()
