"""The reference of scikit-learn: append what the installed version has: ``python -m gitjournal.worker.models.reference_sklearn``.

What stands in the file is never changed: old fingerprints rest on it. A class or parameter seen for the first time is added with
its default of that moment; a default that changes later is added beside the first one, under the version that brought it.
"""

from __future__ import annotations

import importlib
import inspect
import math
import numbers
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import sklearn
from sklearn.base import BaseEstimator
from sklearn.utils import all_estimators

from gitjournal.procedure.catalogue import NAMED, REFERENCE, SCHEMA, ClassSpec, Kind, Parameter, Reference, decode

FUNCTIONS = {
    "sklearn.feature_selection": ("chi2", "f_classif", "f_regression", "mutual_info_classif", "mutual_info_regression", "r_regression"),
    "numpy": ("abs", "cbrt", "exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "max", "mean", "median", "min", "sqrt", "square"),
}
KERNELS = (
    "CompoundKernel",
    "ConstantKernel",
    "DotProduct",
    "ExpSineSquared",
    "Exponentiation",
    "Matern",
    "PairwiseKernel",
    "Product",
    "RBF",
    "RationalQuadratic",
    "Sum",
    "WhiteKernel",
)
SPLITTERS = (
    "GroupKFold",
    "GroupShuffleSplit",
    "KFold",
    "LeaveOneGroupOut",
    "LeaveOneOut",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "ShuffleSplit",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
)
EXPERIMENTAL = ("enable_iterative_imputer", "enable_halving_search_cv")

# `deprecated`, `warn` and at times None mean "what it was before"; this says what that is where they are the first default seen
DEFAULTS: dict[tuple[str, str], Any] = {
    ("HistGradientBoostingClassifier", "categorical_features"): None,
    ("HistGradientBoostingRegressor", "categorical_features"): None,
    ("KBinsDiscretizer", "quantile_method"): "linear",  # what was done before the parameter existed
    ("LogisticRegression", "multi_class"): "auto",
    ("LogisticRegressionCV", "multi_class"): "auto",
    ("LogisticRegressionCV", "use_legacy_attributes"): True,
    ("MDS", "init"): "random",
    ("MiniBatchNMF", "n_components"): None,
    ("NMF", "n_components"): None,
    ("RidgeCV", "store_cv_values"): False,
    ("RidgeCV", "store_cv_results"): False,
    ("RidgeClassifierCV", "store_cv_values"): False,
    ("RidgeClassifierCV", "store_cv_results"): False,
    ("TSNE", "max_iter"): 1000,
    ("TSNE", "n_iter"): 1000,
}
# other spellings of the first default, read in the documentation of the version that brought them
SAME: dict[tuple[str, str], list[Any]] = {
    ("BaggingClassifier", "max_samples"): [None],
    ("BaggingRegressor", "max_samples"): [None],
    ("CalibratedClassifierCV", "ensemble"): ["auto"],
    ("ElasticNetCV", "alphas"): [100],
    ("LassoCV", "alphas"): [100],
    ("LogisticRegression", "l1_ratio"): [0.0],
    ("MiniBatchNMF", "n_components"): ["warn", "auto"],
    ("MultiTaskElasticNetCV", "alphas"): [100],
    ("MultiTaskLassoCV", "alphas"): [100],
    ("NMF", "n_components"): ["warn", "auto"],
    ("RidgeCV", "store_cv_results"): [None],
    ("RidgeClassifierCV", "store_cv_results"): [None],
    ("TSNE", "max_iter"): [None],
}
# a parameter that went away, and with it its effect
LATER: dict[tuple[str, str], dict[str, Any]] = {("AdaBoostClassifier", "algorithm"): {"1.6": "SAMME"}}
RENAMED: dict[tuple[str, str], str] = {
    ("ClassifierChain", "estimator"): "base_estimator",
    ("RegressorChain", "estimator"): "base_estimator",
    ("SelfTrainingClassifier", "estimator"): "base_estimator",
}
SENTINELS = ("deprecated", "warn")


def spell(value: Any) -> Any:
    """Write a default in tree form: plain JSON, with names for what JSON has none for."""
    if isinstance(value, type) and issubclass(value, np.generic):
        return np.dtype(value).name
    if isinstance(value, BaseEstimator):  # pragma: no cover - no version has one so far
        raise TypeError(f"the default {value!r} is an estimator, which the reference cannot hold: extend spell()")
    if callable(value):
        return {"function": next(f"{module}.{name}" for module, names in FUNCTIONS.items() for name in names if name == value.__name__)}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, (tuple, list)):
        return [spell(part) for part in value]
    return value


def _number_kind(constraints: list[Any]) -> Literal["", "int", "real", "both"]:
    """Return what numbers mean to a parameter, from scikit-learn's own constraints."""
    kinds: set[str] = set()
    for constraint in constraints:
        kind = getattr(constraint, "type", constraint)
        if kind is numbers.Integral or (isinstance(constraint, str) and constraint == "cv_object"):
            kinds.add("int")
        elif kind is numbers.Real or getattr(kind, "__name__", "") in ("RealNotInt", "float"):
            kinds.add("real")
    if len(kinds) == 2:
        return "both"
    return "int" if "int" in kinds else "real" if "real" in kinds else ""


def _takes(name: str, constraints: list[Any], default: Any) -> Literal["", "estimator", "function"]:
    kinds = {type(constraint).__name__ for constraint in constraints} | {getattr(part, "__name__", str(part)) for part in constraints}
    fits = any({"fit", "fit_transform"} & set(getattr(constraint, "methods", ())) for constraint in constraints)
    if fits or name in NAMED or name in ("estimator", "base_estimator") or kinds & {"Kernel", "ClusterMixin", "cv_object"}:
        return "estimator"
    if callable(default) and not isinstance(default, type):
        return "function"
    return "function" if "callable" in kinds and not kinds & {"StrOptions", "str"} else ""


def describe_parameter(owner: type, parameter: inspect.Parameter) -> Parameter:
    """Describe one parameter of a class."""
    declared = getattr(owner, "_parameter_constraints", {})
    constraints = declared.get(parameter.name, []) if isinstance(declared, dict) else []
    constraints = [] if constraints == "no_validation" else constraints
    default = parameter.default
    at = (owner.__name__, parameter.name)
    bare = not declared  # kernels and splitters come without constraints
    takes: Literal["", "estimator", "function"] = _takes(parameter.name, constraints, default)
    if bare and parameter.name in ("k1", "k2", "kernel", "kernels"):
        takes = "estimator"
    sentinel = isinstance(default, str) and default in SENTINELS
    if default is parameter.empty:
        first = msgspec.UNSET
    else:
        first = DEFAULTS[at] if at in DEFAULTS and (sentinel or default is None) else spell(default)
    by_default: dict[type, Literal["int", "real"]] = {int: "int", float: "real"}
    return Parameter(
        default=first,
        same=SAME.get(at, [default] if sentinel else []),
        later=LATER.get(at, {}),
        numbers=by_default.get(type(default), "") if bare else _number_kind(constraints),
        tuple=isinstance(default, tuple) or (tuple in constraints and list not in constraints),
        takes=takes,
        was=RENAMED.get(at, ""),
    )


def describe(owner: type, kind: Kind) -> ClassSpec:
    """Describe one class."""
    skipped = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    signature = inspect.signature(owner.__init__).parameters.values()  # type: ignore[misc]  # of a class, not of an instance
    return ClassSpec(
        kind, {one.name: describe_parameter(owner, one) for one in signature if one.name != "self" and one.kind not in skipped}
    )


def _kind(owner: type) -> Kind:
    names = {base.__name__ for base in owner.__mro__}
    by_mixin: tuple[tuple[str, Kind], ...] = (
        ("ClassifierMixin", "classifier"),
        ("RegressorMixin", "regressor"),
        ("OutlierMixin", "outlier"),
        ("ClusterMixin", "cluster"),
        ("TransformerMixin", "transformer"),
    )
    return next((kind for mixin, kind in by_mixin if mixin in names), "other")


def public_path(owner: type) -> str:
    """Return where a class is imported from: its module up to the first private part."""
    parts = owner.__module__.split(".")
    private = next((number for number, part in enumerate(parts) if part.startswith("_")), len(parts))
    path = ".".join(parts[:private])
    if getattr(importlib.import_module(path), owner.__name__) is not owner:
        raise ImportError(f"{owner.__name__} is not found under {path}")
    return f"{path}.{owner.__name__}"


def describe_sklearn() -> Reference:
    """Describe the installed scikit-learn."""
    for name in EXPERIMENTAL:
        importlib.import_module(f"sklearn.experimental.{name}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        catalogue = {public_path(owner): describe(owner, _kind(owner)) for _, owner in all_estimators()}
    for module, names in (("sklearn.gaussian_process.kernels", KERNELS), ("sklearn.model_selection", SPLITTERS)):
        for name in names:
            catalogue[f"{module}.{name}"] = describe(getattr(importlib.import_module(module), name), "object")
    catalogue |= {f"{module}.{name}": ClassSpec("function") for module, names in FUNCTIONS.items() for name in names}
    return Reference(SCHEMA, [sklearn.__version__], dict(sorted(catalogue.items())))


def append(old: Reference, installed: Reference) -> Reference:
    """Return `old` with what `installed` has beyond it; no default of `old` changes."""
    catalogue = dict(old.known)
    version = installed.versions[-1]
    for path, new in installed.known.items():
        if path not in catalogue:
            catalogue[path] = new
            continue
        before = catalogue[path]
        params = dict(before.params)
        for name, parameter in new.params.items():
            params[name] = _note_default(before.params[name], parameter, version) if name in params else parameter
        aliases = [*before.aliases, *(alias for alias in new.aliases if alias not in before.aliases)]
        catalogue[path] = ClassSpec(before.kind, params, aliases)
    return Reference(
        old.schema, [*old.versions, *(v for v in installed.versions if v not in old.versions)], dict(sorted(catalogue.items()))
    )


def _note_default(old: Parameter, new: Parameter, version: str) -> Parameter:
    """Note a default that is spelled differently, or really differs, since `version`."""
    current = old.default_in(version)
    values = [value for value in (new.default, *new.same) if value is not msgspec.UNSET]
    if old.is_required or not values or values[0] == current or values[0] in old.same or (old.later and values[0] in SENTINELS):
        # a spelling may be new though the default is not
        missing = [] if old.is_required else [value for value in values[1:] if value not in old.same and value != old.default]
        return msgspec.structs.replace(old, same=[*old.same, *missing]) if missing else old
    if values[0] in SENTINELS:
        return msgspec.structs.replace(old, same=[*old.same, values[0]])
    since = ".".join(version.split(".")[:2])
    return msgspec.structs.replace(old, later={**old.later, since: values[0]})


def encode(reference: Reference) -> str:
    """Write the file: one class a line, so that a diff names what was added."""
    lines = [f"{msgspec.json.encode(path).decode()}:{msgspec.json.encode(known).decode()}" for path, known in reference.known.items()]
    versions = msgspec.json.encode(reference.versions).decode()
    return f'{{"schema":{reference.schema},"versions":{versions},"known":{{\n' + ",\n".join(lines) + "\n}}\n"


def update(file: Path, describe_installed: Callable[[], Reference] = describe_sklearn) -> list[str]:
    """Append what the installed version has beyond `file`; return the paths that are new or longer."""
    installed = describe_installed()
    old = decode(file.read_bytes()) if file.exists() else Reference(SCHEMA, [], {})
    new = append(old, installed)
    file.parent.mkdir(exist_ok=True)
    file.write_text(encode(new), encoding="utf-8")
    return [path for path, known in new.known.items() if old.known.get(path) != known]


if __name__ == "__main__":
    changed = update(REFERENCE)
    print(f"scikit-learn {sklearn.__version__}: {len(changed)} new or longer in {REFERENCE.name}", *changed, sep="\n  ")  # noqa: T201
