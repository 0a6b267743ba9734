"""Forecasts of runs: their values, and the protocols of who forecasts and who skips runs as unlikely to help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gitjournal.entry.record import GateForecast
from gitjournal.run.entry_state import Subject
from gitjournal.run.plan import Plan, PlannedRun

UNLIKELY = 0.05  # chance to beat the best below which a run is called unlikely


@dataclass(frozen=True)
class Foreseen:
    """The forecast of a configuration: the metric with a 90 % interval, the chance to beat the best so far, seconds of a run.

    Each is None where it is not known. `firm` says that the evidence allows to call a configuration unlikely.
    """

    key: str
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    firm: bool = False
    seconds: float | None = None

    def is_below(self, chance: float) -> bool:
        """Whether the evidence allows to say that its chance to beat the best is below this one."""
        return self.firm and self.chance is not None and self.chance < chance

    @property
    def unlikely(self) -> bool:
        """Whether it is unlikely to beat the best."""
        return self.is_below(UNLIKELY)


@dataclass(frozen=True)
class Forecast:
    """The forecast of a plan: of `each` configuration by its fingerprint, the most promising first, and `seconds` in all.

    `points` are their grid values. `best` is the best score on these data so far, in the entry `best_in`; None where there is
    none. `each` is empty where too little was run to tell.
    """

    metric: str
    each: Mapping[str, Foreseen]
    points: Mapping[str, dict[str, Any]]
    best: float | None
    best_in: str | None
    seconds: float | None

    @property
    def top(self) -> Foreseen | None:
        """The most promising configuration."""
        return next(iter(self.each.values()), None)

    @property
    def unlikely(self) -> int:
        """How many configurations are unlikely to beat the best."""
        return sum(one.unlikely for one in self.each.values())


class Gatekeeper(Protocol):
    """Decides which configurations are worth their runs, by their fingerprints."""

    def next(self, waiting: Sequence[str]) -> str | None:
        """Return the one to run next; None where only those are left that are not worth it."""
        ...

    def learn(self, fingerprint: str, score: float | None, seconds: float | None) -> None:
        """Learn from the result of a run; `score` is None where it failed, or cannot be believed."""
        ...

    def reason(self, fingerprint: str) -> GateForecast:
        """Return why one is not worth its runs."""
        ...

    def control(self, fingerprint: str) -> GateForecast | None:
        """Return why one would not be, were it not run as a control; None where it is."""
        ...


class Forecaster(Protocol):
    """Forecasts the runs of a plan from earlier runs."""

    def forecast(self, subject: Subject, plan: Plan, runs: Sequence[PlannedRun]) -> Forecast:
        """Return the forecast of these runs."""
        ...

    def gate(self, subject: Subject, plan: Plan, runs: Sequence[PlannedRun], below: float) -> Gatekeeper:
        """Return what decides which of these runs are skipped, with a chance below this one to beat the best."""
        ...
