"""What is run next, held against real results of data sets left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import replay
from gitjournal.suggest import acquisition, surrogate
from gitjournal.suggest.surrogate import Array, Belief

LEFT_OUT = range(0, 388, 18)


@pytest.fixture(scope="module")
def data() -> replay.Table:
    return replay.table()


def all_regrets(data: replay.Table, sets: int, runs: int, *picks: replay.Pick) -> list[Array]:
    """Return for each way to pick the regrets (data sets, budgets)."""
    found: list[list[Array]] = [[] for _ in picks]
    for target in LEFT_OUT:
        belief = surrogate.learn_belief(replay.past_of(data, target, sets, runs), data.alike)
        for regrets, pick in zip(found, picks, strict=True):
            regrets.append(replay.replayed(data, target, belief, pick))
    return [np.array(regrets) for regrets in found]


def by_chance(_: Belief, done: list[int], __: Array) -> int:
    chance = np.random.default_rng(len(done))
    return next(int(at) for at in chance.permutation(219) if at not in done)


@pytest.mark.parametrize(("sets", "runs"), [(30, 10_000), (30, 30), (3, 30)])
def test_it_is_no_worse_than_chance_at_any_budget_and_better_than_the_portfolio_later(data: replay.Table, sets: int, runs: int) -> None:
    ours, chance, portfolio = all_regrets(data, sets, runs, replay.by_suggestion, by_chance, replay.by_portfolio)
    worse = ours - chance
    assert (worse.mean(0) <= worse.std(0, ddof=1) / np.sqrt(len(worse))).all()
    assert ours.mean(0)[-1] < portfolio.mean(0)[-1]
    assert ours.mean(0)[-1] < 0.7 * chance.mean(0)[-1]


def test_without_history_one_s_own_runs_carry_it(data: replay.Table) -> None:
    ours, chance = all_regrets(data, 0, 0, replay.by_suggestion, by_chance)
    assert ours.mean(0)[-1] < 0.7 * chance.mean(0)[-1]


def small(past: Array, n: int) -> Belief:
    return surrogate.learn_belief(past, surrogate.prior_correlation(np.arange(n) % 2, np.linspace(0, 1, n)[:, None]))


def test_the_first_pick_is_what_was_best_on_average_and_says_on_which_data_set() -> None:
    past = np.array([[0.1, 0.9, 0.5], [0.2, 0.8, 0.9]])
    one = acquisition.choose(small(past, 3), np.arange(0), np.array([]), np.ones(3))
    assert one is not None
    assert (one.at, one.led) == (1, "past")
    assert one.gains.tolist() == pytest.approx([0.5, 0.5 * 0.6 / 0.7])


def test_a_data_set_that_disagrees_with_my_results_weighs_less() -> None:
    past = np.array([[0.1, 0.5, 0.9], [0.9, 0.5, 0.1]])
    weights = acquisition.agreement(past, np.array([0, 1]), np.array([0.3, 0.6]))
    assert weights[0] > 1000 * weights[1]


def test_without_any_evidence_the_order_decides() -> None:
    belief = small(np.empty((0, 4)), 4)
    allowed = np.array([False, True, True, True])
    one = acquisition.choose(belief, np.arange(0), np.array([]), allowed)
    assert one is not None
    assert (one.at, one.led) == (1, "order")


def test_nothing_is_left() -> None:
    assert acquisition.choose(small(np.empty((0, 2)), 2), np.arange(0), np.array([]), np.zeros(2)) is None


@given(
    scores=st.lists(st.floats(-1e6, 1e6), min_size=0, max_size=6),
    past=st.lists(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=8, max_size=8), max_size=4),
    many=st.integers(1, 10),
)
def test_any_evidence_gives_distinct_allowed_picks(scores: list[float], past: list[list[float | None]], many: int) -> None:
    rows = [[np.nan if value is None else value for value in row] for row in past if any(value is not None for value in row)]
    belief = small(np.array(rows, dtype=float).reshape(len(rows), 8), 8)
    allowed = np.ones(8, dtype=bool)
    allowed[: len(scores)] = False
    picks = acquisition.choose_several(belief, np.arange(len(scores)), np.array(scores), allowed, many)
    assert len({one.at for one in picks}) == len(picks) == min(many, 8 - len(scores))
    assert all(allowed[one.at] for one in picks)
