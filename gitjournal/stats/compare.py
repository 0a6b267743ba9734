"""Two-sample comparison: is A better than B? Picks the test by what the runs hold, and says which and why. Pure.

What is drawn anew from kept predictions comes in as `BootstrapResult`.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace

from gitjournal.stats import intervals, multiple_testing
from gitjournal.stats.evidence import (
    OVERLAP_OF_FOLDS,
    BootstrapResult,
    Comparison,
    SelectionEffect,
    StatisticalEvidence,
    evidence_of,
    no_evidence,
)
from gitjournal.stats.intervals import LEVEL, Estimate, Interval
from gitjournal.stats.mcnemar import discordant_interval, mcnemar
from gitjournal.stats.one_sample import score_of_best
from gitjournal.stats.sample import Sample, common_seeds, hits_of_all, mean_folds, require_alike, row_shares

_SAME_ROWS = "the same rows, one run each: this is about these two fitted models"
PAIRS_FOR_CHANCE = 29  # of splits, before P(A > B) is said (Bouthillier et al. 2021, MLSys 3:747)


def compare(a: Sample, b: Sample, resampled: BootstrapResult | None = None) -> Comparison:
    """Judge A minus B. Raises ComparisonError, saying why, for what was not measured alike."""
    evidence = difference(a, b, resampled)
    leader, loser = (a, b) if evidence.value * a.direction >= 0 else (b, a)
    if loser.named and loser.k > leader.k:  # who names one of many can name the worst, and then the other one leads
        evidence = replace(evidence, selection=_selection_effect(loser, leader, evidence, None))
    elif leader.k > 1:
        evidence = replace(evidence, selection=_selection_effect(leader, loser, evidence, resampled))
    return Comparison(a, b, replace(evidence, notes=(*evidence.notes, *_notes(a, b, evidence))))


def difference(a: Sample, b: Sample, resampled: BootstrapResult | None = None) -> StatisticalEvidence:
    """Return the evidence for A minus B as if neither had been chosen. Raises ComparisonError for what was not measured alike."""
    require_alike(a, b)
    if a.folds:
        return _compare_folds(a, b)
    if a.each and len(common_seeds(a, b)) > 1:
        return _compare_splits(a, b)
    if not a.each and (len(a.values) > 1 or len(b.values) > 1):
        return replace(_compare_seeds(a, b), rows=_interval_over_rows(a, b))
    return _compare_rows(a, b, resampled)


def _compare_folds(a: Sample, b: Sample) -> StatisticalEvidence:
    if a.each:
        gaps = [x - y for seed in common_seeds(a, b) for x, y in zip(a.folds[seed], b.folds[seed], strict=True)]
    else:
        gaps = [x - y for x, y in zip(mean_folds(a), mean_folds(b), strict=True)]
    estimate = intervals.overlapping_mean(gaps, a.ratio, overlap=OVERLAP_OF_FOLDS)
    why = "paired over folds, allowing for their overlapping train parts (Nadeau and Bengio 2003)"
    return evidence_of(estimate, f"corrected resampled t, {len(gaps)} folds", why, "folds", len(gaps), ratio=a.ratio)


def _compare_splits(a: Sample, b: Sample) -> StatisticalEvidence:
    gaps = [a.values[seed] - b.values[seed] for seed in common_seeds(a, b)]
    estimate = intervals.overlapping_mean(gaps, a.ratio)
    why = "paired over seeds, each with a split of its own, allowing for overlapping train parts (Nadeau and Bengio 2003)"
    evidence = evidence_of(estimate, f"corrected paired t, {len(gaps)} splits", why, "splits", len(gaps), ratio=a.ratio)
    if len(gaps) < PAIRS_FOR_CHANCE:
        return evidence
    better = sum(1.0 if gap * a.direction > 0 else 0.5 if gap == 0 else 0.0 for gap in gaps)
    return replace(evidence, chance=intervals.wilson(better, len(gaps)))


def _compare_seeds(a: Sample, b: Sample) -> StatisticalEvidence:
    values_a, values_b = list(a.values.values()), list(b.values.values())
    why = "over seeds on one split: this is about these rows"
    if len(values_a) > 1 and len(values_b) > 1:
        n, most = sorted((len(values_a), len(values_b)))
        seeds = f"{n} seeds" if n == most else f"{n} to {most} seeds"
        return evidence_of(intervals.welch(values_a, values_b), f"Welch's t, {seeds}", why, "seeds", n)
    values, single, sign = (values_a, b, 1) if len(values_a) > 1 else (values_b, a, -1)
    if single.draws:
        estimate = intervals.mean_against_single(values, single.value)
        why += f"; of {single.entry[-4:]} there is one run, which shows nothing of its spread, so it is taken to be that of the other"
    else:
        estimate = replace(intervals.mean(values), value=statistics.fmean(values) - single.value)
        why += f"; nothing draws in {single.entry[-4:]}"
    estimate = replace(estimate, value=estimate.value * sign)
    return evidence_of(estimate, f"t over {len(values)} seeds against one run", why, "seeds", len(values))


def _interval_over_rows(a: Sample, b: Sample) -> Interval | None:
    """Return the interval over rows, for several seeds on one split: where all answers are known row by row."""
    if len(a.answers) < len(a.values) or len(b.answers) < len(b.values) or a.grouped:
        return None
    estimate = intervals.mean([x - y for x, y in zip(row_shares(a), row_shares(b), strict=True)])
    return estimate.interval() if estimate.error else None


def _compare_rows(a: Sample, b: Sample, resampled: BootstrapResult | None) -> StatisticalEvidence:
    gap = a.value - b.value
    if resampled is not None and (a.grouped or a.hits is None or b.hits is None):
        estimate = Estimate(gap, resampled.error, resampled.units - 1)
        test = f"paired bootstrap over {resampled.units} {resampled.unit}"
        return evidence_of(estimate, test, _SAME_ROWS, resampled.unit, resampled.units)
    if a.grouped:
        return no_evidence(gap, a, "rows of a group hang together, and which row belongs to which group is not kept here")
    if a.hits is None or b.hits is None:
        return no_evidence(gap, a, "one run each shows nothing without their predictions, which are kept only where they were run")
    only_a, only_b = (a.hits & ~b.hits).bit_count(), (b.hits & ~a.hits).bit_count()
    return StatisticalEvidence(
        value=gap,
        interval=discordant_interval(only_a, only_b, a.rows),
        p=mcnemar(only_a, only_b),
        test=f"exact McNemar, {a.rows} rows",
        why=_SAME_ROWS,
        unit="rows",
        n=a.rows,
        apart=(only_a, only_b),
    )


def _selection_effect(chosen: Sample, against: Sample, evidence: StatisticalEvidence, resampled: BootstrapResult | None) -> SelectionEffect:
    """Return what is left of a difference where one of the two was chosen from several on these same units, as the best or by name."""
    hits = hits_of_all(chosen)
    choice = "named among" if chosen.named else "best of"
    test: str
    interval: Interval | None
    p: float | None
    test, interval, p, z = f"Bonferroni, {choice} {chosen.k}", None, None, None
    if evidence.unit in ("rows", "groups") and evidence.apart is None and resampled is not None and resampled.z is not None:
        z = resampled.z
        half = z * resampled.error
        interval, p = Interval(evidence.value, evidence.value - half, evidence.value + half), resampled.p_all
        test = f"max-statistic, {choice} {chosen.k}"
    elif evidence.apart is not None and hits and against.hits is not None:
        simultaneous = multiple_testing.sign_flips(hits[0], hits[1:], against.hits, chosen.rows)
        # what a single test does not rule out, one of several cannot
        p, test = max(simultaneous.p, evidence.p or 0.0), f"max-statistic, {choice} {chosen.k}"
        z = max(simultaneous.z, intervals.Z95)
        interval = discordant_interval(*evidence.apart, chosen.rows, z)
    elif evidence.p is not None:
        p, interval = min(1.0, chosen.k * evidence.p), _bonferroni_interval(evidence, chosen.k)
        z = evidence.estimate.quantile(1 - LEVEL / (2 * chosen.k)) if evidence.estimate else multiple_testing.bonferroni(chosen.k)
    if p is not None and interval is not None and p >= LEVEL:
        interval = Interval(interval.value, min(interval.low, 0.0), max(interval.high, 0.0))
    corrected = None if chosen.named else score_of_best(chosen, hits, resampled)  # only the best has the luck of the choice
    return SelectionEffect(chosen.entry, chosen.k, chosen.value, test, interval, p, corrected, z, chosen.named)


def _bonferroni_interval(evidence: StatisticalEvidence, k: int) -> Interval | None:
    if evidence.apart is not None:
        return discordant_interval(*evidence.apart, evidence.n, multiple_testing.bonferroni(k))
    return evidence.estimate.interval(LEVEL / k) if evidence.estimate else None


def _notes(a: Sample, b: Sample, evidence: StatisticalEvidence) -> list[str]:
    """Return what a reader must know besides, in whole sentences."""
    notes = []
    if evidence.unit in ("rows", "groups") and (a.draws or b.draws):
        notes.append("One run shows nothing of what another seed would give.")
    noise = max((statistics.stdev(one.values.values()) for one in (a, b) if len(one.values) > 1 and not one.folds), default=0.0)
    if evidence.unit == "seeds" and abs(evidence.value) < noise:
        notes.append("The difference is smaller than the seed noise.")
    if evidence.unit not in ("rows", "groups") and evidence.interval is None:
        notes.append(f"All {evidence.n} {evidence.unit} give the same difference: nothing is known of its spread.")
    if "time" in a.split and evidence.interval is not None:
        notes.append("Rows near in time may hang together, which is not allowed for: the interval may be too narrow.")
    return notes


def adjust_p_values(comparisons: Sequence[Comparison]) -> list[float | None]:
    """Return p values that allow for the number of comparisons (Holm), the choice of the best allowed for as well."""
    p_values = [comparison.evidence.chance_alone for comparison in comparisons]
    adjusted = iter(multiple_testing.holm([p for p in p_values if p is not None]))
    return [None if p is None else next(adjusted) for p in p_values]
