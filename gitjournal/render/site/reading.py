"""Reads a journal for its pages: each entry's card, what surrounds the entries, and whole entries for pages that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gitjournal.entry.datasheet import QUESTIONS
from gitjournal.entry.record import Record
from gitjournal.errors import GitjournalError
from gitjournal.journal import entries
from gitjournal.journal.authorship import CommitSummary, commits_by_file
from gitjournal.journal.branches import short_ref
from gitjournal.journal.entry_ids import FOLDER
from gitjournal.journal.entry_results import EntryResults, read_results
from gitjournal.journal.index.results import Result, configurations_on, results_on
from gitjournal.journal.journal import Journal, Listed
from gitjournal.journal.lineage import Links, resolve_links
from gitjournal.procedure.difference import nearest_neighbours
from gitjournal.render import entry as words
from gitjournal.render.site.cards import Card, card_key, read_cards
from gitjournal.render.site.entry_page import needs_confusion
from gitjournal.render.site.journal import SiteJournal
from gitjournal.run.artifacts import PREDICTIONS, kept_predictions
from gitjournal.run.sealed_set import list_looks, read_sheets
from gitjournal.stats.confusion import Confusion, confusion
from gitjournal.worker.arrays import confusion_counts

NEIGHBOURS = 3
IN_MEMORY = 30_000  # runs that are kept from the first reading for the second; the entries of more are read twice
CLASSES = 20  # of a confusion matrix
RUNS_READ = 3_000  # of each data set: reading all 25,000 of a journal would take a fifth of the time of one change


@dataclass(frozen=True)
class SiteReading:
    """A journal as the pages see it, the cards and rows of its entries by id, and the results that were read on the way."""

    journal: SiteJournal
    cards: dict[str, Card]
    listed: dict[str, Listed]
    results: dict[str, EntryResults]


def read_site(journal: Journal, cached: Mapping[str, Card], *, name: str, everywhere: bool) -> SiteReading:
    """Read what changed since the `cached` cards were made, and what the pages say of the journal as a whole."""
    entries = [listed for listed in (journal.all_entries() if everywhere else journal.current_entries()) if listed.ref is not None]
    entries.sort(key=lambda listed: (listed.row.id[:8], listed.row.at or "", listed.row.id), reverse=True)
    by_id = {listed.row.id: listed for listed in entries}
    lineage = resolve_links(listed.row for listed in entries)
    keys = {entry_id: card_key(listed, by_id.get(lineage[entry_id].baseline or "")) for entry_id, listed in by_id.items()}
    cards, results = _read_cards(journal, cached, by_id, keys)
    site_journal = _read_journal(journal, name, [cards[entry_id] for entry_id in by_id], lineage)
    return SiteReading(site_journal, cards, by_id, results)


def _read_cards(
    journal: Journal, cached: Mapping[str, Card], entries: Mapping[str, Listed], keys: Mapping[str, str]
) -> tuple[dict[str, Card], dict[str, EntryResults]]:
    """Return the card of every entry, those that did not change as they were cached, and the results read for the others."""
    cards = {name: card for name, card in cached.items() if keys.get(name) == card.key}
    changed = [listed for name, listed in entries.items() if name not in cards]
    results: dict[str, EntryResults] = {}
    room = IN_MEMORY
    for card, result in read_cards(journal, changed, keys):
        cards[card.id] = card
        if result and room > 0:
            results[card.id] = result
            room -= len(result.opened.records)
    return cards, results


def _read_journal(journal: Journal, name: str, cards: list[Card], lineage: Mapping[str, Links]) -> SiteJournal:
    texts: dict[str, str] = {}
    by_data: dict[str, list[Card]] = {}
    for card in cards:
        if card.fingerprint and card.data_hash:
            by_data.setdefault(card.data_hash, []).append(card)
    near: dict[str, list[str]] = {}
    for data, group in by_data.items():
        canonical = configurations_on(journal.index, data)
        best = {card.id: canonical[card.fingerprint] for card in group if card.fingerprint in canonical}
        texts |= best
        near |= nearest_neighbours(best, NEIGHBOURS)
    commit = journal.index.refs.get(journal.current, "")
    history = _read_history(journal, {card.branch for card in cards if card.branch})
    sheets = {sheet.hash: _answers(sheet.text) for _, sheet in reversed(read_sheets(journal.lab, journal.index.refs))}
    looks = {data: list_looks(journal.lab, journal.index, data) for data in {card.data_hash: None for card in cards if card.data_hash}}
    return SiteJournal(
        name, short_ref(journal.current), commit, cards, lineage, near, texts, history, sheets, looks, _results_reader(journal)
    )


def _results_reader(journal: Journal) -> Callable[[str], Sequence[Result]]:
    """Return what reads the newest runs on the data of a hash, where a page asks: enough of them to tell what mattered."""
    return cache(lambda data: results_on(journal.index, data, RUNS_READ))


def _read_history(journal: Journal, branches: set[str]) -> dict[str, list[CommitSummary]]:
    history: dict[str, list[CommitSummary]] = {}
    for ref in reversed(list(journal.index.refs)):
        if short_ref(ref) in branches:
            history |= commits_by_file(journal.lab.repository, ref, FOLDER)
    return history


def _answers(sheet: str) -> str:
    """Return what people wrote into a datasheet, without the questions that it begins with."""
    return sheet.removeprefix("---\n").partition("\n---\n")[2].replace(QUESTIONS.strip(), "")


def read_entries(journal: Journal, reading: SiteReading, cards: Sequence[Card]) -> Iterator[tuple[Card, EntryResults]]:
    """Yield entries whole, each with its card; those that were read for their cards are not read again, and leave the memory."""
    missing = [reading.listed[card.id] for card in cards if card.id not in reading.results]
    gathered = (result for result in read_results(journal, missing) if isinstance(result, EntryResults))
    for card in cards:
        yield card, reading.results.pop(card.id) if card.id in reading.results else next(gathered)


def read_environments(journal: Journal, result: EntryResults, described: dict[str, str]) -> None:
    """Add the environments of an entry to those that are `described` already, by name."""
    new = [name for name in result.summary.environments if name not in described]
    environments = entries.read_environments(journal.lab, result.opened.listed.ref or "", new)
    described.update({name: words.environment_words(environments.get(name), name) for name in new})


def read_confusion(private: Path, result: EntryResults, card: Card) -> Confusion | None:
    """Return the confusion matrix of an entry's best run; None where its predictions are not kept here, or it has too many classes."""
    front = result.opened.entry.front
    record = needs_confusion(result.opened.records, card)
    if record is None or front.task != "classification":
        return None
    classes = front.data.facts.classes if front.data.facts else None
    return None if classes and len(classes) > CLASSES else _count_confusion(private, record, classes)


def _count_confusion(private: Path, record: Record, classes: Sequence[object] | None) -> Confusion | None:
    path = kept_predictions(private, record)
    if path is None:
        return None
    try:
        counted = confusion_counts(path, record.artifacts[PREDICTIONS])
        return confusion(counted.codes, counted.counts, classes)
    except GitjournalError:
        return None
