"""What is committed after a run, composed as text: the results block of the entry, the commit message and the figures."""

from __future__ import annotations

from collections.abc import Sequence

from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record
from gitjournal.entry.summary import Summary
from gitjournal.entry.verdict import Verdict
from gitjournal.render import text
from gitjournal.render.charts.entry_figures import committed_figures
from gitjournal.render.results_block import results_block
from gitjournal.render.score import difference_as_gain
from gitjournal.render.verdict import verdict_of
from gitjournal.run.results import ResultsPage
from gitjournal.stats.gain import Gain
from gitjournal.stats.judge import Judgement


def compose_results(
    entry: Entry, summary: Summary, records: Sequence[Record], gain: Gain | None, judgement: Judgement | Verdict | None
) -> ResultsPage:
    """Return what is written of an entry's results; `judgement` is the verdict on its expectations, put in words where it is not yet."""
    verdict = verdict_of(judgement) if isinstance(judgement, Judgement) else judgement
    block = results_block(entry.front, summary, records, gain, verdict, entry_id=entry.id)
    return ResultsPage(block, results_message(entry, summary, records, gain, verdict), committed_figures(entry.id, summary, records))


def results_message(entry: Entry, summary: Summary, records: Sequence[Record], gain: Gain | None, verdict: Verdict | None = None) -> str:
    """Return subject, hypothesis and trailers: ``run: RBF beats linear on digits · dev.accuracy 0.978 (+0.006)``."""
    best = summary.best_score
    result = f"{summary.deciding} {text.number(best.mean)}" if best else f"{summary.failed} failed"
    gained = f" ({difference_as_gain(gain.difference, summary.direction, gain.score)})" if gain else ""
    lines = [f"run: {entry.front.title} · {result}{gained}", ""]
    if entry.front.hypothesis:
        lines += [entry.front.hypothesis.strip(), ""]
    if verdict:
        lines += [f"expected {one.expectation}: {one.verdict} ({one.words})" for one in verdict.outcomes] + [""]
    lines += [f"{name}: {value}" for name, value in _trailers(entry, summary, records, verdict) if value]
    return "\n".join(lines) + "\n"


def _trailers(entry: Entry, summary: Summary, records: Sequence[Record], verdict: Verdict | None) -> list[tuple[str, str]]:
    best = summary.best
    newest = next((one for one in reversed(records) if one.owned), None)
    code = f"{newest.code}{' (dirty)' if newest.dirty else ''}" if newest and newest.code else ""
    return [
        ("Entry", entry.id),
        ("Run", next((one.run for one in records if best and one.fingerprint == best.fingerprint), "")),
        ("Runs", str(summary.runs) if summary.runs > 1 else ""),
        ("Data", entry.front.data.hash or ""),
        ("Metric", f"{summary.deciding}={summary.best_score.mean!r}" if summary.best_score else ""),
        ("Verdict", verdict.word if verdict else ""),
        ("Code", code),
    ]
