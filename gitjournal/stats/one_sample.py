"""The interval of a single score, and the score of the best of several without the luck of the choice. Pure.

What is drawn anew from kept predictions comes in as `BootstrapResult`.
"""

from __future__ import annotations

import math
from dataclasses import replace

from gitjournal.stats import intervals, multiple_testing
from gitjournal.stats.evidence import OVERLAP_OF_FOLDS, BootstrapResult, SelectionEffect, StatisticalEvidence, evidence_of, no_evidence
from gitjournal.stats.intervals import LEVEL, Estimate, Interval
from gitjournal.stats.sample import Sample, hits_of_all, mean_folds, row_shares_of_all


def estimate_score(sample: Sample, resampled: BootstrapResult | None = None) -> StatisticalEvidence:
    """Return the interval of a single score; `selection` holds the one for the best of a grid.

    Wilson's over rows for accuracy, Student's over seeds, the corrected one over folds and over splits by seed, the bootstrap's
    over rows where `resampled` is given. No p: what would it be against.
    """
    evidence = replace(_estimate(sample, resampled), p=None)
    return replace(evidence, selection=_selection_effect(sample, evidence, resampled)) if sample.k > 1 else evidence


def _estimate(sample: Sample, resampled: BootstrapResult | None) -> StatisticalEvidence:
    if sample.folds:
        values = [value for folds in sample.folds.values() for value in folds] if sample.each else mean_folds(sample)
        estimate = intervals.overlapping_mean(values, sample.ratio, overlap=OVERLAP_OF_FOLDS)
        why = "over folds, allowing for their overlapping train parts"
        return evidence_of(estimate, f"corrected t over {len(values)} folds", why, "folds", len(values), ratio=sample.ratio)
    if len(sample.values) > 1:
        values = list(sample.values.values())
        if sample.each:
            estimate = intervals.overlapping_mean(values, sample.ratio)
            why = "over seeds, each with a split of its own, allowing for overlapping train parts"
            return evidence_of(estimate, f"corrected t over {len(values)} splits", why, "splits", len(values), ratio=sample.ratio)
        why = "over seeds on one split: this is about these rows"
        return evidence_of(intervals.mean(values), f"t over {len(values)} seeds", why, "seeds", len(values))
    if sample.grouped and resampled is None:
        return no_evidence(sample.value, sample, "rows of a group hang together, and which row belongs to which group is not kept here")
    fitted_once = f"one run on {sample.rows} rows: this is about that fitted model"
    if sample.hits is not None and not sample.grouped:
        right = sample.hits.bit_count()
        share = right / sample.rows
        estimate = Estimate(share, math.sqrt(share * (1 - share) / sample.rows), math.inf)
        evidence = evidence_of(estimate, f"Wilson interval, {sample.rows} rows", fitted_once, "rows", sample.rows)
        return replace(evidence, interval=intervals.wilson(right, sample.rows))
    if resampled is not None:
        estimate = Estimate(sample.value, resampled.error, resampled.units - 1)
        return evidence_of(estimate, f"bootstrap over {resampled.units} {resampled.unit}", fitted_once, resampled.unit, resampled.units)
    return no_evidence(sample.value, sample, "one run shows nothing of its spread, and its predictions are not kept here")


def _selection_effect(sample: Sample, evidence: StatisticalEvidence, resampled: BootstrapResult | None) -> SelectionEffect:
    hits = hits_of_all(sample)
    interval, test, z = None, f"Bonferroni, {sample.k} configurations", None
    simultaneous = f"simultaneous for all {sample.k} configurations"
    if evidence.unit == "rows" and hits and sample.hits is not None and not sample.grouped:
        z = multiple_testing.critical(hits, sample.rows)
        interval, test = intervals.wilson(sample.hits.bit_count(), sample.rows, z), simultaneous
    elif evidence.unit in ("rows", "groups") and resampled is not None and resampled.z is not None:
        z = resampled.z
        half = z * resampled.error
        interval, test = Interval(sample.value, sample.value - half, sample.value + half), simultaneous
    elif evidence.estimate is not None:
        interval, z = evidence.estimate.interval(LEVEL / sample.k), evidence.estimate.quantile(1 - LEVEL / (2 * sample.k))
    return SelectionEffect(sample.entry, sample.k, sample.value, test, interval, None, score_of_best(sample, hits, resampled), z)


def score_of_best(sample: Sample, hits: list[int] | None, resampled: BootstrapResult | None) -> float | None:
    """Return what the best of several would reach elsewhere; None where that is not known, as of one that is right on every row.

    `hits` are the right/wrong bits of all of them, where they are known.
    """
    if resampled is not None and resampled.corrected is not None:
        luck = resampled.value - resampled.corrected  # of folds all rows are drawn together, so that only the luck is taken over
        return sample.value - luck if luck else None
    if hits:
        return multiple_testing.bbc_accuracy(hits, sample.rows) if hits[0].bit_count() < sample.rows else None
    shares = row_shares_of_all(sample)
    return multiple_testing.bbc_score(list(zip(*shares, strict=True))) if shares else None


def score_elsewhere(sample: Sample, resampled: BootstrapResult | None = None) -> float | None:
    """Return the score corrected for selection: what the best of several would reach on other rows; None where that is not known."""
    if sample.k == 1 or (sample.hits is not None and sample.hits.bit_count() == sample.rows):
        return sample.value
    return score_of_best(sample, hits_of_all(sample), resampled)
