"""The parser of `expect:`, a language of comparisons between measured values.

Text to value; nothing is evaluated but sums of multiples.

    dev.accuracy >= baseline + 0.01
    dev.loss - train.loss < 0.1
    dev.rmse <= 0.9 * baseline

Names: PART.METRIC of this entry's best configuration; `baseline`, or (part of) an entry's id, for the same value of that
entry's best; `baseline.PART.METRIC` where it is not the same value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gitjournal.entry.metrics import METRICS
from gitjournal.entry.model import Entry
from gitjournal.errors import EntryError, Place, nearest

Operator = Literal["<", "<=", ">", ">="]
OWN, BASELINE = "", "baseline"
PARTS = ("train", "train_dev", "dev", "test")
MOST = 5  # comparisons of one entry: the results block has room for as many
MAX_LENGTH = 300
MAX_DEPTH = 20
EXAMPLE = "write one comparison, such as: dev.accuracy >= baseline + 0.01"

_TOKEN = re.compile(
    r"""\s*(?:(?P<name>\d{8}-[a-z0-9]+(?:-[a-z0-9]+)*-[a-z0-9]{4}(?:\.\w+)*(?!\w))
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    |(?P<word>\w+(?:\.\w+)*)
    |(?P<sign><=|>=|==|!=|[-+*()<>=]))""",
    re.VERBOSE,
)
_MIRRORED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, order=True)
class Quantity:
    """One measured value: PART.METRIC of the best configuration of an entry ("" is this one, else as it was named)."""

    entry: str
    name: str

    def __str__(self) -> str:
        return f"{self.entry}.{self.name}" if self.entry else self.name


@dataclass(frozen=True)
class Expectation:
    """A comparison in one form: a sum of multiples of measured values, an operator, a number.

    `dev.accuracy >= baseline + 0.01` is dev.accuracy - baseline.dev.accuracy >= 0.01. The first value is this entry's own,
    and its factor is 1; of other entries there is one at most. `place` is where it stands in the entry.
    """

    text: str
    sum: Mapping[Quantity, float]
    operator: Operator
    number: float
    place: Place | None = None

    @property
    def other(self) -> str:
        """The other entry it names, as it is named there; "" for none."""
        return next((one.entry for one in self.sum if one.entry), OWN)

    def terms(self, entry: str) -> list[tuple[float, str]]:
        """The factors and PART.METRIC that it names of one entry ("" is this one)."""
        return [(factor, one.name) for one, factor in self.sum.items() if one.entry == entry]

    def holds(self, value: float) -> bool:
        """Whether a value of the sum satisfies it."""
        if self.operator in (">", ">="):
            return value > self.number if self.operator == ">" else value >= self.number
        return value < self.number if self.operator == "<" else value <= self.number


def read(entry: Entry) -> list[Expectation]:
    """Return what an entry expects. Raises EntryError with line and column of whatever is not understood."""
    texts = entry.front.expectations
    if len(texts) > MOST:
        hint = "ask further questions in entries of their own"
        raise EntryError(f"`expect` holds {len(texts)} comparisons; {MOST} at most", hint=hint, place=entry.place("expect"))
    expectations = []
    for number, text in enumerate(texts):
        place = entry.place("expect") if isinstance(entry.front.expect, str) else entry.place("expect", number)
        expectations.append(parse(text, place=place, source=entry.document.text, first_line=entry.document.first_line))
    return expectations


def parse(text: str, *, place: Place | None = None, source: str = "", first_line: int = 1) -> Expectation:
    """Read one comparison. `source` is the text that `place` is in, which begins at `first_line`.

    Raises EntryError that names what was not understood.
    """
    return _Parser(text, place, _column(text, place, source, first_line)).read()


def check(expectation: Expectation, *, metrics: Collection[str], parts: Collection[str], own_metrics: bool) -> None:
    """Raise EntryError where this entry cannot give what is expected: a part or a metric that a run will not measure.

    `own_metrics` says that a function of one's own measures, under names of its own.
    """
    for quantity in expectation.sum:
        part, _, metric = quantity.name.partition(".")
        if part == "test":
            hint = "what is expected is judged on dev; exec --final looks at test, at the end"
            raise EntryError("`expect`: the test part is sealed, so a run has no score there", hint=hint, place=expectation.place)
        if part not in parts:
            hint = f"parts of this split: {', '.join(parts)}"
            raise EntryError(f"`expect`: the split has no part `{part}`{nearest(part, parts)}", hint=hint, place=expectation.place)
        if metric not in metrics:
            if metric not in METRICS and metric != "loss" and not own_metrics:
                raise EntryError(f"`expect`: unknown metric `{metric}`{nearest(metric, [*metrics, *METRICS])}", place=expectation.place)
            hint = f"add it: metrics: [{', '.join([*metrics, metric])}]"
            raise EntryError(f"`expect`: `{metric}` is not measured{nearest(metric, metrics)}", hint=hint, place=expectation.place)


def parts_of(split: Mapping[str, object], files: Collection[str] = ()) -> list[str]:
    """Return the parts that a run scores under an effective split; `files` are the parts that have a file of their own."""
    parts = [part for part in ("train", "dev") if part in files] if split.get("given") else ["train", "dev"]
    return [*parts, "train_dev"] if split.get("train_dev") else parts


def _column(text: str, place: Place | None, source: str, first_line: int) -> int | None:
    """Return the column at which the text itself begins, behind its quote; None where it is not on one line as it is."""
    lines = source.split("\n")
    if place is None or place.line is None or place.column is None or not 0 <= place.line - first_line < len(lines):
        return None
    line = lines[place.line - first_line][place.column - 1 :]
    for skipped in (0, 1):
        if line[skipped:].startswith(text):
            return place.column + skipped
    return None


Sum = dict[Quantity | None, float]  # None: the number that stands alone


class _Parser:
    """A recursive-descent parser of one comparison."""

    def __init__(self, text: str, place: Place | None, column: int | None) -> None:
        self.text, self.place, self.column = text, place, column
        self.bare: list[tuple[str, int]] = []  # entries whose value is the same one as this entry's
        if len(text) > MAX_LENGTH:
            raise self._fault(f"longer than {MAX_LENGTH} characters", 0)
        self.tokens = list(self._tokens())
        self.at = 0

    def read(self) -> Expectation:
        left = self._sum(0)
        kind, sign, where = self._next()
        if sign in ("==", "=", "!="):
            raise self._fault(f"`{sign}` can be neither shown nor refuted by a measurement: use >=, <=, > or <", where)
        if kind != "sign" or sign not in _MIRRORED:
            raise self._fault("a comparison is missing: >=, <=, > or <" if not sign else f"`{sign}` is not expected here", where)
        right = self._sum(0)
        if self._peek()[1]:
            _, more, where = self._peek()
            hint = "one comparison each, in a list" if more in _MIRRORED else EXAMPLE
            raise self._fault(f"`{more}` is not expected here", where, hint)
        return self._normal_form(_add(left, right, -1), sign)

    def _normal_form(self, both: Sum, operator: Operator) -> Expectation:
        number = -both.get(None, 0.0)
        terms = {one: factor for one, factor in both.items() if one is not None}
        own = list(dict.fromkeys(one.name for one in terms if not one.entry))
        if not own:
            raise self._fault("no score of this entry is compared", 0)
        full: dict[Quantity, float] = {}
        for term, factor in terms.items():
            if not term.name and len(own) > 1:
                where = next(where for entry, where in self.bare if entry == term.entry)
                raise self._fault(f"`{term.entry}` of which value? {' or '.join(f'{term.entry}.{name}' for name in own)}", where)
            quantity = Quantity(term.entry, term.name or own[0])
            full[quantity] = full.get(quantity, 0.0) + factor
        full = {one: factor for one, factor in sorted(full.items(), key=lambda pair: bool(pair[0].entry)) if factor}
        first = next((factor for one, factor in full.items() if not one.entry), 0.0)
        if not first:
            raise self._fault(f"`{own[0]}` cancels out", 0)
        if first < 0:
            operator = _MIRRORED[operator]
        full = {one: factor / first for one, factor in full.items()}
        if len({one.entry for one in full} - {OWN}) > 1:
            raise self._fault("it names two other entries", 0, "one comparison each, in a list")
        number = number / first + 0.0
        if not all(map(math.isfinite, (number, *full.values()))):
            raise self._fault("a number in it is too large", 0)
        return Expectation(" ".join(self.text.split()), full, operator, number, self.place)

    def _sum(self, depth: int) -> Sum:
        total = self._product(depth)
        while self._peek()[1] in ("+", "-"):
            sign = 1 if self._next()[1] == "+" else -1
            total = _add(total, self._product(depth), sign)
        return total

    def _product(self, depth: int) -> Sum:
        result = self._value(depth)
        while self._peek()[1] == "*":
            where = self._next()[2]
            right = self._value(depth)
            factors = [side for side in (result, right) if set(side) <= {None}]
            if not factors:
                raise self._fault("two measured values cannot be multiplied", where, "one side of `*` is a number: 0.9 * baseline")
            number, terms = factors[0].get(None, 0.0), right if factors[0] is result else result
            result = {term: factor * number for term, factor in terms.items()}
        return result

    def _value(self, depth: int) -> Sum:
        kind, word, where = self._next()
        if depth > MAX_DEPTH:
            raise self._fault("nested too deep", where)
        if word == "-":
            return _add({}, self._value(depth + 1), -1)
        if word == "(":
            inner = self._sum(depth + 1)
            if self._next()[1] != ")":
                raise self._fault("a parenthesis is not closed", where)
            return inner
        if kind == "number":
            return {None: float(word)}
        if kind in ("name", "word"):
            return {self._quantity(word, where): 1.0}
        raise self._fault(f"`{word}` is not expected here" if word else "it ends too early", where)

    def _quantity(self, token: str, where: int) -> Quantity:
        words = token.split(".")
        if len(words) == 1:
            if words[0] in METRICS or words[0] == "loss":
                raise self._fault(f"`{token}` of which part? dev.{token}, or train.{token}", where)
            self.bare.append((token, where))
            return Quantity(token, "")
        entry, part, metric = (OWN, *words) if len(words) == 2 else (words[0], words[1], ".".join(words[2:]))
        if part not in PARTS:
            raise self._fault(f"`{part}` is no part{nearest(part, PARTS) or ': ' + ', '.join(PARTS)}", where)
        return Quantity(entry, f"{part}.{metric}")

    def _tokens(self) -> Iterator[tuple[str, str, int]]:
        at, end = 0, len(self.text.rstrip())
        while at < end:
            match = _TOKEN.match(self.text, at)
            if match is None or match.lastgroup is None:
                character = self.text[at:].lstrip()[0]
                hint = "multiply instead: 0.9 * baseline" if character == "/" else EXAMPLE
                raise self._fault(f"`{character}` is not expected here", self.text.index(character, at), hint)
            yield match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)
            at = match.end()

    def _peek(self) -> tuple[str, str, int]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("", "", len(self.text))

    def _next(self) -> tuple[str, str, int]:
        token = self._peek()
        self.at += 1
        return token

    def _fault(self, message: str, at: int, hint: str = EXAMPLE) -> EntryError:
        place = self.place
        if place is not None and self.column is not None:
            place = Place(place.file, place.line, self.column + at)
        return EntryError(f"`expect: {self.text.strip()[:80]}`: {message}", hint=hint, place=place)


def _add(left: Sum, right: Sum, factor: float) -> Sum:
    total = dict(left)
    for quantity, value in right.items():
        total[quantity] = total.get(quantity, 0.0) + factor * value
    return total
