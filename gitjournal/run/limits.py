"""When a call stops beginning runs: limits of the call, the entry's own budget, the first failure. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gitjournal.entry.model import Budget


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


NO_LIMITS, NOTHING = Limits(), Spent()


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
