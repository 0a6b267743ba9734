"""The page of one entry: question and verdict, figures, tables, prose, what it follows, where everything stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gitjournal.entry import verdict
from gitjournal.entry.record import Record, runs_among
from gitjournal.journal.authorship import CommitSummary
from gitjournal.journal.entry_results import EntryResults
from gitjournal.render import entry as words
from gitjournal.render import looks as look_words
from gitjournal.render import text
from gitjournal.render.charts import figures
from gitjournal.render.charts.entry_figures import entry_figures
from gitjournal.render.forecast import skips_line
from gitjournal.render.site.cards import Card
from gitjournal.render.site.journal import SiteJournal, paths
from gitjournal.render.site.markdown import html_of
from gitjournal.render.site.page import PageMaker
from gitjournal.render.site.tables import best_table, runs_table
from gitjournal.render.verdict import verdict_line
from gitjournal.stats.confusion import Confusion
from gitjournal.stats.looks import Look, is_look, look_of_entry

FIGURES = 5  # the rest by `show --plot`


def entry_name(card: Card) -> str:
    """Return the name of an entry's page."""
    return f"entries/{card.id}.html"


def entry_key(maker: PageMaker, card: Card) -> str:
    """Return what an entry's page is made of, as a hash."""
    return maker.journal.entry_key(card, maker.stamp)


def entry_page(maker: PageMaker, card: Card, results: EntryResults, environments: Mapping[str, str], confusion: Confusion | None) -> str:
    """Return the page of an entry. `environments` are in words, by their names."""
    journal, opened, summary = maker.journal, results.opened, results.summary
    front, records = opened.entry.front, opened.records
    newer, older = journal.around(card.id)
    charts = [*entry_figures(summary, records, card.reached).values()][:FIGURES]
    charts += [figures.confusion(confusion)] if confusion else []
    best, runs = best_table(summary, records, card.reached), runs_table(runs_among(records))
    return maker.fill(
        "entry.html",
        "entries/",
        card=card,
        baseline_title=journal.by_id[card.baseline].title if card.baseline in journal.by_id else (card.baseline or "")[-4:],
        retracted=front.retracted or "",
        figures=[maker.figure(chart) for chart in charts],
        best=best,
        best_html=maker.safe(best.html if best else ""),
        failures=words.failure_lines(summary),
        prose=maker.safe(html_of(words.prose(results.opened.entry))),
        declared=[pair for pair in words.declaration_rows(front) if pair[0] not in ("hypothesis", "expect", "retracted")],
        lineage=journal.lineage(card.id),
        neighbours=list(_neighbours(maker, card)),
        runs=runs,
        runs_html=maker.safe(runs.html if runs else ""),
        records=paths(card)[1],
        stands=_stands(results, card, environments),
        history=_history(journal, card),
        newer=newer,
        older=older,
        judged=_verdict_lines(results),
        tested=_look_lines(journal.looks_of(card), card),
    )


def needs_confusion(records: list[Record], card: Card) -> Record | None:
    """Return the run whose mistakes are shown: the first of the best configuration that this clone did itself."""
    shown = (one for one in records if one.fingerprint == card.fingerprint and one.owned and one.predictions and not is_look(one))
    return next(shown, None)


def _stands(results: EntryResults, card: Card, environments: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the small print as (word, text): files, findings, skipped runs, cost, environments."""
    summary = results.summary
    rows = list(zip(("file", "records"), paths(card), strict=True))[: 2 if results.opened.records else 1]
    rows += [("findings", f"{code} in {text.count(amount, 'run')}") for code, amount in summary.findings.items()]
    rows += [("skipped", skipped)] if (skipped := skips_line(summary.gated)) else []
    rows += [("cost", words.cost_words(summary))] if results.opened.records else []
    return rows + [("environment", environments.get(name, name[:12])) for name in summary.environments]


def _neighbours(maker: PageMaker, card: Card) -> Iterator[tuple[Card, str]]:
    for entry_id in maker.journal.near.get(card.id, []):
        changes = maker.changes(entry_id, card.id)
        yield maker.journal.by_id[entry_id], f"differs by {changes}" if changes else "the same configuration"


def _verdict_lines(results: EntryResults) -> list[str]:
    """Return each expectation with what came of it; one that was not judged yet, as it stands."""
    entry = results.opened.entry
    judged = verdict.read_page(entry.text, entry.id)
    if judged is not None and not entry.front.retracted:
        return [verdict_line(part, color=False) for part in judged.outcomes]
    return [f"expected {expectation}" for expectation in entry.front.expectations]


def _look_lines(looks: Sequence[Look], card: Card) -> list[str]:
    """Return the entry's last look at the test part, which of how many it was, and what that many mean."""
    look = look_of_entry(looks, card.id)
    if look is None:
        return []
    score = f"{look_words.look_score(look.record, card.metric, len(looks))}, {look_words.look_number(look, looks)}"
    return [score, *filter(None, [look_words.look_meaning(look, looks, card.metric)])]


def _history(journal: SiteJournal, card: Card) -> list[CommitSummary]:
    commits = {touch.commit: touch for path in paths(card) for touch in journal.history.get(path, [])}
    return list(commits.values())
