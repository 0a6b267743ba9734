"""What the journal has saved so far: runs that were not made because they were known, meant the same, or were unlikely to help.

Read from the entries and their records, and from what this clone has refused; nothing is run. Refusals are kept on this
clone alone, and lost without harm.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gitjournal.entry.metrics import direction
from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record, runs_among
from gitjournal.entry.summary import Control, count_skips, deciding_metric
from gitjournal.errors import GitjournalError
from gitjournal.git.lab import Lab
from gitjournal.journal.index.cache import Index
from gitjournal.journal.index.runs import find_runs
from gitjournal.journal.journal import Journal, Listed, Opened
from gitjournal.procedure.canonical_text import fingerprint
from gitjournal.procedure.configuration import configurations
from gitjournal.procedure.declaration import Versions, written_out
from gitjournal.run import plan
from gitjournal.stats.intervals import Interval, wilson


@dataclass(frozen=True)
class Savings:
    """Runs that were not made for one reason, in so many entries, and the seconds that they would have taken."""

    runs: int = 0
    seconds: float = 0.0
    entries: int = 0

    def __add__(self, added: Savings) -> Savings:
        """Return the sum of both."""
        return Savings(self.runs + added.runs, self.seconds + added.seconds, self.entries + added.entries)


@dataclass(frozen=True)
class SavingsReport:
    """What was saved and what was spent in the whole journal, by reason.

    `reused` were done by other entries, `refused` too, where nothing else was asked (on this clone); `same` are points of a grid that
    mean the same as others, `seeds` those where nothing draws; `skipped` were unlikely to beat the best. `made`, `failed` and
    `repeated` (on purpose) were spent. `controls` were unlikely and made all the same; of as many runs drawn at random, `kept` is the
    chance that they hold the best of what was made, None where nothing was skipped.
    """

    reused: Savings
    refused: Savings
    same: Savings
    seeds: Savings
    skipped: Savings
    made: Savings
    failed: Savings
    repeated: Savings
    controls: Sequence[Control] = field(default_factory=list)
    kept: float | None = None

    @property
    def total(self) -> Savings:
        """All runs that were not made."""
        return self.reused + self.refused + self.same + self.seeds + self.skipped

    @property
    def beat(self) -> int:
        """How many runs of the control group beat the best."""
        return sum(one.beat for one in self.controls)

    @property
    def wrong(self) -> Interval | None:
        """The share of unlikely configurations that beat the best, estimated by the control group, with a 95 % interval (Wilson 1927)."""
        return wilson(self.beat, len(self.controls)) if self.controls else None


def measure_savings(journal: Journal, tell: Callable[[int, int], None]) -> SavingsReport:
    """Read all entries and say what was saved and spent; what cannot be read is left out. `tell` hears how many of how many are read."""
    listed = [one for one in journal.all_entries() if one.ref]
    entries = list(_read_each(journal, listed, tell))
    refused = _savings_by_refusal(journal, {one.id for one in entries if one.made.runs})
    chances = [one.kept for one in entries if one.kept is not None]
    return SavingsReport(
        reused=_add_up(one.reused for one in entries),
        refused=refused,
        same=_add_up(one.same for one in entries),
        seeds=_add_up(one.seeds for one in entries),
        skipped=_add_up(one.skipped for one in entries),
        made=_add_up(one.made for one in entries),
        failed=_add_up(one.failed for one in entries),
        repeated=_add_up(one.repeated for one in entries),
        controls=[control for one in entries for control in one.controls],
        kept=statistics.fmean(chances) if chances else None,
    )


@dataclass(frozen=True)
class _EntrySavings:
    """What one entry saved and spent."""

    id: str
    reused: Savings
    same: Savings
    seeds: Savings
    skipped: Savings
    made: Savings
    failed: Savings
    repeated: Savings
    controls: Sequence[Control]
    kept: float | None


def _read_each(journal: Journal, listed: Sequence[Listed], tell: Callable[[int, int], None]) -> Iterable[_EntrySavings]:
    for number, opened in enumerate(journal.open_each(listed), start=1):
        if isinstance(opened, Opened) and opened.records:
            yield _read_entry(opened, journal.index)
        tell(number, len(listed))


def _read_entry(opened: Opened, index: Index) -> _EntrySavings:
    entry, records = opened.entry, opened.records
    runs = runs_among(records)
    own = [one for one in runs if one.owned]
    took = [one.seconds for one in own if one.seconds is not None]
    each = statistics.fmean(took) if took else 0.0
    metric = deciding_metric(entry.front, runs)
    skipping = count_skips(records, metric, direction(metric) if metric else 1)
    same, seeds = _count_alike(entry)
    skipped = skipping.skipped if skipping else 0
    configurations = len({one.fingerprint for one in runs})
    return _EntrySavings(
        id=entry.id,
        reused=_savings_by_reuse([one for one in runs if not one.owned], index),
        same=_make_savings(same, same * each),
        seeds=_make_savings(seeds, seeds * each),
        skipped=_make_savings(skipped, skipping.seconds or skipped * each) if skipping else Savings(),
        made=_sum_spent(own),
        failed=_sum_spent([one for one in own if one.status == "failed"]),
        repeated=_sum_spent([one for one in own if one.status == "again"]),
        controls=skipping.controls if skipping else [],
        kept=configurations / (configurations + skipping.configurations) if skipping and skipped else None,
    )


def _count_alike(entry: Entry) -> tuple[int, int]:
    """Return how many runs of a grid mean the same as others of it, and how many only have another seed where nothing draws."""
    declared = written_out(entry)
    if declared is None:
        return 0, 0
    try:
        points = configurations(entry, declared, Versions(), {"digest": ""} if entry.front.own_function else None)
    except GitjournalError:
        return 0, 0
    n_seeds = len(entry.front.seed_values)
    asked = [(fingerprint(one.canonical), seed) for one in points for seed in plan.seeds_of(entry, one, declared)]
    return len(asked) - len(set(asked)), len(points) * n_seeds - len(asked)


def _savings_by_reuse(taken: Sequence[Record], index: Index) -> Savings:
    runs = {run.key: run for run in find_runs(index, [one.key for one in taken]) if run.origin is None} if taken else {}
    seconds = [runs[one.key].seconds or 0.0 for one in taken if one.key in runs]
    return _make_savings(len(taken), sum(seconds))


def _savings_by_refusal(journal: Journal, ran: set[str]) -> Savings:
    """Return what was refused here, but for the entries that ran after all."""
    return _add_up(Savings(one.runs, one.seconds, 1) for name, one in read_refusals(journal.lab).items() if name not in ran)


def _sum_spent(records: Sequence[Record]) -> Savings:
    return _make_savings(len(records), sum(one.seconds or 0.0 for one in records))


def _make_savings(runs: int, seconds: float) -> Savings:
    return Savings(runs, seconds, 1) if runs else Savings()


def _add_up(parts: Iterable[Savings]) -> Savings:
    total = Savings()
    for part in parts:
        total += part
    return total


REFUSALS = "refused.jsonl"


class RefusedEntry(msgspec.Struct, frozen=True):
    """One refusal: the entry, and what its runs took where they were done. `seconds` counts those that are known."""

    entry: str
    runs: int
    seconds: float
    at: str


_refusal_decoder = msgspec.json.Decoder(RefusedEntry)


def note_refusal(lab: Lab, entry: str, seconds: Sequence[float | None]) -> None:
    """Write down that an entry was refused; `seconds` are those of its runs. What cannot be written is left out."""
    refusal = RefusedEntry(entry, len(seconds), sum(one or 0.0 for one in seconds), datetime.now(UTC).isoformat(timespec="seconds"))
    with contextlib.suppress(OSError), _refusals_file(lab).open("ab") as file:
        file.write(msgspec.json.encode(refusal) + b"\n")


def read_refusals(lab: Lab) -> dict[str, RefusedEntry]:
    """Return the last refusal of each entry."""
    refusals: dict[str, RefusedEntry] = {}
    with contextlib.suppress(OSError):
        for line in _refusals_file(lab).read_bytes().splitlines():
            with contextlib.suppress(msgspec.DecodeError):  # cut off by a crash
                refusal = _refusal_decoder.decode(line)
                refusals[refusal.entry] = refusal
    return refusals


def _refusals_file(lab: Lab) -> Path:
    return lab.repository.private / REFUSALS
