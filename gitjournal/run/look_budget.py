"""The ledger of looks at a test set: over all branches of the journal that are known here, and over what waits to be committed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from gitjournal.entry.datasheet import Datasheet
from gitjournal.entry.record import decode_lines
from gitjournal.errors import GitjournalError
from gitjournal.git import results_commit
from gitjournal.git.lab import Lab
from gitjournal.journal.entries import entry_records
from gitjournal.journal.entry_ids import id_of_page
from gitjournal.journal.index import Index
from gitjournal.journal.index_update import data_hash
from gitjournal.run.sealed_set import read_sheets
from gitjournal.stats.looks import Look, is_look, numbered


def looks_at(lab: Lab, index: Index, data: str) -> list[Look]:
    """Return every look at the test part of data with this hash, in the order in which they were taken."""
    return numbered([*_committed(lab, index, data), *_waiting(lab, data)])


def _committed(lab: Lab, index: Index, data: str) -> Iterator[Look]:
    for ref, name, title in index.lookers(data):
        with contextlib.suppress(GitjournalError):  # conflict markers in somebody's records: `check` says so
            for one in entry_records(lab, name, ref):
                if is_look(one) and data_hash(one.canonical or "") == data:
                    yield Look(one, name, title, ref)


def _waiting(lab: Lab, data: str) -> Iterator[Look]:
    for results in results_commit.spooled(lab).values():
        with contextlib.suppress(GitjournalError):
            for one in decode_lines(b"".join(results.lines), file=results.path):
                if is_look(one) and data_hash(one.canonical or "") == data:
                    yield Look(one, id_of_page(results.path), "", f"refs/heads/{results.branch}")


def budget_of(lab: Lab, refs: dict[str, str], data: str) -> int | None:
    """Return how many looks the datasheet of some data allows, or None where it does not say."""
    sheet = next((one for one in sheets_of(lab, refs, data) if one.looks is not None), None)
    return sheet.looks if sheet else None


def sheets_of(lab: Lab, refs: dict[str, str], data: str) -> list[Datasheet]:
    """Return the datasheets of some data, that of the most important branch first."""
    return [sheet for _, sheet in read_sheets(lab, refs) if sheet.hash == data]
