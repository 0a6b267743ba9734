"""Values of a call of `exec`: options and limits, the events that it tells, and its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from gitjournal.entry.model import Budget, Entry
from gitjournal.entry.summary import Summary
from gitjournal.entry.verdict import Verdict
from gitjournal.git import results_commit
from gitjournal.journal.index.runs import Run
from gitjournal.run.forecast import Forecast
from gitjournal.run.known_runs import Nearest, Twin
from gitjournal.stats.gain import Gain
from gitjournal.worker.jobs import RunProgress

DUPLICATE, FAILED, INTERRUPTED = 3, 4, 130  # exit codes of how an entry ended, beside those of errors

State = Literal["done", "stopped", "shown", "planned", "duplicate", "interrupted"]


@dataclass(frozen=True)
class Limits:
    """What one call may spend: runs that it begins, and seconds after which it begins none."""

    runs: int | None = None
    seconds: float | None = None
    fail_fast: bool = False


@dataclass(frozen=True)
class Spent:
    """What was spent until now: by this call, and (`entry_…`) by the entry in all calls."""

    runs: int = 0
    seconds: float = 0.0
    failed: int = 0
    entry_runs: int = 0
    entry_seconds: float = 0.0


NO_LIMITS, NOTHING_SPENT = Limits(), Spent()


@dataclass(frozen=True)
class Allowance:
    """What the runs of one entry may spend: the limits of the call, the entry's own budget, less what was spent before them."""

    limits: Limits = NO_LIMITS
    budget: Budget | None = None
    spent: Spent = NOTHING_SPENT


def reason_to_stop(limits: Limits, budget: Budget | None, spent: Spent) -> str:
    """Return why no other run is begun, or nothing."""
    if limits.fail_fast and spent.failed:
        return "a run failed (--fail-fast)"
    if limits.runs is not None and spent.runs >= limits.runs:
        return f"{limits.runs} run{'s were' if limits.runs != 1 else ' was'} made (--max-runs)"
    if limits.seconds is not None and spent.seconds >= limits.seconds:
        return "the time is over (--max-time)"
    if budget is None:
        return ""
    if budget.runs is not None and spent.entry_runs >= budget.runs:
        return f"the entry's budget of {budget.runs} run{'s' * (budget.runs != 1)} is spent (raise `budget` first)"
    if budget.hours is not None and spent.entry_seconds >= budget.hours * 3600:
        return f"the entry's budget of {budget.hours:g} hour{'s' * (budget.hours != 1)} is spent (raise `budget` first)"
    return ""


@dataclass(frozen=True)
class Options:
    """How to run. `timeout` and `memory_mb` are for each run, `limits` for the call.

    Runs whose chance to beat the best is below `skip_below` are skipped, where the evidence allows to say so.
    """

    dry_run: bool = False
    force: str | None = None
    retry: bool = False
    patient: bool = False
    timeout: float | None = None
    memory_mb: int | None = None
    skip_below: float | None = None
    limits: Limits = NO_LIMITS


@dataclass(frozen=True)
class Counts:
    """What a plan comes to, in runs: `own` are done by this entry, `reused` by others, `failed` failed before and are skipped.

    Of those to do, `retried` failed before, and `repeated` were done by others and are repeated on purpose. `skipped` were skipped
    before as unlikely, and still are.
    """

    points: int
    seeds: int
    draws: bool
    runs: int
    own: int
    reused: int
    failed: int
    todo: int
    retried: int = 0
    repeated: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class Planned:
    """Told once the plan is committed; `commit` is None where the branch held it already."""

    entry: Entry
    counts: Counts
    commit: str | None
    metric: str
    nearest: Nearest | None
    findings: tuple[dict[str, Any], ...] = ()
    forecast: Forecast | None = None


@dataclass(frozen=True)
class Progress:
    """Told after each run, when it is safe on disk."""

    finished: int
    total: int
    reused: int
    failed: int
    summary: Summary


@dataclass(frozen=True)
class Printed:
    """Told with the last lines that a model, or the fault in it, has printed."""

    log: str


@dataclass(frozen=True)
class Epoch:
    """Told while a network learns: what a run says after an epoch, and how many runs have finished before it."""

    finished: int
    total: int
    progress: RunProgress


@dataclass(frozen=True)
class Recovered:
    """Told when results of an earlier call were found: committed now, or still waiting."""

    outcome: results_commit.CommitOutcome


Event = Planned | Progress | Epoch | Printed | Recovered
Tell = Callable[[Event], None]


@dataclass(frozen=True)
class ExecOutcome:
    """The outcome of one entry.

    `left` is how many runs were to be made and were not: all of a dry run, and where `state` is "stopped" those that a limit has
    left out, for the reason `stopped`. `waiting` says why results are not committed yet; `others` are the runs that make it a
    duplicate. `forecast` is what was to be expected of the plan.
    `twins` tells of those by entry; `nearest` is the nearest earlier run of a plan that was not carried out. `verdict` is
    what came of what was expected; the results of the entries in `moved` have changed since.
    """

    entry: Entry
    state: State
    counts: Counts
    summary: Summary
    gain: Gain | None
    commit: str | None = None
    waiting: str = ""
    made: int = 0
    failed_now: int = 0
    left: int = 0
    stopped: str = ""
    others: tuple[Run, ...] = ()
    forecast: Forecast | None = None
    twins: tuple[Twin, ...] = ()
    nearest: Nearest | None = None
    verdict: Verdict | None = None
    moved: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()

    @property
    def seconds(self) -> float | None:
        """The time that the runs of a plan are expected to take, where that is known."""
        return self.forecast.seconds if self.forecast else None

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ends so."""
        if self.state == "interrupted":
            return INTERRUPTED
        if self.state == "duplicate":
            return DUPLICATE
        return FAILED if self.summary.failed and self.state != "planned" else 0
