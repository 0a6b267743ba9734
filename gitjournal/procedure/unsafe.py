"""Unsafe values of parameters: not run without trust, though their class is known. Pure; one rule a row.

scikit-learn has parameters that read files, unpickle, or call what they are given. An entry may come from a stranger's pull
request, so these are refused before anything is imported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gitjournal.procedure.catalogue import SEARCH_SPACES, Parameter, lookup

DTYPES = frozenset(["bool", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "object"])
# what people write here is text or labels of their data, never opened
FREE_TEXT = frozenset(
    (
        "token_pattern",
        "stop_words",
        "missing_values",
        "fill_value",
        "constant",
        "categories",
        "vocabulary",
        "class_weight",
        "unknown_value",
    )
)

_ATTRIBUTES = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\Z")
_PRE_DISPATCH = re.compile(r"all|[1-9][0-9]{0,3}\Z|([1-9][0-9]{0,3}\*)?n_jobs\Z")
_FILE_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,7}\Z")


@dataclass(frozen=True)
class UnsafeValue:
    """Why a value of a parameter is refused; `trust` tells a danger from a plain mistake."""

    message: str
    hint: str = ""
    trust: bool = True


def find_unsafe(name: str, value: Any, parameter: Parameter | None) -> UnsafeValue | None:
    """Return why parameter `name` may not take `value` (a YAML value or a tree), or None.

    `parameter` is None for a key of a search space, whose owner is only known to scikit-learn.
    """
    if name == "random_state":
        return UnsafeValue("`random_state` is not declared: `seeds` drive every random part of the model", "seeds: [0, 1, 2]", trust=False)
    if value is None:
        return None
    if name == "memory":
        return UnsafeValue("`memory` is refused: a cache folder holds pickles, and reading one runs code", "leave it out")
    if name == "callback":
        return UnsafeValue("`callback` is refused: it runs code that is not in the entry", "leave it out")
    if name == "input" and value != "content":
        return UnsafeValue(f"`input: {value}` is refused: it opens files that the data name", "use `input: content`, which is the default")
    if name == "vocabulary" and isinstance(value, str):
        return UnsafeValue("`vocabulary` as a string is refused: it may name a file", "write the words as a list")
    if name == "dtype" and value not in DTYPES:
        return UnsafeValue(f"`dtype: {value}` is not one of {', '.join(sorted(DTYPES))}", trust=False)
    if name == "pre_dispatch" and not _PRE_DISPATCH.match(str(value)):
        return UnsafeValue("`pre_dispatch` is refused: joblib evaluates it", "leave it out: a run uses one job")
    if name == "importance_getter":
        is_attribute = isinstance(value, str) and _ATTRIBUTES.match(value)
        return None if is_attribute else UnsafeValue("`importance_getter` takes the name of an attribute")
    if parameter is not None and parameter.takes == "function" and isinstance(value, str):
        return _find_unlisted_function(name, value)
    if name in SEARCH_SPACES:
        return _find_in_search_space(value)
    return None if name in FREE_TEXT else path_like(name, value)


def _find_unlisted_function(name: str, value: str) -> UnsafeValue | None:
    spec = lookup(value)
    if spec is not None and spec.is_function:
        return None
    message = f"`{name}: {value}` is refused: not among the functions that run without trust"
    return UnsafeValue(message, "listed are f_classif, chi2, log1p, …")


def _find_in_search_space(grids: Any) -> UnsafeValue | None:
    """Look into `param_grid`: its keys reach any parameter of the estimator that is searched."""
    for grid in grids if isinstance(grids, list) else [grids]:
        for key, values in grid.items() if isinstance(grid, dict) else ():
            name = str(key).rpartition("__")[2]
            for value in values if isinstance(values, list) else [values]:
                if unsafe := find_unsafe(name, value, None):
                    return unsafe
    return None


def path_like(name: str, value: Any) -> UnsafeValue | None:
    """Return why a value that may name a file is refused, through lists and mappings."""
    if isinstance(value, str):
        if "/" in value or "\\" in value or value.startswith("~") or _FILE_SUFFIX.search(value):
            return UnsafeValue(f"`{name}: {value}` is refused: it looks like a path, and no parameter reads files")
        return None
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((unsafe for part in parts if (unsafe := path_like(name, part))), None)
