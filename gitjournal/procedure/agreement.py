"""Whether what an entry declares is what its records say was run. Pure.

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

    `value`: `name` is declared as `said` and was run as `ran`. `point`: the grid has no such point as was run (`ran`).
    `label`: the record says that it ran that point (`ran`), and ran another. `seed`: that seed (`ran`) is not declared.
    `taken`: a run of another entry that this one does not declare.
    """

    kind: Kind
    record: int
    name: str = ""
    said: Any = None
    ran: Any = None


def disagreements(entry: Entry, records: Sequence[Record]) -> list[Disagreement] | None:
    """Return what an entry and its records say differently, each once; None where that cannot be told."""
    declared = written_out(entry)
    if declared is None:
        return None
    anew = _Anew(entry, declared)
    try:
        found = [one for number, record in enumerate(records) for one in _of_record(anew, number, record)]
    except (GitjournalError, ValueError, RecursionError):
        return None
    return list({(one.kind, one.name, repr(one.said), repr(one.ran)): one for one in reversed(found)}.values())[::-1]


@dataclass
class _Anew:
    """The configurations of an entry, worked out when they are asked for; `likely` are the versions, the one that fitted last first."""

    entry: Entry
    declared: Declared
    likely: list[Versions] = field(default_factory=list)
    worked: dict[tuple[str, Versions, str], Configuration] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keras = keras_catalogue.reference().versions if network.declares_network(self.entry.front.procedure) else [""]
        self.likely += [Versions(one, other) for one in reversed(catalogue.reference().versions) for other in reversed(keras)]

    @cached_property
    def grid(self) -> dict[str, list[Point]]:
        """The points of the grid by what a record says of them."""
        found: dict[str, list[Point]] = {}
        for point in grid.expand(self.entry):
            found.setdefault(_plain(point), []).append(point)
        return found

    @cached_property
    def seeds(self) -> set[int]:
        """The declared seeds."""
        return set(self.entry.front.seed_values)

    def at(self, point: Point, versions: Versions, code: str) -> Configuration:
        """Return the configuration of a point; `code` is the digest of a function of one's own."""
        key = (repr(point), versions, code)
        if key not in self.worked:
            self.worked[key] = configure(self.entry, self.declared, point, versions, {"digest": code} if code else None)
        return self.worked[key]

    def fitting(self, points: Sequence[Point], fingerprint: str, code: str) -> Configuration | None:
        """Return the configuration of one of these points, under whichever version gives it this fingerprint."""
        for versions in self.likely:
            for point in points:
                found = self.at(point, versions, code)
                if canonical_text.fingerprint(found.canonical) == fingerprint:
                    self.likely.remove(versions)
                    self.likely.insert(0, versions)
                    return found
        return None

    def has(self, fingerprint: str, code: str) -> bool:
        """Whether some point of the grid is this configuration, however it is written; of a very large grid that is believed."""
        points = [point for alike in self.grid.values() for point in alike]
        return len(points) > MANY or self.fitting(points, fingerprint, code) is not None


def _of_record(anew: _Anew, number: int, record: Record) -> Iterator[Disagreement]:
    own_code = anew.entry.front.own_function is not None
    code = ""
    if record.owned:
        canonical = canonical_text.read(record.canonical)
        if canonical is None or canonical.schema != catalogue.SCHEMA or fingerprint(record.canonical or "") != record.fingerprint:
            return  # a finding of its own
        code = _code(canonical.procedure) if own_code else ""
    elif own_code:
        return  # by which code it was run is known where it was run
    declared = anew.grid.get(_plain(record.grid), [])
    ran = _fitting(anew, declared or [record.grid], record.fingerprint, code, sure=not declared)
    if ran is not None:
        if not declared and not anew.has(record.fingerprint, code):
            yield Disagreement("point", number, ran=record.grid)
        seeds = anew.seeds if randomness.draws(ran.tree, anew.declared.split) else {None}
        if record.seed not in seeds:
            yield Disagreement("seed", number, ran=record.seed)
    elif not record.owned:
        if not anew.has(record.fingerprint, code):
            yield Disagreement("taken", number)
    elif not declared:
        yield Disagreement("label" if anew.has(record.fingerprint, code) else "point", number, ran=record.grid)
    else:
        for change in _changes(anew, declared[0], record, code):
            for name, said, run in _differing(change.name, change.right, change.left):
                yield Disagreement("value", number, name, said, run)


def _fitting(anew: _Anew, points: Sequence[Point], fingerprint: str, code: str, *, sure: bool) -> Configuration | None:
    try:
        return anew.fitting(points, fingerprint, code)
    except GitjournalError:
        if sure:  # what only the record says need not make sense
            return None
        raise


def _changes(anew: _Anew, point: Point, record: Record, code: str) -> list[ValueChange]:
    """Return how a record differs from what is declared at its point, under the version that is nearest to it."""
    texts = [anew.at(point, versions, code).canonical for versions in anew.likely]
    return min((difference.changes(record.canonical or "", text) for text in texts), key=len)


def _differing(name: str, said: Any, ran: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield what differs in two values, key by key where both are mappings."""
    if isinstance(said, dict) and isinstance(ran, dict):
        for key in dict.fromkeys([*said, *ran]):
            if repr(said.get(key, ABSENT)) != repr(ran.get(key, ABSENT)):
                yield from _differing(name if key == "map" else f"{name}__{key}", said.get(key, ABSENT), ran.get(key, ABSENT))
    else:
        yield name, said, ran


def _code(steps: Sequence[Any]) -> str:
    """Return the digest of the code that was run: it may have moved on since, and is no part of the entry."""
    return str(parameters_of(steps[0]).get("code")) if steps and class_of(steps[0]) == "python" else "none"


def _plain(point: Point) -> str:
    """Return what a record says of a point: JSON, in which keys are words and what is no number is null; `1` and `1.0` are one."""
    return json.dumps(_number(point), sort_keys=True, default=repr)


def _number(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _number(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_number(part) for part in value]
    if isinstance(value, float):
        return None if not math.isfinite(value) else int(value) if value.is_integer() else value
    return value
