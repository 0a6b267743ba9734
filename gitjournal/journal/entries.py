"""Entries as a branch holds them, read one at a time: which there are, the text of one, its records."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from gitjournal.entry.model import ID_PATTERN, Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, decode_lines
from gitjournal.errors import GitjournalError
from gitjournal.git.lab import Lab
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.journal.drafts import read_drafts
from gitjournal.journal.entry_ids import FOLDER, PAGE, match_id, page_path, records_path


def list_ids(lab: Lab, refs: Iterable[str]) -> list[str]:
    """Return the ids of all entries of some refs, and of the drafts."""
    paths = [path for ref in refs for path in _list_paths(lab, ref)]
    names = [PurePosixPath(path).name.removesuffix(PAGE) for path in paths if path.endswith(PAGE)]
    ids = [name for name in names if ID_PATTERN.match(name)]
    return list(dict.fromkeys([*(draft.id for draft in read_drafts(lab)), *ids]))


def find_id(lab: Lab, part: str) -> str:
    """Return the id that `part` means among all entries of all journal branches and the drafts.

    Raises UsageError with at most ten candidates where none or several fit.
    """
    return match_id(part, list_ids(lab, journal_refs(lab, current_ref(lab))))


def _list_paths(lab: Lab, ref: str) -> list[str]:
    names = lab.repository.git("ls-tree", "-r", "-z", "--name-only", "--full-tree", ref, "--", FOLDER)
    return names.split("\0")


def entry_text(lab: Lab, entry_id: str, ref: str) -> str | None:
    """Return the text of an entry as `ref` holds it, or None where it does not."""
    blob = lab.repository.blob(f"{ref}:{page_path(entry_id)}")
    return None if blob is None else blob.decode(errors="replace")


def entry_records(lab: Lab, entry_id: str, ref: str) -> list[Record]:
    """Return the records of an entry as `ref` holds them.

    Raises EntryError with the line for one that is not a record.
    """
    path = records_path(entry_id)
    return decode_lines(lab.repository.blob(f"{ref}:{path}") or b"", file=path)


def read_entry(text: str, *, entry_id: str, file: str) -> tuple[Entry | None, str]:
    """Return an entry, or what is wrong with it: one that cannot be read never breaks a list."""
    try:
        return parse(text, entry_id=entry_id, file=file), ""
    except GitjournalError as fault:
        return None, str(fault).partition("\n")[0]
    except RecursionError:
        return None, f"{file}: nested too deep"


def shown_path(lab: Lab, path: str) -> str:
    """Return a path in the lab folder as a person types it from where they are, or whole."""
    whole = lab.path / path
    try:
        return str(whole.relative_to(Path.cwd()))
    except ValueError:
        return str(whole)


def read_environments(lab: Lab, ref: str, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the environments of runs as their files on a branch describe them, by name; those that cannot be read are left out."""
    paths = {f"{ref}:environments/{name}.json": name for name in names if name.isalnum()}
    environments = {}
    for path, content in lab.repository.blobs(list(paths)).items():
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            environment = msgspec.json.decode(content)
            if isinstance(environment, dict):
                environments[paths[path]] = environment
    return environments
