"""Records joined with their owners: what a run that was taken from another entry came to there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from gitjournal.entry.record import Record
from gitjournal.git.lab import Lab
from gitjournal.journal.entries import entry_records


def copy_from_owners(lab: Lab, records: Sequence[Record], refs: Iterable[str]) -> list[Record]:
    """Return records as their owners have them, for those that were taken from other entries; what is found nowhere stays as it is.

    Of this entry's own stays the grid, since another may name its parameters otherwise.
    """
    refs = list(refs)
    owners: dict[tuple[str, str], Record] = {}
    for entry_id in dict.fromkeys(one.from_ for one in records if one.from_):
        for ref in refs:
            for other in entry_records(lab, entry_id, ref):
                if other.owned:
                    owners.setdefault((entry_id, other.run), other)
    return [_whole(one, owners.get((one.from_ or "", one.run))) for one in records]


def _whole(one: Record, owner: Record | None) -> Record:
    return one if owner is None else msgspec.structs.replace(owner, grid=one.grid)
