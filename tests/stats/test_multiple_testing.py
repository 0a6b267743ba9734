"""The best of k: chance alone makes nothing of it, and its score without the luck is near the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gitjournal.stats.intervals import LEVEL
from gitjournal.stats.mcnemar import mcnemar
from gitjournal.stats.multiple_testing import bbc_accuracy, bbc_score, bonferroni, critical, holm, sign_flips

SIMULATIONS = 2000
ALLOWED = LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / SIMULATIONS)
ROWS = 100


def as_bits(right: np.ndarray) -> list[int]:
    """Return each row of an array as the bits of a number, the first highest."""
    packed = np.packbits(right, axis=-1)
    return [int.from_bytes(one.tobytes()) >> (-right.shape[-1] % 8) for one in packed]


def models(draw: np.random.Generator, k: int, n: int = ROWS) -> list[int]:
    """Return the right and wrong answers of k models that are equally good: some rows are hard for all of them."""
    return as_bits(draw.random((k, n)) < draw.beta(4, 1, n))


@pytest.mark.parametrize("k", [1, 24, pytest.param(200, marks=pytest.mark.slow)])
def test_the_best_of_k_equal_models_is_called_better_than_an_equal_baseline_one_time_in_twenty(k: int) -> None:
    draw = np.random.default_rng(k)
    called = plainly = 0
    for _ in range(SIMULATIONS):
        baseline, *tried = models(draw, k + 1)
        best = max(tried, key=int.bit_count)
        called += sign_flips(best, tried, baseline, ROWS, flips=59).p <= LEVEL
        plainly += mcnemar((best & ~baseline).bit_count(), (baseline & ~best).bit_count()) < LEVEL
    assert called / SIMULATIONS <= ALLOWED
    if k == 200:
        assert plainly / SIMULATIONS > 0.2  # what is called better by chance where nobody allows for the choice


def test_a_model_that_is_much_better_is_found_among_many() -> None:
    draw = np.random.default_rng(0)
    baseline, *others = models(draw, 24, 360)
    good = as_bits(draw.random((1, 360)) < 0.97)[0]
    test = sign_flips(good, others, baseline, 360)
    assert test.p < 0.01
    assert test.p == sign_flips(good, others, baseline, 360).p  # the same numbers always say the same


def test_the_data_as_they_are_count_as_one_of_the_draws() -> None:
    """Phipson and Smyth 2010: without it a p of 0 is told, and a test at 5 % with 19 draws rejects too often."""
    assert sign_flips((1 << 60) - 1, [], 0, 60, flips=19).p == 1 / 20
    assert sign_flips(0, [], 0, 60, flips=19).p == 20 / 20


def test_alone_it_comes_to_the_exact_test() -> None:
    a, b = (1 << 20) - 1, (1 << 12) - 1  # 8 rows against none
    assert sign_flips(a, [], b, 360, flips=19_999).p == pytest.approx(mcnemar(8, 0), abs=0.002)
    assert sign_flips(a, [], a, 360).p == 1.0


def test_intervals_for_all_at_once_hold_the_best_ones_true_accuracy() -> None:
    """Each of 24 models has an accuracy of 0.85; the interval of the one that looks best must hold it."""
    draw = np.random.default_rng(5)
    missed = 0
    for _ in range(500):
        right = draw.random((24, ROWS)) < np.where(draw.random(ROWS) < 0.5, 1.0, 0.7)
        hits = as_bits(right)
        best = max(hits, key=int.bit_count)
        share, z = best.bit_count() / ROWS, critical(hits, ROWS, flips=199)
        centre, half = (
            (share + z * z / 200) / (1 + z * z / 100),
            z * math.sqrt(share * (1 - share) / 100 + z * z / 40_000) / (1 + z * z / 100),
        )
        missed += not centre - half <= 0.85 <= centre + half
    assert missed / 500 <= LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / 500)


def test_what_errs_alike_needs_less_than_bonferroni() -> None:
    draw = np.random.default_rng(1)
    alike = [models(draw, 1, 360)[0] ^ (1 << row) for row in range(24)]
    same = [alike[0] ^ (1 << row) for row in range(24)]
    assert 1.9 < critical(same, 360) < critical(alike, 360) <= bonferroni(24)
    assert critical(alike[:1], 360) == pytest.approx(1.96, abs=0.001)
    assert critical([0, (1 << 360) - 1], 360) == pytest.approx(1.96, abs=0.001)  # neither varies


def test_the_best_ones_raw_score_is_optimistic_and_its_corrected_score_is_near_the_truth() -> None:
    """The direction of Tsamardinos et al. 2018: raw too high, BBC near, and rather below."""
    draw = np.random.default_rng(2)
    raws, corrections, truths = [], [], []
    for _ in range(60):
        skill = draw.normal(0.85, 0.01, 50).clip(0, 0.99)  # 50 configurations that hardly differ
        hits = as_bits(draw.random((50, 150)) < skill[:, None])
        best = max(range(50), key=lambda one: hits[one].bit_count())
        raws.append(hits[best].bit_count() / 150)
        corrections.append(bbc_accuracy(hits, 150, draws=300))
        truths.append(skill[best])
    optimism = np.mean(raws) - np.mean(truths)
    error = np.mean(corrections) - np.mean(truths)
    assert optimism > 0.03
    assert abs(error) < optimism / 2
    assert error < 0.005


def test_where_one_is_clearly_best_nothing_is_corrected() -> None:
    values = np.zeros((200, 5))
    values[:, 3] = 1.0
    assert bbc_score(values) == 1.0


def test_holm_allows_for_several() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
