"""The queue of runs of one entry: none begins that another process makes or has made, that is beyond a limit, or that the gate skips."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from gitjournal.entry.record import GateForecast, is_believable
from gitjournal.entry.summary import Key
from gitjournal.journal.index.runs import Run
from gitjournal.run.claims import RunClaims
from gitjournal.run.forecast import Gatekeeper
from gitjournal.run.known_runs import OtherRuns
from gitjournal.run.messages import Allowance, Counts, reason_to_stop
from gitjournal.run.plan import PlannedRun
from gitjournal.worker.jobs import RunJob, RunResult
from gitjournal.worker.pool import RunReply


@dataclass(frozen=True)
class Todo:
    """What is to be done: runs to make, and runs to take from others (`reused`).

    With a `reason` runs that others have done (`repeated`) are made again on purpose. `other_runs` looks again for what others
    have done meanwhile.
    """

    runs: list[PlannedRun]
    reused: dict[Key, Run]
    repeated: dict[Key, Run]
    reason: str | None
    counts: Counts
    other_runs: OtherRuns


class Dispatch:
    """The queue of runs that are to be made: a pool takes them one by one by `take`, and answers by `record_reply`.

    `stopped` says why runs were left out. With a `gate` they are made in its order, and `metric` of their dev part is what it hears of.
    """

    def __init__(
        self,
        todo: Todo,
        make_job: Callable[[PlannedRun, str], RunJob],
        *,
        claims: RunClaims,
        allowance: Allowance,
        gate: Gatekeeper | None = None,
        metric: str = "",
    ) -> None:
        self.runs = todo.runs
        self.ids = [uuid.uuid4().hex for _ in todo.runs]
        self.stopped = ""
        self._on_purpose, self._repeated = todo.reason is not None, dict(todo.repeated)
        self._reused: list[tuple[PlannedRun, Run]] = []
        self._make_job = make_job
        self._claims = claims
        self._other_runs = todo.other_runs
        self._allowance, self._spent = allowance, allowance.spent
        self._gate, self._metric = gate, metric
        self._skips: list[tuple[PlannedRun, GateForecast]] = []
        self._busy = 0
        self._started = time.monotonic()
        self._queue = deque(range(len(todo.runs)))

    @property
    def waiting(self) -> bool:
        """Whether runs are left that nobody here makes: other processes do, or whether they are worth it depends on what is made."""
        return bool(self._queue)

    def take(self) -> tuple[int, RunJob] | None:
        """Return the next run that may begin now, claimed: its position and its job."""
        passed: set[int] = set()
        for _ in range(len(self._queue)):
            spent = replace(self._spent, seconds=self._spent.seconds + time.monotonic() - self._started)
            self.stopped = reason_to_stop(self._allowance.limits, self._allowance.budget, spent)
            if self.stopped:
                self._queue.clear()
                return None
            position = self._next(passed)
            if position is None:
                return None
            run = self.runs[position]
            if not self._claims.take(run.key):
                self._queue.append(position)
                passed.add(position)
                continue
            # claimed first and looked up then: who did it before has told of it before giving up the claim
            by_another = self._other_runs.look_again().get(run.key)
            if by_another is not None and not self._on_purpose:
                self._reused.append((run, by_another))
                self._claims.drop(run.key)
                continue
            if by_another is not None:
                self._repeated[run.key] = by_another
            self._spent = replace(self._spent, runs=self._spent.runs + 1, entry_runs=self._spent.entry_runs + 1)
            self._busy += 1
            return position, self._make_job(run, self.ids[position])
        return None

    def _next(self, passed: set[int]) -> int | None:
        """Take a run from the queue that was not passed over already; None where none is worth it, or not now."""
        if self._gate is None:
            return self._queue.popleft()
        waiting = [position for position in self._queue if position not in passed]
        chosen = self._gate.next([self.runs[position].fingerprint for position in waiting])
        if chosen is not None:
            position = next(one for one in waiting if self.runs[one].fingerprint == chosen)
            self._queue.remove(position)
            return position
        if not self._busy:  # nothing is being made that could change its mind
            self._skips += [(self.runs[position], self._gate.reason(self.runs[position].fingerprint)) for position in waiting]
            self._queue = deque(position for position in self._queue if position in passed)
        return None

    def pop_skips(self) -> list[tuple[PlannedRun, GateForecast]]:
        """Return what is skipped since the last time, and why."""
        skips, self._skips = self._skips, []
        return skips

    def control_reason(self, run: PlannedRun) -> GateForecast | None:
        """Return why a run would have been skipped, were it not for the control."""
        return self._gate.control(run.fingerprint) if self._gate else None

    def repeated_run(self, run: PlannedRun) -> Run | None:
        """Return the run of another entry that this one is a repetition of, on purpose."""
        return self._repeated.get(run.key)

    def pop_runs_of_others(self) -> list[tuple[PlannedRun, Run]]:
        """Return what others did meanwhile, each run once."""
        reused, self._reused = self._reused, []
        return reused

    def record_reply(self, number: int, reply: RunReply) -> None:
        """Count what a run came to, before the next one begins."""
        result = reply if isinstance(reply, RunResult) else RunResult(status="failed")
        self._busy -= 1
        if self._gate is not None:
            score = result.metrics.get("dev", {}).get(self._metric) if is_believable(result.findings) else None
            self._gate.learn(self.runs[number].fingerprint, score, result.seconds)
        seconds = self._spent.entry_seconds + (result.seconds or 0.0)
        self._spent = replace(self._spent, failed=self._spent.failed + (result.status != "done"), entry_seconds=seconds)
