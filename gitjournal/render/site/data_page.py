"""The page of one data set: its leaderboards, the best score over time, which parameters mattered, its datasheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitjournal.entry.metrics import direction
from gitjournal.render import looks as look_words
from gitjournal.render.charts import figures
from gitjournal.render.reports import importance
from gitjournal.render.score import difference_as_gain
from gitjournal.render.site.cards import Card
from gitjournal.render.site.journal import Board, SiteDataSet
from gitjournal.render.site.markdown import html_of
from gitjournal.render.site.page import PageMaker
from gitjournal.stats.looks import Look, look_of_entry
from gitjournal.suggest.importance.report import report_results


def data_page(maker: PageMaker, data: SiteDataSet) -> str:
    """Return the page of a data set."""
    boards = [{**_board_values(maker, board), "mattered": _importance(maker, board)} for board in data.boards]
    sheet = maker.safe(html_of(maker.journal.sheets.get(data.hash, "")))
    return maker.fill("dataset.html", "data/", one={**data_values(maker, data), "boards": boards, "rest": data.unranked, "sheet": sheet})


def data_values(maker: PageMaker, data: SiteDataSet) -> dict[str, Any]:
    """Return what a template needs of a data set."""
    values = {"slug": data.slug, "name": data.name, "source": data.source, "hash": data.hash, "facts": data.facts, "cards": data.cards}
    return {**values, "boards": data.boards, "looks": look_words.look_count(maker.journal.looks.get(data.hash, ()))}


def _board_values(maker: PageMaker, board: Board) -> dict[str, Any]:
    values = {"metric": board.metric, "lower": board.lower, "spread": board.spread, "slug": board.slug, "rows": board.rows}
    values |= {"tested": {card.id: cell for card in board.rows if (cell := _look_cell(maker.journal.looks_of(card), card))}}
    steps = board.steps
    if len(steps) < 2:
        return {**values, "figure": None, "steps": []}
    better = {step.entry.id for step in steps}
    worse = [card for card in board.rows if card.id not in better and card.id in board.moments]
    chart = figures.progress(steps, [(board.moments[card.id], card.best) for card in worse if card.best is not None], board.metric)
    rows = []
    for before, step in zip([None, *steps], steps, strict=False):
        card = maker.journal.by_id[step.entry.id]
        changes = maker.changes(before.entry.id, card.id) if before else ""
        gain = difference_as_gain(step.gain, direction(board.metric), step.entry.score) if before else ""
        rows.append({"card": card, "gain": gain, "changed": changes})
    return {**values, "figure": maker.figure(chart), "steps": rows[-figures.STEPS :]}


def _importance(maker: PageMaker, board: Board) -> dict[str, Any]:
    """Return which parameters mattered in a leaderboard: a figure, and what its title leaves out; nothing where there is none."""
    ids = {card.id for card in board.rows}
    results = [result for result in maker.journal.results(board.rows[0].data_hash) if result.row.id in ids]
    newest = max(board.rows, key=lambda card: (card.at, card.id))
    importances = report_results(newest.data, newest.id, board.metric, results).importances
    chart = importance.importance_chart(importances) if importances.is_conclusive else None
    if chart is None:
        return {}
    lines = [line[:1].upper() + line[1:] for line in importance.importance_sentences(importances)]
    return {"said": [line for line in lines if line != chart.title], "figure": maker.figure(chart)}


def _look_cell(looks: Sequence[Look], card: Card) -> str:
    """Return ``0.961 [0.936, 0.977], look 1 of 1``, for a table that names the metric."""
    look = look_of_entry(looks, card.id)
    if look is None:
        return ""
    return f"{look_words.look_score(look.record, card.metric, len(looks)).partition(' ')[2]}, look {look.number} of {len(looks)}"
