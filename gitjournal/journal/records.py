"""Records joined with their owners: what a run that was taken from another entry came to there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.record import Record, Scores
from gitjournal.entry.summary import Key, join, summarise
from gitjournal.git.lab import Lab
from gitjournal.journal.entries import entry_records
from gitjournal.journal.index.cache import Index
from gitjournal.journal.index.runs import find_owners
from gitjournal.stats.gain import Baseline


def copy_from_owners(lab: Lab, records: Sequence[Record], refs: Iterable[str]) -> list[Record]:
    """Return records as their owners have them, for those that were taken from other entries; what is found nowhere stays as it is.

    Of this entry's own stays the grid, since another may name its parameters otherwise.
    """
    refs = list(refs)
    owners: dict[tuple[str, str], Record] = {}
    for entry_id in dict.fromkeys(record.from_ for record in records if record.from_):
        for ref in refs:
            for owner in entry_records(lab, entry_id, ref):
                if owner.owned:
                    owners.setdefault((entry_id, owner.run), owner)
    return [_copy_record(record, owners.get((record.from_ or "", record.run))) for record in records]


def _copy_record(record: Record, owner: Record | None) -> Record:
    return record if owner is None else msgspec.structs.replace(owner, grid=record.grid)


def join_owners(records: Sequence[Record], index: Index, here: Mapping[Key, Scores] | None = None) -> list[Record]:
    """Return records in which the runs that other entries did have the metrics of their owners.

    Those come from the index, or first from `here`: what the owners say that are read already.
    """
    if all(record.owned or record.metrics for record in records):
        return list(records)
    return join(records, {**find_owners(index, records), **(here or {})})


def as_baseline(entry_id: str, front: FrontMatter, records: Sequence[Record]) -> Baseline:
    """Return an entry as others are compared with it; its `records` have been joined with their owners."""
    return Baseline(entry_id, front.title, summarise(front, records), list(records), front)
