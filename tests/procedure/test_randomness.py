"""A seed counts where something draws, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from gitjournal.entry.model import Facts
from gitjournal.procedure import randomness
from tests.support import trees

FACTS = Facts(n_rows=100, n_features=3, classes=["a", "b"], columns={"number": ["x", "y"], "category": ["c"]})


SPLIT = {"dev": 0.2, "test": 0.2, "seed": 0, "shuffle": True, "stratify": True}


def tree(text: str, point: int = 0) -> list[Any]:
    return trees.tree(text, FACTS, point=point)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[SVC]", False),
        ("[SVC: {probability: true}]", True),
        ("[StandardScaler, LogisticRegression]", False),
        ("[LogisticRegression: {solver: saga}]", True),
        ("[Ridge]", False),
        ("[RandomForestClassifier]", True),
        ("[PCA: {n_components: 2, svd_solver: full}, SVC]", False),
        ("[PCA: {n_components: 2}, SVC]", True),
        ("[LinearSVC]", True),
        ("[LinearSVC: {dual: false}]", False),
        ("[BaggingClassifier: {estimator: SVC}]", True),
        ("[CalibratedClassifierCV: {estimator: SVC}]", False),
        ("[CalibratedClassifierCV: {estimator: MLPClassifier}]", True),
        ("[VotingClassifier: {estimators: [SVC, RandomForestClassifier]}]", True),
        ("[SelectKBest: {score_func: mutual_info_classif}, SVC]", True),
        ("[SelectKBest: {score_func: chi2}, SVC]", False),
        ("[RidgeCV: {cv: {KFold: {shuffle: true}}}]", True),
        ("[RidgeCV: {cv: {KFold: {}}}]", False),
        ("[tabular, HistGradientBoostingClassifier]", True),
        ("[tabular, SVC]", False),
    ],
)
def test_it_knows_what_draws(text: str, expected: bool) -> None:
    assert randomness.draws(tree(f"procedure: {text}"), SPLIT) is expected


def test_a_split_for_each_seed_always_draws() -> None:
    assert randomness.draws(tree("procedure: [SVC]"), {"cv": 5, "seed": "each"})
