"""Feature encoding of configurations: from a canonical procedure to its algorithm and a vector of hyper-parameters. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gitjournal.procedure.canonical_text import class_of, is_nested, parameters_of, short_name, walk
from gitjournal.procedure.catalogue import lookup

LOG_FROM = 8.0  # positive values that span this factor are looked at by their logarithm
APART = 0.5  # one-hot coordinate of a word: two words are 0.7 of a number's whole range apart


@dataclass(frozen=True)
class AlgorithmSetting:
    """The hyper-parameter values of one configuration by name, such as ``SVC.C``, and its algorithm (the class of the last step).

    `key` identifies it whatever the data.
    """

    key: str
    algorithm: str
    values: dict[str, Any] = field(default_factory=dict)


def encode(procedure: Sequence[Any], key: str = "") -> AlgorithmSetting:
    """Return the algorithm and hyper-parameters of a canonical procedure; nothing of it is built. `key` is its text, by default as JSON."""
    values: dict[str, Any] = {}
    for step in procedure:
        for name, value in walk(parameters_of(step), short_name(class_of(step))):
            if not is_nested(value):
                values.setdefault(name, json.dumps(value) if isinstance(value, list) else value)
    before = " + ".join(short_name(class_of(step)) for step in procedure[:-1])
    return AlgorithmSetting(key or json.dumps(procedure, sort_keys=True), _algorithm_name(procedure), {"steps before": before, **values})


def _algorithm_name(procedure: Sequence[Any]) -> str:
    owner = class_of(procedure[-1]) if procedure else ""
    return str(parameters_of(procedure[-1]).get("function")) if owner == "python" else short_name(owner)


def locate(settings: Sequence[AlgorithmSetting]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the vectors of C configurations: the number of each one's algorithm (C), and P scaled hyper-parameters (C, P), 0 to 1.

    An axis belongs to one algorithm; for others it is 0. A value that is not said is its default, where that is known.
    """
    algorithms = {name: number for number, name in enumerate(dict.fromkeys(one.algorithm for one in settings))}
    codes = np.array([algorithms[one.algorithm] for one in settings], dtype=np.intp)
    axes: list[NDArray[np.float64]] = []
    for number in algorithms.values():
        rows = np.flatnonzero(codes == number)
        members = [settings[int(row)].values for row in rows]
        for name in dict.fromkeys(name for values in members for name in values):
            default = _default_value(name)
            for numbers in encode_axes(name, [values.get(name, default) for values in members]):
                axis = np.zeros(len(settings))
                axis[rows] = numbers
                axes.append(axis)
    return codes, np.array(axes).T if axes else np.zeros((len(settings), 0))


def encode_axes(name: str, values: Sequence[Any]) -> list[list[float]]:
    """Return the columns of one hyper-parameter: scaled numbers, and one-hot columns of its words; none where it never differs."""
    if len({repr(value) for value in values}) < 2:
        return []
    # in one parameter, a whole number may be a count and another one a share: these are two scales
    kinds = [_kind_of_value(value) for value in values]
    if not _counts_or_shares(name):
        kinds = ["number" if kind in ("count", "share") else kind for kind in kinds]
    axes = []
    for kind in ("number", "count", "share"):
        numbers = [float(value) for value, own in zip(values, kinds, strict=True) if own == kind]
        if len(set(numbers)) > 1:
            scale = _fit_axis(numbers)
            axes.append([scale(float(value)) if own == kind else 0.0 for value, own in zip(values, kinds, strict=True)])
    words = [repr(value) if kind == "word" else kind for value, kind in zip(values, kinds, strict=True)]
    levels = list(dict.fromkeys(words))
    return axes + ([[APART * (word == level) for word in words] for level in levels] if len(levels) > 1 else [])


def _kind_of_value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return "word"
    return "count" if isinstance(value, int) else "share"


def _fit_axis(numbers: Sequence[float]) -> Any:
    low, high = min(numbers), max(numbers)
    if low > 0 and high / low >= LOG_FROM:
        return lambda value: math.log(value / low) / math.log(high / low)
    return lambda value: (value - low) / (high - low)


def _find_parameter(name: str) -> Any:
    owner, _, parameter = name.rpartition(".")
    known_class = lookup(owner.rpartition(".")[2]) if owner else None
    return known_class.params.get(parameter) if known_class else None


def _counts_or_shares(name: str) -> bool:
    parameter = _find_parameter(name)
    return bool(parameter and parameter.numbers == "both")


def _default_value(name: str) -> Any:
    parameter = _find_parameter(name)
    value = None if parameter is None or parameter.is_required else parameter.default
    return value if isinstance(value, (int, float, str, bool)) else None


def differences(values: Mapping[str, Any], other_values: Mapping[str, Any]) -> list[str]:
    """Return the names of the values that differ."""

    def text(of: Mapping[str, Any], name: str) -> str:
        return repr(of.get(name, _default_value(name)))

    return [name for name in dict.fromkeys([*values, *other_values]) if text(values, name) != text(other_values, name)]
