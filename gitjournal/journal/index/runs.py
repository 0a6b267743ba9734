"""Queries about runs: which entries did the same one, on which branches, and whether they say so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from gitjournal.entry.record import Record, Scores
from gitjournal.entry.summary import COUNTS, Key
from gitjournal.journal.entry_ids import can_mean
from gitjournal.journal.index.cache import Index, ask_in_chunks, placed_row
from gitjournal.journal.index.rows import Row, id_of_stem

_RUNS = """
SELECT r.run, r.fingerprint, r.seed, r.status, r.origin, r.at, r.metrics, r.seconds, p.stem, w.value, f.name
FROM runs r JOIN blobs b ON b.id = r.blob JOIN places p ON p.records = b.name JOIN refs f ON f.id = p.ref
LEFT JOIN rows w ON w.page = p.page AND w.records = p.records
WHERE r.fingerprint IN ({marks}) ORDER BY f.rank, p.stem, r.line
"""
_HOLDERS = """
SELECT b.name, r.run, r.fingerprint, r.seed, r.at FROM runs r JOIN blobs b ON b.id = r.blob
WHERE r.fingerprint IN ({marks}) AND r.origin IS NULL AND r.status = 'done'
"""
_REPEATED = """
SELECT f.name, p.stem, p.page, p.records, w.value, o.other FROM pairs o JOIN refs f ON f.id = o.ref
JOIN places p ON p.ref = o.ref AND p.stem = o.stem JOIN rows w ON w.page = p.page AND w.records = p.records WHERE f.name = ?
"""
_FINGERPRINTS = "SELECT DISTINCT r.fingerprint FROM runs r JOIN blobs b ON b.id = r.blob WHERE b.name IN ({marks})"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the index knows it, and where it stands. `origin` names its owner, where this entry only uses it."""

    run: str
    fingerprint: str
    seed: int | None
    status: str
    origin: str | None
    at: str | None
    metrics: Scores
    seconds: float | None
    entry: str
    title: str
    state: str
    ref: str

    @property
    def key(self) -> Key:
        """The identity of the run."""
        return (self.fingerprint, self.seed)


class Holder(msgspec.Struct, frozen=True):
    """A run that was done, and the blob of the records that say so."""

    blob: str
    run: str
    fingerprint: str
    seed: int | None
    at: str | None


_row_decoder = msgspec.json.Decoder(Row)
_scores_decoder = msgspec.json.Decoder(Scores)


def list_runs(index: Index, fingerprints: Sequence[str]) -> list[Run]:
    """Return every run of some configurations, the most important ref first."""
    return [_read_run(values) for values in ask_in_chunks(index, _RUNS, fingerprints)]


def find_runs(index: Index, keys: Sequence[Key]) -> list[Run]:
    """Return every run of these fingerprints and seeds; one that stands on several refs comes once, on the most important.

    The caller decides what counts: a run may have failed, belong to another entry (`origin`) or be retracted (`state`).
    """
    wanted = set(keys)
    runs = [run for run in list_runs(index, list(dict.fromkeys(fingerprint for fingerprint, _ in keys))) if run.key in wanted]
    return list({(run.entry, run.run): run for run in reversed(runs)}.values())[::-1]


def find_owners(index: Index, records: Iterable[Record]) -> dict[Key, Scores]:
    """Return the metrics of the runs that these records take from other entries."""
    keys = [record.key for record in records if not record.owned and not record.metrics]
    runs = [run for run in find_runs(index, keys) if run.origin is None and run.status in COUNTS]
    return {run.key: run.metrics for run in reversed(runs)}


def find_holders(index: Index, fingerprints: Sequence[str]) -> list[Holder]:
    """Return every run of some configurations that an entry did itself and that counts, by the blob of its records."""
    return [Holder(*values) for values in ask_in_chunks(index, _HOLDERS, fingerprints)]


def find_repeated(index: Index, ref: str) -> list[tuple[Row, Row]]:
    """Return the entries of one ref that did the same run without saying so, each pair once, the later one first.

    A merge that git found clean can bring two of them together.
    """
    pairs = index.ask(_REPEATED, (ref,))
    rows = {values[1]: placed_row(*values[:5]) for values in pairs}
    repeated = []
    for _, stem, *_, twin in pairs:
        row, earlier = rows[stem], rows.get(twin)
        if earlier and (row.at or "", row.id) > (earlier.at or "", earlier.id) and not _says_so(row, earlier):
            repeated.append((row, earlier))
    return repeated


def _says_so(row: Row, earlier: Row) -> bool:
    """Whether it is known that one repeats the other, or one of them no longer counts."""
    says_so = can_mean(row.replicates or "", earlier.id) or can_mean(earlier.replicates or "", row.id)
    return says_so or "retracted" in (row.state, earlier.state)


def record_blobs(index: Index) -> set[str]:
    """Return the blobs of all records files that were read."""
    return {name for (name,) in index.ask("SELECT name FROM blobs", ())}


def fingerprints_outside(index: Index, ids: Collection[str]) -> set[str]:
    """Return the configurations that were run by entries other than these."""
    places = index.ask("SELECT DISTINCT stem, records FROM places WHERE records <> ''", ())
    blobs = sorted({blob for stem, blob in places if id_of_stem(stem) not in ids})
    return {fingerprint for (fingerprint,) in ask_in_chunks(index, _FINGERPRINTS, blobs)}


def _read_run(values: tuple[Any, ...]) -> Run:
    """Return one run; the values are those of `_RUNS`, in their order."""
    run, fingerprint, seed, status, origin, at, metrics, seconds, stem, row, ref = values
    entry = _row_decoder.decode(row) if row else Row()
    return Run(
        run=run,
        fingerprint=fingerprint,
        seed=seed,
        status=status,
        origin=origin,
        at=at,
        metrics=_scores_decoder.decode(metrics),
        seconds=seconds,
        entry=id_of_stem(stem),
        title=entry.title,
        state=entry.state,
        ref=ref,
    )
