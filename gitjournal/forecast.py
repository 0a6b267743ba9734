"""How long runs will take, from how long runs like them took."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from gitjournal import journal
from gitjournal.errors import EntryError
from gitjournal.index import Index
from gitjournal.planning import Plan, PlannedRun
from gitjournal.record import Record
from gitjournal.subject import Subject
from gitjournal.summary import COUNTS, data_label

LOOKED_AT = 50  # entries on the same data, the newest first: enough for a median


class _Canonical(msgspec.Struct):
    """What a forecast wants to know of a canonical text."""

    data: dict[str, object]
    procedure: list[object]


_decoder = msgspec.json.Decoder(_Canonical)


def forecast(subject: Subject, plan: Plan, runs: Sequence[PlannedRun]) -> float | None:
    """Return the seconds that the runs will take one after another, or None where nothing is known of some of them.

    For each run: the median of earlier runs of the same estimator on the same data, else of this entry's runs.
    """
    alike = _seconds_alike(subject, plan)
    own = [one.seconds for one in subject.records if one.owned and one.seconds is not None]
    expected = 0.0
    for run in runs:
        known = alike.get(_estimator(run.canonical), own)
        if not known:
            return None
        expected += statistics.median(known)
    return expected


def _seconds_alike(subject: Subject, plan: Plan) -> dict[str, list[float]]:
    """Return the seconds of earlier runs on the same data, by estimator."""
    label = data_label(subject.entry.front.data)
    with Index.open(subject.lab.repository) as index:
        index.refresh(subject.refs)
        rows = [(ref, row) for ref in subject.refs for row in index.entries(ref) if row.data == label and row.runs]
    newest = sorted({row.id: ref for ref, row in reversed(rows)}.items(), reverse=True)[:LOOKED_AT]
    found: dict[str, list[float]] = defaultdict(list)
    for entry_id, ref in newest:
        for one in _records(subject, entry_id, ref):
            if one.owned and one.status in COUNTS and one.seconds is not None and one.canonical and plan.declared.hash in one.canonical:
                found[_estimator(one.canonical)].append(one.seconds)
    return found


def _records(subject: Subject, entry_id: str, ref: str) -> list[Record]:
    try:
        return journal.entry_records(subject.lab, entry_id, ref)
    except EntryError:
        return []  # a conflict marker in somebody's records is no reason to refuse a plan


def _estimator(canonical: str) -> str:
    """Return the class of the last step."""
    last = _decoder.decode(canonical).procedure[-1:]
    return next(iter(last[0]), "") if last and isinstance(last[0], dict) else ""
