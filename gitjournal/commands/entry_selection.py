"""Which entries are meant on a command line: parts of ids, files, or whole folders of the journal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gitjournal.entry.model import ID_PATTERN
from gitjournal.entry.parse import parse
from gitjournal.errors import GitjournalError, UsageError
from gitjournal.git.lab import Lab, work_root
from gitjournal.journal.entry_ids import FOLDER, page_path
from gitjournal.journal.index.runs import find_runs
from gitjournal.journal.journal import Journal
from gitjournal.run import plan

OVER = ("done", "retracted")  # what a folder's entries need no other exec for


@dataclass(frozen=True)
class EntrySelection:
    """The entries that are meant, each once, in the order given; `over` were left out of a folder, being done or retracted."""

    ids: list[str]
    over: int = 0


def select_entries(journal: Journal, start: Path, parts: Sequence[str]) -> EntrySelection:
    """Return the entries that `parts` mean; a folder means those below it that are not done.

    Raises UsageError for what fits none, or several.
    """
    ids: list[str] = []
    over: set[str] = set()
    for part in parts:
        folder = _named_folder(journal.lab, start, part)
        if folder is None:
            ids.append(journal.resolve(part))
            continue
        below, left_out = _entries_below(journal, start, folder)
        if not below and not left_out:
            raise UsageError(f"no entries below {part}", hint="list the entries: gitjournal ls")
        ids += below
        over |= left_out
    return EntrySelection(list(dict.fromkeys(ids)), len(over - set(ids)))


def _named_folder(lab: Lab, start: Path, part: str) -> PurePosixPath | None:
    """Return the folder of the journal that a part names, from where the person is or from the journal's top."""
    for base in (start, lab.path):
        inside = Path(os.path.relpath((base / part).resolve(), lab.path.resolve()))
        if (base / part).is_dir() and inside.parts[:1] == (FOLDER,):
            return PurePosixPath(*inside.parts)
    return None


def _entries_below(journal: Journal, start: Path, folder: PurePosixPath) -> tuple[list[str], set[str]]:
    """Return the entries below a folder that may have something to do, and those that are over."""
    drafts = {draft.id for draft in journal.drafts if ID_PATTERN.match(draft.id) and folder in PurePosixPath(draft.path).parents}
    rows = {row.id: row.state for row in journal.index.entries(journal.current) if folder in PurePosixPath(row.path).parents}
    over = {name for name, state in rows.items() if state in OVER} - drafts
    over -= _unfinished_grids(journal, work_root(journal.lab, start), [name for name in sorted(over) if rows[name] == "done"])
    return sorted(drafts | rows.keys() - over), over


def _unfinished_grids(journal: Journal, root: Path, ids: Sequence[str]) -> set[str]:
    """Return the entries whose grid was cut off: each value may have been run, and not each combination."""
    unfinished = set()
    pages = {f"{journal.current}:{page_path(name)}": name for name in ids}
    for page, text in journal.lab.repository.blobs(pages).items():
        with contextlib.suppress(GitjournalError):  # what cannot be planned here has nothing to be run here
            entry = parse(text.decode(errors="replace"), entry_id=pages[page], file=page_path(pages[page]))
            keys = set(plan.keys_without_data(entry, root)) if entry.front.grid else set()
            executed = {run.key for run in find_runs(journal.index, list(keys)) if run.entry == entry.id} if keys else set()
            if executed and keys - executed:
                unfinished.add(entry.id)
    return unfinished
