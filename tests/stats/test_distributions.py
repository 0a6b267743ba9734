"""The normal distribution, Student's t and the binomial, held against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from gitjournal.stats.distributions import (
    beta_share,
    binomial_at_most,
    normal_quantile,
    normal_share,
    normal_tails,
    t_beyond,
    t_quantile,
    t_tails,
)


@pytest.mark.parametrize("df", [1, 1.3, 2, 3.7, 9, 29, 99, 359, 20_000])
@pytest.mark.parametrize("share", [0.025, 0.5, 0.8, 0.975, 0.9999])
def test_quantiles_of_t(df: float, share: float) -> None:
    assert t_quantile(share, df) == pytest.approx(special.stdtrit(df, share), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("df", [1, 2.5, 14, 400])
def test_tails_of_t(df: float) -> None:
    for t in (0.0, 0.3, 1.96, -4.0, 30.0, float("inf")):
        assert t_tails(t, df) == pytest.approx(2 * special.stdtr(df, -abs(t)), rel=1e-10, abs=1e-300)


@pytest.mark.parametrize("df", [1, 1.3, 2, 3.7, 9, 29, 400])
def test_how_often_a_shifted_t_is_beyond(df: float) -> None:
    for critical, shift in ((t_quantile(0.975, df), 0.0), (2.0, 3.0), (4.3, 5.6)):
        expected = stats.nct.sf(critical, df, shift) + np.nan_to_num(stats.nct.cdf(-critical, df, shift))  # far below it has no number
        assert t_beyond(critical, shift, df) == pytest.approx(expected, abs=0.002 if 1 < df < 2 else 1e-5)


@pytest.mark.parametrize("n", [1, 5, 360, 20_000])
def test_the_binomial(n: int) -> None:
    for k in {-1, 0, 1, n // 3, n // 2, n - 1, n}:
        for p in (0.01, 0.3, 0.5, 0.99):
            assert binomial_at_most(k, n, p) == pytest.approx(special.bdtr(k, n, p) if k >= 0 else 0.0, abs=1e-10)


def test_ends() -> None:
    assert (beta_share(2, 3, 0.0), beta_share(2, 3, 1.0)) == (0.0, 1.0)
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054)


@pytest.mark.parametrize("z", [-37.0, -8.0, -1.96, 0.0, 0.3, 6.0, 12.0])
def test_the_normal_distribution_is_exact_in_the_tails(z: float) -> None:
    assert normal_share(z) == pytest.approx(special.ndtr(z), rel=1e-12, abs=0.0)
    assert normal_tails(z) == pytest.approx(2 * special.ndtr(-abs(z)), rel=1e-12, abs=0.0)
