"""Agreement of an entry with its records: whether what it declares is what was run. Pure.

The configurations are worked out anew from what the entry says, and their texts compared with those on record; no data and no library
are needed. Which scikit-learn a run was done with does not matter: a text is right if it is so under one of those that are known. What
cannot be worked out (an entry that says not all of it itself, a class that is not known here) is left alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from gitjournal.entry import grid
from gitjournal.entry.grid import Point
from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record
from gitjournal.errors import GitjournalError
from gitjournal.procedure import canonical_text, catalogue, difference, randomness
from gitjournal.procedure.canonical_text import class_of, fingerprint, parameters_of
from gitjournal.procedure.configuration import Configuration, configure
from gitjournal.procedure.declaration import Declared, Versions, written_out
from gitjournal.procedure.difference import ABSENT, ValueChange
from gitjournal.procedure.networks import keras_catalogue, network

Kind = Literal["value", "point", "label", "seed", "taken"]
MANY = 2000  # points: more are not worked out to find one that is written otherwise


@dataclass(frozen=True)
class Disagreement:
    """One thing that an entry and a record of it say differently; `record` is its position.

    `value`: `name` has the value `declared` and was run as `ran`. `point`: the grid has no such point as was run (`ran`).
    `label`: the record says that it ran that point (`ran`), and ran another. `seed`: that seed (`ran`) is not declared.
    `taken`: a run of another entry that this one does not declare.
    """

    kind: Kind
    record: int
    name: str = ""
    declared: Any = None
    ran: Any = None


def disagreements(entry: Entry, records: Sequence[Record]) -> list[Disagreement] | None:
    """Return what an entry and its records say differently, each once; None where that cannot be told."""
    declared = written_out(entry)
    if declared is None:
        return None
    declarations = _DeclaredConfigurations(entry, declared)
    try:
        every = [item for number, record in enumerate(records) for item in _compare_record(declarations, number, record)]
    except (GitjournalError, ValueError, RecursionError):
        return None
    return list({(item.kind, item.name, repr(item.declared), repr(item.ran)): item for item in reversed(every)}.values())[::-1]


@dataclass
class _DeclaredConfigurations:
    """The configurations of an entry, computed when they are asked for; `likely` are the versions, that which fitted last first."""

    entry: Entry
    declared: Declared
    likely: list[Versions] = field(default_factory=list)
    cache: dict[tuple[str, Versions, str], Configuration] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keras = keras_catalogue.reference().versions if network.declares_network(self.entry.front.procedure) else [""]
        self.likely += [Versions(sklearn, version) for sklearn in reversed(catalogue.reference().versions) for version in reversed(keras)]

    @cached_property
    def points(self) -> dict[str, list[Point]]:
        """The points of the grid by what a record says of them."""
        points: dict[str, list[Point]] = {}
        for point in grid.expand(self.entry):
            points.setdefault(_point_key(point), []).append(point)
        return points

    @cached_property
    def seeds(self) -> set[int]:
        """The declared seeds."""
        return set(self.entry.front.seed_values)

    def at(self, point: Point, versions: Versions, code: str) -> Configuration:
        """Return the configuration of a point; `code` is the digest of a function of one's own."""
        key = (repr(point), versions, code)
        if key not in self.cache:
            self.cache[key] = configure(self.entry, self.declared, point, versions, {"digest": code} if code else None)
        return self.cache[key]

    def find(self, points: Sequence[Point], fingerprint: str, code: str) -> Configuration | None:
        """Return the configuration of one of these points, under whichever version gives it this fingerprint."""
        for versions in self.likely:
            for point in points:
                configuration = self.at(point, versions, code)
                if canonical_text.fingerprint(configuration.canonical) == fingerprint:
                    self.likely.remove(versions)
                    self.likely.insert(0, versions)
                    return configuration
        return None

    def has(self, fingerprint: str, code: str) -> bool:
        """Whether some point of the grid is this configuration, however it is written; of a very large grid that is believed."""
        points = [point for alike in self.points.values() for point in alike]
        return len(points) > MANY or self.find(points, fingerprint, code) is not None


def _compare_record(declarations: _DeclaredConfigurations, number: int, record: Record) -> Iterator[Disagreement]:
    """Yield what the record of this number says that the entry does not declare."""
    own_code = declarations.entry.front.own_function is not None
    code = ""
    if record.owned:
        canonical = canonical_text.read_canonical(record.canonical)
        if canonical is None or canonical.schema != catalogue.SCHEMA or fingerprint(record.canonical or "") != record.fingerprint:
            return  # a finding of its own
        code = _code_digest(canonical.procedure) if own_code else ""
    elif own_code:
        return  # by which code it was run is known where it was run
    points = declarations.points.get(_point_key(record.grid), [])
    configuration = _find_configuration(declarations, points, record, code)
    if configuration is not None:
        if not points and not declarations.has(record.fingerprint, code):
            yield Disagreement("point", number, ran=record.grid)
        seeds = declarations.seeds if randomness.draws(configuration.tree, declarations.declared.split) else {None}
        # a look at the test part is one record of all seeds
        yield from (Disagreement("seed", number, ran=seed) for seed in record.seeds or [record.seed] if seed not in seeds)
    elif not record.owned:
        if not declarations.has(record.fingerprint, code):
            yield Disagreement("taken", number)
    elif not points:
        yield Disagreement("label" if declarations.has(record.fingerprint, code) else "point", number, ran=record.grid)
    else:
        for change in _nearest_changes(declarations, points[0], record, code):
            for name, value, ran in _split_mappings(change.name, change.right, change.left):
                yield Disagreement("value", number, name, value, ran)


def _find_configuration(declarations: _DeclaredConfigurations, points: Sequence[Point], record: Record, code: str) -> Configuration | None:
    """Return the configuration of a record at one of these points, or where there are none at the point that it says itself."""
    try:
        return declarations.find(points or [record.grid], record.fingerprint, code)
    except GitjournalError:
        if not points:  # what only the record says need not make sense
            return None
        raise


def _nearest_changes(declarations: _DeclaredConfigurations, point: Point, record: Record, code: str) -> list[ValueChange]:
    """Return how a record differs from what is declared at its point, under the version that is nearest to it."""
    texts = [declarations.at(point, versions, code).canonical for versions in declarations.likely]
    return min((difference.value_changes(record.canonical or "", text) for text in texts), key=len)


def _split_mappings(name: str, declared: Any, ran: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield what differs in two values, key by key where both are mappings."""
    if isinstance(declared, dict) and isinstance(ran, dict):
        for key in dict.fromkeys([*declared, *ran]):
            if repr(declared.get(key, ABSENT)) != repr(ran.get(key, ABSENT)):
                inner = name if key == "map" else f"{name}__{key}"
                yield from _split_mappings(inner, declared.get(key, ABSENT), ran.get(key, ABSENT))
    else:
        yield name, declared, ran


def _code_digest(steps: Sequence[Any]) -> str:
    """Return the digest of the code that was run: it may have moved on since, and is no part of the entry."""
    return str(parameters_of(steps[0]).get("code")) if steps and class_of(steps[0]) == "python" else "none"


def _point_key(point: Point) -> str:
    """Return what a record says of a point: JSON, in which keys are words and what is no number is null; `1` and `1.0` are one."""
    return json.dumps(_as_recorded(point), sort_keys=True, default=repr)


def _as_recorded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_recorded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_recorded(part) for part in value]
    if isinstance(value, float):
        return None if not math.isfinite(value) else int(value) if value.is_integer() else value
    return value
