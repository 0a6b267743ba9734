"""Cards: what lists and other pages of the site show of an entry, small enough to be cached between two builds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from gitjournal import __version__, resources
from gitjournal.entry.changes import flatten
from gitjournal.entry.datasheet import name_of
from gitjournal.entry.labels import data_label, estimator_label
from gitjournal.journal.entry_results import EntryResults, Unreadable, read_results
from gitjournal.journal.journal import Journal, Listed
from gitjournal.stats.looks import is_look


class Card(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One entry in a few values. `key` says of which bytes they were made, `records` is the blob of its records."""

    id: str
    key: str
    title: str = ""
    error: str = ""
    hypothesis: str = ""
    state: str = ""
    verdict: str = ""
    branch: str = ""
    metric: str | None = None
    best: float | None = None
    sd: float | None = None
    seeds: int = 0
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: str | None = None
    reached: float | None = None
    data: str = ""
    data_hash: str = ""
    data_name: str = ""
    facts: str = ""
    estimator: str = ""
    grid: dict[str, Any] = {}
    run: str = ""
    fingerprint: str = ""
    runs: int = 0
    failed: int = 0
    looks: int = 0
    seconds: float = 0.0
    at: str = ""
    tags: list[str] = []
    declared: dict[str, Any] = {}
    records: str = ""

    @property
    def list_content(self) -> bytes:
        """All that pages which list entries tell of this one: a change of its prose changes none of it."""
        return msgspec.json.encode(msgspec.structs.replace(self, key=""))

    @property
    def short(self) -> str:
        """The last four characters of the id, which are random."""
        return self.id[-4:]

    @property
    def day(self) -> str:
        """The day of the last run, else of the entry."""
        return self.at[:10] if self.at else f"{self.id[:4]}-{self.id[4:6]}-{self.id[6:8]}"

    @property
    def word(self) -> str:
        """What became of the question, in a word: the verdict where there is one, else its state."""
        return self.verdict if self.verdict and self.state != "retracted" else self.state


@cache
def stamp() -> str:
    """Return a hash of our code and the templates it fills: where it differs, all cards and pages are made again."""
    package = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256(__version__.encode())
    for file in (*sorted(package.rglob("*.py")), *sorted((resources.folder("templates") / "site").iterdir())):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def card_key(listed: Listed, baseline: Listed | None) -> str:
    """Return the cache key of a card, a hash of what it depends on: the bytes of the entry, of its records and of those of its baseline."""
    row = listed.row
    parts = [stamp(), row.id, row.page, row.records, listed.branch]
    parts += [baseline.row.id, baseline.row.page, baseline.row.records] if baseline else []
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read_cards(journal: Journal, listed: Sequence[Listed], keys: Mapping[str, str]) -> Iterator[tuple[Card, EntryResults | None]]:
    """Read entries, and give each with its card; one that cannot be read has a card that says why."""
    for result in read_results(journal, listed):
        if isinstance(result, Unreadable):
            row = result.listed.row
            error = str(result.fault).partition("\n")[0]
            yield (
                Card(id=row.id, key=keys[row.id], title=row.title or row.id, error=error, state="unreadable", branch=result.listed.branch),
                None,
            )
        else:
            yield make_card(result, keys[result.opened.listed.row.id]), result


def make_card(results: EntryResults, key: str) -> Card:
    """Return the card of an entry."""
    row, front, summary, gain = results.opened.listed.row, results.opened.entry.front, results.summary, results.gain
    score, interval = summary.best_score, gain.interval if gain else None
    records = results.opened.records
    first = next((one for one in records if summary.best and one.fingerprint == summary.best.fingerprint), None)
    data: dict[str, Any] = msgspec.to_builtins(front.data)
    return Card(
        id=row.id,
        key=key,
        title=front.title,
        hypothesis=front.hypothesis or "",
        state=row.state,
        verdict=row.verdict,
        branch=results.opened.listed.branch,
        metric=summary.metric,
        best=score.mean if score else None,
        sd=score.sd if score else None,
        seeds=score.n if score else 0,
        gain=gain.difference if gain else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        baseline=gain.baseline if gain else None,
        reached=gain.score if gain else None,
        data=data_label(front.data),
        data_hash=front.data.hash or "",
        data_name=name_of(data),
        facts=_facts(data.get("facts") or {}),
        estimator=estimator_label(front.procedure),
        grid=summary.best.grid if summary.best else {},
        run=first.run if first else "",
        fingerprint=summary.best.fingerprint if summary.best else "",
        runs=summary.runs,
        failed=summary.failed,
        looks=sum(map(is_look, records)),
        seconds=summary.seconds,
        at=summary.last_at or "",
        tags=list(front.tags),
        declared={name: value for name, value in flatten(front).items() if name not in ("title", "hypothesis", "data.hash")},
        records=row.records,
    )


def _facts(facts: Mapping[str, Any]) -> str:
    words = [
        f"{facts[name]:,} {word}" for name, word in (("n_rows", "rows"), ("n_features", "features")) if isinstance(facts.get(name), int)
    ]
    words += [f"{len(facts['classes'])} classes"] if facts.get("classes") else []
    return ", ".join(words)
