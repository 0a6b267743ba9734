"""Many entries read at once, each with what its records say and what it gained over its baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitjournal.entry.summary import Summary
from gitjournal.errors import GitjournalError
from gitjournal.journal.journal import AT_ONCE, Journal, Listed, Opened
from gitjournal.stats.gain import Baseline, Gain, gain_over


@dataclass(frozen=True)
class EntryResults:
    """One entry, read whole, and what its records come to."""

    opened: Opened
    summary: Summary
    gain: Gain | None


@dataclass(frozen=True)
class Unreadable:
    """An entry that cannot be read, and what is wrong with it."""

    listed: Listed
    fault: GitjournalError


def read_results(journal: Journal, entries: Sequence[Listed]) -> Iterator[EntryResults | Unreadable]:
    """Read entries in few calls of git, in their order. A baseline that is not there, or cannot be read, is none."""
    baselines = journal.find_each((listed.row.baseline for listed in entries if listed.row.baseline), entries)
    for start in range(0, len(entries), AT_ONCE):
        chunk = entries[start : start + AT_ONCE]
        # only the entries of one chunk, and their baselines, are in memory at a time
        needed = {listed.row.id: listed for listed in chunk}
        for listed in chunk:
            baseline = baselines.get(listed.row.baseline or "")
            if baseline:
                needed.setdefault(baseline.row.id, baseline)
        opened = dict(zip(needed, journal.open_each(list(needed.values())), strict=True))
        results = {entry_id: entry.as_baseline for entry_id, entry in opened.items() if isinstance(entry, Opened)}
        for listed in chunk:
            entry = opened[listed.row.id]
            if isinstance(entry, Opened):
                yield _compare(entry, results[listed.row.id].summary, baselines.get(listed.row.baseline or ""), results)
            else:
                yield Unreadable(listed, entry)


def _compare(entry: Opened, summary: Summary, baseline: Listed | None, results: dict[str, Baseline]) -> EntryResults:
    reached = results.get(baseline.row.id) if baseline else None
    return EntryResults(entry, summary, gain_over(summary, entry.records, reached) if reached else None)
