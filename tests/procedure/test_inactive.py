"""Each row of the tables says "this changes nothing": fit both ways and compare bit for bit."""

from __future__ import annotations

from typing import Any

import pytest

from gitjournal.procedure import inactive
from gitjournal.procedure.catalogue import lookup
from gitjournal.worker.models import sklearn_models
from tests.support.inactive_fits import (
    CASES,
    MANY,
    SEEDED,
    SPELLINGS,
    STILL,
    NotHereError,
    check_rule,
    check_spelling,
    check_steady,
    check_still,
    check_without_effect,
    outputs,
    same,
)


@pytest.mark.parametrize(("rule", "short", "name"), CASES, ids=[f"{s}-{n}-{r.given}" for r, s, n in CASES])
def test_a_parameter_that_a_rule_calls_inactive_changes_no_output(rule: inactive.Rule, short: str, name: str) -> None:
    try:
        assert check_rule(rule, short, name) == ""
    except NotHereError as told:
        if "no value" in str(told):
            raise
        pytest.skip(str(told))


@pytest.mark.parametrize(("rule", "short", "name"), CASES, ids=[f"{s}-{n}-{r.given}" for r, s, n in CASES])
def test_a_rule_is_found_by_class_and_parameter(rule: inactive.Rule, short: str, name: str) -> None:
    holding = rule.only[0] if rule.only else object()
    broken = object() if rule.only else rule.never[0]
    holding_rules = {
        r.given: r.only[0] if r.only else object() for r in inactive.RULES if short in r.classes.split() and name in r.parameters.split()
    }
    assert inactive.why_inactive(short, name, (holding_rules | {rule.given: holding}).get) == ""
    assert rule.given in inactive.why_inactive(short, name, (holding_rules | {rule.given: broken}).get)


@pytest.mark.parametrize(("rule", "short"), SEEDED, ids=[f"{s}-{r.given}" for r, s in SEEDED])
def test_a_random_state_that_is_called_steady_changes_no_output(rule: inactive.Rule, short: str) -> None:
    assert check_steady(rule, short) == ""


@pytest.mark.parametrize(("short", "params"), STILL)
def test_what_is_said_to_draw_nothing_draws_nothing(short: str, params: dict[str, Any]) -> None:
    spec = lookup(short)
    assert spec is not None
    assert not inactive.draws(short, lambda name: params.get(name, spec.params[name].default if name in spec.params else None))
    assert check_still(short, params) == ""


@pytest.mark.parametrize(
    ("short", "params"),
    [
        ("RandomForestClassifier", {"n_estimators": 3}),
        ("MLPClassifier", {"max_iter": 5}),
        ("SGDClassifier", {}),
        ("LogisticRegression", {"solver": "saga", "max_iter": 2}),
        ("DummyClassifier", {"strategy": "uniform"}),
        ("Lasso", {"selection": "random", "max_iter": 1}),
        ("QuantileTransformer", {"subsample": 50, "n_quantiles": 20}),
        ("RBFSampler", {}),
    ],
)
def test_what_draws_is_said_to_draw(short: str, params: dict[str, Any]) -> None:
    spec = lookup(short)
    assert spec is not None
    assert not same(outputs(spec, params | {"random_state": 1}), outputs(spec, params | {"random_state": 2}))
    assert inactive.draws(short, lambda name: params.get(name, spec.params[name].default))


@pytest.mark.parametrize(("path", "name", "spelling"), SPELLINGS, ids=[f"{p.rpartition('.')[2]}-{n}-{o}" for p, n, o in SPELLINGS])
def test_another_spelling_of_a_default_gives_the_same_output(path: str, name: str, spelling: Any) -> None:
    try:
        assert check_spelling(path, name, spelling) == ""
    except NotHereError as told:
        pytest.skip(str(told))


@pytest.mark.slow
def test_parameters_that_are_said_to_have_no_effect_have_none(capfd: pytest.CaptureFixture[str]) -> None:
    proven, wrong = check_without_effect()
    capfd.readouterr()
    assert wrong == []
    for name in ("verbose", "cache_size", "oob_score", "store_covariance", "compute_score", "store_cv_results"):
        assert proven.get(name), f"{name} was proven nowhere"
    assert sum(proven.values()) > MANY


def test_parameters_that_training_rows_depend_on_are_never_passed_on() -> None:
    tree = [["standardscaler", {"class": "sklearn.preprocessing.StandardScaler", "params": {"copy": False}}]]
    assert sklearn_models.build(tree, 0).copy is True  # type: ignore[attr-defined]


def test_no_rule_leaves_out_an_estimator() -> None:
    # positions of derived seeds count every nested object, so none may be dropped from the identity
    for rule in inactive.RULES:
        for short in rule.classes.split():
            spec = lookup(short)
            assert spec is not None
            for name in rule.parameters.split():
                assert spec.params[name].takes != "estimator"
