"""The verdict on what an entry expects, as the results block keeps it. Text to value, value to text.

The lines are for people, and are read back by the index: so a verdict stands in the tree once, where people read it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from gitjournal.entry.results_block import read_block
from gitjournal.errors import EntryError

Word = Literal["supported", "refuted", "inconclusive"]
WORDS: tuple[Word, ...] = get_args(Word)
MARK = "**: expected `"  # stands in every page that tells a verdict
UNJUDGED = "What was expected is not judged yet."

_NAMES = "|".join(word.capitalize() for word in WORDS)
_LINE = re.compile(rf"^(?:- )?\*\*({_NAMES})\*\*: expected `([^`\n]+)` \(([^\n]*)\)\.$", re.MULTILINE)
_FIRST = re.compile(rf"^\*\*({_NAMES})\*\*: ", re.MULTILINE)
_AGAINST = re.compile(r"^Judged against ([^\n]*)\.$", re.MULTILINE)
_ENTRY = re.compile(r"`([a-z0-9-]+)` with the records `([0-9a-f]{16})`")
_NUMBER = r"[-+]?[0-9.]+(?:e[-+][0-9]+)?"
_NUMBERS = re.compile(rf"({_NUMBER})(?: \[({_NUMBER}), ({_NUMBER})\])?")


@dataclass(frozen=True)
class ExpectationVerdict:
    """One expectation and what came of it. `came_out` is what was measured, `why` what else there is to say, both in words."""

    expectation: str
    verdict: Word
    came_out: str
    why: str = ""

    @property
    def words(self) -> str:
        """Both in words."""
        return "; ".join(filter(None, (self.came_out, self.why)))


@dataclass(frozen=True)
class Verdict:
    """What became of all that an entry expected. `against` are the entries compared with: id -> digest of their records then."""

    outcomes: Sequence[ExpectationVerdict]
    against: Mapping[str, str] = field(default_factory=dict)

    @property
    def word(self) -> Word:
        """The verdict of the entry."""
        return overall_word(one.verdict for one in self.outcomes)


def overall_word(words: Iterable[Word]) -> Word:
    """Return the verdict over several: refuted where one is refuted, supported where all are, else inconclusive."""
    distinct = set(words)
    return "refuted" if "refuted" in distinct else "supported" if distinct == {"supported"} else "inconclusive"


def verdict_lines(verdict: Verdict) -> list[str]:
    """Return the first lines of the block: the verdict on each expectation, and over all where there are several."""
    lines = [f"**{one.verdict.capitalize()}**: expected `{one.expectation}` ({one.words})." for one in verdict.outcomes]
    if len(lines) == 1:
        return lines
    counts = Counter(one.verdict for one in verdict.outcomes)
    shares = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])
    return [f"**{verdict.word.capitalize()}**: of {len(lines)} expectations {shares}.", "", *(f"- {line}" for line in lines)]


def against_lines(verdict: Verdict) -> list[str]:
    """Return the line that names the entries compared with, for the small print of the block; none where there were none."""
    entries = ", ".join(f"`{name}` with the records `{digest}`" for name, digest in verdict.against.items())
    return [f"Judged against {entries}."] if entries else []


def read(block: str) -> Verdict | None:
    """Return the verdict that a block tells, or None where it tells none. The text may be a stranger's."""
    outcomes = [ExpectationVerdict(text, _read_word(word), *_split_words(words)) for word, text, words in _LINE.findall(block)]
    if not outcomes:
        return None
    against = _AGAINST.search(block)
    return Verdict(outcomes, dict(_ENTRY.findall(against[1])) if against else {})


def read_page(text: str, entry_id: str) -> Verdict | None:
    """Return the verdict that the results block of a page tells; None where there is none, or its markers are damaged."""
    if MARK not in text:
        return None
    try:
        block = read_block(text, entry_id)
    except EntryError:
        return None
    return read(block[1]) if block else None


def first_word(block: str) -> Word | None:
    """Return the verdict that a block begins with; `read` works it out anew from each expectation."""
    match = _FIRST.search(block)
    return _read_word(match[1]) if match else None


def as_plain(verdict: Verdict | None) -> list[dict[str, Any]]:
    """Return each expectation as plain values for JSON; numbers as precise as the block has them."""
    plain = []
    for outcome in verdict.outcomes if verdict else ():
        match = _NUMBERS.match(outcome.came_out)
        value, low, high = (float(part) if part else None for part in match.groups()) if match else (None, None, None)
        words = {"expect": outcome.expectation, "verdict": outcome.verdict, "came_out": outcome.came_out, "why": outcome.why or None}
        plain.append({**words, "value": value, "interval": None if low is None else [low, high]})
    return plain


def _read_word(text: str) -> Word:
    return next(word for word in WORDS if word == text.lower())


def _split_words(words: str) -> tuple[str, str]:
    came_out, _, why = words.partition("; ")
    return came_out, why
