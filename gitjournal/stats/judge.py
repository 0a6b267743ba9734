"""Hypothesis tests of what an entry expects. Pure: entries and records in, verdicts out.

*Supported*: the whole 95 % interval satisfies the comparison; *refuted*: none of it does; else *inconclusive*. The interval is
simultaneous for a grid, since its best was chosen on the rows that it is judged on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gitjournal.entry.expectation import BASELINE, OWN, Expectation
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.record import Record, digest, runs_among
from gitjournal.entry.summary import summarise
from gitjournal.entry.verdict import Word
from gitjournal.errors import ComparisonError
from gitjournal.stats.compare import compare
from gitjournal.stats.evidence import BootstrapResult, StatisticalEvidence, required_units
from gitjournal.stats.intervals import LEVEL, Interval
from gitjournal.stats.one_sample import estimate_score
from gitjournal.stats.sample import Sample, combine, sample_of

MOST_NEEDED = 1_000_000  # more units than that are no advice

PARTS_APART = "one run on a holdout shows nothing of how a sum of several scores spreads"

# draws the kept predictions of a run (minus another's) anew, or says why not
Draw = Callable[[Sample, Sample | None], BootstrapResult | str]


@dataclass(frozen=True)
class Judgeable:
    """An entry with its records, those of other entries replaced by their owners'."""

    id: str
    front: FrontMatter
    records: Sequence[Record]


def digest_of(records: Sequence[Record]) -> str:
    """Return the digest of the records that a verdict rests on; a look at the test part does not change it."""
    return digest(runs_among(records))


@dataclass(frozen=True)
class Judged:
    """The verdict on one expectation: `value` of its sum, the interval, and the evidence they rest on.

    All are None where nothing can be said; `why` says why there is no interval. `smallest` is the smallest distance that so
    many units tell in 80 % of cases, `needed` how many would decide, `scale` how large this entry's own score is.
    """

    expectation: Expectation
    verdict: Word
    value: float | None
    interval: Interval | None
    evidence: StatisticalEvidence | None
    smallest: float | None = None
    needed: int | None = None
    why: str = ""
    scale: float = 1.0


@dataclass(frozen=True)
class Judgement:
    """The verdicts on all that an entry expects, and the entries that it was compared with."""

    judged: Sequence[Judged]
    compared: Sequence[Judgeable]


def judge(own: Judgeable, expectations: Sequence[Expectation], named: Mapping[str, Judgeable], draw: Draw | None = None) -> list[Judged]:
    """Judge every expectation of an entry whose runs are done; `named` are the other entries, by the name that they have there.

    Where records alone say nothing, as of an error on a holdout, `draw` is asked.
    """
    return [_judge_expectation(own, expectation, named.get(expectation.other), draw) for expectation in expectations]


def verdict_of(expectation: Expectation, interval: Interval | None) -> Word:
    """Return what an interval says of a comparison; without one nothing is decided."""
    if interval is None:
        return "inconclusive"
    ends = {expectation.holds(interval.low), expectation.holds(interval.high)}
    return "inconclusive" if len(ends) > 1 else "supported" if ends == {True} else "refuted"


def value_of(own: Judgeable, expectation: Expectation, named: Judgeable | None) -> float | None:
    """Return what was measured of an expectation, without an interval; None where a value is missing."""
    total = 0.0
    for quantity, factor in expectation.sum.items():
        entry = named if quantity.entry else own
        best = summarise(entry.front, entry.records).best if entry else None
        score = best.scores.get(quantity.name) if best else None
        if score is None:
            return None
        total += factor * score.mean
    return total


def _judge_expectation(own: Judgeable, expectation: Expectation, named: Judgeable | None, draw: Draw | None) -> Judged:
    try:
        terms = _samples(own, expectation.terms(OWN))
        scale = max(abs(sample.value) for _, sample in terms)
        if expectation.other and named is None:
            return Judged(expectation, "inconclusive", None, None, None, why=_why_missing(own, expectation.other))
        sample = combine(terms)
        reference = combine(_samples(named, [(-factor, name) for factor, name in expectation.terms(expectation.other)])) if named else None
        plain = set(map(abs, expectation.sum.values())) == {1.0} and len(terms) == 1
        evidence = _find_evidence(sample, reference, draw if plain else None)
    except ComparisonError as fault:
        return Judged(expectation, "inconclusive", None, None, None, why=fault.message)
    k = max(sample.k for _, sample in terms)
    interval = _simultaneous_interval(evidence, k)
    word = verdict_of(expectation, interval)
    if interval is None:
        why = PARTS_APART if len(terms) > 1 and sample.single else evidence.why
        return Judged(expectation, word, evidence.value, None, evidence, why=why, scale=scale)
    smallest, alone = evidence.smallest_at(_critical_errors(evidence, k)), evidence.smallest_at(None)
    cost = smallest / alone if smallest and alone else 1.0
    units = required_units(evidence, (evidence.value - expectation.number) / cost)
    units = units if units is not None and evidence.n < units <= MOST_NEEDED else None
    return Judged(expectation, word, evidence.value, interval, evidence, smallest, units, scale=scale)


def _why_missing(own: Judgeable, name: str) -> str:
    return "the entry names no baseline" if name == BASELINE and not own.front.baseline else f"{name} has no result"


def _samples(entry: Judgeable, terms: Sequence[tuple[float, str]]) -> list[tuple[float, Sample]]:
    return [(factor, sample_of(entry.id, entry.front, entry.records, name)) for factor, name in terms]


def _find_evidence(sample: Sample, reference: Sample | None, draw: Draw | None) -> StatisticalEvidence:
    """Return the evidence of the records, or of predictions drawn anew where those say nothing."""
    # 0.9 * baseline is in the metric of the baseline: that they may be compared is what the expectation says
    reference = replace(reference, metric=sample.metric) if reference else None
    evidence = _evidence(sample, reference, None)
    if draw is None or evidence.interval is not None or not sample.single or sample.part != "dev":
        return evidence
    behind = reference is not None and evidence.value * sample.direction < 0
    resampled = draw(reference, sample) if behind and reference else draw(sample, reference)
    return replace(evidence, why=resampled) if isinstance(resampled, str) else _evidence(sample, reference, resampled)


def _evidence(sample: Sample, reference: Sample | None, resampled: BootstrapResult | None) -> StatisticalEvidence:
    return compare(sample, reference, resampled).evidence if reference else estimate_score(sample, resampled)


def _critical_errors(evidence: StatisticalEvidence, k: int) -> float | None:
    """Return how many standard errors it takes, where the interval holds for all `k` configurations."""
    if evidence.selection or k == 1 or evidence.estimate is None:
        return evidence.selection.critical if evidence.selection else None
    return evidence.estimate.quantile(1 - LEVEL / (2 * k))


def _simultaneous_interval(evidence: StatisticalEvidence, k: int) -> Interval | None:
    """Return the interval that holds for all `k` configurations that the best was chosen from."""
    if evidence.selection or k == 1 or evidence.estimate is None:
        return evidence.sure
    return evidence.estimate.interval(LEVEL / k)
