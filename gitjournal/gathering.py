"""Many entries read at once, each with what its records say and what it gained over its baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitjournal.errors import GitjournalError, UsageError
from gitjournal.gains import Baseline, Gain, gain_over
from gitjournal.overview import Listed, Opened, Overview
from gitjournal.summary import Summary, summarise


@dataclass(frozen=True)
class Told:
    """One entry, read whole."""

    opened: Opened
    summary: Summary
    gain: Gain | None


@dataclass(frozen=True)
class Untold:
    """An entry that cannot be read, and what is wrong with it."""

    listed: Listed
    fault: GitjournalError


def gather(overview: Overview, listed: Sequence[Listed]) -> Iterator[Told | Untold]:
    """Read entries in few calls of git, in their order."""
    baselines: dict[str, Baseline | None] = {}
    for one, found in zip(listed, overview.open_each(listed), strict=True):
        if isinstance(found, GitjournalError):
            yield Untold(one, found)
            continue
        summary = summarise(found.entry.front, found.records)
        baseline = _baseline(overview, found, baselines)
        yield Told(found, summary, gain_over(summary, found.records, baseline) if baseline else None)


def _baseline(overview: Overview, opened: Opened, known: dict[str, Baseline | None]) -> Baseline | None:
    """Return the entry's baseline; None where it names none, one that is not there, or one that cannot be read."""
    part = opened.entry.front.baseline
    if not part:
        return None
    if part not in known:
        known[part] = _read(overview, part)
    return known[part]


def _read(overview: Overview, part: str) -> Baseline | None:
    try:
        other = overview.open(overview.find(part))
    except (GitjournalError, UsageError):
        return None
    return Baseline(other.listed.row.id, other.entry.front.title, summarise(other.entry.front, other.records), other.records)
