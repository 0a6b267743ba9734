"""Many entries read at once, each with what its records say and what it gained over its baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitjournal.entry.summary import Summary, summarise
from gitjournal.errors import GitjournalError
from gitjournal.journal.journal import AT_ONCE, Journal, Listed, Opened
from gitjournal.stats.gain import Baseline, Gain, gain_over


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


def gather(journal: Journal, listed: Sequence[Listed]) -> Iterator[Told | Untold]:
    """Read entries in few calls of git, in their order. A baseline that is not there, or cannot be read, is none."""
    found = journal.find_each((one.row.baseline for one in listed if one.row.baseline), listed)
    for at in range(0, len(listed), AT_ONCE):
        chunk = listed[at : at + AT_ONCE]
        # only those of one chunk are in memory at a time
        read = dict(zip((one.row.id for one in chunk), journal.open_each(chunk), strict=True))
        more = {other.row.id: other for one in chunk if (other := found.get(one.row.baseline or "")) and other.row.id not in read}
        read |= zip(more, journal.open_each(list(more.values())), strict=True)
        summaries: dict[str, Summary] = {}
        for one in chunk:
            opened = read[one.row.id]
            if isinstance(opened, GitjournalError):
                yield Untold(one, opened)
                continue
            other = found.get(one.row.baseline or "")
            baseline = _baseline(read[other.row.id], summaries) if other else None
            summary = _summary(opened, summaries)
            yield Told(opened, summary, gain_over(summary, opened.records, baseline) if baseline else None)


def _baseline(opened: Opened | GitjournalError, known: dict[str, Summary]) -> Baseline | None:
    if isinstance(opened, GitjournalError):
        return None
    return Baseline(opened.listed.row.id, opened.entry.front.title, _summary(opened, known), opened.records)


def _summary(opened: Opened, known: dict[str, Summary]) -> Summary:
    entry_id = opened.listed.row.id
    if entry_id not in known:
        known[entry_id] = summarise(opened.entry.front, opened.records)
    return known[entry_id]
