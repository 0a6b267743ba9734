"""Full-text search with numbers: which entries match a query such as ``dropout 0.5``. Pure.

A query is divided into terms: each word, and each number with the word before it as the name of a parameter. An entry has a word
or not; a number it has as nearly as the nearest value of such a parameter is (`features.value_similarity`). The score is the share of
the terms that an entry has. A rare term counts more than a common one, by log(1 + entries / entries that have it), as in the BM25 of
search engines; a number counts as much as its name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from gitjournal.journal.search.features import ProcedurePart, SearchDocument, default_values, procedure_variants, stems, value_similarity

FIELDS = {  # where a word stands, as it is said
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
class AskedNumber:
    """A number in a query, and the name of its parameter as it was written ("" where none was)."""

    name: str
    value: float
    written: str


@dataclass(frozen=True)
class Query:
    """The terms of a query: words by their stem, each as it was written, and numbers."""

    words: dict[str, str]
    numbers: list[AskedNumber]


@dataclass(frozen=True)
class _NearestValue:
    """The value of a parameter that is nearest to a number."""

    similarity: float
    part: ProcedurePart
    parameter: str
    value: Any


def parse_query(text: str) -> Query:
    """Divide a query into terms.

    >>> parse_query("dropout 0.5").numbers, parse_query("svc__C=10").words
    ([AskedNumber(name='dropout', value=0.5, written='0.5')], {'svc': 'svc', 'c': 'c'})
    """
    words: dict[str, str] = {}
    numbers: list[AskedNumber] = []
    name = ""
    for piece in _PIECE.findall(text):
        if _NUMBER.match(piece) and math.isfinite(float(piece)):
            numbers.append(AskedNumber(name, float(piece), piece))
            name = ""
        else:
            name = piece
            words |= dict(stems(piece))
    return Query(words, numbers)


def score_documents(query: Query, documents: Mapping[Name, SearchDocument]) -> dict[Name, float]:
    """Return how well each entry matches that has a term of the query, from 0 to 1."""
    shares_by_name = {name: _term_shares(query, document) for name, document in documents.items()}
    terms: list[str | AskedNumber] = [*query.words, *query.numbers]
    weights = {term: _term_weight(len(documents), sum(shares[term] > 0 for shares in shares_by_name.values())) for term in terms}
    for number in query.numbers:
        name_weights = [weights[stem] for stem, _ in stems(number.name)]
        weights[number] = max(name_weights, default=0.0) or weights[number]
    total = sum(weights.values())
    scores = {name: sum(weights[term] * share for term, share in shares.items()) for name, shares in shares_by_name.items()}
    return {name: score / total for name, score in scores.items() if score > 0}


def _term_shares(query: Query, document: SearchDocument) -> dict[str | AskedNumber, float]:
    """Return how much an entry has of each term, from 0 to 1."""
    shares: dict[str | AskedNumber, float] = {stem: float(bool(_fields_with(document, stem))) for stem in query.words}
    for number in query.numbers:
        nearest = _nearest_value(document.key, number)
        shares[number] = nearest.similarity if nearest else 0.0
    return shares


def explain_matches(query: Query, document: SearchDocument) -> list[str]:
    """Say which terms of a query an entry has: the numbers first, then where the words stand."""
    lines = []
    explained: set[str] = set()
    for number in query.numbers:
        nearest = _nearest_value(document.key, number)
        if nearest is not None:
            lines.append(_spell(number, nearest))
            explained |= {stem for stem, _ in stems(f"{nearest.part.short} {nearest.parameter} {number.name}")}
    fields = {stem: _fields_with(document, stem) for stem in query.words}
    for field, where in FIELDS.items():
        stems_there = [stem for stem, names in fields.items() if field in names and not (field == "procedure" and stem in explained)]
        if stems_there:
            lines.append(f"{where}: {', '.join(query.words[stem] for stem in stems_there)}")
    return lines


def _term_weight(entries: int, having: int) -> float:
    """Return what a term counts; one that nothing has counts nothing."""
    return math.log(1 + entries / having) if having else 0.0


def _fields_with(document: SearchDocument, stem: str) -> list[str]:
    return [field for field, words in document.words.items() if f" {stem} " in words]


@cache
def _nearest_value(procedure: bytes, number: AskedNumber) -> _NearestValue | None:
    """Return the nearest value of a parameter that may be meant; a number without a name is that number alone."""
    best: _NearestValue | None = None
    for parts in procedure_variants(procedure):
        for part in parts:
            for parameter, value in _possible_values(part, number.name):
                similarity = value_similarity(number.value, value)
                if similarity > (best.similarity if best else 0.0) and (number.name or similarity == 1):
                    best = _NearestValue(similarity, part, parameter, value)
    return best


def _possible_values(part: ProcedurePart, name: str) -> Iterator[tuple[str, Any]]:
    """Give each value of the parameters that a name may mean; a default is meant where the parameter itself is named."""
    for parameter, values in part.values.items():
        if not name or _can_mean(name, part.label, part.short, parameter):
            for value in values:
                yield from ((parameter, item) for item in (value if isinstance(value, list) else [value]))
    if name:
        for parameter in _default_parameters(name, part.label, part.path):
            if parameter not in part.values:
                yield parameter, default_values(part.path)[parameter]


@cache
def _default_parameters(name: str, label: str, path: str) -> list[str]:
    short = path.rpartition(".")[2]
    return [parameter for parameter in default_values(path) if _can_mean(name, label, short, parameter, exactly=True)]


@cache
def _can_mean(name: str, label: str, short: str, parameter: str, *, exactly: bool = False) -> bool:
    """Whether a name means a parameter: its own, its initials, a word of it, or the step, layer or class that it belongs to."""
    *before, last = re.split(r"__|\.", name.lower())
    owners = {label.lower(), short.lower(), *(stem for stem, _ in stems(short))}
    if before and before[-1] not in owners:
        return False
    initials = "".join(word[0] for word in parameter.split("_") if word) if "_" in parameter else ""
    if last in (parameter.lower(), initials):
        return True
    return not exactly and not before and (last in owners or last in parameter.lower().split("_"))


def _spell(number: AskedNumber, nearest: _NearestValue) -> str:
    by_default = "" if nearest.parameter in nearest.part.values else ", the default"
    wanted = "" if nearest.similarity == 1 else f" for {number.written}"
    return f"{nearest.part.short} {nearest.parameter} {nearest.value:g}{wanted}{by_default}"
