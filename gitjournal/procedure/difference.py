"""How two configurations differ, and how one configuration was written in two ways. Pure.

Differences are those of the canonical texts, so what means the same never counts as one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from gitjournal.procedure import canonical_form, canonical_text, counts, origins
from gitjournal.procedure.canonical_text import class_of, is_node, parameters_of, short_name, tokens
from gitjournal.procedure.catalogue import lookup

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


def changes(left: str, right: str) -> list[ValueChange]:
    """Return what differs between two canonical texts: data, split, then the steps, each value under its name as in `set_params`.

    Raises ValueError for a text that is none: a record may come from a stranger.
    """
    ours, theirs = canonical_text.read(left), canonical_text.read(right)
    if ours is None or theirs is None:
        raise ValueError("not a canonical text")
    found = _compared(_named("data", ours.data), _named("data", theirs.data), {})
    found += _compared(_named("split", ours.split), _named("split", theirs.split), {})
    return [*found, *_steps(ours.procedure, theirs.procedure)]


def _named(section: str, values: Leaves) -> Leaves:
    return {f"{section}.{key}": value for key, value in values.items()}


def _compared(left: Leaves, right: Leaves, defaults: Leaves) -> list[ValueChange]:
    names = dict.fromkeys([*left, *right])
    pairs = [(name, left.get(name, defaults.get(name, ABSENT)), right.get(name, defaults.get(name, ABSENT))) for name in names]
    return [ValueChange(name, a, b) for name, a, b in pairs if name not in left or name not in right or json.dumps(a) != json.dumps(b)]


def _steps(left: Sequence[Any], right: Sequence[Any]) -> list[ValueChange]:
    """Compare steps of one class with one another; what was put in, taken out or swapped is one difference each."""
    ours, theirs = ([class_of(step) for step in steps] for steps in (left, right))
    labels = canonical_text.labels(right)
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            for one, other, label in zip(left[a:b], right[c:d], labels[c:d], strict=True):
                found += _compared(_leaves(one, label), _leaves(other, label), _defaults([one, other], label))
        else:
            # the last of them correspond: models stand at the end
            pairs = list(zip_longest(reversed(ours[a:b]), reversed(theirs[c:d])))[::-1]
            first = 1 + (a if b - a >= d - c else c)
            found += [ValueChange(f"step {number}", _short(one), _short(other)) for number, (one, other) in enumerate(pairs, start=first)]
    return found


def _short(owner: str | None) -> Any:
    return ABSENT if owner is None else short_name(owner)


def _leaves(step: Any, label: str) -> Leaves:
    """Return the values of one step and of whatever is built inside it, by name."""
    found: Leaves = {}
    for path, params in _nodes(step, label):
        for name, value in params.items():
            for at, part in _parts(f"{path}__{name}", value):
                found[at] = class_of(part) if is_node(part) else part
    return found


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
    found: Leaves = {}
    for step in steps:
        built = {label: class_of(step)} | {path: owner for path, owner in _leaves(step, label).items() if isinstance(owner, str)}
        for path, owner in built.items():
            known = lookup(owner) if "." in owner else None
            if known is not None:
                found |= {f"{path}__{one.was or name}": one.default for name, one in known.params.items() if not one.is_required}
    return found


# the nearest of many


def nearest(wanted: Sequence[str], known: Mapping[str, str]) -> list[tuple[str, list[ValueChange]]]:
    """Return the configurations (fingerprint -> canonical text) that are least different from one of `wanted`, nearest first.

    Each comes with how the nearest of `wanted` differs from it. `known` may be large: the texts are first compared as sets of their
    values, which bounds the number of differences from below, and only the closest are compared in full.
    """
    sets = [frozenset(tokens(text)) for text in wanted]
    core, any_of = frozenset.intersection(*sets), frozenset.union(*sets)
    bounds = []
    for fingerprint, text in known.items():
        found_there = set(tokens(text))
        bounds.append((max(len(core) - len(core & found_there), len(found_there) - len(any_of & found_there)), fingerprint))
    bounds.sort()
    found = []
    for _, fingerprint in bounds[:CLOSEST]:
        theirs = tokens(known[fingerprint])
        ours = min(range(len(wanted)), key=lambda number: len(sets[number].symmetric_difference(theirs)))
        with suppress(ValueError):
            found.append((fingerprint, changes(known[fingerprint], wanted[ours])))
    return sorted(found, key=lambda pair: len(pair[1]))


def nearby(texts: Mapping[str, str], count: int) -> dict[str, list[str]]:
    """Return for each entry the `count` others whose canonical texts differ in fewest values, nearest first.

    Ties go to the later name, which is the newer entry. The differences of all pairs are counted in one product of matrices.
    """
    import numpy as np

    names = sorted(texts, reverse=True)
    sets = [set(tokens(texts[name])) for name in names]
    occurs: dict[str, int] = {}
    for one in sets:
        for token in one:
            occurs[token] = occurs.get(token, 0) + 1
    # what all have, or one alone has, changes no order
    shared = {token: at for at, token in enumerate(sorted(token for token, n in occurs.items() if 1 < n < len(names)))}
    table = np.zeros((len(names), len(shared)), dtype=np.float32)
    for row, one in enumerate(sets):
        table[row, [shared[token] for token in one if token in shared]] = 1
    sizes = np.array([len(one) for one in sets], dtype=np.float32)
    found: dict[str, list[str]] = {}
    for at in range(0, len(names), AT_ONCE):
        part = slice(at, at + AT_ONCE)
        apart = sizes[part, None] + sizes[None, :] - 2 * (table[part] @ table.T)
        for row, name in enumerate(names[part]):
            apart[row, at + row] = np.inf
            nearest = np.argsort(apart[row], kind="stable")[: min(count, len(names) - 1)]
            found[name] = [names[other] for other in nearest]
    return found


# one configuration, written in two ways


@dataclass(frozen=True)
class DeclaredConfiguration:
    """A configuration as it was declared."""

    data: Mapping[str, Any]
    split: Mapping[str, Any]
    tree: list[list[Any]]
    version: str
    sizes: counts.Sizes


def spelling_differences(ours: DeclaredConfiguration, theirs: DeclaredConfiguration) -> list[str]:
    """Say how two declarations of one configuration differ in writing, each in a few words."""
    reasons = [
        {one.path: one.origin for one in origins.omissions(side.tree, version=side.version, sizes=side.sizes)} for side in (ours, theirs)
    ]
    said = [
        f"{key} {_spelled(ours.data.get(key, ABSENT))} and {_spelled(theirs.data.get(key, ABSENT))}"
        for key in dict.fromkeys([*ours.data, *theirs.data])
        if repr(ours.data.get(key)) != repr(theirs.data.get(key))
    ]
    pairs = list(zip(canonical_form.acting_steps(ours.tree), canonical_form.acting_steps(theirs.tree), strict=False))
    labels = [(a[0], b[0]) for a, b in pairs if a[0] != b[0]]
    said += [f"the step names {a} and {b}" for a, b in labels]
    if len(ours.tree) != len(theirs.tree):
        said.append("a step that is passed through does nothing")
    for (label, node, *_), (other, twin, *_) in pairs:
        said += _node_words(node, twin, (label, other), reasons)
    return list(dict.fromkeys(said))


def _node_words(ours: Any, theirs: Any, paths: tuple[str, str], reasons: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Give words for each parameter of a node, and of the nodes inside it, that is declared differently."""
    if not (isinstance(ours, dict) and isinstance(theirs, dict) and "class" in ours and ours.get("class") == theirs.get("class")):
        return
    for name in dict.fromkeys([*ours["params"], *theirs["params"]]):
        one, other = ours["params"].get(name, ABSENT), theirs["params"].get(name, ABSENT)
        if repr(one) == repr(other):
            continue
        here, there = (f"{path}__{name}" for path in paths)
        inside = [value["named"] for value in (one, other) if isinstance(value, dict) and "named" in value]
        if len(inside) == 2:
            for (label, node, *_), (twin_label, twin, *_) in zip(*inside, strict=False):
                yield from _node_words(node, twin, (f"{paths[0]}__{label}", f"{paths[1]}__{twin_label}"), reasons)
        elif isinstance(one, dict) and "class" in one:
            yield from _node_words(one, other, (here, there), reasons)
        else:
            yield _value_words(name, one, other, reasons[0].get(here) or reasons[1].get(there) or "")


def _value_words(name: str, one: Any, other: Any, reason: str) -> str:
    if reason.startswith("no effect"):
        return f"{name} has {reason}"
    if ABSENT in (one, other):
        value = other if one is ABSENT else one
        return f"{name} {_spelled(value)} is {reason or 'what it is by default'}"
    return f"{name} {_spelled(one)} and {_spelled(other)}"


def _spelled(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"float"}:
        return str(value["float"])
    return str(value) if isinstance(value, str) else repr(value) if value is ABSENT else json.dumps(value)
