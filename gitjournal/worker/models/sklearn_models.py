"""scikit-learn estimators, built from a tree. Runs in the worker; imports only what the catalogue lists."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import sklearn
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from gitjournal.errors import GitjournalError, TrustError
from gitjournal.procedure.catalogue import ClassSpec, lookup

Node = Any
Steps = list[list[Any]]

_EXPERIMENTAL = {
    "sklearn.impute.IterativeImputer": "enable_iterative_imputer",
    "sklearn.model_selection.HalvingGridSearchCV": "enable_halving_search_cv",
    "sklearn.model_selection.HalvingRandomSearchCV": "enable_halving_search_cv",
}
# allowed, without effect: training rows are read again for their scores, so nothing may overwrite them
FIXED = frozenset({"copy", "copy_X", "copy_X_train", "copy_x", "n_jobs", "pre_dispatch"})
_REFUSED = re.compile(r"The '(?P<name>\w+)' parameter of (?P<owner>\w+) must be (?P<must>.*)\. Got (?P<got>.*) instead\.$", re.DOTALL)


class ParameterError(GitjournalError):
    """scikit-learn does not take a value.

    `path` is "procedure", the step's label and the names below it, as in ``("procedure", "svc", "gamma")``:
    `reader.locate` finds the line.
    """

    kind = "entry"

    def __init__(self, message: str, path: list[str]) -> None:
        super().__init__(message, path=("procedure", *path))


def build(tree: Steps, seed: int | None) -> BaseEstimator:
    """Return the estimator of a tree: a Pipeline, or the estimator itself where there is one step.

    Every nested object with a `random_state` gets its own from `seed` and its position (`derive_seed`); without a seed it gets
    that of seed 0, which by then is known to change nothing. `n_jobs` stays at its default, which is one job.
    Raises ParameterError, or TrustError for a class outside the catalogue.
    """
    steps = _Builder(0 if seed is None else seed).steps(tree, [])
    if len(steps) == 1 and isinstance(steps[0][1], BaseEstimator):
        return steps[0][1]
    return Pipeline(steps)


def validate(tree: Steps, task: str | None = None) -> None:
    """Build, and let scikit-learn look at every value without data.

    With a task also checks that the last step predicts it. Raises ParameterError or TrustError.
    """
    model = validate_steps(tree)
    labels = [label for label, _ in tree]
    last = getattr(model, "steps", [(labels[-1], model)])[-1][1] if isinstance(model, Pipeline) else model
    if not hasattr(type(last), "predict") and not hasattr(last, "predict"):
        raise ParameterError(f"the last step, {_name(last)}, does not predict; end with a classifier or a regressor", [labels[-1]])
    wanted, does = ("regressor", is_regressor) if task == "regression" else ("classifier", is_classifier)
    if task is not None and not does(last):
        raise ParameterError(f"the last step, {_name(last)}, is no {wanted}, and the task is {task}", [labels[-1]])


def validate_steps(tree: Steps) -> BaseEstimator:
    """Build, let scikit-learn look at every value without data, and return the estimator."""
    model = build(tree, None)
    for path, owner in _walk(model, tree):
        _validate_parameters(owner, path)
    return model


def derive_seed(seed: int, position: int) -> int:
    """Return the `random_state` of the object at `position` (from 0, depth first, parameters by name) for a run's seed.

    The first four bytes of sha256 of ``"seed/position"``, below 2**31: the same on every machine and version.
    """
    digest = hashlib.sha256(f"{seed}/{position}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 2**31


def last_step(model: Any) -> Any:
    """Return the last step of a pipeline; of anything else, itself."""
    return model.steps[-1][1] if hasattr(model, "steps") else model


class _Builder:
    """Builds depth first and counts what draws."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.position = 0

    def steps(self, tree: Steps, path: list[str]) -> list[tuple[Any, ...]]:
        return [(label, self.value(node, [*path, label], None), *rest) for label, node, *rest in tree]

    def value(self, value: Node, path: list[str], owner: ClassSpec | None, name: str = "") -> Any:
        """Return the Python value of a tree value; `owner` and `name` tell the parameter that takes it."""
        if isinstance(value, dict):
            return self.mapping(value, path)
        parameter = owner.params.get(name) if owner else None
        if isinstance(value, list):
            parts = [self.value(part, path, None) for part in value]
            return tuple(parts) if parameter is not None and parameter.tuple else parts
        whole = isinstance(value, float) and value.is_integer()
        return int(value) if whole and parameter is not None and parameter.numbers == "int" else value

    def mapping(self, value: dict[str, Any], path: list[str]) -> Any:
        if "class" in value:
            return self.node(value, path)
        if "function" in value:
            return _import_known(value["function"], path, function=True)
        if "named" in value:
            return self.steps(value["named"], path[:-1])
        if "float" in value:
            return float(value["float"])
        return {key: self.value(part, path, None) for key, part in value["map"]}

    def node(self, node: dict[str, Any], path: list[str]) -> Any:
        entry = lookup(node["class"])
        owner = _import_known(node["class"], path, function=False)
        assert entry is not None  # noqa: S101  # _import_known has looked
        parameters = inspect.signature(owner).parameters
        arguments: dict[str, Any] = {}
        first_names = {name: parameter.was or name for name, parameter in entry.params.items()}
        # the position counts before what is inside, and names are sorted, so that the order of writing changes nothing
        if "random_state" in parameters:
            # a splitter that does not shuffle refuses one, and a deprecated one warns
            unwanted = entry.kind == "object" and "shuffle" in parameters and not node["params"].get("shuffle")
            if not unwanted and parameters["random_state"].default != "deprecated":
                arguments["random_state"] = derive_seed(self.seed, self.position)
            self.position += 1
        for name in sorted(node["params"], key=lambda name: first_names.get(name, name)):
            if name not in parameters:
                raise ParameterError(f"scikit-learn {sklearn.__version__} has no parameter `{name}` of {entry.short}", [*path, name])
            if name not in FIXED:
                arguments[name] = self.value(node["params"][name], [*path, name], entry, name)
        try:
            return owner(**arguments)
        except (TypeError, ValueError) as fault:
            raise ParameterError(f"{entry.short}: {fault}", path) from None


def _import_known(name: str, path: list[str], *, function: bool) -> Any:
    """Import what the catalogue knows under `name`; the module is taken from the catalogue."""
    entry = lookup(name)
    if entry is None or entry.is_function != function:
        raise TrustError(f"`{name}` is not among the classes that run without trust")
    if entry.path in _EXPERIMENTAL:
        importlib.import_module(f"sklearn.experimental.{_EXPERIMENTAL[entry.path]}")
    module, _, short = entry.path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), short)
    except (ImportError, AttributeError):
        raise ParameterError(f"scikit-learn {sklearn.__version__} has no {short}", path) from None


def _walk(model: Any, tree: Steps) -> Iterator[tuple[list[str], Any]]:
    """Give every estimator below `model` with its path as `get_params` names it, the outermost last."""
    parameters = model.get_params(deep=True)
    first = [] if isinstance(model, Pipeline) and len(tree) > 1 else [tree[0][0]]
    for name in sorted(parameters, key=lambda name: -name.count("__")):
        value = parameters[name]
        if hasattr(value, "get_params") and not isinstance(value, type):
            yield [*first, *name.split("__")], value
    yield first or [tree[-1][0]], model


def _validate_parameters(owner: Any, path: list[str]) -> None:
    check = getattr(owner, "_validate_params", None)
    try:
        if check is not None:
            check()
        if isinstance(owner, Pipeline):
            getattr(owner, "_validate_steps", lambda: None)()
    except (TypeError, ValueError) as fault:
        match = _REFUSED.search(str(fault))
        if match is None:
            raise ParameterError(f"{_name(owner)}: {fault}", path) from None
        message = f"`{match['name']}` of {match['owner']} must be {match['must']}; it is {match['got']}"
        raise ParameterError(message, [*path, match["name"]]) from None


def _name(owner: Any) -> str:
    return type(owner).__name__ if not isinstance(owner, str) else f"`{owner}`"
