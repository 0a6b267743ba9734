"""A snapshot of a journal, read to be checked: the tree of a commit, the staged tree, the result of a merge. Nothing in it is believed.

Blobs are read in batches, and only those of the entries that are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from gitjournal.entry.model import ID_PATTERN, Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, decode_lines
from gitjournal.errors import EntryError, GitError, GitjournalError
from gitjournal.git.repository import Repository, TreeFile
from gitjournal.journal.entry_ids import FOLDER, PAGE, RECORDS

AT_ONCE = 250  # entries: memory stays flat however large the journal is


@dataclass(frozen=True)
class RecordLine:
    """One line of a records file, and its record or what is wrong with it."""

    number: int
    text: bytes
    record: Record | None
    fault: str = ""


@dataclass(frozen=True)
class TreeEntry:
    """One entry as a tree holds it: its page (None where there is none), what it declares (None where that cannot be read)."""

    id: str
    page_path: str
    records_path: str
    text: str | None
    entry: Entry | None
    fault: GitjournalError | None
    lines: list[RecordLine]

    @cached_property
    def records(self) -> list[Record]:
        """The records that can be read."""
        return [line.record for line in self.lines if line.record]


@dataclass(frozen=True)
class Snapshot:
    """A tree and the files in it."""

    repository: Repository
    revision: str
    files: dict[str, TreeFile]

    @cached_property
    def stems(self) -> list[str]:
        """The paths of all entries, without their endings; also of records that have no page."""
        return sorted({stem for path in self.files if (stem := stem_of(path))})

    def has(self, entry_id: str) -> bool:
        """Whether the tree holds the page of this entry."""
        return f"{FOLDER}/{entry_id[:4]}/{entry_id}{PAGE}" in self.files

    def entries(self, stems: Iterable[str] | None = None) -> Iterator[TreeEntry]:
        """Read entries, all of them or those with these stems."""
        wanted = self.stems if stems is None else sorted(stems)
        for at in range(0, len(wanted), AT_ONCE):
            chunk = wanted[at : at + AT_ONCE]
            files = {path: self.files[path] for stem in chunk for path in (stem + PAGE, stem + RECORDS) if path in self.files}
            blobs = self.repository.blobs({file.blob for file in files.values() if file.mode.startswith("100")})
            content = {path: blobs[file.blob] for path, file in files.items() if file.blob in blobs}
            for stem in chunk:
                if stem + PAGE in files or stem + RECORDS in files:
                    yield _read_entry(stem, content.get(stem + PAGE), content.get(stem + RECORDS))


def stem_of(path: str) -> str | None:
    """Return the path of an entry without its ending, or None for any other file."""
    for ending in (RECORDS, PAGE):
        if path.endswith(ending) and path.startswith(f"{FOLDER}/"):
            stem = path.removesuffix(ending)
            return stem if ID_PATTERN.match(stem.rpartition("/")[2]) else None
    return None


def read_snapshot(repository: Repository, revision: str) -> Snapshot:
    """Return the tree of a revision. Raises GitError where there is none."""
    tree = repository.resolve(f"{revision}^{{tree}}")
    if tree is None:
        raise GitError(f"git knows no `{revision}` here", hint="fetch it first, or see: git log --oneline")
    return Snapshot(repository, tree, {file.path: file for file in repository.tree(tree)})


def read_record_lines(content: bytes, path: str) -> list[RecordLine]:
    """Read the lines of a records file, each on its own: one that is no record hides no other."""
    lines = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            try:
                lines.append(RecordLine(number, line, decode_lines(line, file=path)[0]))
            except EntryError as fault:
                lines.append(RecordLine(number, line, None, fault.message))
            except RecursionError:
                lines.append(RecordLine(number, line, None, "nested too deep"))
    return lines


def _read_entry(stem: str, page: bytes | None, records: bytes | None) -> TreeEntry:
    entry_id, path = PurePosixPath(stem).name, stem + PAGE
    text = None if page is None else page.decode(errors="replace")
    entry: Entry | None = None
    fault: GitjournalError | None = None
    if page is not None and text is not None:
        try:
            page.decode()
            entry = parse(text, entry_id=entry_id, file=path)
        except UnicodeDecodeError:
            fault = EntryError("not UTF-8 text")
        except RecursionError:
            fault = EntryError("nested too deep")
        except GitjournalError as told:
            fault = told
    return TreeEntry(entry_id, path, stem + RECORDS, text, entry, fault, read_record_lines(records or b"", stem + RECORDS))
