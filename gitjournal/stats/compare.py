"""Is A better than B? Picks the test by what the runs hold, and says which and why. Pure.

`compare` judges a difference, `one_sample` a single score; both give `Evidence`. What is drawn anew from kept predictions
comes in as `Resampled`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace

from gitjournal.stats import intervals, multiple_testing
from gitjournal.stats.evidence import Comparison, Evidence, Resampled, Selection, Unit
from gitjournal.stats.intervals import LEVEL, Estimate, Interval
from gitjournal.stats.sample import Sample, common_seeds, require_alike

__all__ = ["Comparison", "Evidence", "Resampled", "Selection", "adjusted", "compare", "difference", "needed", "one_sample"]

_SAME_ROWS = "the same rows, one run each: this is about these two fitted models"
PAIRS_FOR_CHANCE = 29  # of splits, before P(A > B) is said (Bouthillier et al. 2021, MLSys 3:747)
# the share of the overlap that the correction allows for which is counted in what folds could have shown. By benchmarks/bench_errors.py
# there is none of it over 5 folds for learners that other rows hardly change, 0.4 for trees, and 0.5 to 0.6 over 15 folds for both
OVERLAP_OF_FOLDS = 0.5


# ---- one score


def one_sample(a: Sample, resampled: Resampled | None = None) -> Evidence:
    """Return the interval of a single score; `selection` holds the one for the best of a grid.

    Wilson's over rows for accuracy, Student's over seeds, the corrected one over folds and over splits by seed, the bootstrap's
    over rows where `resampled` is given. No p: what would it be against.
    """
    found = replace(_one(a, resampled), p=None)
    return replace(found, selection=_one_of_many(a, found, resampled)) if a.k > 1 else found


def _one(a: Sample, resampled: Resampled | None) -> Evidence:
    if a.folds:
        values, ratio = _all_folds(a), _ratio(a)
        what = f"corrected t over {len(values)} folds"
        return _estimated(
            intervals.corrected(values, ratio, overlap=OVERLAP_OF_FOLDS),
            what,
            "over folds, allowing for their overlapping train parts",
            "folds",
            len(values),
            ratio=ratio,
        )
    if len(a.values) > 1:
        values = list(a.values.values())
        if a.each:
            what = f"corrected t over {len(values)} splits"
            why = "over seeds, each with a split of its own, allowing for overlapping train parts"
            return _estimated(intervals.corrected(values, _ratio(a)), what, why, "splits", len(values), ratio=_ratio(a))
        why = "over seeds on one split: this is about these rows"
        return _estimated(intervals.mean(values), f"t over {len(values)} seeds", why, "seeds", len(values))
    if _by_group(a) and resampled is None:
        return _silent(a.value, a, "rows of a group hang together, and which row belongs to which group is not kept here")
    if a.hits is not None and not _by_group(a):
        right = a.hits.bit_count()
        share = right / a.rows
        about = Estimate(share, math.sqrt(share * (1 - share) / a.rows), math.inf)
        return replace(
            _estimated(about, f"Wilson interval, {a.rows} rows", _fitted_once(a), "rows", a.rows),
            interval=intervals.wilson(right, a.rows),
        )
    if resampled is not None:
        about = Estimate(a.value, resampled.error, resampled.units - 1)
        what = f"bootstrap over {resampled.units} {resampled.unit}"
        return _estimated(about, what, _fitted_once(a), resampled.unit, resampled.units)
    return _silent(a.value, a, "one run shows nothing of its spread, and its predictions are not kept here")


def _one_of_many(a: Sample, found: Evidence, resampled: Resampled | None) -> Selection:
    hits = _all_hits(a)
    interval, test, z = None, f"Bonferroni, {a.k} configurations", None
    if found.unit == "rows" and hits and a.hits is not None and not _by_group(a):
        z = multiple_testing.critical(hits, a.rows)
        interval, test = intervals.wilson(a.hits.bit_count(), a.rows, z), f"simultaneous for all {a.k} configurations"
    elif found.unit in ("rows", "groups") and resampled is not None and resampled.z is not None:
        z = resampled.z
        half = z * resampled.error
        interval, test = Interval(a.value, a.value - half, a.value + half), f"simultaneous for all {a.k} configurations"
    elif found.estimate is not None:
        interval, z = found.estimate.interval(LEVEL / a.k), found.estimate.quantile(1 - LEVEL / (2 * a.k))
    return Selection(a.entry, a.k, a.value, test, interval, None, _corrected_best(a, hits, resampled), z)


def _corrected_best(a: Sample, hits: list[int] | None, resampled: Resampled | None) -> float | None:
    """Return what the best of several would reach elsewhere; None where that is not known, as of one that is right on every row."""
    if resampled is not None and resampled.corrected is not None:
        luck = resampled.value - resampled.corrected  # of folds all rows are drawn together, so that only the luck is taken over
        return a.value - luck if luck else None
    if hits:
        return multiple_testing.corrected_best(hits, a.rows) if hits[0].bit_count() < a.rows else None
    rights = _all_rights(a)
    return multiple_testing.bias_corrected(list(zip(*rights, strict=True))) if rights else None


def elsewhere(a: Sample, resampled: Resampled | None = None) -> float | None:
    """Return what a configuration would reach on other rows, without the luck of the best of several; None where that is not known."""
    if a.k == 1 or (a.hits is not None and a.hits.bit_count() == a.rows):
        return a.value
    return _corrected_best(a, _all_hits(a), resampled)


# ---- two of them


def compare(a: Sample, b: Sample, resampled: Resampled | None = None) -> Comparison:
    """Judge A minus B. Raises ComparisonError, saying why, for what was not measured alike."""
    found = difference(a, b, resampled)
    leader, other = (a, b) if found.value * a.direction >= 0 else (b, a)
    if leader.k > 1:
        found = replace(found, selection=_best_of_many(leader, other, found, resampled))
    return Comparison(a, b, replace(found, notes=(*found.notes, *_plain_words(a, b, found))))


def difference(a: Sample, b: Sample, resampled: Resampled | None = None) -> Evidence:
    """Return the evidence for A minus B as if neither had been chosen. Raises ComparisonError for what was not measured alike."""
    require_alike(a, b)
    if a.folds:
        return _over_folds(a, b)
    if a.each and len(common_seeds(a, b)) > 1:
        return _over_splits(a, b)
    if not a.each and (len(a.values) > 1 or len(b.values) > 1):
        return _over_seeds(a, b)
    return _over_rows(a, b, resampled)


def _over_folds(a: Sample, b: Sample) -> Evidence:
    ratio = _ratio(a)
    if a.each:
        common = common_seeds(a, b)
        gaps = [x - y for seed in common for x, y in zip(a.folds[seed], b.folds[seed], strict=True)]
    else:
        gaps = [x - y for x, y in zip(_mean_folds(a), _mean_folds(b), strict=True)]
    what = f"corrected resampled t, {len(gaps)} folds"
    why = "paired over folds, allowing for their overlapping train parts (Nadeau and Bengio 2003)"
    return _estimated(intervals.corrected(gaps, ratio, overlap=OVERLAP_OF_FOLDS), what, why, "folds", len(gaps), ratio=ratio)


def _over_splits(a: Sample, b: Sample) -> Evidence:
    gaps = [a.values[seed] - b.values[seed] for seed in common_seeds(a, b)]
    ratio = _ratio(a)
    what = f"corrected paired t, {len(gaps)} splits"
    why = "paired over seeds, each with a split of its own, allowing for overlapping train parts (Nadeau and Bengio 2003)"
    found = _estimated(intervals.corrected(gaps, ratio), what, why, "splits", len(gaps), ratio=ratio)
    if len(gaps) < PAIRS_FOR_CHANCE:
        return found
    better = sum(1.0 if gap * a.direction > 0 else 0.5 if gap == 0 else 0.0 for gap in gaps)
    return replace(found, chance=intervals.wilson(better, len(gaps)))


def _over_seeds(a: Sample, b: Sample) -> Evidence:
    of_a, of_b = list(a.values.values()), list(b.values.values())
    same = "over seeds on one split: this is about these rows"
    if len(of_a) > 1 and len(of_b) > 1:
        about = intervals.welch(of_a, of_b)
        n, most = sorted((len(of_a), len(of_b)))
        found = _estimated(about, f"Welch's t, {n} seeds" if n == most else f"Welch's t, {n} to {most} seeds", same, "seeds", n)
        return replace(found, rows=_over_rows_instead(a, b))
    several, one, sign = (of_a, of_b[0], 1) if len(of_a) > 1 else (of_b, of_a[0], -1)
    alone = b if len(of_a) > 1 else a
    if alone.draws:
        about = intervals.against_one(several, one)
        why = f"{same}; of {alone.entry[-4:]} there is one run, which shows nothing of its spread, so it is taken to be that of the other"
    else:
        about = replace(intervals.mean(several), value=statistics.fmean(several) - one)
        why = f"{same}; nothing draws in {alone.entry[-4:]}"
    about = replace(about, value=about.value * sign)
    found = _estimated(about, f"t over {len(several)} seeds against one run", why, "seeds", len(several))
    return replace(found, rows=_over_rows_instead(a, b))


def _over_rows_instead(a: Sample, b: Sample) -> Interval | None:
    """Return the interval over rows, for several seeds on one split: where all answers are known row by row."""
    if len(a.answers) < len(a.values) or len(b.answers) < len(b.values) or _by_group(a):
        return None
    gaps = [x - y for x, y in zip(_rights(a), _rights(b), strict=True)]
    found = intervals.mean(gaps)
    return found.interval() if found.error else None


def _rights(a: Sample) -> list[float]:
    """Return for each row how often it was right."""
    bits = list(a.answers.values())
    return [sum(one >> row & 1 for one in bits) / len(bits) for row in range(a.rows)]


def _over_rows(a: Sample, b: Sample, resampled: Resampled | None) -> Evidence:
    gap = a.value - b.value
    if resampled is not None and (_by_group(a) or a.hits is None or b.hits is None):
        about = Estimate(gap, resampled.error, resampled.units - 1)
        what = f"paired bootstrap over {resampled.units} {resampled.unit}"
        return _estimated(about, what, _SAME_ROWS, resampled.unit, resampled.units)
    if _by_group(a):
        return _silent(gap, a, "rows of a group hang together, and which row belongs to which group is not kept here")
    if a.hits is None or b.hits is None:
        return _silent(gap, a, "one run each shows nothing without their predictions, which are kept only where they were run")
    only_a, only_b = (a.hits & ~b.hits).bit_count(), (b.hits & ~a.hits).bit_count()
    return Evidence(
        value=gap,
        interval=intervals.discordant_interval(only_a, only_b, a.rows),
        p=intervals.mcnemar(only_a, only_b),
        test=f"exact McNemar, {a.rows} rows",
        why=_SAME_ROWS,
        unit="rows",
        n=a.rows,
        apart=(only_a, only_b),
    )


def _best_of_many(leader: Sample, other: Sample, found: Evidence, resampled: Resampled | None) -> Selection:
    hits = _all_hits(leader)
    test: str
    interval: Interval | None
    p: float | None
    test, interval, p, z = f"Bonferroni, best of {leader.k}", None, None, None
    if found.unit in ("rows", "groups") and found.apart is None and resampled is not None and resampled.z is not None:
        z = resampled.z
        half = z * resampled.error
        interval, p = Interval(found.value, found.value - half, found.value + half), resampled.p_all
        test = f"max-statistic, best of {leader.k}"
    elif found.apart is not None and hits and other.hits is not None:
        at_once = multiple_testing.sign_flips(hits[0], hits[1:], other.hits, leader.rows)
        # what a single test does not rule out, one of several cannot
        p, test = max(at_once.p, found.p or 0.0), f"max-statistic, best of {leader.k}"
        z = max(at_once.z, intervals.Z95)
        interval = intervals.discordant_interval(*found.apart, leader.rows, z)
    elif found.p is not None:
        p, interval = min(1.0, leader.k * found.p), _bonferroni(found, leader.k)
        z = found.estimate.quantile(1 - LEVEL / (2 * leader.k)) if found.estimate else multiple_testing.bonferroni(leader.k)
    if p is not None and interval is not None and p >= LEVEL:
        interval = Interval(interval.value, min(interval.low, 0.0), max(interval.high, 0.0))
    return Selection(leader.entry, leader.k, leader.value, test, interval, p, _corrected_best(leader, hits, resampled), z)


def _bonferroni(found: Evidence, k: int) -> Interval | None:
    if found.apart is not None:
        return intervals.discordant_interval(*found.apart, found.n, multiple_testing.bonferroni(k))
    return found.estimate.interval(LEVEL / k) if found.estimate else None


def _plain_words(a: Sample, b: Sample, found: Evidence) -> list[str]:
    said = []
    if found.unit in ("rows", "groups") and (a.draws or b.draws):
        said.append("One run shows nothing of what another seed would give.")
    noise = max((statistics.stdev(one.values.values()) for one in (a, b) if len(one.values) > 1 and not one.folds), default=0.0)
    if found.unit == "seeds" and abs(found.value) < noise:
        said.append("The difference is smaller than the seed noise.")
    if found.unit not in ("rows", "groups") and found.interval is None:
        said.append(f"All {found.n} {found.unit} give the same difference: nothing is known of its spread.")
    if "time" in a.split and found.interval is not None:
        said.append("Rows near in time may hang together, which is not allowed for: the interval may be too narrow.")
    return said


# ---- what they share


def _estimated(about: Estimate, test: str, why: str, unit: Unit, n: int, *, ratio: float = 0.0) -> Evidence:
    return Evidence(
        value=about.value,
        interval=about.interval() if about.error else None,
        p=about.p(),
        test=test,
        why=why,
        unit=unit,
        n=n,
        estimate=about if about.error else None,
        ratio=ratio,
    )


def _silent(value: float, a: Sample, why: str) -> Evidence:
    return Evidence(value=value, interval=None, p=None, test="none", why=why, unit="rows", n=a.rows)


def _fitted_once(a: Sample) -> str:
    return f"one run on {a.rows} rows: this is about that fitted model"


def _all_hits(a: Sample) -> list[int] | None:
    """Return the bits of all configurations, this one's first, where all have some on the same rows."""
    every = [a, *a.among]
    alike = not _by_group(a) and all(one.hits is not None and set(one.judged.values()) == set(a.judged.values()) for one in every)
    return [one.hits for one in every if one.hits is not None] if alike else None


def _all_rights(a: Sample) -> list[list[float]] | None:
    """Return how often each configuration was right on each row, this one first, where several seeds share the rows."""
    every = [a, *a.among]
    alike = not _by_group(a) and not a.each and len({digest for one in every for digest in one.judged.values()}) == 1
    return [_rights(one) for one in every] if alike and all(len(one.answers) == len(one.values) for one in every) else None


def _all_folds(a: Sample) -> list[float]:
    return [value for found in a.folds.values() for value in found] if a.each else _mean_folds(a)


def _mean_folds(a: Sample) -> list[float]:
    """Return the value of each fold, averaged over seeds that share the folds."""
    return [statistics.fmean(values) for values in zip(*a.folds.values(), strict=True)]


def _ratio(a: Sample) -> float:
    return a.rows / a.trained if a.rows > 0 and a.trained > 0 else 1.0


def _by_group(a: Sample) -> bool:
    return bool(a.split.get("group"))


def needed(evidence: Evidence, gap: float) -> int | None:
    """Return how many units (`evidence.unit`) find a true distance of `gap` in 80 % of cases; None where no number would.

    For a threshold other than 0, `gap` is how far the value stands from it.
    """
    if evidence.apart is not None:
        return intervals.rows_needed(abs(gap), sum(evidence.apart) / evidence.n)
    if evidence.estimate is None:
        return None
    overlap = OVERLAP_OF_FOLDS if evidence.unit == "folds" else 1.0
    return intervals.needed(evidence.estimate, gap, evidence.n, evidence.ratio, overlap=overlap)


def adjusted(comparisons: Sequence[Comparison]) -> list[float | None]:
    """Return p values that allow for the number of comparisons (Holm), the choice of the best allowed for as well."""
    told = [one.evidence.chance_alone for one in comparisons]
    known = iter(intervals.holm([p for p in told if p is not None]))
    return [None if p is None else next(known) for p in told]
