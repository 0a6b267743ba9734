"""Incremental update of the index: by the difference of the trees of then and now, reading each blob once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec

from gitjournal.entry.model import ID_PATTERN
from gitjournal.entry.record import Record, Scores, decode_lines
from gitjournal.entry.summary import Key, join
from gitjournal.errors import EntryError, GitError
from gitjournal.git.process import git_bytes
from gitjournal.git.repository import Repository
from gitjournal.journal.entry_ids import FOLDER, PAGE, RECORDS
from gitjournal.journal.index.file import transaction
from gitjournal.journal.index.rows import id_of_stem, make_row
from gitjournal.procedure.canonical_text import read_header

ENTRIES_AT_ONCE = 250  # about 10 MB of records: memory stays flat however large the journal is
KEYS_AT_ONCE = 500  # below the 999 variables that old SQLite takes

Pair = tuple[str, str, str]  # blob of a page, blob of its records, path without its ending

# which other entries of the same ref have done a run of this entry too; CROSS JOIN keeps SQLite to this order, which goes
# from an entry to its runs to the same runs of others: it has no statistics, and the orders that it guesses take minutes
_PAIRS = """
INSERT OR IGNORE INTO pairs
SELECT p.ref, p.stem, q.stem FROM places p CROSS JOIN blobs b ON b.name = p.records CROSS JOIN runs r ON r.blob = b.id
CROSS JOIN runs s ON s.fingerprint = r.fingerprint AND s.seed IS r.seed AND s.blob <> r.blob
CROSS JOIN blobs c ON c.id = s.blob CROSS JOIN places q ON q.records = c.name AND q.ref = p.ref
WHERE p.ref = ? {which} AND r.origin IS NULL AND r.status = 'done' AND s.origin IS NULL AND s.status = 'done'
"""

_scores_decoder = msgspec.json.Decoder(Scores)


class Update:
    """One update: `refs` (full name -> commit, the most important first) are what the index is to hold."""

    def __init__(self, connection: sqlite3.Connection, repository: Repository, refs: Mapping[str, str]) -> None:
        self._connection, self.repository, self.refs = connection, repository, refs

    @property
    def is_needed(self) -> bool:
        """Whether the index holds anything else."""
        stored: list[tuple[str, str]] = self._connection.execute("SELECT name, revision FROM refs ORDER BY rank").fetchall()
        return stored != list(self.refs.items())

    def run(self) -> None:
        """Do it, where nobody else has done it meanwhile."""
        with transaction(self._connection):
            # look again: another process may have done it while this one waited
            if self.is_needed:
                touched = self._follow_refs()
                self._read_new()
                for ref, stems in touched.items():
                    self._pair(ref, stems)
                self._forget()

    def _follow_refs(self) -> dict[int, Sequence[str] | None]:
        """Make `places` say where every entry stands on every ref, by the difference of two trees.

        Returns for each ref that moved the stems that changed; None where all may have.
        """
        touched: dict[int, Sequence[str] | None] = {}
        stored = {name: (number, revision) for number, name, revision in self._connection.execute("SELECT id, name, revision FROM refs")}
        for rank, (name, revision) in enumerate(self.refs.items()):
            if name in stored:
                number, former = stored[name]
                self._connection.execute("UPDATE refs SET revision = ?, rank = ? WHERE id = ?", (revision, rank, number))
            else:
                number, former = self._new_ref(name, revision, rank, stored)
                stored[name] = (number, revision)
            if former != revision:
                touched[number] = self._follow(number, former, revision)
        for name in stored.keys() - self.refs.keys():
            self._connection.execute("DELETE FROM pairs WHERE ref = ?", (stored[name][0],))
            self._connection.execute("DELETE FROM places WHERE ref = ?", (stored[name][0],))
            self._connection.execute("DELETE FROM refs WHERE id = ?", (stored[name][0],))
        return touched

    def _new_ref(self, name: str, revision: str, rank: int, stored: Mapping[str, tuple[int, str]]) -> tuple[int, str | None]:
        """Begin a ref as a copy of one that is known: branches of a journal share nearly everything."""
        cursor = self._connection.execute("INSERT INTO refs (name, revision, rank) VALUES (?, ?, ?)", (name, revision, rank))
        number = int(cursor.lastrowid or 0)
        for twin, _ in stored.values():
            self._connection.execute(
                "INSERT INTO places SELECT ?, stem, page, records FROM places WHERE ref = ?",
                (number, twin),
            )
            self._connection.execute("INSERT INTO pairs SELECT ?, stem, other FROM pairs WHERE ref = ?", (number, twin))
            now = self._connection.execute("SELECT revision FROM refs WHERE id = ?", (twin,)).fetchone()
            return number, now[0]
        return number, None

    def _follow(self, number: int, former: str | None, revision: str) -> Sequence[str] | None:
        changes = _tree_difference(self.repository, former, revision) if former else None
        whole = changes is None
        if changes is None:  # nothing to compare with (git gc may have taken the commit): read the whole tree
            self._connection.execute("DELETE FROM places WHERE ref = ?", (number,))
            changes = [(file.path, file.blob if file.mode.startswith("100") else "") for file in self.repository.tree(revision, FOLDER)]
        for ending, column in ((PAGE, "page"), (RECORDS, "records")):
            placed = [
                (number, path.removesuffix(ending), blob)
                for path, blob in changes
                if path.endswith(ending) and ID_PATTERN.match(id_of_stem(path.removesuffix(ending)))
            ]
            other_column = "records" if column == "page" else "page"
            self._connection.executemany(
                f"INSERT INTO places (ref, stem, {column}, {other_column}) VALUES (?, ?, ?, '') "  # noqa: S608 - two fixed words
                f"ON CONFLICT (ref, stem) DO UPDATE SET {column} = excluded.{column}",
                placed,
            )
        self._connection.execute("DELETE FROM places WHERE ref = ? AND page = '' AND records = ''", (number,))
        return None if whole else sorted({path.removesuffix(PAGE).removesuffix(RECORDS) for path, _ in changes})

    def _read_new(self) -> None:
        """Read the pages and records that were never read before."""
        new = self._connection.execute(
            "SELECT p.page, p.records, min(p.stem) FROM places p LEFT JOIN rows w ON w.page = p.page AND w.records = p.records "
            "WHERE w.page IS NULL OR w.open > 0 GROUP BY p.page, p.records ORDER BY 3"
        ).fetchall()
        read = {name for (name,) in self._connection.execute("SELECT name FROM blobs")}
        waiting: list[Pair] = []
        for pairs in _chunks(new):
            blobs = self.repository.blobs({name for pair in pairs for name in pair[:2] if name})
            for page, blob, stem in pairs:
                records, error = _read_records(blobs, blob, stem)
                if blob and blob not in read:
                    read.add(blob)
                    self._store_runs(blob, records)
                if all(record.owned for record in records):
                    self._store_row((page, blob, stem), blobs, records, error, missing=0)
                else:
                    waiting.append((page, blob, stem))
        # runs that another entry owns: only now is every owner known
        for pairs in _chunks(waiting):
            blobs = self.repository.blobs({name for pair in pairs for name in pair[:2] if name})
            for page, blob, stem in pairs:
                records, error = _read_records(blobs, blob, stem)
                joined = join(records, self._find_owners(records))
                missing = sum(not record.owned and not record.metrics for record in joined)
                self._store_row((page, blob, stem), blobs, joined, error, missing=missing)

    def _pair(self, ref: int, stems: Sequence[str] | None) -> None:
        """Find which entries of a ref did the same run: among all, or only with those that changed."""
        execute = self._connection.execute
        if stems is None:
            execute("DELETE FROM pairs WHERE ref = ?", (ref,))
            execute(_PAIRS.format(which=""), (ref,))
            return
        for at in range(0, len(stems), KEYS_AT_ONCE):
            chunk = stems[at : at + KEYS_AT_ONCE]
            marks = ",".join("?" * len(chunk))
            for column in ("stem", "other"):
                execute(f"DELETE FROM pairs WHERE ref = ? AND {column} IN ({marks})", (ref, *chunk))  # noqa: S608 - question marks
            execute(_PAIRS.format(which=f"AND p.stem IN ({marks})"), (ref, *chunk))
            execute(f"INSERT OR IGNORE INTO pairs SELECT ref, other, stem FROM pairs WHERE ref = ? AND stem IN ({marks})", (ref, *chunk))  # noqa: S608

    def _store_runs(self, blob: str, records: Sequence[Record]) -> None:
        number = self._connection.execute("INSERT INTO blobs (name) VALUES (?)", (blob,)).lastrowid
        self._connection.executemany(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(number, line, record.run, record.fingerprint, record.seed, record.status, record.from_, record.at),
                    *(msgspec.json.encode(record.metrics), record.seconds, "\n".join(record.findings)),
                )
                for line, record in enumerate(records, start=1)
            ],
        )
        texts = {record.fingerprint: record.canonical for record in records if record.canonical}
        self._connection.executemany(
            "INSERT OR IGNORE INTO configurations VALUES (?, ?, ?)",
            [(read_header(text).hash, fingerprint, text) for fingerprint, text in texts.items()],
        )

    def _find_owners(self, records: Iterable[Record]) -> dict[Key, Scores]:
        owners = {}
        for record in records:
            if not record.owned:
                row = self._connection.execute(
                    "SELECT metrics FROM runs WHERE fingerprint = ? AND seed IS ? AND origin IS NULL "
                    "AND status IN ('done', 'again') LIMIT 1",
                    record.key,
                ).fetchone()
                if row:
                    owners[record.key] = _scores_decoder.decode(row[0])
        return owners

    def _store_row(self, pair: Pair, blobs: Mapping[str, bytes], records: Sequence[Record], error: str, *, missing: int) -> None:
        page, blob, stem = pair
        row = make_row(blobs.get(page), records, stem=stem, error=error)
        self._connection.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", (page, blob, msgspec.json.encode(row), missing))

    def _forget(self) -> None:
        """Drop what no ref holds any more."""
        execute = self._connection.execute
        execute("DELETE FROM rows WHERE (page, records) NOT IN (SELECT page, records FROM places)")
        # EXCEPT reads their names from an index, and not what is kept of them
        execute("DELETE FROM ideas WHERE page IN (SELECT page FROM ideas EXCEPT SELECT page FROM places)")
        gone = execute("SELECT id FROM blobs WHERE name NOT IN (SELECT records FROM places)").fetchall()
        self._connection.executemany("DELETE FROM runs WHERE blob = ?", gone)
        self._connection.executemany("DELETE FROM blobs WHERE id = ?", gone)
        if gone:
            execute("DELETE FROM configurations WHERE fingerprint NOT IN (SELECT fingerprint FROM runs)")


def _tree_difference(repository: Repository, old: str, new: str) -> list[tuple[str, str]] | None:
    """Return paths and their new blobs ("" where a file has gone), or None where git cannot compare."""
    arguments = ["--git-dir", str(repository.common), "diff-tree", "-r", "-z", "--no-renames", "--raw", old, new, "--", FOLDER]
    try:
        parts = git_bytes(arguments, cwd=repository.common).split(b"\0")
    except GitError:
        return None
    changes = []
    for head, path in zip(parts[0::2], parts[1::2], strict=False):
        mode, blob, kind = head.split(b" ")[1], head.split(b" ")[3], head.split(b" ")[4]
        plain = mode.startswith(b"100") and kind != b"D"
        changes.append((os.fsdecode(path), blob.decode() if plain else ""))
    return changes


def _read_records(blobs: Mapping[str, bytes], name: str, stem: str) -> tuple[list[Record], str]:
    """Return the records of a blob; lines that are none (a conflict marker) are left out, and the first is named."""
    content = blobs.get(name, b"")
    file = f"{stem}{RECORDS}"
    try:
        return decode_lines(content, file=file), ""
    except EntryError as fault:
        good = []
        for line in content.split(b"\n"):
            with suppress(EntryError):
                good += decode_lines(line, file=file)
        return good, str(fault).partition("\n")[0]


def _chunks(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    for at in range(0, len(pairs), ENTRIES_AT_ONCE):
        yield pairs[at : at + ENTRIES_AT_ONCE]
