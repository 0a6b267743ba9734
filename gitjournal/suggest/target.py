"""The target of a search: the data, split, task and metric that an entry or a data set stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gitjournal.entry.labels import data_label
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.errors import UsageError
from gitjournal.git.lab import work_root
from gitjournal.journal.entries import entry_text, shown_path
from gitjournal.journal.entry_ids import match_id, page_path
from gitjournal.journal.journal import Journal
from gitjournal.procedure import declaration
from gitjournal.procedure.declaration import Declared
from gitjournal.run import draft as drafting
from gitjournal.run import plan
from gitjournal.run.draft import EntryRequest
from gitjournal.suggest.trial import DataSet
from gitjournal.worker.jobs import AskWorker

SOURCES = ("sklearn:", "python:")


@dataclass(frozen=True)
class SearchTarget:
    """The target of a search: data, split, task and metric as `entry` declares them, and where to look.

    `root` is the folder from which paths in the entry are meant.
    `space_entry` is the entry that was named, whose own `space` holds then; else the spaces are what was seen and what is built in.
    """

    root: Path
    entry: Entry
    declared: Declared
    data: DataSet
    space_entry: str | None

    @property
    def metric(self) -> str:
        """The metric that decides."""
        return self.declared.metrics[0]


def find_target(journal: Journal, start: Path, what: str | None, *, column: str | None, ask: AskWorker) -> SearchTarget:
    """Return what `what` means: a data set, an entry, or the data of the newest entry.

    A data set that no entry declares yet is read by a worker; a table takes its target `column` then. Raises UsageError.
    """
    root = work_root(journal.lab, start)
    listed = (row for ref in reversed(journal.refs) for row in journal.index.entries(ref))
    rows = {row.id: row for row in listed if row.state not in ("retracted", "unreadable")}
    drafts = {draft.id: draft.text for draft in journal.drafts if not draft.error}

    def target(entry: Entry, space_entry: str | None = None) -> SearchTarget:
        declared = _declare(entry, root, journal.lab.repository.private, ask)
        facts = declared.facts
        data = DataSet(declared.hash, data_label(entry.front.data), facts.get("n_rows"), facts.get("n_features"))
        return SearchTarget(root, entry, declared, data, space_entry)

    named_id = _entry_meant(what, [*rows, *drafts], root, {row.data for row in rows.values()})
    if named_id is not None:
        entry = _read_entry(journal, named_id, drafts)
        return target(entry, named_id if entry.front.space else None)
    wanted = what.partition(":")[2] if what and what.startswith(SOURCES) else what
    fitting = [entry_id for entry_id, row in rows.items() if wanted is None or row.data == wanted]
    if fitting:
        newest = max(fitting, key=lambda one: (rows[one].at or "", one))
        return target(_read_entry(journal, newest, {}))
    if what is None:
        raise UsageError("nothing was run yet, so say which data", hint="gitjournal suggest sklearn:digits")
    data = drafting.data_source(what, root)
    if column:
        data["target"] = column.split(",") if "," in column else column
    drafted = drafting.draft_entry(journal, root, EntryRequest({"title": "Suggested"}, data), ask=ask)
    return target(parse(drafted.text, entry_id=drafted.id, file="the new entry"))


def _entry_meant(what: str | None, ids: Sequence[str], root: Path, labels: set[str]) -> str | None:
    """Return the id that is meant, or None where data are: a name that entries use, a source, or a file that is there."""
    if what is None or what in labels or what.startswith(SOURCES) or (root / what).exists():
        return None
    return match_id(what, ids)


def _read_entry(journal: Journal, entry_id: str, drafts: dict[str, str]) -> Entry:
    stored = (entry_text(journal.lab, entry_id, ref) for ref in journal.refs)
    text = drafts.get(entry_id) or next(page for page in stored if page is not None)
    return parse(text, entry_id=entry_id, file=shown_path(journal.lab, page_path(entry_id)))


def _declare(entry: Entry, root: Path, cache: Path, ask: AskWorker) -> Declared:
    written = declaration.written_out(entry)
    if written is not None and written.metrics:
        return written
    return plan.inspect_data(entry, plan.Workplace(root, cache, ask))
