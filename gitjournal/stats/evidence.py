"""What some units say of a difference or a score, as values: evidence, and what the choice of the best does to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from gitjournal.stats import intervals
from gitjournal.stats.intervals import LEVEL, Estimate, Interval
from gitjournal.stats.sample import Sample

Unit = Literal["rows", "groups", "seeds", "splits", "folds"]


@dataclass(frozen=True)
class Resampled:
    """What drawing kept predictions anew told of the run that leads, against the other where there is one; see `worker.bootstrap.draw`.

    `error` is the bootstrap standard error of the difference (of the score) over `units` rows or groups. `z` and `p_all` allow
    for all configurations the leader was chosen from. `value` is what it reached and `corrected` what it would reach elsewhere.
    """

    unit: Unit
    units: int
    value: float
    error: float
    z: float | None = None
    p_all: float | None = None
    corrected: float | None = None


@dataclass(frozen=True)
class Selection:
    """What it means that something was the best of `k` (`entry` says which of the two it was).

    `interval` and `p` hold for all k at once, `corrected` is what the best would reach on other rows (BBC; None where it is
    not known), `raw` what it reached here, and `test` says how. `critical` is how many standard errors that takes.
    """

    entry: str
    k: int
    raw: float
    test: str
    interval: Interval | None
    p: float | None
    corrected: float | None
    critical: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What some units say about a difference, or about one score.

    `value` is on the metric's own scale (A minus B; lower may be better), `interval` has 95 %, `p` is two-sided. Both are None
    where nothing can be said; then `why` says why. `notes` are whole sentences, `chance` is P(A > B) over splits, `rows` the
    interval over rows where seeds were counted; `estimate`, `ratio` and `apart` are what `needed` works with.
    """

    value: float
    interval: Interval | None
    p: float | None
    test: str
    why: str
    unit: Unit
    n: int
    notes: tuple[str, ...] = ()
    selection: Selection | None = None
    chance: Interval | None = None
    rows: Interval | None = None
    estimate: Estimate | None = None
    ratio: float = 0.0
    apart: tuple[int, int] | None = None

    @property
    def smallest(self) -> float | None:
        """The smallest true difference that `n` units find in 80 % of cases, where the best of several must be found as that."""
        return self.smallest_at(self.selection.critical if self.selection else None)

    def smallest_at(self, critical: float | None) -> float | None:
        """Return the same where `critical` standard errors are needed, instead of those of a single test."""
        if self.apart is not None:
            return intervals.smallest_of_rows(*self.apart, self.n, critical)
        return self.estimate.smallest(critical) if self.estimate else None

    @property
    def sure(self) -> Interval | None:
        """The interval that allows for the choice of the best, where there was one; None where no interval is known."""
        return self.selection.interval if self.selection else self.interval

    @property
    def chance_alone(self) -> float | None:
        """The p that allows for the choice of the best, where there was one."""
        return self.selection.p if self.selection else self.p


@dataclass(frozen=True)
class Comparison:
    """Two samples, and the evidence for a difference of A minus B."""

    a: Sample
    b: Sample
    evidence: Evidence

    @property
    def verdict(self) -> Literal["better", "worse", "not shown"]:
        """Whether A is better than B, with the choice of the best allowed for: interval and p must both say so."""
        p, interval = self.evidence.chance_alone, self.evidence.sure
        if p is None or interval is None or p >= LEVEL or interval.holds(0.0):
            return "not shown"
        return "better" if self.evidence.value * self.a.direction > 0 else "worse"


def turned(one: Comparison) -> Comparison:
    """Return the same comparison as B minus A."""
    found, chosen = one.evidence, one.evidence.selection
    away = replace(
        found,
        value=-found.value,
        interval=_turned(found.interval),
        selection=chosen and replace(chosen, interval=_turned(chosen.interval)),
        chance=found.chance and Interval(1 - found.chance.value, 1 - found.chance.high, 1 - found.chance.low),
        estimate=found.estimate and replace(found.estimate, value=-found.estimate.value),
        rows=_turned(found.rows),
        apart=found.apart and (found.apart[1], found.apart[0]),
    )
    return Comparison(one.b, one.a, away)


def _turned(interval: Interval | None) -> Interval | None:
    return interval and Interval(-interval.value, -interval.high, -interval.low)
