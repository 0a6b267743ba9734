"""Which test is taken for what, that chance alone is called a difference one time in twenty, and that the words fit."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from gitjournal.entry.record import Record
from gitjournal.errors import ComparisonError
from gitjournal.stats import intervals
from gitjournal.stats.compare import adjust_p_values, compare
from gitjournal.stats.evidence import BootstrapResult, required_units, reverse
from gitjournal.stats.intervals import LEVEL
from gitjournal.stats.mcnemar import discordant_interval, mcnemar, mcnemar_power
from gitjournal.stats.one_sample import estimate_score, score_elsewhere
from gitjournal.stats.sample import combine, sample_of
from tests.support.samples import EACH, FOLDS, A, B, front, right, run, sample

SIMULATIONS = 2000
ALLOWED = LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / SIMULATIONS)


def answers(draw: random.Random, p: float, n: int = 360) -> list[bool]:
    return [draw.random() < p for _ in range(n)]


# which test


def test_one_run_each_on_the_same_rows_is_mcnemars_exact_test() -> None:
    a, b = right(1, n=360), right(2, 3, 4, n=360)
    evidence = compare(sample(A, [run("a", right=a)]), sample(B, [run("b", right=b)])).evidence
    assert (evidence.test, evidence.unit, evidence.n, evidence.apart) == ("exact McNemar, 360 rows", "rows", 360, (3, 1))
    assert evidence.p == pytest.approx(0.625)
    assert evidence.value == pytest.approx(2 / 360)
    assert evidence.interval == discordant_interval(3, 1, 360)
    assert evidence.smallest == pytest.approx(0.0219, abs=5e-4)  # 80 % are 6 rows or more of 360, all on one side
    assert "these two fitted models" in evidence.why
    assert not evidence.notes


def test_one_run_of_what_draws_says_that_it_shows_nothing_of_seeds() -> None:
    a, b = sample(A, [run("a", right=right(1), seed=0)]), sample(B, [run("b", right=right(2))])
    assert "One run shows nothing of what another seed would give." in compare(a, b).evidence.notes


def test_several_seeds_on_one_split_are_welchs_test() -> None:
    of_a, of_b = [0.97, 0.975, 0.981, 0.969, 0.972], [0.961, 0.97, 0.958]
    a = sample(A, [run("a", value, seed=seed) for seed, value in enumerate(of_a)])
    b = sample(B, [run("b", value, seed=seed) for seed, value in enumerate(of_b)])
    evidence = compare(a, b).evidence
    assert (evidence.unit, evidence.n) == ("seeds", 3)
    assert evidence.interval == intervals.welch(of_a, of_b).interval()
    assert "Welch" in evidence.test
    assert "these rows" in evidence.why


def test_a_difference_smaller_than_what_seeds_do_is_called_that() -> None:
    a = sample(A, [run("a", value, seed=seed) for seed, value in enumerate([0.97, 0.99, 0.95])])
    b = sample(B, [run("b", value, seed=seed) for seed, value in enumerate([0.96, 0.98, 0.95])])
    assert "The difference is smaller than the seed noise." in compare(a, b).evidence.notes


def test_seeds_against_one_run_take_its_spread_to_be_alike_unless_nothing_draws_there() -> None:
    several = [run("a", value, seed=seed) for seed, value in enumerate([0.97, 0.975, 0.981])]
    evidence = compare(sample(A, several), sample(B, [run("b", 0.96, seed=0)])).evidence
    fixed = compare(sample(A, several), sample(B, [run("b", 0.96)])).evidence
    assert evidence.interval is not None
    assert fixed.interval is not None
    assert evidence.interval.high - evidence.interval.low == pytest.approx(
        2 * (fixed.interval.high - fixed.interval.low)
    )  # sqrt(1 + 1/3) to sqrt(1/3)
    assert "one run" in evidence.why
    assert "nothing draws in bbbb" in fixed.why
    other_way = compare(sample(B, [run("b", 0.96)]), sample(A, several)).evidence
    assert other_way.value == pytest.approx(-fixed.value)


def test_seeds_say_what_the_rows_leave_open() -> None:
    a = [run("a", right=right(1, 2), seed=0), run("a", right=right(1, 3), seed=1), run("a", right=right(1, 4), seed=2)]
    b = [run("b", right=right(1, 9, 10, 11, 12), seed=0), run("b", right=right(1, 9, 10, 11, 13), seed=1)]
    comparison = compare(sample(A, a), sample(B, b))
    assert comparison.evidence.rows is not None
    gaps = [0.0] * 360
    for row, gap in {2: -1 / 3, 3: -1 / 3, 4: -1 / 3, 9: 1.0, 10: 1.0, 11: 1.0, 12: 0.5, 13: 0.5}.items():
        gaps[row] = gap
    assert (comparison.evidence.rows.low, comparison.evidence.rows.high) == pytest.approx(
        (intervals.mean(gaps).interval().low, intervals.mean(gaps).interval().high)
    )


def test_seeds_that_move_the_split_are_paired_and_the_chance_of_being_better_is_said_from_29_on() -> None:
    draw = random.Random(0)
    of_a = [0.9 + draw.gauss(0, 0.02) for _ in range(29)]
    of_b = [value - 0.01 + draw.gauss(0, 0.01) for value in of_a]
    a = [run("a", value, seed=seed, split=EACH) for seed, value in enumerate(of_a)]
    b = [run("b", value, seed=seed, split=EACH) for seed, value in enumerate(of_b)]
    evidence = compare(sample(A, a), sample(B, b)).evidence
    assert (evidence.unit, evidence.n, evidence.ratio) == ("splits", 29, 0.25)
    assert evidence.interval == intervals.overlapping_mean([x - y for x, y in zip(of_a, of_b, strict=True)], 0.25).interval()
    assert evidence.chance is not None
    assert evidence.chance.value == sum(x > y for x, y in zip(of_a, of_b, strict=True)) / 29
    assert compare(sample(A, a[:28]), sample(B, b)).evidence.chance is None
    assert compare(sample(A, a), sample(B, b[5:])).evidence.n == 24  # those in common


def test_folds_are_paired_and_corrected_for_their_overlap() -> None:
    of_a, of_b = [0.9, 0.92, 0.95, 0.91, 0.93], [0.89, 0.92, 0.93, 0.9, 0.9]
    evidence = compare(sample(A, [run("a", folds=of_a)]), sample(B, [run("b", folds=of_b)])).evidence
    assert (evidence.unit, evidence.n, evidence.ratio) == ("folds", 5, 0.25)
    assert evidence.interval == intervals.overlapping_mean([x - y for x, y in zip(of_a, of_b, strict=True)], 0.25).interval()


def test_seeds_that_share_folds_are_averaged_and_those_that_do_not_are_more_folds() -> None:
    of_a = [run("a", folds=[0.9, 0.92, 0.95], seed=0), run("a", folds=[0.92, 0.9, 0.95], seed=1)]
    of_b = [run("b", folds=[0.8, 0.83, 0.9], seed=0), run("b", folds=[0.82, 0.81, 0.9], seed=1)]
    assert compare(sample(A, of_a), sample(B, of_b)).evidence.n == 3
    each = {**FOLDS, "seed": "each"}
    of_a = [run("a", folds=[0.9, 0.92, 0.95], seed=seed, split=each) for seed in range(2)]
    of_b = [run("b", folds=[0.8, 0.83, 0.9], seed=seed, split=each) for seed in range(2)]
    assert compare(sample(A, of_a), sample(B, of_b)).evidence.n == 6


def test_other_metrics_on_one_holdout_need_kept_predictions() -> None:
    a, b = (sample(name, [run(name, value, metric="rmse")], None, "rmse") for name, value in ((A, 2.0), (B, 2.5)))
    silent = compare(a, b)
    assert silent.evidence.interval is None
    assert "kept" in silent.evidence.why
    assert silent.verdict == "not shown"
    comparison = compare(a, b, BootstrapResult("rows", 360, 2.0, 0.1))
    assert (comparison.evidence.unit, comparison.evidence.n) == ("rows", 360)
    assert comparison.verdict == "better"  # lower is better
    assert compare(b, a, BootstrapResult("rows", 360, 2.0, 0.1)).verdict == "worse"


def test_rows_of_a_group_are_not_taken_as_independent() -> None:
    split = {"dev": 0.2, "group": "patient", "seed": 0}
    a, b = (sample(name, [run(name, right=right(row), split=split)]) for name, row in ((A, 1), (B, 2)))
    assert compare(a, b).evidence.interval is None
    assert "group" in estimate_score(a).why
    evidence = compare(a, b, BootstrapResult("groups", 12, 0.99, 0.01)).evidence
    assert (evidence.unit, evidence.n) == ("groups", 12)


def test_rows_in_time_say_that_they_may_hang_together() -> None:
    split = {"dev": 0.2, "time": "date", "gap": 0}
    a, b = (sample(name, [run(name, right=right(row), split=split)]) for name, row in ((A, 1), (B, 2)))
    assert any("near in time" in note for note in compare(a, b).evidence.notes)


def test_seeds_that_all_say_the_same_leave_no_interval() -> None:
    a = sample(A, [run("a", 0.9, seed=seed) for seed in range(3)])
    b = sample(B, [run("b", 0.8, seed=seed) for seed in range(3)])
    comparison = compare(a, b)
    assert (comparison.evidence.interval, comparison.verdict) == (None, "not shown")
    assert "nothing is known of its spread" in comparison.evidence.notes[0]


# chance alone


def test_two_equal_models_on_one_holdout_are_told_apart_one_time_in_twenty() -> None:
    draw = np.random.default_rng(0)
    told = 0
    for _ in range(SIMULATIONS):
        hard = draw.beta(4, 1, 200)
        a, b = draw.random((2, 200)) < hard
        told += mcnemar(int((a & ~b).sum()), int((b & ~a).sum())) < LEVEL
    assert told / SIMULATIONS <= ALLOWED


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 3), (5, 3), (10, 10)])
def test_two_equal_procedures_over_seeds_are_told_apart_one_time_in_twenty(n: int, m: int) -> None:
    draw = np.random.default_rng(n)
    a, b = draw.normal(size=(SIMULATIONS, n)), draw.normal(size=(SIMULATIONS, m)) * (2.0 if n == m else 1.0)
    told = sum((intervals.welch(one.tolist(), other.tolist()).p() or 1) < LEVEL for one, other in zip(a, b, strict=True))
    assert told / SIMULATIONS <= ALLOWED


def equal_learners(splits: int, *, folds: int, seed: int, rows: int = 100, simulations: int = SIMULATIONS) -> np.ndarray:
    """Return differences in accuracy of two learners that are equally good, for each simulation and split of its own data.

    Each learns a threshold on a feature of its own; both features tell the classes equally well.
    """
    draw = np.random.default_rng(seed)
    y = np.tile(np.arange(rows) % 2, (simulations, 1)).astype(float)
    features = [draw.normal(size=y.shape) + y for _ in range(2)]
    found = []
    for _ in range(splits):
        order = draw.permuted(np.tile(np.arange(rows), (simulations, 1)), axis=1)
        for fold in range(folds):
            dev = order[:, fold * rows // 5 : (fold + 1) * rows // 5]
            train = np.delete(order, np.s_[fold * rows // 5 : (fold + 1) * rows // 5], axis=1)
            found.append(_accuracy(features[0], y, train, dev) - _accuracy(features[1], y, train, dev))
    return np.array(found).T


def _accuracy(x: np.ndarray, y: np.ndarray, train: np.ndarray, dev: np.ndarray) -> np.ndarray:
    seen, target = np.take_along_axis(x, train, 1), np.take_along_axis(y, train, 1)
    ones, zeros = (seen * target).sum(1) / target.sum(1), (seen * (1 - target)).sum(1) / (1 - target).sum(1)
    above = np.take_along_axis(x, dev, 1) > ((ones + zeros) / 2)[:, None]
    said = np.where((ones > zeros)[:, None], above, ~above)
    return (said == np.take_along_axis(y, dev, 1).astype(bool)).mean(1)


def called(gaps: np.ndarray, ratio: float) -> float:
    return float(np.mean([(intervals.overlapping_mean(one.tolist(), ratio).p() or 1) < LEVEL for one in gaps]))


@pytest.mark.parametrize("repeats", [1, 3, 10])
def test_two_equal_learners_over_folds_are_told_apart_one_time_in_twenty(repeats: int) -> None:
    gaps = equal_learners(repeats, folds=5, seed=repeats)
    assert called(gaps, 0.25) <= ALLOWED
    if repeats == 10:
        assert called(gaps, 0.0) > 0.3  # what a plain t test makes of overlapping train parts


@pytest.mark.parametrize("seeds", [5, 30])
def test_two_equal_learners_over_splits_are_told_apart_one_time_in_twenty(seeds: int) -> None:
    gaps = equal_learners(seeds, folds=1, seed=seeds)
    assert called(gaps, 0.25) <= ALLOWED
    assert called(gaps, 0.0) > 0.1  # a plain paired t test: 14 % of 5 seeds, 45 % of 30


@pytest.mark.parametrize("k", [24, 200])
@pytest.mark.parametrize("kind", ["seeds", "splits", "folds"])
def test_the_best_of_many_equal_ones_is_called_better_one_time_in_twenty(kind: str, k: int) -> None:
    """The best of k against an equal baseline, its p times k: over seeds, over splits, over folds."""
    draw = np.random.default_rng(k)
    n, shared = 5, 0.0 if kind == "seeds" else 0.2
    said = 0
    for _ in range(SIMULATIONS):
        values = math.sqrt(shared) * draw.normal(size=(k + 1, 1)) + math.sqrt(1 - shared) * draw.normal(size=(k + 1, n))
        best = values[:-1][values[:-1].mean(1).argmax()]
        if kind == "seeds":
            p = intervals.welch(best.tolist(), values[-1].tolist()).p()
        else:
            p = intervals.overlapping_mean((best - values[-1]).tolist(), 0.25).p()
        said += k * (p or 1) < LEVEL
    assert said / SIMULATIONS <= ALLOWED


# the best of several


def grid(draw: random.Random, k: int, p: float = 0.9) -> list[Record]:
    return [run(f"a{number}", right=answers(draw, p), grid={"C": number}) for number in range(k)]


def test_the_best_of_a_grid_answers_for_all_that_were_tried() -> None:
    draw = random.Random(3)
    a, b = sample(A, grid(draw, 24)), sample(B, [run("b", right=answers(draw, 0.9))])
    comparison = compare(a, b)
    chosen = comparison.evidence.selection
    assert chosen is not None
    assert (chosen.entry, chosen.k, chosen.raw) == (A, 24, a.value)
    assert (chosen.p or 0) > (comparison.evidence.p or 1)
    assert chosen.interval is not None
    assert comparison.evidence.interval is not None
    assert chosen.interval.low < comparison.evidence.interval.low
    assert chosen.corrected is not None
    assert chosen.corrected < chosen.raw
    assert comparison.verdict == "not shown"
    assert (comparison.evidence.sure, comparison.evidence.chance_alone) == (chosen.interval, chosen.p)


def test_what_could_have_been_shown_is_more_where_the_best_of_several_must_be_found() -> None:
    draw = random.Random(3)
    tried, b = grid(draw, 24), sample(B, [run("b", right=answers(draw, 0.9))])
    evidence = compare(sample(A, tried), b).evidence
    alone = evidence.smallest_at(None)
    assert alone is not None
    assert (evidence.smallest or 0) > 1.2 * alone
    both = [sample(name, [run(name, value, metric="rmse")], None, "rmse") for name, value in ((A, 2.0), (B, 2.5))]
    drawn = compare(replace(both[0], among=(both[0],) * 23), both[1], BootstrapResult("rows", 360, 2.0, 0.1, 2.9, 0.5)).evidence
    assert drawn.smallest == pytest.approx(0.1 * (2.9 + 0.84), rel=0.01)
    seeds = [
        sample(A, [run(str(k), 0.9 + k / 99 + seed / 500, seed=seed) for k in range(24) for seed in range(3)]),
        sample(B, [run("b", 0.8)]),
    ]
    assert (compare(*seeds).evidence.smallest or 0) > 3 * (compare(*seeds).evidence.smallest_at(None) or 9)


def test_of_one_that_is_right_on_every_row_nothing_can_be_corrected() -> None:
    chosen = compare(
        sample(A, [run("a", right=right()), run("b", right=right(1))]), sample(B, [run("c", right=right(1, 2))])
    ).evidence.selection
    assert chosen is not None
    assert chosen.corrected is None


def test_the_choice_is_allowed_for_on_the_side_that_leads() -> None:
    draw = random.Random(4)
    a, b = sample(A, [run("a", right=answers(draw, 0.5))]), sample(B, grid(draw, 5))
    comparison = compare(a, b)
    assert comparison.verdict == "worse"
    assert comparison.evidence.selection is not None
    assert comparison.evidence.selection.entry == B
    assert compare(sample(A, grid(draw, 5, 0.5)), b).evidence.selection is not None
    clear = compare(b, sample(A, grid(draw, 5, 0.5)))
    assert clear.verdict == "better"


def test_without_its_luck_the_best_of_many_equal_ones_is_no_better_than_one_of_them() -> None:
    luck = []
    for number in range(20):
        of = sample(A, grid(random.Random(number), 24))
        assert of.value > (score_elsewhere(of) or 1)
        luck.append((score_elsewhere(of) or 0) - 0.9)
    assert abs(math.fsum(luck) / 20) < 0.01
    perfect = sample(A, [run("a", right=right()), run("b", right=right(1))])
    assert (score_elsewhere(perfect), score_elsewhere(sample(B, [run("b", right=right(1))]))) == (1.0, 359 / 360)


def test_the_luck_of_a_choice_is_known_for_several_seeds_and_never_from_rows_that_hang_together() -> None:
    draw = random.Random(0)
    seeds = sample(A, [run(f"a{k}", right=answers(draw, 0.9), seed=seed) for k in range(9) for seed in range(2)])
    assert (score_elsewhere(seeds) or 1) < seeds.value
    grouped = [run(f"a{k}", right=answers(draw, 0.9), split={"dev": 0.2, "group": "patient", "seed": 0}) for k in range(9)]
    assert score_elsewhere(sample(A, grouped)) is None
    unknown = sample(A, [run("a", 0.9, metric="rmse"), run("b", 0.8, metric="rmse")], None, "rmse")
    assert score_elsewhere(unknown) is None
    assert score_elsewhere(unknown, BootstrapResult("rows", 360, 0.8, 0.1, 2.9, 0.5, 0.85)) == pytest.approx(0.85)


def test_without_rows_the_choice_is_allowed_for_by_bonferroni() -> None:
    def records(name: str, seeds: int, lift: float) -> list[Record]:
        draw = random.Random(name)
        return [run(name, 0.9 + lift + draw.gauss(0, 0.01), seed=seed) for seed in range(seeds)]

    a = sample(A, [one for number in range(4) for one in records(f"a{number}", 5, number / 100)])
    b = sample(B, records("b", 5, 0.0))
    evidence = compare(a, b).evidence
    assert evidence.selection is not None
    assert evidence.selection.p == pytest.approx(min(1.0, 4 * (evidence.p or 0)))
    assert evidence.selection.corrected is None


def test_a_single_score_has_the_interval_that_fits() -> None:
    one = sample(A, [run("a", right=right(*range(36)))])
    assert estimate_score(one).interval == intervals.wilson(324, 360)
    assert estimate_score(one).p is None
    several = sample(A, [run("a", value, seed=seed) for seed, value in enumerate([0.9, 0.92, 0.91])])
    assert estimate_score(several).interval == intervals.mean([0.9, 0.92, 0.91]).interval()
    folds = sample(A, [run("a", folds=[0.9, 0.92, 0.91])])
    assert estimate_score(folds).interval == intervals.overlapping_mean([0.9, 0.92, 0.91], 0.25).interval()
    splits = sample(A, [run("a", value, seed=seed, split=EACH) for seed, value in enumerate([0.9, 0.92, 0.91])])
    assert estimate_score(splits).interval == intervals.overlapping_mean([0.9, 0.92, 0.91], 0.25).interval()
    lonely = sample(A, [run("a", 2.0, metric="rmse")], None, "rmse")
    assert estimate_score(lonely).interval is None
    assert estimate_score(lonely, BootstrapResult("rows", 360, 2.0, 0.1)).interval is not None


def test_a_single_score_of_a_grid_has_an_interval_for_all_of_it() -> None:
    evidence = estimate_score(sample(A, grid(random.Random(0), 24)))
    assert evidence.selection is not None
    assert evidence.interval is not None
    assert evidence.sure is not None
    assert evidence.sure.low < evidence.interval.low < evidence.interval.high < evidence.sure.high
    assert evidence.selection.corrected is not None


def test_sums_of_metrics_of_one_configuration_go_by_seed_and_fold() -> None:
    records = [run("a", value, seed=seed) for seed, value in enumerate([0.9, 0.92, 0.91])]
    dev, train = (sample(A, records, f"{part}.accuracy") for part in ("dev", "train"))
    gap = combine([(1, train), (-1, dev)], constant=0.5)
    assert list(gap.values.values()) == pytest.approx([0.51] * 3)
    assert combine([(1, dev)]) == dev
    with pytest.raises(ComparisonError, match="several configurations"):
        combine([(1, dev), (-1, sample(B, [run("b", 0.9, seed=0)]))])


def test_how_many_would_decide() -> None:
    a, b = sample(A, [run("a", right=right(1))]), sample(B, [run("b", right=right(2, 3, 4))])
    evidence = compare(a, b).evidence
    rows = required_units(evidence, 0.01)
    assert rows is not None
    assert mcnemar_power(0.01, 4 / 360, rows) >= intervals.POWER
    assert required_units(estimate_score(a), 0.05) is not None
    silent = compare(*(sample(name, [run(name, 2.0, metric="rmse")], None, "rmse") for name in (A, B))).evidence
    assert required_units(silent, 0.1) is None


def test_turned_it_says_the_same_the_other_way_round() -> None:
    draw = random.Random(5)
    comparison = compare(sample(A, grid(draw, 5)), sample(B, [run("b", right=answers(draw, 0.7))]))
    turned_round = reverse(comparison)
    again = compare(turned_round.a, turned_round.b)
    assert turned_round.verdict == "worse"
    assert turned_round.evidence.value == pytest.approx(again.evidence.value)
    assert turned_round.evidence.interval == again.evidence.interval
    assert turned_round.evidence.apart == again.evidence.apart
    assert reverse(turned_round) == comparison


def test_several_comparisons_allow_for_one_another() -> None:
    a = sample(A, [run("a", right=right(1))])
    others = [sample(B, [run("b", right=right(*range(start, start + 9)))]) for start in (10, 30)]
    compared = [compare(a, other) for other in others]
    assert adjust_p_values(compared) == pytest.approx([2 * (one.evidence.p or 0) for one in compared])
    silent = compare(*(sample(name, [run(name, 0.9)]) for name in (A, B)))
    assert adjust_p_values([compared[0], silent]) == [compared[0].evidence.p, None]


# what is refused


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (run("b", 0.9, data={"hash": "sha256:d2"}), "run on different data"),
        (run("b", 0.9, data={"target": "y2"}), "differ in `target`: none and y2"),
        (run("b", 0.9, parts={"dev": "other rows"}), "not measured on the same dev rows"),
        (run("b", 0.9, parts={}), "not measured on the same dev rows"),
        (run("b", 0.9, split={"dev": 0.1}, parts={"dev": "other rows"}), "split differently: dev 0.2 and 0.1"),
        (run("b", folds=[0.9, 0.8]), "split differently: dev 0.2 and -, cv - and 5"),
        (run("b", 0.9, seed=7, split=EACH), "split differently: seed 0 and each"),
    ],
)
def test_what_was_not_measured_alike_is_refused_with_why(other: Record, why: str) -> None:
    with pytest.raises(ComparisonError, match=why) as told:
        compare(sample(A, [run("a", 0.9)]), sample(B, [other]))
    assert told.value.hint


def test_the_same_rows_may_be_declared_otherwise() -> None:
    other = run("b", 0.9, split={"dev": 0.2, "test": 0.2, "seed": 0})
    assert compare(sample(A, [run("a", 0.9)]), sample(B, [other])).evidence.value == 0.0


def test_seeds_that_move_the_split_need_one_in_common() -> None:
    a, b = (sample(name, [run(name, 0.9, seed=seed, split=EACH)]) for name, seed in ((A, 0), (B, 1)))
    with pytest.raises(ComparisonError, match="not measured on the same dev rows"):
        compare(a, b)


def test_what_has_no_result_is_no_evidence() -> None:
    with pytest.raises(ComparisonError, match="retracted: wrong labels"):
        sample_of(A, front(more="retracted: wrong labels\n"), [run("a", 0.9)])
    with pytest.raises(ComparisonError, match="not run yet"):
        sample(A, [])
    with pytest.raises(ComparisonError, match="every run failed"):
        sample(A, [run("a", 0.9, status="failed", metrics={})])
    with pytest.raises(ComparisonError, match=r"measured dev\.accuracy, train\.accuracy, and no dev\.roc_auc"):
        sample(A, [run("a", 0.9)], "dev.roc_auc")
    with pytest.raises(ComparisonError, match=r"aaaa measures dev\.accuracy, bbbb train\.accuracy"):
        compare(sample(A, [run("a", 0.9)]), sample(B, [run("b", 0.9)], "train.accuracy"))


@pytest.mark.parametrize(
    "odd",
    [
        run("b", folds=[0.9]),
        run("b", folds=[0.9, 0.8, 0.7, 0.6]),
        run("b", folds=[0.9] * 5, rows=-3),
        run("b", 0.9, folds=[0.1] * 5, split={"cv": 5}),
        run("b", right=[True], rows=0),
        run("b", right=[True], hits="", rows={"dev": 0}),
        run("b", 0.9, canonical='{"data": 3, "split": "x"}'),
        run("b", 0.9, canonical="[" * 100_000),
        run("b", 0.9, folds=[0.9] * 5, canonical=None),
    ],
)
def test_a_strangers_odd_record_is_refused_or_compared_and_never_breaks(odd: Record) -> None:
    nulls = run("c", folds=[0.9] * 5)
    nulls.folds["dev"]["accuracy"][2] = None
    for mine in (run("a", folds=[0.9, 0.8, 0.7, 0.9, 0.8]), run("a", right=right(1)), nulls):
        b = sample(B, [odd])
        estimate_score(b)
        try:
            comparison = compare(sample(A, [mine]), b)
        except ComparisonError:
            continue
        assert comparison.verdict in ("better", "worse", "not shown")
        assert math.isfinite(comparison.evidence.value)
