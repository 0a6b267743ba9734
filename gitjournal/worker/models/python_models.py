"""Calls a person's own function. Runs in the worker, after a person here has trusted exactly these bytes.

Modules of the repository are made from the files that the job names and from no others: each is compiled from bytes whose
sha256 is the one that was trusted, so neither a file changed meanwhile nor a `__pycache__` gets in.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import math
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from gitjournal.data.hashing import KeyPath
from gitjournal.data.raw import Array
from gitjournal.errors import DataError, EntryError, TrustError, nearest

Node = dict[str, Any]
Part = tuple[Any, Array]
PLACE = ("procedure", "python")
MAX_NUMBERS = 50
_METRIC = re.compile(r"[A-Za-z]\w{0,39}\Z", re.ASCII)


class Own:
    """A function of one's own as a model: called when it is fitted, inside `at_home`, its answers checked.

    What it returned is an object with `predict`, or `numbers` that it measured on the dev part. Codes of classes or
    values are needed, one for each row; a ValueError says what came instead.
    """

    def __init__(self, node: Node, seed: int, n_classes: int | None, task: str) -> None:
        self.node = node
        self.name: str = node["python"]
        self.seed = seed
        self.n_classes = n_classes
        self.task = task
        self.model: Any = None
        self.numbers: dict[str, float] | None = None
        self.classes_ = None if n_classes is None else np.arange(n_classes)

    def fit(self, train: Part, dev: Part) -> None:
        """Call the function with the train and the dev part, each `(X, y)`; it gets no other row.

        Raises TypeError for an answer that is neither a fitted object nor a flat dict of finite numbers.
        """
        function = _import(self.node, PLACE)
        found = function(train, dev, seed=self.seed, **{name: _value(value) for name, value in self.node["params"].items()})
        name = self.node["python"]
        if isinstance(found, Mapping):
            self.numbers = _numbers(found, name)
        elif not hasattr(found, "predict"):
            raise TypeError(f"{name} returned {type(found).__name__}: an object with `predict` or a dict of numbers is needed")
        self.model = found

    @property
    def called(self) -> str:
        """What messages call it."""
        return type(self.model).__name__

    def predict(self, X: Any) -> Array:
        """Return codes or values, one for each row."""
        found = np.asarray(self.model.predict(X))
        if found.ndim == 2 and found.shape[1] == 1:
            found = found[:, 0]
        fits = found.shape[:1] == (len(X),) and found.ndim == (2 if self.task == "multilabel" else 1)
        if self.task == "regression":
            fits = found.shape[:1] == (len(X),)
        if not fits or found.dtype.kind not in "biuf":
            raise ValueError(f"predict returned {found.dtype} of shape {found.shape} for {len(X)} rows; one number for each row is needed")
        if self.n_classes is not None and not np.isin(found, np.arange(self.n_classes)).all():
            raise ValueError(f"predict returned other values than the codes 0 to {self.n_classes - 1} that y holds")
        return found

    @available_if(lambda self: hasattr(self.model, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Array:
        """Return one probability for each row and class."""
        found = np.asarray(self.model.predict_proba(X), dtype=np.float64)
        if self.n_classes is not None and found.shape != (len(X), self.n_classes):
            raise ValueError(f"predict_proba returned shape {found.shape}; {(len(X), self.n_classes)} is needed: a column for each class")
        return found

    @available_if(lambda self: hasattr(self.model, "decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Array:
        """Return what the model decides by."""
        return np.asarray(self.model.decision_function(X))


def is_python(tree: Any) -> bool:
    """Whether a job's procedure is a function of one's own."""
    return len(tree) == 1 and isinstance(tree[0][1], dict) and "python" in tree[0][1]


def check(node: Node, root: Path) -> None:
    """Import the function and see that it takes what it will be given.

    Raises EntryError where it does not, TrustError where a file is not what was trusted.
    """
    with at_home(node, root):
        function = _import(node, PLACE)
        try:
            taken = inspect.signature(function)
        except (TypeError, ValueError):
            return  # made by C: what it takes is not told
        anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.parameters.values())
        for name in node["params"]:
            if name not in taken.parameters and not anything:
                raise EntryError(f"{node['python']} takes no `{name}`{nearest(name, taken.parameters)}", path=(*PLACE, name))
        try:
            taken.bind((None, None), (None, None), seed=0, **dict.fromkeys(node["params"]))
        except TypeError as fault:
            hint = "it is called as function(train, dev, *, seed, **parameters)"
            raise EntryError(f"{node['python']}: {fault}", hint=hint, path=PLACE) from None


def load(node: Node, root: Path) -> Any:
    """Call a function that gives data. Raises DataError for whatever it raises."""
    place = ("data", "python")
    with at_home(node, root):
        function = _import(node, place)
        try:
            return function()
        except Exception as fault:
            raise DataError(f"{node['python']} failed: {type(fault).__name__}: {fault}"[:300], path=place) from fault


def _numbers(found: Mapping[Any, Any], function: str) -> dict[str, float]:
    numbers: dict[str, float] = {}
    if len(found) > MAX_NUMBERS:
        raise TypeError(f"{function} returned {len(found)} numbers; at most {MAX_NUMBERS} are recorded")
    for name, value in found.items():
        plain = value.item() if isinstance(value, np.generic) else value
        if not isinstance(name, str) or not _METRIC.match(name):
            raise TypeError(f"{function} returned a number under {str(name)[:40]!r}: a metric is named by letters, digits and _")
        if isinstance(plain, bool) or not isinstance(plain, (int, float)) or not math.isfinite(plain):
            raise TypeError(f"{function} returned {name!r}: {str(plain)[:40]}; a dict holds finite numbers by name")
        numbers[name] = float(plain)
    if not numbers:
        raise TypeError(f"{function} returned an empty dict")
    return numbers


def _value(value: Any) -> Any:
    """Return a parameter as Python has it, from its form in a tree."""
    if isinstance(value, list):
        return [_value(part) for part in value]
    if isinstance(value, dict):
        return float(value["float"]) if "float" in value else {key: _value(part) for key, part in value["map"]}
    return value


def _import(node: Node, place: KeyPath) -> Any:
    module, _, name = node["python"].partition(":")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except (TrustError, MemoryError):
        raise
    except Exception as fault:
        raise EntryError(f"`{module}` cannot be imported: {type(fault).__name__}: {fault}"[:300], path=place) from fault
    if not callable(found):
        raise EntryError(f"`{name}` of {module} is no function", path=place)
    return found


@contextlib.contextmanager
def at_home(node: Node, root: Path) -> Iterator[None]:
    """Stand at the top of the worktree, with the function's modules importable, and leave none of them behind."""
    finder = _Finder(node, root)
    for path in node["files"]:
        finder.read(path)  # what is only read by the code must be what was trusted too
    before = Path.cwd()
    sys.meta_path.insert(0, finder)
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if finder.ours(name)]:
            del sys.modules[name]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Makes the modules of one function from the files that were trusted."""

    def __init__(self, node: Node, root: Path) -> None:
        self.root = root
        self.files: dict[str, str] = node["files"]
        self.modules: dict[str, str] = node["modules"]
        self.tops = {name.partition(".")[0] for name in self.modules}

    def ours(self, name: str) -> bool:
        return name.partition(".")[0] in self.tops

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:  # noqa: ARG002
        if not self.ours(fullname):
            return None
        if fullname not in self.modules:
            raise ModuleNotFoundError(f"`{fullname}` is not among the files of this function: name its file under `code`", name=fullname)
        file = self.modules[fullname]
        if not file:
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = []
            return spec
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=str(self.root / file), is_package=file.endswith("/__init__.py"))
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations = [str((self.root / file).parent)]
        return spec

    def read(self, file: str) -> bytes:
        try:
            content = (self.root / file).read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != self.files[file]:
            raise TrustError(f"{file} is not what was planned: it changed meanwhile", hint="run the command again", path=PLACE)
        return content

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self.read(self.modules[fullname]))

    def get_code(self, fullname: str) -> CodeType:
        file = self.modules[fullname]
        found: CodeType = compile(self.read(file), str(self.root / file), "exec", dont_inherit=True)
        return found

    def is_package(self, fullname: str) -> bool:
        return self.modules[fullname].endswith("/__init__.py")
