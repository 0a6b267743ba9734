"""The sealed test set: which rows are test is written down once per data set, before the first run; looks at them are counted.

Bookkeeping, not protection: whoever has the file can read it. Looks are counted over all branches of the journal that are
known here, and over what waits to be committed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from gitjournal.entry import datasheet
from gitjournal.entry.datasheet import Datasheet, SealedRule
from gitjournal.entry.model import Entry
from gitjournal.entry.record import decode_lines
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.git.commit_tree import CommitTree
from gitjournal.git.lab import Lab
from gitjournal.git.repository import TreeFile
from gitjournal.git.spool import read_spool
from gitjournal.journal.branches import short_ref
from gitjournal.journal.entries import entry_records
from gitjournal.journal.entry_ids import id_of_page
from gitjournal.journal.index.cache import Index
from gitjournal.journal.index.results import find_lookers
from gitjournal.journal.journal import Journal
from gitjournal.procedure.canonical_text import read_header
from gitjournal.procedure.declaration import Declared
from gitjournal.stats.looks import Look, is_look, number_looks

FOLDER = "data"


def read_sheets(lab: Lab, refs: Iterable[str]) -> list[tuple[str, Datasheet]]:
    """Return (ref, datasheet) of all journal branches, the most important ref first; unreadable ones are left out."""
    return _parse_sheets(lab, {ref: _sheet_files(lab, ref) for ref in refs})


def _sheet_files(lab: Lab, ref: str) -> list[TreeFile]:
    return [file for file in CommitTree(lab.repository, ref).files(FOLDER).values() if file.path.endswith(".md")]


def _parse_sheets(lab: Lab, files: Mapping[str, Sequence[TreeFile]]) -> list[tuple[str, Datasheet]]:
    blobs = lab.repository.blobs(dict.fromkeys(file.blob for of_ref in files.values() for file in of_ref))
    sheets = []
    for ref, of_ref in files.items():
        for file in of_ref:
            with contextlib.suppress(GitjournalError):  # `check` says so; a broken datasheet of somebody else stops no run
                sheets.append((ref, datasheet.parse(blobs[file.blob].decode(errors="replace"), file=file.path)))
    return sheets


def plan_sheet(journal: Journal, ref: str, entry: Entry, declared: Declared, *, force: str | None) -> dict[str, bytes]:
    """Return the datasheet that the plan commit to the branch `ref` should hold, by path; empty where it says it all already.

    Raises EntryError where other rows were sealed as the test part of the same data, unless `force` gives a reason.
    """
    files = {name: _sheet_files(journal.lab, name) for name in journal.refs}
    sheets = [(name, sheet) for name, sheet in _parse_sheets(journal.lab, files) if sheet.hash == declared.hash]
    here = next((sheet for name, sheet in sheets if name == ref), None)
    taken = {file.path for file in files.get(ref, ())}
    if declared.sealed is None:
        return {} if here else _new_sheet(declared, taken, [])
    rules = [(name, one) for name, sheet in sheets for one in sheet.sealed]
    if rules and not force and all(one.rows != declared.sealed for _, one in rules):
        name, first = rules[0]
        rule = ", ".join(f"{key}: {value}" for key, value in first.rule.items() if key not in ("entry", "reason"))
        raise EntryError(
            f"another test part of the same data is sealed already (split: {{{rule}}}, on {short_ref(name)})",
            place=entry.place("split"),
            hint=f'use that rule, or say why not: gitjournal exec {entry.short_id} --force "why"',
        )
    if here and any(one.rows == declared.sealed for one in here.sealed):
        return {}
    reason = {"reason": force} if force and rules else {}
    sealed = SealedRule({**datasheet.rule_of(declared.split), "entry": entry.id, **reason}, declared.sealed)
    if here is None:
        return _new_sheet(declared, taken, [sealed])
    return {here.path: datasheet.with_seal(here.text, [*here.sealed, sealed], file=here.path).encode()}


def _new_sheet(declared: Declared, taken: Collection[str], sealed: list[SealedRule]) -> dict[str, bytes]:
    name = datasheet.name_of(declared.data)
    path = f"{FOLDER}/{name}.md"
    if path in taken:
        path = f"{FOLDER}/{name}-{declared.hash[7:13]}.md"
    source = (declared.data.get("sklearn") and f"sklearn:{declared.data['sklearn']}") or declared.data.get("path") or name
    text = datasheet.new_text(name, str(source), declared.hash, declared.facts)
    return {path: (datasheet.with_seal(text, sealed, file=path) if sealed else text).encode()}


def list_looks(lab: Lab, index: Index, data: str) -> list[Look]:
    """Return every look at the test part of data with this hash, in the order in which they were taken."""
    return number_looks([*_looks_on_branches(lab, index, data), *_looks_in_spool(lab, data)])


def _looks_on_branches(lab: Lab, index: Index, data: str) -> Iterator[Look]:
    for ref, name, title in find_lookers(index, data):
        with contextlib.suppress(GitjournalError):  # conflict markers in somebody's records: `check` says so
            for record in entry_records(lab, name, ref):
                if is_look(record) and read_header(record.canonical or "").hash == data:
                    yield Look(record, name, title, ref)


def _looks_in_spool(lab: Lab, data: str) -> Iterator[Look]:
    for results in read_spool(lab).values():
        with contextlib.suppress(GitjournalError):
            for record in decode_lines(b"".join(results.lines), file=results.path):
                if is_look(record) and read_header(record.canonical or "").hash == data:
                    yield Look(record, id_of_page(results.path), "", f"refs/heads/{results.branch}")


def look_budget(lab: Lab, refs: dict[str, str], data: str) -> int | None:
    """Return how many looks the datasheet of some data allows, or None where it does not say."""
    sheet = next((one for one in sheets_on(lab, refs, data) if one.looks is not None), None)
    return sheet.looks if sheet else None


def sheets_on(lab: Lab, refs: dict[str, str], data: str) -> list[Datasheet]:
    """Return the datasheets of some data, that of the most important branch first."""
    return [sheet for _, sheet in read_sheets(lab, refs) if sheet.hash == data]
