"""Each row of the tables says "this changes nothing": fit both ways and compare bit for bit."""

from __future__ import annotations

import importlib
import inspect
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401 - makes them importable
from sklearn.utils._param_validation import StrOptions

from gitjournal import inactive
from gitjournal.catalogue import Known, lookup, reference
from gitjournal.procedures import with_sklearn

GENERATOR = np.random.RandomState(0)
X = np.abs(GENERATOR.normal(size=(90, 6))) + 0.1
X_NEW = np.abs(GENERATOR.normal(size=(30, 6))) + 0.1
Y_CLASS = (X[:, 0] + 0.3 * GENERATOR.normal(size=90) > 0.8).astype(int) + (X[:, 1] > 1.2)
Y_NUMBER = X @ np.arange(1.0, 7.0) + GENERATOR.normal(size=90)
TEXT = [" ".join(GENERATOR.choice(["the", "cat", "sat", "on", "a", "mat", "dogs"], size=8)) for _ in range(90)]

# another value than the default, for each parameter that a rule names
OTHER: dict[str, list[Any]] = {
    "degree": [2],
    "gamma": [0.3],
    "coef0": [1.5],
    "intercept_scaling": [3.0],
    "n_neighbors": [3],
    "momentum": [0.5],
    "nesterovs_momentum": [False],
    "learning_rate": ["adaptive", "invscaling"],
    "power_t": [0.9],
    "beta_1": [0.5],
    "beta_2": [0.8],
    "epsilon": [0.5],
    "max_fun": [2],
    "batch_size": [7],
    "learning_rate_init": [0.1],
    "shuffle": [False],
    "early_stopping": [True],
    "validation_fraction": [0.3],
    "n_iter_no_change": [1],
    "l1_ratio": [0.7],
    "eta0": [0.5],
    "p": [1],
    "scoring": ["loss"],
    "tol": [0.1],
    "alpha": [0.5],
    "iterated_power": [1],
    "n_oversamples": [1],
    "power_iteration_normalizer": ["none"],
    "n_iter": [1],
    "l1_ratios": [[0.1]],
    "C": [0.01],
    "max_iter": [2],
    "fill_value": [9],
    "quantile_method": ["hazen"],
    "constant": [1],
    "quantile": [0.2],
    "smooth_idf": [False],
    "token_pattern": [r"\w"],
    "stop_words": ["english"],
}
# values of `given` that are no word: what a rule can be about
PLAIN: dict[str, list[Any]] = {
    "early_stopping": [False],
    "fit_intercept": [False],
    "n_iter_no_change": [None],
    "penalty": [None],
    "use_idf": [False],
    "jitter": [None],
    "shuffle": [False],
    "n_restarts_optimizer": [0],
    "subsample": [None],
    "probability": [False],
}
# enough to make a fit possible, short, and sensitive to what is tried
BASE: dict[str, dict[str, Any]] = {
    "MLPClassifier": {"max_iter": 15},
    "MLPRegressor": {"max_iter": 15},
    "HistGradientBoostingClassifier": {"max_iter": 5},
    "HistGradientBoostingRegressor": {"max_iter": 5},
    "NuSVC": {"nu": 0.1},
    "LinearSVC": {"dual": True},
    "LogisticRegression": {"max_iter": 50},
    "LogisticRegressionCV": {"max_iter": 50, "Cs": 2, "cv": 2, "l1_ratios": None, "use_legacy_attributes": True},
    "RadiusNeighborsClassifier": {"radius": 50.0},
    "RadiusNeighborsRegressor": {"radius": 50.0},
    "KernelPCA": {"n_components": 2},
    "Nystroem": {"n_components": 80},
    "KernelRidge": {"alpha": 1.0},
    "PCA": {"n_components": 2},
    "TruncatedSVD": {"n_components": 2},
    "FactorAnalysis": {"n_components": 2},
    "NMF": {"n_components": 2},
    "DummyRegressor": {"quantile": 0.7},
    "KBinsDiscretizer": {"quantile_method": "averaged_inverted_cdf"},
    "TfidfTransformer": {},
}
# what some values of `given` need besides
NEEDS: dict[tuple[str, Any], dict[str, Any]] = {
    ("penalty", "elasticnet"): {"solver": "saga", "l1_ratio": 0.5},
    ("strategy", "constant"): {"constant": 0},
}


def parameters_here(known: Known) -> set[str]:
    """Return what the installed version takes, as some parameters come and go."""
    owner = getattr(importlib.import_module(known.path.rpartition(".")[0]), known.short)
    return set(inspect.signature(owner).parameters)


def make(known: Known, params: dict[str, Any]) -> Any:
    owner = getattr(importlib.import_module(known.path.rpartition(".")[0]), known.short)
    here = parameters_here(known)
    seeded = {"random_state": 0} if "random_state" in here else {}
    return owner(**{name: value for name, value in (seeded | params).items() if name in here})


def outputs(known: Known, params: dict[str, Any]) -> list[np.ndarray]:
    """Fit, and return everything that a score could be computed from."""
    if "feature_extraction" in known.path:
        rows, new = (TEXT, TEXT[:30]) if known.short != "TfidfTransformer" else (np.floor(X * 3), np.floor(X_NEW * 3))
    elif known.short == "SimpleImputer":
        rows, new = np.where(X > 1.5, np.nan, X), np.where(X_NEW > 1.5, np.nan, X_NEW)
    else:
        rows, new = X, X_NEW
    target = Y_NUMBER if known.kind == "regressor" else Y_CLASS
    if known.short.startswith("MultiTask"):
        target = np.column_stack([Y_NUMBER, Y_NUMBER**2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make(known, params).fit(rows, target)
        found = [
            getattr(model, name)(new) for name in ("predict", "predict_proba", "decision_function", "transform") if hasattr(model, name)
        ]
    assert found
    return [part.toarray() if hasattr(part, "toarray") else np.asarray(part) for part in found]


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))


def values_of(known: Known, given: str) -> list[Any]:
    owner = getattr(importlib.import_module(known.path.rpartition(".")[0]), known.short)
    words = [sorted(c.options) for c in owner._parameter_constraints.get(given, []) if isinstance(c, StrOptions)]
    return [word for part in words for word in part if word not in ("precomputed", "deprecated", "warn")] + PLAIN.get(given, [])


CASES = [(rule, short, name) for rule in inactive.RULES for short in rule.classes.split() for name in rule.parameters.split()]


@pytest.mark.parametrize(("rule", "short", "name"), CASES, ids=[f"{s}-{n}-{r.given}" for r, s, n in CASES])
def test_a_parameter_that_a_rule_calls_inactive_changes_no_output(rule: inactive.Rule, short: str, name: str) -> None:
    known = lookup(short)
    assert known is not None
    if name not in known.params:
        pytest.fail(f"{short} has no {name}: drop it from the rule")
    if name not in parameters_here(known):
        pytest.skip(f"this scikit-learn has no {name} of {short}")
    tried = 0
    for value in values_of(known, rule.given):
        if rule.holds(value):
            continue
        base = BASE.get(short, {}) | {rule.given: value}
        base = {key: part for key, part in base.items() if key in known.params} | NEEDS.get((rule.given, value), {})
        base.pop(name, None)
        for other in OTHER[name]:
            try:
                plain = outputs(known, base)
            except (TypeError, ValueError):
                continue  # a combination that scikit-learn does not take at all
            assert same(plain, outputs(known, base | {name: other})), f"{name}={other} acts while {rule.given}={value}"
            tried += 1
    assert tried, "no value of the rule was tried"


@pytest.mark.parametrize(("rule", "short", "name"), CASES, ids=[f"{s}-{n}-{r.given}" for r, s, n in CASES])
def test_a_rule_is_found_by_class_and_parameter(rule: inactive.Rule, short: str, name: str) -> None:
    held = rule.only[0] if rule.only else object()
    broken = object() if rule.only else rule.never[0]
    others = {
        r.given: r.only[0] if r.only else object() for r in inactive.RULES if short in r.classes.split() and name in r.parameters.split()
    }
    assert inactive.why_inactive(short, name, (others | {rule.given: held}).get) == ""
    assert rule.given in inactive.why_inactive(short, name, (others | {rule.given: broken}).get)


SEEDED = [(rule, short) for rule in inactive.STEADY for short in rule.classes.split() if lookup(short).kind != "object"]  # type: ignore[union-attr]


@pytest.mark.parametrize(("rule", "short"), SEEDED, ids=[f"{s}-{r.given}" for r, s in SEEDED])
def test_a_random_state_that_is_called_steady_changes_no_output(rule: inactive.Rule, short: str) -> None:
    known = lookup(short)
    assert known is not None
    tried = 0
    for value in [value for value in values_of(known, rule.given) if not rule.holds(value)]:
        base = BASE.get(short, {}) | {rule.given: value} | NEEDS.get((rule.given, value), {})
        try:
            first = outputs(known, base | {"random_state": 1})
        except ValueError:
            continue
        assert same(first, outputs(known, base | {"random_state": 2})), f"draws while {rule.given}={value}"
        tried += 1
    assert tried


@pytest.mark.parametrize(
    ("short", "params"),
    [
        ("PCA", {}),
        ("PCA", {"n_components": 0.9}),
        ("PCA", {"n_components": "mle"}),
        ("PCA", {"n_components": 2, "svd_solver": "full"}),
        ("PCA", {"n_components": 2, "svd_solver": "covariance_eigh"}),
        ("LinearSVC", {"dual": False}),
        ("LinearSVR", {"dual": False, "loss": "squared_epsilon_insensitive"}),
        ("SGDClassifier", {"shuffle": False}),
        ("SGDRegressor", {"shuffle": False}),
        ("Perceptron", {"shuffle": False}),
        ("PassiveAggressiveClassifier", {"shuffle": False}),
        ("PassiveAggressiveRegressor", {"shuffle": False}),
        ("IterativeImputer", {}),
    ],
)
def test_what_is_said_to_draw_nothing_draws_nothing(short: str, params: dict[str, Any]) -> None:
    known = lookup(short)
    assert known is not None
    importlib.import_module("sklearn.experimental.enable_iterative_imputer")
    assert not inactive.draws(short, lambda name: params.get(name, known.params[name].default if name in known.params else None))
    assert same(outputs(known, params | {"random_state": 1}), outputs(known, params | {"random_state": 2}))


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
    known = lookup(short)
    assert known is not None
    assert not same(outputs(known, params | {"random_state": 1}), outputs(known, params | {"random_state": 2}))
    assert inactive.draws(short, lambda name: params.get(name, known.params[name].default))


SPELLINGS = [
    (path, name, other)
    for path, known in reference().known.items()
    if known.kind in ("classifier", "regressor", "transformer")
    for name, parameter in known.params.items()
    for other in parameter.same
    if not path.endswith(".TSNE")  # gives nothing for new rows
]


@pytest.mark.parametrize(("path", "name", "other"), SPELLINGS, ids=[f"{p.rpartition('.')[2]}-{n}-{o}" for p, n, o in SPELLINGS])
def test_another_spelling_of_a_default_gives_the_same_output(path: str, name: str, other: Any) -> None:
    known = lookup(path)
    assert known is not None
    if name not in parameters_here(known) or name == "random_state":
        pytest.skip("not in this version")
    base: dict[str, Any] = BASE.get(known.short, {}) | ({"n_estimators": 5} if "n_estimators" in known.params else {})
    try:
        plain, spelled = outputs(known, base | {name: known.params[name].default}), outputs(known, base | {name: other})
    except (TypeError, ValueError) as fault:
        pytest.skip(f"this version takes one of the two only: {str(fault)[:60]}")
    assert same(plain, spelled)


FLIPPED = {"cache_size": 1, "verbose": 1, "verbose_interval": 1, "memory": None}
PRINTING = [
    (path, name)
    for path, known in reference().known.items()
    if known.kind in ("classifier", "regressor", "transformer")
    for name in known.params
    if name in inactive.NO_EFFECT - with_sklearn.FIXED - {"memory", "force_int_remainder_cols"}
]


@pytest.mark.slow
def test_parameters_that_are_said_to_have_no_effect_have_none(capfd: pytest.CaptureFixture[str]) -> None:
    proven: dict[str, int] = {}
    for path, name in PRINTING:
        known = lookup(path)
        assert known is not None
        default = known.params[name].default
        other = FLIPPED.get(name, not default)
        base: dict[str, Any] = {"bootstrap": True} if name == "oob_score" else {}
        base |= {"max_iter": 10} if "max_iter" in known.params else {}
        base |= {"n_estimators": 5} if "n_estimators" in known.params else {}
        base |= {"covariance_estimator": None, "solver": "svd"} if name == "store_covariance" else {}
        try:
            plain, changed = outputs(known, base), outputs(known, base | {name: other})
        except (TypeError, ValueError, AssertionError):
            continue  # needs more than rows and a target, or is gone from this version
        assert same(plain, changed), f"{path}: {name}={other} changes the output"
        proven[name] = proven.get(name, 0) + 1
    capfd.readouterr()
    for name in ("verbose", "cache_size", "oob_score", "store_covariance", "compute_score", "store_cv_results"):
        assert proven.get(name), f"{name} was proven nowhere"
    assert sum(proven.values()) > 60


def test_parameters_that_training_rows_depend_on_are_never_passed_on() -> None:
    tree = [["standardscaler", {"class": "sklearn.preprocessing.StandardScaler", "params": {"copy": False}}]]
    assert with_sklearn.build(tree, 0).copy is True  # type: ignore[attr-defined]


def test_no_rule_leaves_out_an_estimator() -> None:
    # positions of derived seeds count every nested object, so none may be dropped from the identity
    for rule in inactive.RULES:
        for short in rule.classes.split():
            known = lookup(short)
            assert known is not None
            for name in rule.parameters.split():
                assert known.params[name].takes != "estimator"
