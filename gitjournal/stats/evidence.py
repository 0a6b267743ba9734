"""The result of a statistical test, of a difference or of one score, and what the choice of the best does to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from gitjournal.stats import intervals, mcnemar
from gitjournal.stats.intervals import LEVEL, Estimate, Interval
from gitjournal.stats.sample import Sample

Unit = Literal["rows", "groups", "seeds", "splits", "folds"]
# the share of the overlap that the correction allows for which is counted in what folds could have shown. By benchmarks/bench_errors.py
# there is none of it over 5 folds for learners that other rows hardly change, 0.4 for trees, and 0.5 to 0.6 over 15 folds for both
OVERLAP_OF_FOLDS = 0.5


@dataclass(frozen=True)
class BootstrapResult:
    """A bootstrap result: kept predictions of the run that leads drawn anew, against the other where there is one.

    See `worker.bootstrap`. `error` is the bootstrap standard error of the difference (of the score) over `units` rows or
    groups. `z` and `p_all` allow for all configurations the leader was chosen from. `value` is what it reached and `corrected`
    what it would reach elsewhere.
    """

    unit: Unit
    units: int
    value: float
    error: float
    z: float | None = None
    p_all: float | None = None
    corrected: float | None = None


@dataclass(frozen=True)
class SelectionEffect:
    """The effect of choosing the best of `k` configurations, or of naming one of them (`entry` says which of the two was chosen).

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
    named: bool = False


@dataclass(frozen=True)
class StatisticalEvidence:
    """A test result: what some units say about a difference, or about one score.

    `value` is on the metric's own scale (A minus B; lower may be better), `interval` has 95 %, `p` is two-sided. Both are None
    where nothing can be said; then `why` says why. `notes` are whole sentences, `chance` is P(A > B) over splits, `rows` the
    interval over rows where seeds were counted; `estimate`, `ratio` and `apart` are what `required_units` works with.
    """

    value: float
    interval: Interval | None
    p: float | None
    test: str
    why: str
    unit: Unit
    n: int
    notes: tuple[str, ...] = ()
    selection: SelectionEffect | None = None
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
            return mcnemar.smallest_of_rows(*self.apart, self.n, critical)
        return self.estimate.smallest(critical) if self.estimate else None

    @property
    def sure(self) -> Interval | None:
        """The interval that allows for the choice of the best, where there was one; None where no interval is known."""
        return self.selection.interval if self.selection else self.interval

    @property
    def chance_alone(self) -> float | None:
        """The p that allows for the choice of the best, where there was one."""
        return self.selection.p if self.selection else self.p


def evidence_of(estimate: Estimate, test: str, why: str, unit: Unit, n: int, *, ratio: float = 0.0) -> StatisticalEvidence:
    """Return an estimate from `n` units as evidence: without an interval where it has no error."""
    return StatisticalEvidence(
        value=estimate.value,
        interval=estimate.interval() if estimate.error else None,
        p=estimate.p(),
        test=test,
        why=why,
        unit=unit,
        n=n,
        estimate=estimate if estimate.error else None,
        ratio=ratio,
    )


def no_evidence(value: float, sample: Sample, why: str) -> StatisticalEvidence:
    """Return a value that nothing more can be said of, and why."""
    return StatisticalEvidence(value=value, interval=None, p=None, test="none", why=why, unit="rows", n=sample.rows)


def required_units(evidence: StatisticalEvidence, gap: float) -> int | None:
    """Return how many units (`evidence.unit`) find a true distance of `gap` in 80 % of cases; None where no number would.

    For a threshold other than 0, `gap` is how far the value stands from it.
    """
    if evidence.apart is not None:
        return mcnemar.required_rows(abs(gap), sum(evidence.apart) / evidence.n)
    if evidence.estimate is None:
        return None
    overlap = OVERLAP_OF_FOLDS if evidence.unit == "folds" else 1.0
    return intervals.required_units(evidence.estimate, gap, evidence.n, evidence.ratio, overlap=overlap)


@dataclass(frozen=True)
class Comparison:
    """Two samples, and the evidence for a difference of A minus B."""

    a: Sample
    b: Sample
    evidence: StatisticalEvidence

    @property
    def verdict(self) -> Literal["better", "worse", "not shown"]:
        """Whether A is better than B, with the choice of the best allowed for: interval and p must both say so."""
        p, interval = self.evidence.chance_alone, self.evidence.sure
        if p is None or interval is None or p >= LEVEL or interval.holds(0.0):
            return "not shown"
        return "better" if self.evidence.value * self.a.direction > 0 else "worse"


def reverse(comparison: Comparison) -> Comparison:
    """Return the same comparison as B minus A."""
    evidence, selection = comparison.evidence, comparison.evidence.selection
    reversed_evidence = replace(
        evidence,
        value=-evidence.value,
        interval=_negative(evidence.interval),
        selection=selection and replace(selection, interval=_negative(selection.interval)),
        chance=evidence.chance and Interval(1 - evidence.chance.value, 1 - evidence.chance.high, 1 - evidence.chance.low),
        estimate=evidence.estimate and replace(evidence.estimate, value=-evidence.estimate.value),
        rows=_negative(evidence.rows),
        apart=evidence.apart and (evidence.apart[1], evidence.apart[0]),
    )
    return Comparison(comparison.b, comparison.a, reversed_evidence)


def _negative(interval: Interval | None) -> Interval | None:
    return interval and Interval(-interval.value, -interval.high, -interval.low)
