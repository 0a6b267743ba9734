"""Queries about results: configurations and scores on one data set or on all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

import msgspec

from gitjournal.entry.record import Scores
from gitjournal.journal.index.cache import Index, ask_in_chunks
from gitjournal.journal.index.rows import Row, id_of_stem

_RESULTS = """
SELECT b.name, r.fingerprint, c.canonical, r.status, r.metrics, r.seconds, r.findings
FROM blobs b CROSS JOIN runs r ON r.blob = b.id CROSS JOIN configurations c ON c.data = ? AND c.fingerprint = r.fingerprint
WHERE b.name IN ({marks}) AND r.origin IS NULL AND r.status NOT IN ('final', 'skipped')
"""
_LOOKERS = """
SELECT f.name, p.stem, w.value FROM configurations c JOIN runs r ON r.fingerprint = c.fingerprint AND r.status = 'final'
JOIN blobs b ON b.id = r.blob JOIN places p ON p.records = b.name JOIN refs f ON f.id = p.ref
LEFT JOIN rows w ON w.page = p.page AND w.records = p.records WHERE c.data = ? GROUP BY f.name, p.stem ORDER BY f.rank, p.stem
"""


class Result(msgspec.Struct, frozen=True):
    """What one run came to: `data` is the hash of its data, `canonical` its text, `scores` those of its dev part, `findings` codes."""

    data: str
    fingerprint: str
    canonical: str
    status: str
    scores: dict[str, float | None]
    seconds: float | None
    row: Row
    findings: tuple[str, ...] = ()


_row_decoder = msgspec.json.Decoder(Row)
_scores_decoder = msgspec.json.Decoder(Scores)


def configurations_on(index: Index, data_hash: str) -> dict[str, str]:
    """Return the canonical text of every configuration that was run on these data, by fingerprint."""
    return dict(index.ask("SELECT fingerprint, canonical FROM configurations WHERE data = ?", (data_hash,)))


def find_lookers(index: Index, data_hash: str) -> list[tuple[str, str, str]]:
    """Return (ref, id, title) of every entry that looked at the test part of some data, the most important ref first."""
    entries = index.ask(_LOOKERS, (data_hash,))
    return [(ref, id_of_stem(stem), _row_decoder.decode(row).title if row else "") for ref, stem, row in entries]


def list_results(index: Index, near: str = "", most: int | None = None) -> list[Result]:
    """Return what every run came to that an entry did itself and that is not retracted, each once.

    Where there are more than about `most` runs, those of whole entries: first the ones on the data with the hash `near`, then the
    newest.
    """
    rows = index.standing_entries().values()
    return _read_results(index, sorted(rows, key=lambda row: (row.data_hash == near, row.at or "", row.id), reverse=True), most)


def results_on(index: Index, data: str, most: int) -> list[Result]:
    """Return what the runs on the data with this hash came to; where there are more than about `most`, those of the newest entries."""
    rows = [row for row in index.standing_entries().values() if row.data_hash == data]
    return _read_results(index, sorted(rows, key=lambda row: (row.at or "", row.id), reverse=True), most)


def _read_results(index: Index, rows: Sequence[Row], most: int | None) -> list[Result]:
    runs_before = accumulate((row.runs for row in rows), initial=0)
    by_data: dict[str, dict[str, Row]] = {}
    for row, runs in zip(rows, runs_before, strict=False):
        if most is None or runs < most:
            by_data.setdefault(row.data_hash, {})[row.records] = row
    return [result for data, entries in by_data.items() for result in _results_of_entries(index, data, entries)]


def _results_of_entries(index: Index, data: str, entries: Mapping[str, Row]) -> list[Result]:
    """Return the results on one data set; `entries` are by the blob of their records."""
    return [
        Result(data, name, text, status, _scores_decoder.decode(metrics).get("dev", {}), seconds, entries[blob], tuple(codes.splitlines()))
        for blob, name, text, status, metrics, seconds, codes in ask_in_chunks(index, _RESULTS, list(entries), [data])
    ]
