"""The index: a cache in SQLite of what the journal branches hold. May be deleted at any time.

Everything is keyed by blob ids, so what was read once is never read again, on whatever branch it appears. It is
brought up to date by the difference of the tree that was seen last and the tree of now, and rebuilt without a word
where it is missing, old or damaged. Where nothing can be written it lives in memory.

What is asked of it about entries stands here; about their runs in `runs`, about what those came to in `results`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from gitjournal.git.repository import Repository
from gitjournal.journal.entry_ids import PAGE, page_path
from gitjournal.journal.index.file import IndexFile, transaction
from gitjournal.journal.index.rows import Row, id_of_stem
from gitjournal.journal.index.update import KEYS_AT_ONCE, Update

NAME = "index.sqlite"

T = TypeVar("T")

PLACED = """
SELECT f.name, p.stem, p.page, p.records, w.value
FROM places p JOIN refs f ON f.id = p.ref JOIN rows w ON w.page = p.page AND w.records = p.records
WHERE p.page <> ''
"""

_row_decoder = msgspec.json.Decoder(Row)


class Index:
    """The index of one repository. Open one with `Index.open`, bring it up to date with `refresh`, then ask; `file` is where it lies."""

    def __init__(self, repository: Repository, *, on_disk: bool = True) -> None:
        self.repository = repository
        self.refs: dict[str, str] = {}
        self._standing: dict[str, Row] | None = None
        self.file = IndexFile(repository.private / NAME, on_disk=on_disk)

    @classmethod
    @contextmanager
    def open(cls, repository: Repository, *, on_disk: bool = True) -> Iterator[Index]:
        """Open the index of a repository for the length of a `with`; one that is not `on_disk` lives in memory and writes nothing."""
        index = cls(repository, on_disk=on_disk)
        try:
            yield index
        finally:
            index.close()

    def close(self) -> None:
        """Close the file."""
        self.file.connection.close()

    def refresh(self, refs: Mapping[str, str]) -> None:
        """Make the index hold exactly these refs (full name -> commit), the most important first.

        Raises BusyError where another process holds the index for more than a minute.
        """
        self.refs, self._standing = dict(refs), None
        self._mend(self._catch_up)

    def _catch_up(self) -> None:
        update = self._update()
        if update.is_needed:
            update.run()

    def _update(self) -> Update:
        return Update(self.file.connection, self.repository, self.refs)

    def entries(self, ref: str) -> list[Row]:
        """Return the entries of one ref, in the order of their ids."""
        return [placed_row(*values) for values in self.ask(f"{PLACED} AND f.name = ? ORDER BY p.stem", (ref,))]

    def entry(self, entry_id: str) -> tuple[str, Row] | None:
        """Return an entry and the ref it was found on, the most important ref first."""
        places = self.ask(f"{PLACED} AND p.stem LIKE ? ORDER BY f.rank LIMIT 1", (f"%/{entry_id}",))
        return (places[0][0], placed_row(*places[0])) if places else None

    def ids(self) -> list[str]:
        """Return the ids of all entries of all refs."""
        return list(dict.fromkeys(id_of_stem(stem) for (stem,) in self.ask("SELECT DISTINCT stem FROM places WHERE page <> ''", ())))

    def standing_entries(self) -> dict[str, Row]:
        """Return the entries that have records and are not retracted, by the blob of those."""
        if self._standing is None:
            rows = (row for ref in reversed(self.refs) for row in self.entries(ref))
            self._standing = {row.records: row for row in rows if row.records and row.state != "retracted"}
        return self._standing

    def records_of(self, ref: str, entry_id: str) -> str:
        """Return the blob of an entry's records on one ref, "" where it has none there."""
        stem = page_path(entry_id).removesuffix(PAGE)
        places = self.ask("SELECT p.records FROM places p JOIN refs f ON f.id = p.ref WHERE f.name = ? AND p.stem = ?", (ref, stem))
        return places[0][0] if places else ""

    def ideas(self, pages: Iterable[str]) -> dict[str, bytes]:
        """Return what is kept of some pages (blobs) by `keep_ideas`."""
        wanted = set(pages)
        return {page: value for page, value in self.ask("SELECT page, value FROM ideas", ()) if page in wanted}

    def keep_ideas(self, ideas: Mapping[str, bytes]) -> None:
        """Keep what entries are about, by the blob of their page. Unlike a row, it is worked out only when it is first asked for."""

        def write() -> None:
            with transaction(self.file.connection):
                self.file.connection.executemany("INSERT OR REPLACE INTO ideas VALUES (?, ?)", list(ideas.items()))

        self._mend(write)

    def ask(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return the rows that answer an SQL statement. Raises BusyError where another process holds the file."""
        return self._mend(lambda: self.file.connection.execute(statement, values).fetchall())

    def _mend(self, action: Callable[[], T]) -> T:
        """Do `action`; where the file turns out damaged or cannot be written, make a new index and do it again."""
        try:
            return action()
        except sqlite3.DatabaseError as fault:
            self.file.replace(fault)
            self._update().run()
            return action()


def ask_in_chunks(index: Index, statement: str, keys: Sequence[str], before: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """Ask with `{marks}` in the statement for many keys, as many at once as SQLite takes; `before` are values ahead of them."""
    for start in range(0, len(keys), KEYS_AT_ONCE):
        chunk = keys[start : start + KEYS_AT_ONCE]
        yield from index.ask(statement.format(marks=",".join("?" * len(chunk))), [*before, *chunk])


def placed_row(_: str, stem: str, page: str, records: str, row: bytes) -> Row:
    """Return a row with where it stands; the values are those of `PLACED`."""
    return msgspec.structs.replace(_row_decoder.decode(row), id=id_of_stem(stem), page=page, records=records, path=f"{stem}{PAGE}")
