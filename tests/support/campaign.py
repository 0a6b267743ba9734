"""One of many processes that fill a journal at once, for the campaign of faults.

It is `exec` with all that decides and writes, and a team that answers at once instead of fitting: what is tried here is
that nothing is lost and nothing done twice, thousands of times. What was begun and what was announced stands in two
files, a line each, written before anything else can happen.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import random
import sys
import time
from pathlib import Path
from typing import Any

from gitjournal.entry.record import Scores
from gitjournal.errors import GitjournalError, SpaceError, UsageError, is_full
from gitjournal.git.lab import find_lab
from gitjournal.journal.journal import open_journal
from gitjournal.render.results_page import compose_results
from gitjournal.run.call import ExecCall
from gitjournal.run.execute import execute, recover
from gitjournal.run.messages import Event, Options, Progress
from gitjournal.worker.jobs import RunJob, RunResult, Validated, ValidateJob
from gitjournal.worker.pool import JobSource, RecordedEnvironment, ReplyQueue, ReplyStream, RunReply, relay

ENVIRONMENT = b'{"python":"of the campaign"}\n'


def note(file: Path, line: str) -> None:
    """Add a line in one write, which no kill can split."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def name(job: RunJob) -> str:
    return hashlib.sha256(json.dumps([job.procedure, job.seed]).encode()).hexdigest()[:16]


class Quick:
    """A team whose runs take a moment."""

    def __init__(self, notes: Path, seconds: float) -> None:
        self.notes, self.seconds = notes, seconds

    def start(self, jobs: int) -> None:
        pass

    def prepare(self, job: RunJob) -> None:
        pass

    def ask(self, job: Any, /) -> Any:
        assert isinstance(job, ValidateJob), "the data were to be looked at before"
        return Validated()

    def run(self, jobs: JobSource, *, timeout: float | None, on_progress: object = None) -> ReplyStream:
        answers: ReplyQueue = queue.SimpleQueue()

        def begin(number: int, job: RunJob) -> None:
            note(self.notes / "begun", name(job))
            time.sleep(self.seconds * random.random())
            score = int(name(job), 16) % 1000 / 1000
            metrics: Scores = {"train": {"accuracy": score}, "dev": {"accuracy": score}}
            answers.put((number, RunResult(status="done", metrics=metrics, seconds=self.seconds, memory_mb=1)))

        yield from relay(jobs, answers, begin=begin, size=lambda: 1)

    def kill(self) -> None:
        pass

    def environment_of(self, reply: RunReply | None = None) -> RecordedEnvironment:
        return RecordedEnvironment(hashlib.sha256(ENVIRONMENT).hexdigest(), ENVIRONMENT, "none", 1, 1)


def main(notes: Path, seconds: float, *ids: str) -> int:
    """Run the entries, each again until nothing is in the way; return how `gitjournal exec` would end."""
    lab = find_lab(Path())
    pool = Quick(notes, seconds)

    def tell(event: Event) -> None:
        if isinstance(event, Progress):
            note(notes / "announced", str(event.finished))

    waiting = list(ids)
    last = time.monotonic() + 3000
    while waiting and time.monotonic() < last:
        try:
            lab = find_lab(Path())
            recover(lab, tell)
            with open_journal(Path(), lab) as journal:
                ended = execute(ExecCall(journal, Path().absolute(), pool, compose_results, Options(patient=True), tell), waiting[0])
        except (SpaceError, UsageError):
            raise
        except GitjournalError as fault:  # a person is in the middle of something
            note(notes / "refused", str(fault))
            time.sleep(0.05)
            waiting.append(waiting.pop(0))
            continue
        note(notes / "ended", f"{waiting.pop(0)} {ended.state} {ended.waiting}")
    return 1 if waiting else 0


if __name__ == "__main__":
    arguments: list[Any] = sys.argv[1:]
    try:
        sys.exit(main(Path(arguments[0]), float(arguments[1]), *arguments[2:]))
    except SpaceError as full:
        sys.exit(f"{full}")
    except OSError as full:
        if is_full(full):
            sys.exit(f"no space left: {full}")
        raise
