"""Procedures without what binds them to one data set."""

from __future__ import annotations

from typing import Any

import pytest

from gitjournal.suggest import portable

SVC = {"sklearn.svm.SVC": {"C": 10}}
SCALER: dict[str, Any] = {"sklearn.preprocessing.StandardScaler": {}}
NUMBERS = {"sklearn.pipeline.Pipeline": {"steps": [{"sklearn.impute.SimpleImputer": {"strategy": "median"}}, SCALER]}}
MIXED = {"sklearn.compose.ColumnTransformer": {"transformers": [[SCALER, ["age"]]], "sparse_threshold": 0}}


@pytest.mark.parametrize("first", [SCALER, NUMBERS, MIXED])
def test_scaled_columns_are_the_same_on_arrays_and_on_tables(first: dict[str, Any]) -> None:
    assert portable.make_portable([first, SVC], None) == [{portable.SCALED: {}}, SVC]


def test_a_scaler_alone_or_one_with_parameters_stays_what_it_is() -> None:
    other = {"sklearn.preprocessing.StandardScaler": {"with_mean": False}}
    assert portable.make_portable([other, SVC], None) == [other, SVC]
    assert portable.make_portable([SCALER], None) == [SCALER]


def test_a_count_of_columns_is_a_share_elsewhere() -> None:
    forest = {"sklearn.ensemble.RandomForestClassifier": {"max_features": 32, "min_samples_leaf": 4}}
    assert portable.make_portable([forest], 64) == [
        {"sklearn.ensemble.RandomForestClassifier": {"max_features": 0.5, "min_samples_leaf": 4}}
    ]


def test_a_default_of_one_version_is_not_declared_for_another() -> None:
    boosting = {"sklearn.ensemble.AdaBoostClassifier": {"algorithm": "SAMME", "learning_rate": 0.4}}
    plain = portable.make_portable([boosting], None)
    assert portable.declare_steps(plain, "tabular") == [{"AdaBoostClassifier": {"learning_rate": 0.4}}]


def test_it_can_be_declared_anew() -> None:
    assert portable.declare_steps([{portable.SCALED: {}}, SVC], "tabular") == ["tabular", {"SVC": {"C": 10}}]
    nested = {"sklearn.ensemble.BaggingClassifier": {"estimator": {"sklearn.svm.SVC": {}}, "n_estimators": 5}}
    assert portable.declare_steps([nested], "StandardScaler") == [{"BaggingClassifier": {"estimator": "SVC", "n_estimators": 5}}]


@pytest.mark.parametrize(
    "step",
    [
        MIXED,
        NUMBERS,
        {"python": {"function": "a:b", "code": "0", "parameters": {}}},
        {"os.system": {"command": "rm"}},
        "x",
        {"sklearn.svm.SVC": 3},
        {"sklearn.svm.SVC": {"class_weight": {"map": [[0, 1]]}}},
    ],
)
def test_what_needs_its_own_data_or_is_not_known_is_not_declared(step: Any) -> None:
    assert portable.declare_steps([step, SVC], "StandardScaler") is None
