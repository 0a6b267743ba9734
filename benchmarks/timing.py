"""Timing of whole commands, in turns, so that a drift of the machine's speed falls on both."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable
# where this is set, our modules are compiled anew at each start, and those of installed libraries are not
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@dataclass(frozen=True)
class Cost:
    """Median seconds of a command: on the clock, and of CPU with all its children."""

    wall: float
    cpu: float


def once(arguments: list[str], cwd: Path, *, code: int = 0) -> Cost:
    """Run one command, which must end with this exit code, and return what it cost."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(arguments, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode != code:
        sys.exit(f"{' '.join(arguments)} exited with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def in_turns(commands: dict[str, Callable[[int], list[str]]], cwd: Path, times: int) -> dict[str, Cost]:
    """Run the commands A B A B …, after one warm-up each, and return medians by name.

    A command is a function of the number of the turn, which may prepare what it needs (that is not timed).
    """
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(times + 1):
        for name, command in commands.items():
            cost = once(command(number), cwd)
            if number:
                costs[name].append(cost)
    return {name: Cost(statistics.median(c.wall for c in found), statistics.median(c.cpu for c in found)) for name, found in costs.items()}


def always(*arguments: str) -> Callable[[int], list[str]]:
    """Return a command that is the same in every turn."""
    return lambda _: list(arguments)


@contextmanager
def repository() -> Iterator[Path]:
    """Make a repository with one commit, and take it away."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "project"
        path.mkdir()
        os.environ |= {f"GIT_{role}_{what}": "bench" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        for command in (["git", "init", "-q"], ["git", "commit", "-q", "--allow-empty", "-m", "first"]):
            once(command, path)
        yield path


def gitjournal(*arguments: str) -> list[str]:
    """Return the command line of gitjournal."""
    return [PYTHON, "-m", "gitjournal", *arguments]


def say(what: str, measured: str, goal: str) -> None:
    """Print one row."""
    print(f"{what:58} {measured:>22}   goal {goal}", flush=True)
