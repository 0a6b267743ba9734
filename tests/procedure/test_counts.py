"""Shares that mean a count: the table fits both ways, and the number of training rows is the one that the split gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitjournal.data import splits
from gitjournal.data.loading import Table
from gitjournal.entry.model import Facts
from gitjournal.errors import DataError
from gitjournal.procedure import counts, origins
from tests.procedure.test_identity import DATA, HASH, SPLIT, tree
from tests.support import share_fits, trees

CASES = list(share_fits.cases())


@pytest.mark.parametrize("share", counts.SHARES, ids=lambda share: f"{share.classes.split()[0]}-{share.parameter}")
def test_a_share_and_the_count_that_it_comes_to_fit_the_same(share: counts.Share) -> None:
    assert [said for case in CASES if case[0] is share and (said := share_fits.check(*case))] == []


def test_the_fits_would_see_a_count_that_is_one_off() -> None:
    checked = set()
    for share in counts.SHARES:
        for owner in share.classes.split():
            for value in share_fits.SHARES[share.of]:
                count = counts.share_as_count(owner, share.parameter, value, counts.Sizes(share_fits.ROWS, share_fits.COLUMNS), {}.get)
                if type(count) is int and share_fits._or_fault(owner, {share.parameter: count}) != share_fits._or_fault(
                    owner, {share.parameter: count + 1}
                ):
                    checked.add((owner, share.parameter))
                    break
    assert checked == {(owner, share.parameter) for share in counts.SHARES for owner in share.classes.split()}


def text(procedure: str, sizes: counts.Sizes) -> str:
    return trees.canonical(DATA, HASH, "classification", SPLIT, tree(f"procedure: {procedure}"), sizes=sizes)


KNOWN = counts.Sizes(1000, 9)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("[DecisionTreeClassifier: {min_samples_leaf: 0.01}]", "[DecisionTreeClassifier: {min_samples_leaf: 10}]"),
        ("[DecisionTreeClassifier: {min_samples_leaf: 0.0095}]", "[DecisionTreeClassifier: {min_samples_leaf: 10}]"),
        ("[DecisionTreeClassifier: {max_features: 1.0}]", "[DecisionTreeClassifier]"),
        ("[DecisionTreeClassifier: {max_features: 9}]", "[DecisionTreeClassifier]"),
        ("[RandomForestClassifier: {max_features: 3}]", "[RandomForestClassifier]"),
        ("[RandomForestClassifier: {max_features: log2}]", "[RandomForestClassifier]"),
        ("[RandomForestRegressor: {max_features: null}]", "[RandomForestRegressor]"),
        ("[StandardScaler, RandomForestClassifier: {max_features: 0.34}]", "[StandardScaler, RandomForestClassifier]"),
        ("[{s: passthrough}, RandomForestClassifier: {max_features: 0.34}]", "[RandomForestClassifier]"),
        ("[TfidfVectorizer: {min_df: 0.002, max_df: 0.5}]", "[TfidfVectorizer: {min_df: 2, max_df: 500}]"),
        ("[BaggingClassifier: {max_samples: 0.1}]", "[BaggingClassifier: {max_samples: 100}]"),
    ],
)
def test_a_share_and_its_count_are_one_run(left: str, right: str) -> None:
    assert text(left, KNOWN) == text(right, KNOWN)
    assert text(left, counts.UNKNOWN) != text(right, counts.UNKNOWN)


@pytest.mark.parametrize(
    ("left", "right", "sizes"),
    [
        ("[PCA, RandomForestClassifier: {max_features: 3}]", "[PCA, RandomForestClassifier]", KNOWN),
        ("[SimpleImputer, RandomForestClassifier: {max_features: 3}]", "[SimpleImputer, RandomForestClassifier]", KNOWN),
        (
            "[BaggingClassifier: {estimator: {DecisionTreeClassifier: {min_samples_leaf: 0.01}}}]",
            "[BaggingClassifier: {estimator: {DecisionTreeClassifier: {min_samples_leaf: 10}}}]",
            KNOWN,
        ),
        (
            "[GradientBoostingClassifier: {min_samples_leaf: 0.01, n_iter_no_change: 3}]",
            "[GradientBoostingClassifier: {min_samples_leaf: 10, n_iter_no_change: 3}]",
            KNOWN,
        ),
        ("[BaggingClassifier: {max_samples: 0.1}]", "[BaggingClassifier: {max_samples: 100}]", counts.Sizes(1000, 9, weighted=True)),
        ("[RandomForestClassifier: {max_samples: 0.1}]", "[RandomForestClassifier: {max_samples: 100}]", KNOWN),
        ("[RandomForestClassifier: {max_features: 0.99}]", "[RandomForestClassifier: {max_features: 1.0}]", KNOWN),
    ],
)
def test_where_the_count_is_not_certain_they_stay_two_runs(left: str, right: str, sizes: counts.Sizes) -> None:
    assert text(left, sizes) != text(right, sizes)


def test_what_was_declared_is_told_beside_the_count() -> None:
    left_out = origins.omissions(tree("procedure: [RandomForestClassifier: {max_features: 0.34}]"), sizes=KNOWN)
    assert [(one.path, one.value, one.origin) for one in left_out] == [("randomforestclassifier__max_features", 0.34, "3, the default")]


# the number of training rows


def table(n_rows: int, classes: int, *, grouped: bool = False) -> Table:
    y = np.arange(n_rows) * classes // n_rows
    groups = np.arange(n_rows) // 3 if grouped else None
    return Table(None, y, "classification", {}, "", {}, list(range(classes)), groups=groups, times=np.arange(n_rows) // 2)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(12, 400),
    st.fixed_dictionaries({}, optional={part: st.floats(0.05, 0.4) for part in ("dev", "test", "train_dev")}),
    st.booleans(),
    st.booleans(),
    st.one_of(st.integers(0, 9), st.just("each")),
)
def test_the_training_rows_are_those_that_the_split_gives(
    n_rows: int, shares: dict[str, float], shuffle: bool, stratify: bool, seed: int | str
) -> None:
    declared: dict[str, Any] = {**shares, "shuffle": shuffle, "stratify": stratify and shuffle, "seed": seed}
    split = splits.effective_split(declared, "classification")
    try:
        (parts,) = splits.divide_rows(table(n_rows, 2), split, seed=3)
    except DataError:
        assume(False)
    assert counts.training_rows(split, n_rows) == len(parts["train"])


@pytest.mark.parametrize("declared", [{"cv": 3}, {"group": "g"}, {"time": "t"}, {"given": True}])
def test_where_shares_do_not_say_it_the_rows_are_not_known(declared: dict[str, Any]) -> None:
    assert counts.training_rows(splits.effective_split(declared, "classification"), 100) is None


def test_without_facts_nothing_is_known() -> None:
    assert counts.sizes(DATA, SPLIT, None) == counts.UNKNOWN
    assert counts.sizes({"features": "review"}, SPLIT, Facts(n_rows=100, n_features=1)) == counts.Sizes(60, None)
    assert counts.sizes({"path": "a.npz"}, SPLIT, Facts(n_rows=100, n_features=8, shape=[8, 8])) == counts.Sizes(60, None)
    assert counts.sizes({"weights": "w"}, SPLIT, Facts(n_rows=100, n_features=4)) == counts.Sizes(60, 4, weighted=True)
