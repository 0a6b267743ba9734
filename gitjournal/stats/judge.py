"""Judges what was expected against what came out. Pure: entries and records in, verdicts out.

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
from gitjournal.stats import compare
from gitjournal.stats.compare import Evidence, Resampled
from gitjournal.stats.intervals import LEVEL, Interval
from gitjournal.stats.sample import Sample, combine, sample_of

MOST_NEEDED = 1_000_000  # more units than that are no advice

PARTS_APART = "one run on a holdout shows nothing of how a sum of several scores spreads"

# draws the kept predictions of a run (minus another's) anew, or says why not
Draw = Callable[[Sample, Sample | None], Resampled | str]


@dataclass(frozen=True)
class Judgeable:
    """An entry with its records, those of other entries replaced by their owners'."""

    id: str
    front: FrontMatter
    records: Sequence[Record]


def digest_of(records: Sequence[Record]) -> str:
    """Return what a verdict remembers of the records it was reached with; a look at the test part changes nothing of it."""
    return digest(runs_among(records))


@dataclass(frozen=True)
class Judged:
    """One expectation and what the runs say: `value` of its sum, the interval, and the evidence they rest on.

    All are None where nothing can be said; `why` says why there is no interval. `smallest` is the smallest distance that so
    many units tell in 80 % of cases, `needed` how many would decide, `scale` how large this entry's own score is.
    """

    expectation: Expectation
    verdict: Word
    value: float | None
    interval: Interval | None
    evidence: Evidence | None
    smallest: float | None = None
    needed: int | None = None
    why: str = ""
    scale: float = 1.0


@dataclass(frozen=True)
class Judgement:
    """What became of all that an entry expected, and the entries that it was compared with."""

    judged: Sequence[Judged]
    compared: Sequence[Judgeable]


def judge(own: Judgeable, expectations: Sequence[Expectation], others: Mapping[str, Judgeable], draw: Draw | None = None) -> list[Judged]:
    """Judge every expectation of an entry whose runs are done; `others` are by the name that the expectations give them.

    Where records alone say nothing, as of an error on a holdout, `draw` is asked.
    """
    return [_judged(own, one, others.get(one.other), draw) for one in expectations]


def verdict_of(one: Expectation, interval: Interval | None) -> Word:
    """Return what an interval says of a comparison; without one nothing is decided."""
    if interval is None:
        return "inconclusive"
    held = {one.holds(interval.low), one.holds(interval.high)}
    return "inconclusive" if len(held) > 1 else "supported" if held == {True} else "refuted"


def value_of(own: Judgeable, one: Expectation, other: Judgeable | None) -> float | None:
    """Return what was measured of an expectation, without an interval; None where a value is missing."""
    found = 0.0
    for measured, factor in one.sum.items():
        entry = other if measured.entry else own
        best = summarise(entry.front, entry.records).best if entry else None
        score = best.scores.get(measured.name) if best else None
        if score is None:
            return None
        found += factor * score.mean
    return found


def _judged(own: Judgeable, one: Expectation, other: Judgeable | None, draw: Draw | None) -> Judged:
    try:
        mine = _samples(own, one.of(OWN))
        scale = max(abs(sample.value) for _, sample in mine)
        if one.other and other is None:
            return Judged(one, "inconclusive", None, None, None, why=_no_other(own, one.other))
        ours = combine(mine)
        theirs = combine(_samples(other, [(-factor, name) for factor, name in one.of(one.other)])) if other else None
        found = _evidence(ours, theirs, draw if set(map(abs, one.sum.values())) == {1.0} and len(mine) == 1 else None)
    except ComparisonError as fault:
        return Judged(one, "inconclusive", None, None, None, why=fault.message)
    interval = _interval(found, max(sample.k for _, sample in mine))
    word = verdict_of(one, interval)
    if interval is None:
        why = PARTS_APART if len(mine) > 1 and ours.single else found.why
        return Judged(one, word, found.value, None, found, why=why, scale=scale)
    smallest, alone = found.smallest_at(_critical(found, max(sample.k for _, sample in mine))), found.smallest_at(None)
    cost = smallest / alone if smallest and alone else 1.0
    needed = compare.needed(found, (found.value - one.number) / cost)
    needed = needed if needed is not None and found.n < needed <= MOST_NEEDED else None
    return Judged(one, word, found.value, interval, found, smallest, needed, scale=scale)


def _no_other(own: Judgeable, name: str) -> str:
    return "the entry names no baseline" if name == BASELINE and not own.front.baseline else f"{name} has no result"


def _samples(entry: Judgeable, terms: Sequence[tuple[float, str]]) -> list[tuple[float, Sample]]:
    return [(factor, sample_of(entry.id, entry.front, entry.records, name)) for factor, name in terms]


def _evidence(ours: Sample, theirs: Sample | None, draw: Draw | None) -> Evidence:
    # 0.9 * baseline is in the metric of the baseline: that they may be compared is what the expectation says
    theirs = replace(theirs, metric=ours.metric) if theirs else None
    found = _measured(ours, theirs, None)
    if draw is None or found.interval is not None or not ours.single or ours.part != "dev":
        return found
    behind = theirs is not None and found.value * ours.direction < 0
    drawn = draw(theirs, ours) if behind and theirs else draw(ours, theirs)
    return replace(found, why=drawn) if isinstance(drawn, str) else _measured(ours, theirs, drawn)


def _measured(ours: Sample, theirs: Sample | None, drawn: Resampled | None) -> Evidence:
    return compare.compare(ours, theirs, drawn).evidence if theirs else compare.one_sample(ours, drawn)


def _critical(found: Evidence, k: int) -> float | None:
    """Return how many standard errors it takes, where the interval holds for all `k` configurations."""
    if found.selection or k == 1 or found.estimate is None:
        return found.selection.critical if found.selection else None
    return found.estimate.quantile(1 - LEVEL / (2 * k))


def _interval(found: Evidence, k: int) -> Interval | None:
    """Return the interval that holds for all `k` configurations that the best was chosen from."""
    if found.selection or k == 1 or found.estimate is None:
        return found.sure
    return found.estimate.interval(LEVEL / k)
