"""The language of `--where` and `--sort`: comparisons over plain values. Pure.

    dev.accuracy > 0.95 and tag == svm

Names: PART.METRIC, `runs`, `tag`, `data`, `state`, `verdict`. A value that an entry does not have satisfies no comparison.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitjournal.errors import UsageError, nearest

Value = float | str | Sequence[str]
Values = Mapping[str, Value]

PARTS = ("train", "train_dev", "dev", "test")
NUMBERS = ("runs",)
WORDS = ("tag", "data", "state", "verdict")
SORT_ONLY = ("age", "title", "id")

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_CLAUSE = re.compile(
    r"""\s*(?P<name>[A-Za-z_][\w.]*)\s*(?P<operator>==|!=|<=|>=|<|>|=)\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'=<>!,]+))\s*"""
)
_AND = re.compile(r"and\b\s*", re.IGNORECASE)
_METRIC = re.compile(rf"({'|'.join(PARTS)})\.\w+\Z")


@dataclass(frozen=True)
class Clause:
    """One comparison: a number for metrics and counts, a word for the rest."""

    name: str
    operator: str
    value: float | str

    def holds(self, values: Values) -> bool:
        """Whether `values` satisfy it. Of a list of words one must be equal (`==`), or none (`!=`)."""
        value = values.get(self.name)
        if value is None:
            return False
        if isinstance(value, (int, float)):
            return isinstance(self.value, (int, float)) and _OPERATORS[self.operator](value, self.value)
        words = [value] if isinstance(value, str) else value
        return (self.value in words) == (self.operator == "==")


@dataclass(frozen=True)
class Order:
    """What to sort by, and which end comes first."""

    name: str
    descending: bool


def parse_where(text: str) -> list[Clause]:
    """Read comparisons joined by `and`.

    Raises UsageError that quotes what was not understood.
    """
    clauses: list[Clause] = []
    at = 0
    while True:
        match = _CLAUSE.match(text, at)
        if match is None:
            raise _not_understood(text, at)
        clauses.append(_read_clause(match))
        at = match.end()
        if at == len(text):
            return clauses
        joined = _AND.match(text, at)
        if joined is None:
            raise _not_understood(text, at)
        at = joined.end()


def parse_sort(text: str) -> Order:
    """Read a name, with a minus for the highest first.

    Raises UsageError for a name that cannot be sorted by.
    """
    name = text.strip().removeprefix("-")
    if name not in (*NUMBERS, *SORT_ONLY, "state") and not _METRIC.match(name):
        raise _unknown_name(name, (*NUMBERS, *SORT_ONLY, "state"))
    return Order(name, text.strip().startswith("-"))


def matches_all(clauses: Sequence[Clause], values: Values) -> bool:
    """Whether `values` satisfy every clause."""
    return all(clause.holds(values) for clause in clauses)


def check_names(names: Iterable[str], known_names: Iterable[str]) -> None:
    """Refuse a PART.METRIC that no entry has: a misspelt one would silently find nothing.

    Raises UsageError with the nearest name.
    """
    known_names = sorted(known_names)
    for name in names:
        if "." in name and known_names and name not in known_names:
            raise UsageError(f"no entry has `{name}`{nearest(name, known_names) or '; measured so far: ' + ', '.join(known_names)}")


def _read_clause(match: re.Match[str]) -> Clause:
    name, operator_text = match["name"], match["operator"]
    quoted = match["double"] if match["double"] is not None else match["single"]
    text = quoted if quoted is not None else match["bare"]
    if operator_text == "=":
        raise UsageError(f"`{match[0].strip()}`: to compare, write `{name} == {text}`")
    if name in NUMBERS or _METRIC.match(name):
        return Clause(name, operator_text, _read_number(name, text))
    if name not in WORDS:
        raise _unknown_name(name, (*NUMBERS, *WORDS))
    if operator_text not in ("==", "!="):
        raise UsageError(f"`{name}` is a word: it can be `==` or `!=`, not `{operator_text}`")
    return Clause(name, operator_text, text)


def _read_number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"`{name}` is compared with a number; `{text}` is none") from None


def _unknown_name(name: str, known_names: Sequence[str]) -> UsageError:
    hint = f"known names: {', '.join(known_names)}, and PART.METRIC such as dev.accuracy (parts: {', '.join(PARTS)})"
    return UsageError(f"`{name}` is not a name to ask for{nearest(name, known_names)}", hint=hint)


def _not_understood(text: str, at: int) -> UsageError:
    unread = text[at:].strip()
    where = (
        f"`{unread}` in `{text}` is"
        if unread and unread != text.strip()
        else f"`{text}` is"
        if unread
        else f"`{text}` ends too early, or is"
    )
    return UsageError(f"{where} not a comparison", hint="write NAME OPERATOR VALUE, joined by `and`: dev.accuracy > 0.95 and tag == svm")
