"""Decides which run begins next: none that another process is doing or has done, none beyond the limits."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gitjournal.claims import RunClaims
from gitjournal.elsewhere import Elsewhere
from gitjournal.entry import Budget
from gitjournal.index import Run
from gitjournal.limits import Limits, Spent, reason_to_stop
from gitjournal.planning import PlannedRun
from gitjournal.summary import Key

Job = dict[str, Any]


class Dispatch:
    """The runs of one entry that are to be made, handed out one by one to a crew, which calls `take` and `heard`.

    `repeated` are runs that others have done and that are made again on purpose; None where what others have done is
    taken from them. `stopped` says why runs were left out.
    """

    def __init__(
        self,
        runs: list[PlannedRun],
        make_job: Callable[[PlannedRun, str], Job],
        *,
        claims: RunClaims,
        elsewhere: Elsewhere,
        repeated: dict[Key, Run] | None,
        limits: Limits,
        budget: Budget | None,
        spent: Spent,
    ) -> None:
        self.runs = runs
        self.ids = [uuid.uuid4().hex for _ in runs]
        self.repeated = repeated
        self.stopped = ""
        self._found: list[tuple[PlannedRun, Run]] = []
        self._make_job = make_job
        self._claims = claims
        self._elsewhere = elsewhere
        self._limits, self._budget, self._spent = limits, budget, spent
        self._started = time.monotonic()
        self._queue = deque(range(len(runs)))

    @property
    def waiting(self) -> bool:
        """Whether runs are left that other processes are doing now: to be taken from them, or made if they are not done."""
        return bool(self._queue)

    def take(self) -> tuple[int, Job] | None:
        """Return the next run that may begin now, claimed: its position and its job."""
        for _ in range(len(self._queue)):
            spent = replace(self._spent, seconds=self._spent.seconds + time.monotonic() - self._started)
            self.stopped = reason_to_stop(self._limits, self._budget, spent)
            if self.stopped:
                self._queue.clear()
                return None
            position = self._queue.popleft()
            run = self.runs[position]
            if not self._claims.take(run.key):
                self._queue.append(position)
                continue
            # claimed first and looked up then: who did it before has told of it before giving up the claim
            known = self._elsewhere.done().get(run.key)
            if known is not None and self.repeated is None:
                self._found.append((run, known))
                self._claims.drop(run.key)
                continue
            if known is not None and self.repeated is not None:
                self.repeated[run.key] = known
            self._spent = replace(self._spent, runs=self._spent.runs + 1, entry_runs=self._spent.entry_runs + 1)
            return position, self._make_job(run, self.ids[position])
        return None

    def found(self) -> list[tuple[PlannedRun, Run]]:
        """Return what others did meanwhile, each run once."""
        found, self._found = self._found, []
        return found

    def heard(self, reply: Job) -> None:
        """Count what a run came to, before the next one begins."""
        told = reply.get("ok") or {}
        seconds = self._spent.entry_seconds + (told.get("seconds") or 0.0)
        self._spent = replace(self._spent, failed=self._spent.failed + (told.get("status") != "done"), entry_seconds=seconds)
