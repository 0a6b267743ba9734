"""What `$name` stands for in a procedure: parameters of the entry and its grid, and facts of its data. Pure.

A string that is exactly ``$name`` takes a parameter or a fact; one that begins with ``$$`` loses one dollar; a dollar anywhere
else is a dollar, so that regular expressions stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitjournal.entry.grid import Point
from gitjournal.entry.model import Entry, Facts
from gitjournal.errors import nearest
from gitjournal.paths import KeyPath
from gitjournal.procedure.places import Places
from gitjournal.procedure.tree import TrainingNumber

TRAINING = ("n_train", "steps_per_epoch", "steps")  # what only training knows

_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z_0-9]*\Z")


class Variables:
    """The parameters of an entry at one point of its grid that are no parameters of steps, and the facts of its data."""

    def __init__(self, entry: Entry, point: Point, facts: Facts | None, places: Places) -> None:
        self._places = places
        self._facts = _values_of_facts(facts, entry)
        self._parameters = {name: value for name, value in {**entry.front.parameters, **point}.items() if "__" not in name}
        self._used: set[str] = set()

    @property
    def idle_names(self) -> list[str]:
        """The parameters that nothing has asked for."""
        return [name for name in self._parameters if name not in self._used]

    def resolve_all(self, value: Any, path: KeyPath, *, network: bool = False) -> Any:
        """Replace every `$name` inside a value, once."""
        if isinstance(value, list):
            return [self.resolve_all(part, (*path, number), network=network) for number, part in enumerate(value)]
        if isinstance(value, dict):
            return {key: self.resolve_all(part, (*path, key), network=network) for key, part in value.items()}
        return self.resolve(value, path, network=network)

    def resolve(self, value: Any, path: KeyPath, *, network: bool = False) -> Any:
        """Return what `$name` stands for; anything else as it is. In a `network` there are numbers that only training knows."""
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$$"):
            return value[1:]
        if not _VARIABLE.match(value):
            return value
        name = value[1:]
        facts = self._facts | ({fact: TrainingNumber(fact) for fact in TRAINING} if network else {})
        if name in self._parameters:
            self._used.add(name)
            parameter = self._parameters[name]
            is_fact = isinstance(parameter, str) and parameter.startswith("$") and parameter[1:] in facts
            return facts[parameter[1:]] if is_fact else parameter
        if name in facts:
            return facts[name]
        if name in TRAINING:
            raise self._places.error(f"`{value}` is known where a network is trained, and has no value here", path)
        names = [*self._parameters, *facts]
        close = nearest(name, names) or "; known: " + (", ".join(names) or "nothing")
        raise self._places.error(f"nothing is called `{value}`{close}", path)


def variables_in(written: Any) -> set[str]:
    """Return the names that a procedure asks for, as it is written."""
    return {text[1:] for text in _strings(written) if _VARIABLE.match(text)}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(part)


def _values_of_facts(facts: Facts | None, entry: Entry) -> dict[str, Any]:
    if facts is None:
        return {}
    target = entry.front.data.target
    values: dict[str, Any] = {
        "n_rows": facts.n_rows,
        "n_features": facts.n_features,
        "n_classes": len(facts.classes) if facts.classes else None,
        "n_outputs": facts.n_outputs or (len(target) if isinstance(target, list) else 1),
        "input_shape": facts.shape or ([facts.n_features] if facts.n_features else None),
    }
    return {name: value for name, value in values.items() if value is not None}
