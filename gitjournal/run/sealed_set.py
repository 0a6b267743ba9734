"""The sealed test set: which rows are test is written down once per data set, before the first run.

Bookkeeping, not protection: whoever has the file can read it.
"""

from __future__ import annotations

from collections.abc import Iterable

from gitjournal.entry import datasheet
from gitjournal.entry.datasheet import Datasheet, Sealed
from gitjournal.entry.model import Entry
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.git.lab import Lab
from gitjournal.journal.branches import short_ref
from gitjournal.procedure.configuration import Declared

FOLDER = "data"


def read_sheets(lab: Lab, refs: Iterable[str]) -> list[tuple[str, Datasheet]]:
    """Return (ref, datasheet) of all journal branches, the most important ref first; unreadable ones are left out."""
    found = []
    for ref in refs:
        files = [file for file in lab.repository.tree(ref, FOLDER) if file.path.endswith(".md")]
        blobs = lab.repository.blobs(file.blob for file in files)
        for file in files:
            try:
                found.append((ref, datasheet.parse(blobs[file.blob].decode(errors="replace"), file=file.path)))
            except GitjournalError:
                continue  # `check` says so; a broken datasheet of somebody else stops no run
    return found


def sheet_to_write(lab: Lab, refs: dict[str, str], entry: Entry, declared: Declared, *, force: str | None) -> dict[str, bytes]:
    """Return the datasheet that the plan commit should hold, by path; empty where it says it all already.

    Raises EntryError where other rows were sealed as the test part of the same data, unless `force` gives a reason.
    """
    current = next(iter(refs))
    sheets = [(ref, sheet) for ref, sheet in read_sheets(lab, refs) if sheet.hash == declared.hash]
    here = next((sheet for ref, sheet in sheets if ref == current), None)
    if declared.sealed is None:
        return {} if here else _new_sheet(lab, current, declared, [])
    known = [(ref, one) for ref, sheet in sheets for one in sheet.sealed]
    if known and not force and all(one.rows != declared.sealed for _, one in known):
        ref, first = known[0]
        rule = ", ".join(f"{key}: {value}" for key, value in first.rule.items() if key not in ("entry", "reason"))
        raise EntryError(
            f"another test part of the same data is sealed already (split: {{{rule}}}, on {short_ref(ref)})",
            place=entry.place("split"),
            hint=f'use that rule, or say why not: gitjournal exec {entry.short_id} --force "why"',
        )
    if here and any(one.rows == declared.sealed for one in here.sealed):
        return {}
    reason = {"reason": force} if force and known else {}
    sealed = Sealed({**datasheet.rule_of(declared.split), "entry": entry.id, **reason}, declared.sealed)
    if here is None:
        return _new_sheet(lab, current, declared, [sealed])
    return {here.path: datasheet.with_seal(here.text, [*here.sealed, sealed], file=here.path).encode()}


def _new_sheet(lab: Lab, ref: str, declared: Declared, sealed: list[Sealed]) -> dict[str, bytes]:
    name = datasheet.name_of(declared.data)
    taken = {file.path for file in lab.repository.tree(ref, FOLDER)}
    path = f"{FOLDER}/{name}.md"
    if path in taken:
        path = f"{FOLDER}/{name}-{declared.hash[7:13]}.md"
    source = (declared.data.get("sklearn") and f"sklearn:{declared.data['sklearn']}") or declared.data.get("path") or name
    text = datasheet.new_text(name, str(source), declared.hash, declared.facts)
    return {path: (datasheet.with_seal(text, sealed, file=path) if sealed else text).encode()}
