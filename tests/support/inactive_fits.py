"""Fits each row of the tables "this changes nothing" both ways, bit for bit. Also run by other versions of scikit-learn, without pytest."""

from __future__ import annotations

import importlib
import inspect
import io
import json
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import numpy as np
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401 - makes them importable
from sklearn.utils._param_validation import StrOptions

from gitjournal.procedure import inactive
from gitjournal.procedure.catalogue import ClassSpec, lookup, reference
from gitjournal.worker.models import sklearn_models

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


def parameters_here(known: ClassSpec) -> set[str]:
    """Return what the installed version takes, as some parameters come and go."""
    owner = getattr(importlib.import_module(known.path.rpartition(".")[0]), known.short)
    return set(inspect.signature(owner).parameters)


def make(known: ClassSpec, params: dict[str, Any]) -> Any:
    owner = getattr(importlib.import_module(known.path.rpartition(".")[0]), known.short)
    here = parameters_here(known)
    seeded = {"random_state": 0} if "random_state" in here else {}
    return owner(**{name: value for name, value in (seeded | params).items() if name in here})


def outputs(known: ClassSpec, params: dict[str, Any]) -> list[np.ndarray]:
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


def values_of(known: ClassSpec, given: str) -> list[Any]:
    owner = getattr(importlib.import_module(known.path.rpartition(".")[0]), known.short)
    words = [sorted(c.options) for c in owner._parameter_constraints.get(given, []) if isinstance(c, StrOptions)]
    return [word for part in words for word in part if word not in ("precomputed", "deprecated", "warn")] + PLAIN.get(given, [])


CASES = [(rule, short, name) for rule in inactive.RULES for short in rule.classes.split() for name in rule.parameters.split()]
SEEDED = [(rule, short) for rule in inactive.STEADY for short in rule.classes.split() if lookup(short).kind != "object"]  # type: ignore[union-attr]
# what `inactive.DRAWS` says of classes with a rule of their own
STILL: list[tuple[str, dict[str, Any]]] = [
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
]
SPELLINGS = [
    (path, name, other)
    for path, known in reference().known.items()
    if known.kind in ("classifier", "regressor", "transformer")
    for name, parameter in known.params.items()
    for other in parameter.same
    if not path.endswith(".TSNE")  # gives nothing for new rows
]


FLIPPED = {"cache_size": 1, "verbose": 1, "verbose_interval": 1, "memory": None}
PRINTING = [
    (path, name)
    for path, known in reference().known.items()
    if known.kind in ("classifier", "regressor", "transformer")
    for name in known.params
    if name in inactive.NO_EFFECT - sklearn_models.FIXED - {"memory", "force_int_remainder_cols"}
]


# so many rows were proven at least, wherever they are
MANY = 60


class NotHereError(Exception):
    """The installed scikit-learn does not take this."""


def known_as(name: str) -> ClassSpec:
    """Return what the catalogue knows under a name; its parameters may be others here."""
    known = lookup(name)
    assert known is not None
    return known


def check_rule(rule: inactive.Rule, short: str, name: str) -> str:
    """Return what is wrong, or "" where a parameter that a rule calls inactive changes no output.

    Raises NotHereError where this scikit-learn has no such parameter, or takes no value that the rule is about.
    """
    known = known_as(short)
    if name not in known.params:
        return f"{short} has no {name}: drop it from the rule"
    if not {name, rule.given} <= parameters_here(known):
        raise NotHereError(f"this scikit-learn has no {name} of {short}")
    tried = 0
    for value in values_of(known, rule.given):
        if rule.holds(value):
            continue
        base = BASE.get(short, {}) | {rule.given: value}
        base = {key: part for key, part in base.items() if key in known.params} | NEEDS.get((rule.given, value), {})
        base.pop(name, None)
        try:
            plain = outputs(known, base)
        except (TypeError, ValueError):
            continue  # a combination that scikit-learn does not take at all
        for other in OTHER[name]:
            if not same(plain, outputs(known, base | {name: other})):
                return f"{short}: {name}={other} acts while {rule.given}={value}"
            tried += 1
    if not tried:
        raise NotHereError(f"{short}: no value of {rule.given} was tried")
    return ""


def check_steady(rule: inactive.Rule, short: str) -> str:
    """Return what is wrong, or "" where a random_state that a rule calls steady changes no output. Raises as `check_rule` does."""
    known = known_as(short)
    tried = 0
    for value in [value for value in values_of(known, rule.given) if not rule.holds(value)]:
        base = BASE.get(short, {}) | {rule.given: value} | NEEDS.get((rule.given, value), {})
        try:
            first = outputs(known, base | {"random_state": 1})
        except ValueError:
            continue
        if not same(first, outputs(known, base | {"random_state": 2})):
            return f"{short} draws while {rule.given}={value}"
        tried += 1
    if not tried:
        raise NotHereError(f"{short}: no value of {rule.given} was tried")
    return ""


def check_still(short: str, params: dict[str, Any]) -> str:
    """Return what is wrong, or "" where nothing is drawn."""
    known = known_as(short)
    try:
        first = outputs(known, params | {"random_state": 1})
    except ValueError as fault:
        raise NotHereError(str(fault)) from None
    return "" if same(first, outputs(known, params | {"random_state": 2})) else f"{short} {params} draws"


def check_spelling(path: str, name: str, other: Any) -> str:
    """Return what is wrong, or "" where another spelling of a default gives the same output. Raises as `check_rule` does."""
    known = known_as(path)
    if name not in parameters_here(known) or name == "random_state":
        raise NotHereError("not in this version")
    base: dict[str, Any] = BASE.get(known.short, {}) | ({"n_estimators": 5} if "n_estimators" in known.params else {})
    try:
        plain, spelled = outputs(known, base | {name: known.params[name].default}), outputs(known, base | {name: other})
    except (TypeError, ValueError) as fault:
        raise NotHereError(f"this version takes one of the two only: {str(fault)[:60]}") from None
    return "" if same(plain, spelled) else f"{path}: {name}={other} is not its default"


def check_without_effect() -> tuple[dict[str, int], list[str]]:
    """Return how often each parameter without effect was proven to have none, and what is wrong."""
    proven: dict[str, int] = {}
    wrong = []
    for path, name in PRINTING:
        known = known_as(path)
        default = known.params[name].default
        other = FLIPPED.get(name, not default)
        base: dict[str, Any] = {"bootstrap": True} if name == "oob_score" else {}
        base |= {"max_iter": 10} if "max_iter" in known.params else {}
        base |= {"n_estimators": 5} if "n_estimators" in known.params else {}
        base |= {"covariance_estimator": None, "solver": "svd"} if name == "store_covariance" else {}
        try:
            plain, changed = outputs(known, base), outputs(known, base | {name: other})
        except (TypeError, ValueError, AssertionError, AttributeError, ModuleNotFoundError):
            continue  # needs more than rows and a target, or is not in this version
        if not same(plain, changed):
            wrong.append(f"{path}: {name}={other} changes the output")
        proven[name] = proven.get(name, 0) + 1
    return proven, wrong


def check_all() -> Iterator[tuple[str, str]]:
    """Give for each row of the tables of rules its name and what is wrong with it; what cannot be tried here is left out."""
    rows = [(check_rule, case) for case in CASES] + [(check_steady, case) for case in SEEDED]
    for check, case in [*rows, *((check_still, case) for case in STILL), *((check_spelling, case) for case in SPELLINGS)]:
        try:
            yield check.__name__, check(*case)  # type: ignore[operator]
        except (NotHereError, AttributeError, ModuleNotFoundError):
            continue


def main() -> None:
    """Print how many rows were proven by each check, and what is wrong, as JSON."""
    with redirect_stdout(io.StringIO()):  # what is said to print prints
        proven, wrong = check_without_effect()
        counted: dict[str, int] = {"check_without_effect": sum(proven.values())}
        for name, said in check_all():
            counted[name] = counted.get(name, 0) + 1
            wrong += [said] if said else []
    sys.stdout.write(json.dumps({"proven": counted, "wrong": wrong}))
    sys.stdout.flush()


if __name__ == "__main__":
    printed = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is printed below Python
    sys.stdout = os.fdopen(printed, "w")
    main()
