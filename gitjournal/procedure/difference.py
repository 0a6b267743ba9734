"""How two configurations differ, and how one configuration was written in two ways. Pure.

Differences are those of the canonical texts, so what means the same never counts as one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from gitjournal.procedure import canonical_form, canonical_text, counts, origins
from gitjournal.procedure.canonical_text import class_of, is_node, parameters_of, short_name, tokens
from gitjournal.procedure.catalogue import lookup
from gitjournal.procedure.tree import Steps

Leaves = dict[str, Any]
AT_ONCE = 500  # rows of the matrix of differences in memory at a time
CLOSEST = 20  # candidates compared in full; the others are further away by a bound that costs nothing


@dataclass(frozen=True)
class ValueChange:
    """One canonical value that differs. A value that is not in a text is its default, else `ABSENT`."""

    name: str
    left: Any
    right: Any


class _Absent:
    """No such value."""

    def __repr__(self) -> str:
        return "-"


ABSENT = _Absent()


def value_changes(left: str, right: str) -> list[ValueChange]:
    """Return what differs between two canonical texts: data, split, then the steps, each value under its name as in `set_params`.

    Raises ValueError for a text that is none: a record may come from a stranger.
    """
    before, after = canonical_text.read_canonical(left), canonical_text.read_canonical(right)
    if before is None or after is None:
        raise ValueError("not a canonical text")
    changes = _compare(_with_prefix("data", before.data), _with_prefix("data", after.data), {})
    changes += _compare(_with_prefix("split", before.split), _with_prefix("split", after.split), {})
    return [*changes, *_compare_steps(before.procedure, after.procedure)]


def _with_prefix(section: str, values: Leaves) -> Leaves:
    return {f"{section}.{key}": value for key, value in values.items()}


def _compare(left: Leaves, right: Leaves, defaults: Leaves) -> list[ValueChange]:
    names = dict.fromkeys([*left, *right])
    pairs = [(name, left.get(name, defaults.get(name, ABSENT)), right.get(name, defaults.get(name, ABSENT))) for name in names]
    return [ValueChange(name, a, b) for name, a, b in pairs if name not in left or name not in right or json.dumps(a) != json.dumps(b)]


def _compare_steps(left: Sequence[Any], right: Sequence[Any]) -> list[ValueChange]:
    """Compare steps of one class with one another; what was put in, taken out or swapped is one difference each."""
    classes, right_classes = ([class_of(step) for step in steps] for steps in (left, right))
    labels = canonical_text.labels(right)
    changes = []
    for kind, a, b, c, d in SequenceMatcher(None, classes, right_classes, autojunk=False).get_opcodes():
        if kind == "equal":
            for before, after, label in zip(left[a:b], right[c:d], labels[c:d], strict=True):
                changes += _compare(_leaves(before, label), _leaves(after, label), _defaults([before, after], label))
        else:
            # the last of them correspond: models stand at the end
            pairs = list(zip_longest(reversed(classes[a:b]), reversed(right_classes[c:d])))[::-1]
            start = 1 + (a if b - a >= d - c else c)
            for number, (old_class, new_class) in enumerate(pairs, start=start):
                changes.append(ValueChange(f"step {number}", _short_or_absent(old_class), _short_or_absent(new_class)))
    return changes


def _short_or_absent(path: str | None) -> Any:
    return ABSENT if path is None else short_name(path)


def _leaves(step: Any, label: str) -> Leaves:
    """Return the values of one step and of whatever is built inside it, by name."""
    leaves: Leaves = {}
    for path, params in _nodes(step, label):
        for name, value in params.items():
            for at, part in _parts(f"{path}__{name}", value):
                leaves[at] = class_of(part) if is_node(part) else part
    return leaves


def _nodes(node: Any, path: str) -> Iterator[tuple[str, Leaves]]:
    """Give the parameters of a canonical step, and those of every class that is built inside it."""
    params = parameters_of(node)
    yield path, params
    for name, value in params.items():
        for at, part in _parts(f"{path}__{name}", value):
            if is_node(part):
                yield from _nodes(part, at)


def _parts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Give a value, or each of several that are built."""
    if isinstance(value, list) and any(isinstance(part, dict) for part in value):
        yield from ((f"{path}[{number}]", part) for number, part in enumerate(value, start=1))
    else:
        yield path, value


def _defaults(steps: Sequence[Any], label: str) -> Leaves:
    """Return the reference default of every parameter of these steps, one and the same class."""
    defaults: Leaves = {}
    for step in steps:
        classes = {label: class_of(step)} | {path: value for path, value in _leaves(step, label).items() if isinstance(value, str)}
        for path, class_path in classes.items():
            spec = lookup(class_path) if "." in class_path else None
            for name, parameter in spec.params.items() if spec else ():
                if not parameter.is_required:
                    defaults[f"{path}__{parameter.was or name}"] = parameter.default
    return defaults


# the nearest of many


def nearest_configurations(wanted: Sequence[str], candidates: Mapping[str, str]) -> list[tuple[str, list[ValueChange]]]:
    """Return the configurations (fingerprint -> canonical text) that are least different from one of `wanted`, nearest first.

    Each comes with how the nearest of `wanted` differs from it. There may be many candidates: the texts are first compared as sets of
    their values, which bounds the number of differences from below, and only the closest are compared in full.
    """
    sets = [frozenset(tokens(text)) for text in wanted]
    core, any_of = frozenset.intersection(*sets), frozenset.union(*sets)
    bounds = []
    for fingerprint, text in candidates.items():
        values = set(tokens(text))
        bounds.append((max(len(core) - len(core & values), len(values) - len(any_of & values)), fingerprint))
    bounds.sort()
    ranked = []
    for _, fingerprint in bounds[:CLOSEST]:
        values = set(tokens(candidates[fingerprint]))
        closest = min(range(len(wanted)), key=lambda number: len(sets[number] ^ values))
        with suppress(ValueError):
            ranked.append((fingerprint, value_changes(candidates[fingerprint], wanted[closest])))
    return sorted(ranked, key=lambda pair: len(pair[1]))


def nearest_neighbours(texts: Mapping[str, str], count: int) -> dict[str, list[str]]:
    """Return for each entry the `count` others whose canonical texts differ in fewest values, nearest first.

    Ties go to the later name, which is the newer entry. The differences of all pairs are counted in one product of matrices.
    """
    import numpy as np

    names = sorted(texts, reverse=True)
    sets = [set(tokens(texts[name])) for name in names]
    occurrences = Counter(token for values in sets for token in values)
    # what all have, or one alone has, changes no order
    telling = sorted(token for token, times in occurrences.items() if 1 < times < len(names))
    columns = {token: column for column, token in enumerate(telling)}
    table = np.zeros((len(names), len(columns)), dtype=np.float32)
    for row, values in enumerate(sets):
        table[row, [columns[token] for token in values if token in columns]] = 1
    sizes = np.array([len(values) for values in sets], dtype=np.float32)
    neighbours: dict[str, list[str]] = {}
    for start in range(0, len(names), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        distances = sizes[rows, None] + sizes[None, :] - 2 * (table[rows] @ table.T)
        for row, name in enumerate(names[rows]):
            distances[row, start + row] = np.inf
            order = np.argsort(distances[row], kind="stable")[: min(count, len(names) - 1)]
            neighbours[name] = [names[number] for number in order]
    return neighbours


# one configuration, written in two ways


@dataclass(frozen=True)
class DeclaredConfiguration:
    """A configuration as an entry declares it, with the version of scikit-learn and the sizes that it was run with."""

    data: Mapping[str, Any]
    split: Mapping[str, Any]
    tree: Steps
    version: str
    sizes: counts.Sizes


def spelling_differences(left: DeclaredConfiguration, right: DeclaredConfiguration) -> list[str]:
    """Return how two declarations of one configuration differ in writing, each in a few words."""
    words = [
        f"{key} {_spell(left.data.get(key, ABSENT))} and {_spell(right.data.get(key, ABSENT))}"
        for key in dict.fromkeys([*left.data, *right.data])
        if repr(left.data.get(key)) != repr(right.data.get(key))
    ]
    pairs = list(zip(canonical_form.acting_steps(left.tree), canonical_form.acting_steps(right.tree), strict=False))
    words += [f"the step names {a[0]} and {b[0]}" for a, b in pairs if a[0] != b[0]]
    if len(left.tree) != len(right.tree):
        words.append("a step that is passed through does nothing")
    omissions = [origins.omissions(side.tree, version=side.version, sizes=side.sizes) for side in (left, right)]
    reasons = [{omission.path: omission.origin for omission in side} for side in omissions]
    for (label, node, *_), (right_label, right_node, *_) in pairs:
        words += _node_words(node, right_node, (label, right_label), reasons)
    return list(dict.fromkeys(words))


def _node_words(left: Any, right: Any, paths: tuple[str, str], reasons: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Give words for each parameter of a node, and of the nodes inside it, that is declared differently."""
    if not (isinstance(left, dict) and isinstance(right, dict) and "class" in left and left.get("class") == right.get("class")):
        return
    for name in dict.fromkeys([*left["params"], *right["params"]]):
        a, b = left["params"].get(name, ABSENT), right["params"].get(name, ABSENT)
        if repr(a) == repr(b):
            continue
        left_path, right_path = (f"{path}__{name}" for path in paths)
        members = [value["named"] for value in (a, b) if isinstance(value, dict) and "named" in value]
        if len(members) == 2:
            for (label, node, *_), (right_label, right_node, *_) in zip(*members, strict=False):
                yield from _node_words(node, right_node, (f"{paths[0]}__{label}", f"{paths[1]}__{right_label}"), reasons)
        elif isinstance(a, dict) and "class" in a:
            yield from _node_words(a, b, (left_path, right_path), reasons)
        else:
            yield _value_words(name, a, b, reasons[0].get(left_path) or reasons[1].get(right_path) or "")


def _value_words(name: str, a: Any, b: Any, reason: str) -> str:
    if reason.startswith("no effect"):
        return f"{name} has {reason}"
    if ABSENT in (a, b):
        value = b if a is ABSENT else a
        return f"{name} {_spell(value)} is {reason or 'what it is by default'}"
    return f"{name} {_spell(a)} and {_spell(b)}"


def _spell(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"float"}:
        return str(value["float"])
    return str(value) if isinstance(value, str) else repr(value) if value is ABSENT else json.dumps(value)
