"""A server of ready processes: it has imported what they need, and forks one for each request of `ready_client.py`.

A forked process comes back from `serve` with its request and begins as Python would: with the arguments, streams, folder,
environment, umask and limits of who asked, in a session of its own where that is in one, and with generators of random
numbers that the system has seeded. The server computes nothing and starts no thread, so that forking is safe. It ends with
the tests, and what it has forked ends with it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import marshal
import os
import pkgutil
import resource
import runpy
import select
import signal
import socket
import sys
import tempfile
import threading
import types
from pathlib import Path
from typing import NamedTuple

FRESH = b"new!"
LIMITS = [number for name, number in vars(resource).items() if name.startswith("RLIMIT_")]


class Request(NamedTuple):
    """What a client sends."""

    kind: str
    program: str  # by which it was called
    arguments: list[str]
    folder: str
    environment: dict[bytes, bytes]
    umask: int
    client: int
    leader: bool  # whether the client is the first of its session: then whoever kills it kills all of that


class Child(NamedTuple):
    """A process that was forked, and the way to its client."""

    pid: int
    request: Request
    connection: socket.socket


def load(kind: str) -> dict[str, str]:
    """Import what the processes of a kind need; return what the libraries have set in the environment, which is set in each process."""
    before = dict(os.environ)
    if kind == "worker":
        importlib.import_module("gitjournal.worker.main")
        if os.environ.get("READY_WITH") == "keras":
            library = importlib.import_module("gitjournal.worker.models.keras_library")
            library.load()
            library.load.cache_clear()  # what it sets besides is set anew in each process
    else:
        importlib.import_module("gitjournal.cli")
        for module in pkgutil.iter_modules(importlib.import_module("gitjournal.commands").__path__):
            if module.name != "hook":  # a program, which git runs
                importlib.import_module(f"gitjournal.commands.{module.name}")
    return {name: value for name, value in os.environ.items() if before.get(name) != value}


class Server:
    """What is forked and not yet ended, and what is listened to. `tests` is a pipe that nobody writes to, closed when the tests end."""

    def __init__(self, address: str, tests: int, settings: dict[str, str]) -> None:
        self.settings = settings
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.bind(f"{address}.new")
        self.listening.listen(64)
        Path(f"{address}.new").rename(f"{address}.socket")
        self.tests = tests
        self.woken, self.wakeup = socket.socketpair()
        self.wakeup.setblocking(False)
        signal.set_wakeup_fd(self.wakeup.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.children: dict[int, Child] = {}  # by the descriptor of the connection
        self.poll = select.poll()
        self.poll.register(self.tests, 0)  # that nobody is at the other end is told anyway
        self.poll.register(self.woken, select.POLLIN)
        self.poll.register(self.listening, select.POLLIN)

    def serve(self) -> Request:
        """Answer until the tests end; in each forked process, return its request."""
        while True:
            for descriptor, _ in self.poll.poll():
                if descriptor == self.tests:
                    for child in self.children.values():
                        end(child.pid, signal.SIGKILL, group=child.request.leader)
                    os._exit(0)
                elif descriptor == self.woken.fileno():
                    self.woken.recv(1 << 12)
                    self.reap()
                elif descriptor == self.listening.fileno():
                    request = self.accept()
                    if request:
                        return request
                elif descriptor in self.children:
                    self.forward(self.children[descriptor])

    def accept(self) -> Request | None:
        """Fork a process for who has asked; return the request in that process, and nothing in the server."""
        connection, _ = self.listening.accept()
        received = receive(connection)
        if received is None:
            connection.close()
            return None
        request, streams = received
        if request.kind == "module" and shadows(request.folder):
            connection.sendall(FRESH)
            connection.close()
        else:
            pid = os.fork()
            if pid == 0:
                become(request, streams)
                os.environ.update(self.settings)
                return request
            self.children[connection.fileno()] = Child(pid, request, connection)
            self.poll.register(connection, select.POLLIN)
        for stream in streams:
            os.close(stream)
        return None

    def forward(self, child: Child) -> None:
        """Hand on the signals that a client was sent; where it was killed itself, kill what stood for it."""
        try:
            numbers = child.connection.recv(64, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        for number in numbers:
            end(child.pid, number)
        if not numbers:
            end(child.pid, signal.SIGKILL, group=child.request.leader)
            self.poll.unregister(child.connection)

    def reap(self) -> None:
        """Tell the clients of processes that have ended how they did."""
        for descriptor, child in list(self.children.items()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                del self.children[descriptor]
                with contextlib.suppress(KeyError):  # the client has gone
                    self.poll.unregister(child.connection)
                with contextlib.suppress(OSError):
                    child.connection.sendall(status.to_bytes(4, "little"))
                child.connection.close()


def end(pid: int, number: int, *, group: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number) if group else os.kill(pid, number)


def receive(connection: socket.socket) -> tuple[Request, list[int]] | None:
    """Return a request and its three streams, or None where the client has gone."""
    message, streams, _, _ = socket.recv_fds(connection, 1 << 16, 3)
    while len(message) < 4 or len(message) < 4 + int.from_bytes(message[:4], "little"):
        more = connection.recv(1 << 16)
        if not more:
            return None
        message += more
    return Request(*marshal.loads(message[4:])), list(streams)


def shadows(folder: str) -> bool:
    """Whether a file of the folder would be imported instead of a module that was imported here."""
    names = {path.name.partition(".")[0] for path in Path(folder).iterdir()}
    return any(name in sys.modules or name in sys.stdlib_module_names for name in names)


def become(request: Request, streams: list[int]) -> None:
    """Take the place of the client, in a process just forked."""
    if request.leader:
        os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream, theirs in enumerate(streams):
        os.dup2(theirs, stream)
    os.closerange(3, 1024)
    os.chdir(request.folder)
    os.umask(request.umask)
    os.environ.clear()
    os.environb.update(request.environment)
    tempfile.tempdir = None
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # from the system; `random` does so itself
    for limit in LIMITS:
        resource.setrlimit(limit, resource.prlimit(request.client, limit))


def begin(request: Request) -> None:
    """Do what the client was called for, as Python does it."""
    sys.executable = str(Path(request.program).with_name("python"))
    sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]
    sys.modules["__main__"] = types.ModuleType("__main__")
    if request.kind == "worker":
        sys.argv = ["-c"]
        exec(compile(request.arguments[0], "<string>", "exec"), vars(sys.modules["__main__"]))
    elif request.kind == "script":
        sys.argv = [request.program, *request.arguments]
        sys.path.insert(0, str(Path(request.program).parent))
        sys.exit(importlib.import_module("gitjournal.cli").main())
    else:
        sys.argv = ["-m", *request.arguments]
        if request.kind == "module":
            sys.path.insert(0, request.folder)
        runpy._run_module_as_main("gitjournal" if request.kind == "module" else "gitjournal.commands.hook")


def leave(code: int) -> None:
    """End as Python does, but for taking every object apart, which would copy all that is shared."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    settings = load(sys.argv[3])
    gc.collect()
    gc.freeze()  # so that a collection does not touch, and copy, what all processes share
    request = Server(sys.argv[1], int(sys.argv[2]), settings).serve()
    try:
        begin(request)
    except SystemExit as ended:
        if not isinstance(ended.code, int):  # None, or words for the other stream
            raise
        leave(ended.code)
