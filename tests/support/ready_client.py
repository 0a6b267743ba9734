"""What the tests start instead of Python: it has a ready process do the work, or becomes Python itself.

A ready process was forked from a server (`ready_server.py`) that has imported already what this one would import. It gets
our streams, folder, environment, umask and limits; our signals go on to it, its end is ours, and with us it ends. What is
asked for in an unusual way is done by a fresh process. Nothing is imported here that is not built into Python: this has to
start quicker than what it spares.
"""

from __future__ import annotations

import _signal
import _socket
import marshal
import posix
import time

WORKER = "from gitjournal.worker.main import main; main()"
# what nothing reads while it is imported: a server stands for one environment but for these
ANY = (b"HOME", b"PWD", b"OLDPWD", b"SHLVL", b"_", b"PATH", b"TMPDIR", b"EDITOR", b"VISUAL", b"TERM", b"COLUMNS", b"NO_COLOR")
ANY_PREFIX = (b"GIT_", b"XDG_", b"PYTEST_")
STREAMS = (0, 1, 2)
FRESH = b"new!"  # what a server answers where only a fresh process would do the same
FORWARDED = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM, _signal.SIGUSR1, _signal.SIGUSR2)
SERVERS = 8  # at most, since each holds memory


def kind_of(name: str, arguments: list[str]) -> tuple[str, list[str]] | None:
    """Return what is asked for and with which arguments, or None where it is nothing that is ready."""
    if name in ("gitjournal", "git-journal"):
        return "script", arguments
    if len(arguments) == 2 and arguments[0] == "-c" and arguments[1].endswith(WORKER):
        return "worker", arguments[1:]
    if arguments[:2] == ["-m", "gitjournal"]:
        return "module", arguments[2:]
    if arguments[:3] == ["-P", "-m", "gitjournal.commands.hook"]:
        return "hook", arguments[3:]
    return None


def ordinary() -> bool:
    """Whether the streams are open and no terminals, and an interrupt is not ignored."""
    try:
        for stream in STREAMS:
            posix.fstat(stream)
    except OSError:
        return False
    return not any(map(posix.isatty, STREAMS)) and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler


def environment_number(worker: bool) -> int:
    """Return a number that stands for all of the environment that an import may read."""
    relevant = []
    for name, value in sorted(posix.environ.items()):
        if name in ANY or (name.startswith(ANY_PREFIX) and not name.startswith(b"GIT_PYTHON_")):
            continue
        if worker or name != b"READY_WITH":
            relevant.append((name, value))
    return int.from_bytes(marshal.dumps((worker, relevant)), "big") % (2**61 - 1)


def connect(folder: str, python: str, worker: bool) -> _socket.socket | None:
    """Return a connection to the server for this environment, which the first one to ask starts; None where there is none."""
    place = f"{folder}/{environment_number(worker):x}"
    server = 0
    while not exists(f"{place}.socket"):
        if exists(f"{place}.failed"):
            return None
        if not exists(f"{place}.started"):
            servers = [name for name in posix.listdir(folder) if name.endswith(".started")]
            if len(servers) >= SERVERS or read("/proc/self/limits") != read(f"{folder}/limits"):  # limits that nobody could lift again
                return None
            if made(f"{place}.started"):
                server = start_server(folder, python, place, worker)
        if server and posix.waitpid(server, posix.WNOHANG)[0]:
            made(f"{place}.failed")
        time.sleep(0.02)
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(f"{place}.socket")
    except OSError:
        return None
    return connection


def read(file: str) -> bytes:
    descriptor = posix.open(file, posix.O_RDONLY)
    text = posix.read(descriptor, 1 << 16)
    posix.close(descriptor)
    return text


def exists(place: str) -> bool:
    try:
        posix.stat(place)
    except OSError:
        return False
    return True


def made(folder: str) -> bool:
    """Make a folder; whether it is this process that has made it."""
    try:
        posix.mkdir(folder)
    except OSError:
        return False
    return True


def start_server(folder: str, python: str, place: str, worker: bool) -> int:
    """Start a server, in a session of its own, and return its process."""
    pid = posix.fork()
    if pid:
        return pid
    posix.setsid()
    nothing = posix.open("/dev/null", posix.O_RDWR)
    for stream in STREAMS:
        posix.dup2(nothing, stream)
    posix.closerange(3, 1024)
    alive = posix.open(f"{folder}/alive", posix.O_RDONLY | posix.O_NONBLOCK)  # now, while the tests have it open: later, its end is told
    posix.set_inheritable(alive, True)
    program = f"{__file__.rpartition('/')[0]}/ready_server.py"
    posix.execv(python, [python, program, place, str(alive), "worker" if worker else "command"])
    return 0


def hand_over(server: _socket.socket, kind: str, program: str, arguments: list[str]) -> None:
    """Have a process forked that does it, and end as that one ends. Returns where it is to be done by a fresh one."""
    for number in FORWARDED:
        _signal.signal(number, lambda number, _: server.send(bytes([number])))
    umask = posix.umask(0)
    posix.umask(umask)
    leader = posix.getsid(0) == posix.getpid()
    request = marshal.dumps((kind, program, arguments, posix.getcwd(), posix.environ, umask, posix.getpid(), leader))
    message = len(request).to_bytes(4, "little") + request
    descriptors = b"".join(stream.to_bytes(4, "little") for stream in STREAMS)
    sent = server.sendmsg([message], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)])
    if sent < len(message):  # to send nothing is a fault too, where the server has answered and closed already
        server.sendall(message[sent:])
    ended = server.recv(4)
    if ended == FRESH:
        for number in FORWARDED:
            _signal.signal(number, _signal.SIG_DFL)
        return
    if len(ended) < 4:
        posix.write(2, b"the server of ready processes has ended\n")
        posix._exit(70)
    code = posix.waitstatus_to_exitcode(int.from_bytes(ended, "little"))
    if code < 0:
        if -code != _signal.SIGKILL:
            _signal.signal(-code, _signal.SIG_DFL)
        posix.kill(posix.getpid(), -code)
    posix._exit(code)


def main(python: str, folder: str, program: str, *arguments: str) -> None:
    """Do what `program` was called for; `python` is the real one, and `folder` has the servers."""
    name = program.rpartition("/")[2]
    asked = kind_of(name, list(arguments))
    if asked and ordinary():
        server = connect(folder, python, asked[0] == "worker")
        if server:
            hand_over(server, asked[0], program, asked[1])
    real = f"{python.rpartition('/')[0]}/{name}" if asked and asked[0] == "script" else python
    posix.execv(real, [real, *arguments])
