"""Which entries are near an idea that is put in words and numbers, such as ``dropout 0.5``. Pure.

What was asked is divided into terms: each word, and each number with the word before it as the name of a parameter. An entry has a word
or not; a number it has as nearly as the nearest value of such a parameter is (`features.near`). The score is the share of the terms that
an entry has. A rare term counts more than a common one, by log(1 + entries / entries that have it), as in the BM25 of search engines; a
number counts as much as its name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from gitjournal.journal.search.features import Idea, Part, defaults, near, stems, ways

IN = {  # where a word stands, as it is said
    "title": "in the title",
    "hypothesis": "in the hypothesis",
    "tags": "among the tags",
    "notes": "in the notes",
    "retraction": "in why it was retracted",
    "data": "in the data",
    "procedure": "in the procedure",
}

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\Z")
_PIECE = re.compile(r"[^\s,;=:{}\[\]()\"'`]+")

Name = TypeVar("Name")


@dataclass(frozen=True)
class Setting:
    """A number that was asked for, and the name of its parameter as it was said ("" where none was)."""

    name: str
    value: float
    said: str


@dataclass(frozen=True)
class Query:
    """What was asked: words by their stem, each as it was written, and numbers."""

    words: dict[str, str]
    settings: list[Setting]


@dataclass(frozen=True)
class _Found:
    """The nearest value of a parameter."""

    near: float
    part: Part
    parameter: str
    value: Any


def read(text: str) -> Query:
    """Read what was asked.

    >>> read("dropout 0.5").settings, read("svc__C=10").words
    ([Setting(name='dropout', value=0.5, said='0.5')], {'svc': 'svc', 'c': 'c'})
    """
    words: dict[str, str] = {}
    settings: list[Setting] = []
    name = ""
    for piece in _PIECE.findall(text):
        if _NUMBER.match(piece) and math.isfinite(float(piece)):
            settings.append(Setting(name, float(piece), piece))
            name = ""
        else:
            name = piece
            words |= dict(stems(piece))
    return Query(words, settings)


def scores(query: Query, ideas: Mapping[Name, Idea]) -> dict[Name, float]:
    """Return how near each entry is that has something of what was asked, from 0 to 1."""
    has = {name: _shares(query, idea) for name, idea in ideas.items()}
    terms: list[str | Setting] = [*query.words, *query.settings]
    weights = {term: _weight(len(ideas), sum(shares[term] > 0 for shares in has.values())) for term in terms}
    for one in query.settings:
        named = [weights[stem] for stem, _ in stems(one.name)]
        weights[one] = max(named, default=0.0) or weights[one]
    whole = sum(weights.values())
    found = {name: sum(weights[term] * share for term, share in shares.items()) for name, shares in has.items()}
    return {name: score / whole for name, score in found.items() if score > 0}


def _shares(query: Query, idea: Idea) -> dict[str | Setting, float]:
    """Return how much an entry has of each term, from 0 to 1."""
    shares: dict[str | Setting, float] = {stem: float(bool(_fields(idea, stem))) for stem in query.words}
    for one in query.settings:
        found = _nearest(idea.key, one)
        shares[one] = found.near if found else 0.0
    return shares


def reasons(query: Query, idea: Idea) -> list[str]:
    """Say what an entry has of what was asked: the numbers first, then where the words stand."""
    said, told = [], set()
    for setting in query.settings:
        found = _nearest(idea.key, setting)
        if found is not None:
            said.append(_said(setting, found))
            told |= {stem for stem, _ in stems(f"{found.part.short} {found.parameter} {setting.name}")}
    fields = {stem: _fields(idea, stem) for stem in query.words}
    for field, where in IN.items():
        words = [query.words[stem] for stem, places in fields.items() if field in places and not (field == "procedure" and stem in told)]
        if words:
            said.append(f"{where}: {', '.join(words)}")
    return said


def _weight(entries: int, having: int) -> float:
    """Return what a term counts; one that nothing has counts nothing."""
    return math.log(1 + entries / having) if having else 0.0


def _fields(idea: Idea, stem: str) -> list[str]:
    return [field for field, words in idea.words.items() if f" {stem} " in words]


@cache
def _nearest(procedure: bytes, setting: Setting) -> _Found | None:
    """Return the nearest value of a parameter that may be meant; a number without a name is that number alone."""
    best: _Found | None = None
    for parts in ways(procedure):
        for part in parts:
            for parameter, value in _meant(part, setting.name):
                found = near(setting.value, value)
                if found > (best.near if best else 0.0) and (setting.name or found == 1):
                    best = _Found(found, part, parameter, value)
    return best


def _meant(part: Part, name: str) -> Iterator[tuple[str, Any]]:
    """Give each value of the parameters that a name may mean; a default is meant where the parameter itself is named."""
    for parameter, values in part.values.items():
        if not name or _names(name, part.label, part.short, parameter):
            for value in values:
                yield from ((parameter, one) for one in (value if isinstance(value, list) else [value]))
    if name:
        for parameter in _defaulted(name, part.label, part.path):
            if parameter not in part.values:
                yield parameter, defaults(part.path)[parameter]


@cache
def _defaulted(name: str, label: str, path: str) -> list[str]:
    return [one for one in defaults(path) if _names(name, label, path.rpartition(".")[2], one, exactly=True)]


@cache
def _names(name: str, label: str, short: str, parameter: str, *, exactly: bool = False) -> bool:
    """Whether a name means a parameter: its own, its initials, a word of it, or the step, layer or class that it belongs to."""
    *before, last = re.split(r"__|\.", name.lower())
    owners = {label.lower(), short.lower(), *(stem for stem, _ in stems(short))}
    if before and before[-1] not in owners:
        return False
    initials = "".join(word[0] for word in parameter.split("_") if word) if "_" in parameter else ""
    if last in (parameter.lower(), initials):
        return True
    return not exactly and not before and (last in owners or last in parameter.lower().split("_"))


def _said(setting: Setting, found: _Found) -> str:
    by_default = "" if found.parameter in found.part.values else ", the default"
    wanted = "" if found.near == 1 else f" for {setting.said}"
    return f"{found.part.short} {found.parameter} {found.value:g}{wanted}{by_default}"
