"""All that is written of an entry's results: the block in its page, the message of the commit, the figures."""

from __future__ import annotations

from collections.abc import Sequence

from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record
from gitjournal.entry.summary import Summary
from gitjournal.entry.verdict import Verdict
from gitjournal.render.charts.entry_figures import committed
from gitjournal.render.commit_message import results_message
from gitjournal.render.results_block import results_block
from gitjournal.render.verdict import verdict_of
from gitjournal.run.results import ResultsPage
from gitjournal.stats.gain import Gain
from gitjournal.stats.judge import Judgement


def compose_results(
    entry: Entry, summary: Summary, records: Sequence[Record], gain: Gain | None, judgement: Judgement | Verdict | None
) -> ResultsPage:
    """Return what is written of an entry's results; `judgement` is what came of what it expected, put in words where it is not yet."""
    verdict = verdict_of(judgement) if isinstance(judgement, Judgement) else judgement
    block = results_block(entry.front, summary, records, gain, verdict, entry_id=entry.id)
    return ResultsPage(block, results_message(entry, summary, records, gain, verdict), committed(entry.id, summary, records))
