"""The pages of a site: what is known of a journal, put into the templates."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gitjournal.entry import verdict
from gitjournal.entry.parse import split_text
from gitjournal.entry.record import Record, runs_among
from gitjournal.entry.results_block import strip_block
from gitjournal.errors import EntryError
from gitjournal.journal.entry_results import EntryResults
from gitjournal.render import entry, text
from gitjournal.render import looks as testing
from gitjournal.render.changes import text_differences
from gitjournal.render.charts import figures, svg
from gitjournal.render.charts.entry_figures import entry_figures
from gitjournal.render.charts.model import Chart
from gitjournal.render.forecast import gated_line
from gitjournal.render.reports import calibration, importance
from gitjournal.render.site.cards import Card, stamp
from gitjournal.render.site.journal import Board, DataSet, SiteJournal, digest, paths
from gitjournal.render.site.markdown import html_of
from gitjournal.render.site.tables import best_table, runs_table
from gitjournal.render.site.templates import Templates, gain, score
from gitjournal.render.verdict import line
from gitjournal.stats.calibration import Calibration
from gitjournal.stats.confusion import Confusion
from gitjournal.stats.looks import Look, is_look, of_entry
from gitjournal.suggest.importance.report import weigh

FIGURES = 5  # on the page of an entry; the rest by `show --plot`
INK = "currentColor"


@dataclass(frozen=True)
class Page:
    """A page that tells of many entries: its name, what it is made of, and how."""

    name: str
    key: str
    make: Callable[[], str]


class Pages:
    """Makes the pages of one journal."""

    def __init__(self, journal: SiteJournal) -> None:
        """Read the templates. Raises GitjournalError where the extra `site` is not installed."""
        self.journal = journal
        self.templates = Templates()
        self.stamp = stamp()

    def entry_name(self, card: Card) -> str:
        """Return the name of an entry's page."""
        return f"entries/{card.id}.html"

    def entry_key(self, card: Card) -> str:
        """Return what an entry's page is made of."""
        return self.journal.entry_key(card, self.stamp)

    def entry(self, card: Card, told: EntryResults, environments: Mapping[str, str], confusion: Confusion | None) -> str:
        """Return the page of an entry."""
        opened, summary = told.opened, told.summary
        front, records = opened.entry.front, opened.records
        newer, older = self.journal.around(card.id)
        charts = [*entry_figures(summary, records, card.reached).values()][:FIGURES]
        charts += [figures.confusion(confusion)] if confusion else []
        stands = [("file", paths(card)[0]), ("records", paths(card)[1])] if records else [("file", paths(card)[0])]
        stands += [("findings", f"{code} in {text.count(n, 'run')}") for code, n in summary.findings.items()]
        stands += [("skipped", skipped)] if (skipped := gated_line(summary.gated)) else []
        stands += [("cost", entry.cost_words(summary))] if records else []
        stands += [("environment", environments.get(name, name[:12])) for name in summary.environments]
        best, runs = best_table(summary, records, card.reached), runs_table(runs_among(records))
        return self._fill(
            "entry.html",
            "entries/",
            card=card,
            baseline_title=self.journal.by_id[card.baseline].title if card.baseline in self.journal.by_id else (card.baseline or "")[-4:],
            retracted=front.retracted or "",
            figures=[self._figure(chart) for chart in charts],
            best=best,
            best_html=self.templates.safe(best.html if best else ""),
            failures=entry.failure_lines(summary),
            prose=self.templates.safe(html_of(_prose(told))),
            declared=[pair for pair in entry.declared(front) if pair[0] not in ("hypothesis", "expect", "retracted")],
            lineage=self.journal.lineage(card.id),
            neighbours=list(self._neighbours(card)),
            runs=runs,
            runs_html=self.templates.safe(runs.html if runs else ""),
            records=paths(card)[1],
            stands=stands,
            history=_history(self.journal, card),
            newer=newer,
            older=older,
            judged=_judged(told),
            tested=_tested(self.journal.looks_of(card), card),
        )

    def others(self) -> Iterator[Page]:
        """Return the pages that tell of many entries."""
        journal = self.journal
        listed = {card.id: hashlib.sha256(card.listed).hexdigest() for card in journal.cards}
        looks = [f"{data} {len(found)}" for data, found in journal.looks.items()]
        everything = digest([self.stamp, journal.name, *listed.values(), *looks])
        yield Page("index.html", digest([everything, journal.branch, journal.commit]), self._index)
        yield Page("data.html", everything, self._data)
        yield Page("compare.html", everything, self._compare)
        if found := journal.calibration:
            yield Page("calibration.html", digest([self.stamp, journal.name, repr(found)]), partial(self._calibration, found))
        for one in journal.sets:
            count = str(len(journal.looks.get(one.hash, ())))
            key = digest([self.stamp, journal.name, count, journal.sheets.get(one.hash, ""), *(listed[card.id] for card in one.cards)])
            yield Page(f"data/{one.slug}.html", key, partial(self._dataset, one))

    def _fill(self, template: str, folder: str, *, here: str = "", **values: Any) -> str:
        root = "../" if folder else ""
        return self.templates.fill(template, name=self.journal.name, root=root, here=here, **values)

    def _index(self) -> str:
        journal = self.journal
        return self._fill(
            "index.html",
            "",
            here="index.html",
            cards=journal.cards,
            sets=journal.sets,
            runs=sum(card.runs for card in journal.cards),
            words=Counter(card.word for card in journal.cards).most_common(),
            calibration=journal.calibration,
            commit=journal.commit[:8],
            branch=journal.branch,
        )

    def _data(self) -> str:
        return self._fill("data.html", "", here="data.html", sets=[self._set(one) for one in self.journal.sets])

    def _compare(self) -> str:
        cards = [card for card in self.journal.cards if not card.error]
        told = [
            {
                "id": card.id,
                "short": card.short,
                "title": text.clean(card.title),
                "option": _option(card),
                "url": self.entry_name(card),
                "said": _said(card),
                "declared": {text.clean(name): text.value(value) for name, value in card.declared.items()},
            }
            for card in cards
        ]
        # no character of it can end the script element that holds it
        plain = json.dumps(told, ensure_ascii=True, separators=(",", ":"))
        for character in "<>&":
            plain = plain.replace(character, f"\\u{ord(character):04x}")
        options = [_option(card) for card in cards]
        return self._fill("compare.html", "", here="compare.html", journal=self.templates.safe(plain), options=options)

    def _calibration(self, found: Calibration) -> str:
        return self._fill(
            "calibration.html",
            "",
            found=found,
            lines=list(calibration.score_lines(found)),
            columns=calibration.COLUMNS,
            rows=list(calibration.bin_rows(found)),
            figure_=self._figure(calibration.figure(found)),
        )

    def _figure(self, chart: Chart) -> dict[str, Any]:
        """Return a figure as pages show it: title and note are theirs, so that they wrap."""
        drawn = svg.svg(chart, ink=INK, bare=True)
        return {"title": chart.title, "drawn": self.templates.safe(drawn), "note": svg.note(chart)}

    def _dataset(self, one: DataSet) -> str:
        boards = [{**self._board(board), "mattered": self._mattered(board)} for board in one.boards]
        sheet = self.templates.safe(html_of(self.journal.sheets.get(one.hash, "")))
        return self._fill("dataset.html", "data/", one={**self._set(one), "boards": boards, "rest": one.rest, "sheet": sheet})

    def _set(self, one: DataSet) -> dict[str, Any]:
        told = {"slug": one.slug, "name": one.name, "source": one.source, "hash": one.hash, "facts": one.facts, "cards": one.cards}
        return {**told, "boards": one.boards, "looks": testing.times(self.journal.looks.get(one.hash, ()))}

    def _board(self, board: Board) -> dict[str, Any]:
        told = {"metric": board.metric, "lower": board.lower, "spread": board.spread, "slug": board.slug, "rows": board.rows}
        told |= {"tested": {card.id: said for card in board.rows if (said := _tested_cell(self.journal.looks_of(card), card))}}
        steps = board.steps
        if len(steps) < 2:
            return {**told, "figure": None, "steps": []}
        better = {step.entry.id for step in steps}
        rest = [card for card in board.rows if card.id not in better and card.id in board.moments]
        others = [(board.moments[card.id], card.best) for card in rest if card.best is not None]
        chart = figures.progress(steps, others, board.metric)
        learned = []
        for before, step in zip([None, *steps], steps, strict=False):
            card = self.journal.by_id[step.entry.id]
            by = self._changes(before.entry.id, card.id) if before else ""
            learned.append({"card": card, "gain": text.difference(step.gain, step.entry.score) if before else "", "changed": by})
        return {**told, "figure": self._figure(chart), "steps": learned[-figures.STEPS :]}

    def _mattered(self, board: Board) -> dict[str, Any]:
        """Return which parameters mattered in a leaderboard: a figure, and what its title leaves out; nothing where there is none."""
        ids = {card.id for card in board.rows}
        results = [one for one in self.journal.results(board.rows[0].data_hash) if one.row.id in ids]
        newest = max(board.rows, key=lambda card: (card.at, card.id))
        found = weigh(newest.data, newest.id, board.metric, results).found
        chart = importance.figure(found) if found.told else None
        if chart is None:
            return {}
        said = [line[:1].upper() + line[1:] for line in importance.sentences(found)]
        return {"said": [line for line in said if line != chart.title], "figure": self._figure(chart)}

    def _neighbours(self, card: Card) -> Iterator[tuple[Card, str]]:
        for other in self.journal.near.get(card.id, []):
            how = self._changes(other, card.id)
            yield self.journal.by_id[other], f"differs by {how}" if how else "the same configuration"

    def _changes(self, left: str, right: str) -> str:
        """Say how the best configurations of two entries differ."""
        texts = self.journal.texts
        if left not in texts or right not in texts:
            return ""
        return text_differences(texts[left], texts[right]).replace(" -> ", " → ")  # which no line breaks apart


def _option(card: Card) -> str:
    return f"{text.clean(card.title)} ({card.short})"


def _said(card: Card) -> dict[str, str]:
    """Return what a comparison says of an entry before what it declares."""
    said = {"verdict": card.word, f"dev.{card.metric}" if card.metric else "score": score(card), "gain": gain(card)}
    said |= {"best at": text.settings(card.grid)} if card.grid else {}
    return {text.clean(name): text.clean(value) for name, value in said.items()} | {"runs": str(card.runs), "day": card.day}


def _prose(told: EntryResults) -> str:
    """Return the person's words, without the block of results that says what stands above."""
    one = told.opened.entry
    try:
        return split_text(strip_block(one.text, one.id), file=one.id)[1]
    except EntryError:
        return one.body


def _judged(told: EntryResults) -> list[str]:
    """Return each expectation with what came of it; one that was not judged yet, as it stands."""
    found = verdict.of_page(told.opened.entry.text, told.opened.entry.id)
    if found is not None and not told.opened.entry.front.retracted:
        return [line(one, color=False) for one in found.told]
    return [f"expected {one}" for one in told.opened.entry.front.expectations]


def _tested(looks: Sequence[Look], card: Card) -> list[str]:
    """Return the entry's last look at the test part, which of how many it was, and what that many mean."""
    look = of_entry(looks, card.id)
    if look is None:
        return []
    score = f"{testing.score(look.record, card.metric, len(looks))}, {testing.which(look, looks)}"
    return [score, *filter(None, [testing.meaning(look, looks, card.metric)])]


def _tested_cell(looks: Sequence[Look], card: Card) -> str:
    """Return ``0.961 [0.936, 0.977], look 1 of 1``, for a table that names the metric."""
    look = of_entry(looks, card.id)
    if look is None:
        return ""
    return f"{testing.score(look.record, card.metric, len(looks)).partition(' ')[2]}, look {look.number} of {len(looks)}"


def _history(journal: SiteJournal, card: Card) -> list[Any]:
    found = {one.commit: one for path in paths(card) for one in journal.history.get(path, [])}
    return list(found.values())


def needs_confusion(records: list[Record], card: Card) -> Record | None:
    """Return the run whose mistakes are shown: the first of the best configuration that this clone did itself."""
    return next(
        (one for one in records if one.fingerprint == card.fingerprint and one.owned and one.predictions and not is_look(one)), None
    )
