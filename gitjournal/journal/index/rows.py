"""Rows of the list of entries: each worked out from a page and its records, and kept by the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from gitjournal.entry import verdict
from gitjournal.entry.labels import data_argument, data_label, estimator_label
from gitjournal.entry.model import Entry, FrontMatter
from gitjournal.entry.record import Record
from gitjournal.entry.summary import state, summarise
from gitjournal.entry.verdict import Verdict
from gitjournal.journal.entries import read_entry
from gitjournal.journal.entry_ids import PAGE, make_matcher
from gitjournal.stats.looks import last_look


class Row(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One entry in a list. `values` are the scores of its best configuration by PART.METRIC, means over seeds.

    `tested` says that its split has a test part, `look` is the run id of its last look there, whose scores are among `values`.
    `verdict` is what came of `expect` ("" where nothing was judged), `came_out` what was measured then, one for each.
    """

    id: str = ""
    title: str = ""
    state: str = "planned"
    error: str = ""
    metric: str | None = None
    values: dict[str, float] = {}
    sd: float | None = None
    seeds: int = 0
    runs: int = 0
    failed: int = 0
    data: str = ""
    data_hash: str = ""
    source: str = ""
    tested: bool = False
    look: str = ""
    estimator: str = ""
    tags: list[str] = []
    baseline: str | None = None
    replicates: str | None = None
    from_: str | None = None
    expect: list[str] = []
    confidence: float | None = None
    verdict: str = ""
    came_out: list[str] = []
    at: str | None = None
    page: str = ""
    records: str = ""
    path: str = ""

    @property
    def best(self) -> float | None:
        """The deciding score of the best configuration."""
        return self.values.get(f"dev.{self.metric}")


def make_row(page: bytes | None, records: Sequence[Record], *, stem: str, error: str = "") -> Row:
    """Summarise one entry as a row of a list; where it cannot be read, the row says so."""
    if page is None:
        return Row(state="unreadable", error=error or f"{stem}{PAGE}: not in this clone", runs=len(records))
    entry, fault = read_entry(page.decode(errors="replace"), entry_id=id_of_stem(stem), file=f"{stem}{PAGE}")
    if entry is None:
        return Row(state="unreadable", error=fault, runs=len(records))
    return _make_row(entry.front, records, error, _read_verdict(entry))


def _read_verdict(entry: Entry) -> Verdict | None:
    """Return what the entry's results block says of its expectations; what is retracted has none any more."""
    return None if entry.front.retracted else verdict.read_page(entry.text, entry.id)


def _make_row(front: FrontMatter, records: Sequence[Record], error: str, verdict_lines: Verdict | None) -> Row:
    summary = summarise(front, records)
    best, score = summary.best, summary.best_score
    look = last_look(records)
    test_scores = {f"test.{name}": value for name, value in look.metrics.get("test", {}).items() if value is not None} if look else {}
    return Row(
        title=front.title,
        state=state(front, records),
        error=error,
        metric=summary.metric,
        values={**({name: found.mean for name, found in best.scores.items()} if best else {}), **test_scores},
        sd=score.sd if score else None,
        seeds=score.n if score else 0,
        runs=summary.runs,
        failed=summary.failed,
        data=data_label(front.data),
        data_hash=front.data.hash or "",
        source=data_argument(front.data),
        tested=bool(front.split and (front.split.test or (front.split.given and front.data.files and front.data.files.test))),
        look=look.run if look else "",
        estimator=estimator_label(front.procedure),
        tags=front.tags,
        baseline=front.baseline,
        replicates=front.replicates,
        from_=front.from_,
        expect=[one.expectation for one in verdict_lines.outcomes] if verdict_lines else front.expectations,
        confidence=front.confidence,
        verdict=verdict_lines.word if verdict_lines and records else "",
        came_out=[one.came_out for one in verdict_lines.outcomes] if verdict_lines else [],
        at=summary.last_at,
    )


def id_of_stem(stem: str) -> str:
    """Return the id of the entry whose files have this path without their ending."""
    return stem[stem.rindex("/") + 1 :]


def gains_over_baselines(rows: Iterable[Row]) -> dict[str, float | None]:
    """Return each entry's gain over its baseline, in the direction of its metric's own scale; None where one has no score.

    Entries without a baseline are left out.
    """
    by_id = {row.id: row for row in rows}
    find = make_matcher(by_id)
    gains: dict[str, float | None] = {}
    for row in by_id.values():
        if row.baseline:
            baseline = by_id.get(find(row.baseline) or "")
            score = baseline.values.get(f"dev.{row.metric}") if baseline and baseline.state != "retracted" else None
            gains[row.id] = row.best - score if row.best is not None and score is not None else None
    return gains


def data_names(row: Row) -> list[str]:
    """Return the names by which people ask for a data set: as declared, the last part of its path, that without its end."""
    name = row.data.rpartition("/")[2]
    return [row.data, name, name.partition(".")[0]]
