"""What is known of scikit-learn without importing it: estimators, objects, functions, and the reference default of each parameter.

The facts are in `reference/schema-1.json`, taken from installed versions of scikit-learn by `gitjournal.worker.models.reference_sklearn`.
Only what is listed there is ever built, so the list is also the boundary of trust.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from gitjournal.errors import nearest as nearest_word

SCHEMA = 1
REFERENCE = Path(__file__).with_name("reference") / f"schema-{SCHEMA}.json"

Kind = Literal[
    "classifier", "regressor", "transformer", "cluster", "outlier", "other", "object", "function",
    "layer", "cell", "optimizer", "schedule", "loss", "initializer", "regularizer", "constraint", "activation", "metric", "callback",
]  # fmt: skip
Takes = Literal[
    "", "estimator", "function",
    "layer", "layers", "cell", "cells", "optimizer", "schedule", "loss", "initializer", "regularizer", "constraint", "activation",
    "metrics", "callbacks",
]  # fmt: skip

# these lists hold (name, estimator) pairs; in the tree they are {"named": [...]}
NAMED = frozenset({"steps", "transformer_list", "estimators", "transformers"})
SEARCH_SPACES = frozenset({"param_grid", "param_distributions"})


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One parameter as it was when it first appeared.

    `default` is the value in tree form (UNSET where the parameter is required); `same` are later spellings of that default,
    `later` maps a library version to a default that really differs from then on. `numbers` says what a number means:
    "both" where a whole number is a count and another one a share. `tuple` asks the builder for tuples, `takes` says whether
    a class name is an estimator ("estimator") or a function ("function") there, and for Keras of which kind it is; `was` is the older
    name of a renamed parameter.
    """

    default: Any = msgspec.UNSET
    same: list[Any] = []
    later: dict[str, Any] = {}
    numbers: Literal["", "int", "real", "both"] = ""
    tuple: bool = False
    takes: Takes = ""
    was: str = ""

    @property
    def is_required(self) -> bool:
        """Whether there is no default."""
        return self.default is msgspec.UNSET

    def default_in(self, version: str) -> Any:
        """Return the default of that library version ("" for the reference), UNSET where it is required."""
        default = self.default
        for since, value in sorted(self.later.items(), key=lambda item: version_key(item[0])):
            if version and version_key(since) <= version_key(version):
                default = value
        return default


class ClassSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One class or function that may be built. `path` is the public import path, filled in on loading; `aliases` are other names."""

    kind: Kind
    params: dict[str, Parameter] = {}
    aliases: list[str] = []
    path: str = ""

    @property
    def short(self) -> str:
        """The name without its module."""
        return self.path.rpartition(".")[2]

    @property
    def is_function(self) -> bool:
        """Whether it is a function, given by name and never called with parameters."""
        return self.kind == "function"


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reference file: the versions that were looked at, and the classes and functions by their public path."""

    schema: int
    versions: list[str]
    known: dict[str, ClassSpec]


def version_key(version: str) -> tuple[int, ...]:
    """Return what orders versions: `1.10` after `1.9.1`.

    >>> version_key("1.10.0rc1") > version_key("1.9.1")
    True
    """
    return tuple(int(number) for number in re.findall(r"\d+", re.split(r"[a-z+]", version)[0]))


def decode(blob: bytes) -> Reference:
    """Read a reference file."""
    return msgspec.json.decode(blob, type=Reference)


@cache
def reference() -> Reference:
    """Return the reference that is shipped."""
    return decode(REFERENCE.read_bytes())


@cache
def _paths_by_short_name() -> dict[str, str]:
    """Return the full path by short name; where two share a name, the one nearer to the root of the package."""
    paths: dict[str, str] = {}
    for path in sorted(reference().known, key=lambda path: (path.count("."), path)):
        paths.setdefault(path.rpartition(".")[2], path)
    return paths


def lookup(name: str) -> ClassSpec | None:
    """Return what is known under a short or full name (upper and lower case count), or None.

    >>> lookup("SVC").path, lookup("sklearn.svm.SVC").kind
    ('sklearn.svm.SVC', 'classifier')
    """
    path = name if name in reference().known else _paths_by_short_name().get(name)
    return msgspec.structs.replace(reference().known[path], path=path) if path else None


def names() -> list[str]:
    """Return the short names, sorted."""
    return sorted(_paths_by_short_name())


def is_class(name: str) -> bool:
    """Whether a key is meant as a class rather than as a label: known, capitalised, or with a module."""
    return "." in name or name[:1].isupper()


def nearest(name: str) -> str:
    """Return ``; did you mean `SVC`?`` for the known name nearest to `name`, or nothing."""
    return nearest_word(name.rpartition(".")[2], names())
