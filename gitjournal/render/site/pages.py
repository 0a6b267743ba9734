"""The pages that tell of many entries: the first one, the data sets, the comparison, how sure people were."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from functools import partial

from gitjournal.render import text
from gitjournal.render.reports import calibration as report
from gitjournal.render.site.cards import Card
from gitjournal.render.site.data_page import data_page, data_values
from gitjournal.render.site.entry_page import entry_name
from gitjournal.render.site.journal import digest
from gitjournal.render.site.page import Page, PageMaker
from gitjournal.render.site.templates import gain, score
from gitjournal.stats.calibration import Calibration


def journal_pages(maker: PageMaker) -> Iterator[Page]:
    """Yield the pages that tell of many entries, each with what it is made of."""
    journal, stamp = maker.journal, maker.stamp
    listed = {card.id: hashlib.sha256(card.list_content).hexdigest() for card in journal.cards}
    looks = [f"{data} {len(found)}" for data, found in journal.looks.items()]
    everything = digest([stamp, journal.name, *listed.values(), *looks])
    yield Page("index.html", digest([everything, journal.branch, journal.commit]), partial(_index, maker))
    yield Page("data.html", everything, partial(_data_sets, maker))
    yield Page("compare.html", everything, partial(_comparison, maker))
    if calibration := journal.calibration:
        key = digest([stamp, journal.name, repr(calibration)])
        yield Page("calibration.html", key, partial(_calibration, maker, calibration))
    for data in journal.sets:
        count = str(len(journal.looks.get(data.hash, ())))
        key = digest([stamp, journal.name, count, journal.sheets.get(data.hash, ""), *(listed[card.id] for card in data.cards)])
        yield Page(f"data/{data.slug}.html", key, partial(data_page, maker, data))


def _index(maker: PageMaker) -> str:
    journal = maker.journal
    return maker.fill(
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


def _data_sets(maker: PageMaker) -> str:
    return maker.fill("data.html", "", here="data.html", sets=[data_values(maker, data) for data in maker.journal.sets])


def _comparison(maker: PageMaker) -> str:
    cards = [card for card in maker.journal.cards if not card.error]
    entries = [
        {
            "id": card.id,
            "short": card.short,
            "title": text.clean(card.title),
            "option": _option(card),
            "url": entry_name(card),
            "said": _result_values(card),
            "declared": {text.clean(name): text.value(value) for name, value in card.declared.items()},
        }
        for card in cards
    ]
    # no character of it can end the script element that holds it
    plain = json.dumps(entries, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        plain = plain.replace(character, f"\\u{ord(character):04x}")
    return maker.fill("compare.html", "", here="compare.html", journal=maker.safe(plain), options=[_option(card) for card in cards])


def _calibration(maker: PageMaker, calibration: Calibration) -> str:
    return maker.fill(
        "calibration.html",
        "",
        found=calibration,
        lines=list(report.score_lines(calibration)),
        columns=report.COLUMNS,
        rows=list(report.bin_rows(calibration)),
        figure_=maker.figure(report.calibration_chart(calibration)),
    )


def _option(card: Card) -> str:
    return f"{text.clean(card.title)} ({card.short})"


def _result_values(card: Card) -> dict[str, str]:
    """Return what a comparison says of an entry before what it declares."""
    values = {"verdict": card.word, f"dev.{card.metric}" if card.metric else "score": score(card), "gain": gain(card)}
    values |= {"best at": text.settings(card.grid)} if card.grid else {}
    return {text.clean(name): text.clean(value) for name, value in values.items()} | {"runs": str(card.runs), "day": card.day}
