"""Builds the site: reads what changed, makes the pages that tell of it, and leaves the others alone."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import msgspec

from gitjournal.entry.datasheet import QUESTIONS
from gitjournal.entry.record import Record
from gitjournal.errors import GitjournalError
from gitjournal.journal.authorship import Touched, touched_entries
from gitjournal.journal.branches import short_ref
from gitjournal.journal.entry_ids import FOLDER
from gitjournal.journal.entry_results import EntryResults, read_results
from gitjournal.journal.index import Result
from gitjournal.journal.journal import Journal, Listed
from gitjournal.journal.lineage import Links, resolve_links
from gitjournal.procedure.difference import nearby
from gitjournal.render import entry as words
from gitjournal.render.site.cards import Card, card_key, read_cards
from gitjournal.render.site.folder import SiteFolder
from gitjournal.render.site.journal import SiteJournal
from gitjournal.render.site.pages import Pages, needs_confusion
from gitjournal.run.artifacts import PREDICTIONS, kept_predictions
from gitjournal.run.sealed_set import looks_at, read_sheets
from gitjournal.stats.confusion import Confusion, confusion
from gitjournal.worker.arrays import confusion_counts

NEIGHBOURS = 3
IN_MEMORY = 30_000  # runs that are kept from the first reading for the second; the entries of more are read twice
CLASSES = 20  # of a confusion matrix
COLLECTED = 100_000  # new objects between two looks for garbage
RUNS_READ = 3_000  # of each data set: reading all 25,000 of a journal would take a fifth of the time of one change
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Built:
    """What became of a build."""

    pages: int
    written: int
    removed: int
    entries: int
    unreadable: list[str] = field(default_factory=list)


def build(overview: Journal, folder: SiteFolder, *, name: str, everywhere: bool, progress: Progress) -> Built:
    """Bring the pages in `folder` up to date. Raises GitjournalError where the extra `site` is not installed."""
    with _few_collections():
        return _build(overview, folder, name, everywhere=everywhere, progress=progress)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage more rarely: what is read stays, and looking through it each time took a sixth of a build."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTED, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _build(overview: Journal, folder: SiteFolder, name: str, *, everywhere: bool, progress: Progress) -> Built:
    listed = [one for one in (overview.everywhere() if everywhere else overview.here()) if one.ref is not None]
    listed.sort(key=lambda one: (one.row.id[:8], one.row.at or "", one.row.id), reverse=True)
    by_id = {one.row.id: one for one in listed}
    followed = resolve_links(one.row for one in listed)
    keys = {one.row.id: card_key(one, by_id.get(followed[one.row.id].baseline or "")) for one in listed}
    cards, told = _cards(overview, folder, listed, keys)
    journal = _journal(overview, name, [cards[one.row.id] for one in listed], followed)
    pages = Pages(journal)
    stale = []
    for card in journal.cards:
        if card.error:
            continue
        key = pages.entry_key(card)
        if folder.holds(pages.entry_name(card), key):
            folder.keep(pages.entry_name(card), key)
        else:
            stale.append(card)
    _write_entries(overview, folder, pages, stale, told, by_id, progress)
    for page in pages.others():
        if folder.holds(page.name, page.key):
            folder.keep(page.name, page.key)
        else:
            folder.write(page.name, page.key, page.make())
    removed = folder.finish(cards)
    unreadable = [card.id for card in journal.cards if card.error]
    return Built(len(folder.pages), folder.written, removed, len(listed), unreadable)


def _cards(
    overview: Journal, folder: SiteFolder, listed: Sequence[Listed], keys: Mapping[str, str]
) -> tuple[dict[str, Card], dict[str, EntryResults]]:
    """Return the card of every entry, those that did not change as they were kept, and what was read for the others."""
    known = {name: card for name, card in folder.kept.cards.items() if keys.get(name) == card.key}
    changed = [one for one in listed if one.row.id not in known]
    told: dict[str, EntryResults] = {}
    room = IN_MEMORY
    for card, one in read_cards(overview, changed, keys):
        known[card.id] = card
        if one and room > 0:
            told[card.id] = one
            room -= len(one.opened.records)
    return known, told


def _journal(overview: Journal, name: str, cards: list[Card], followed: Mapping[str, Links]) -> SiteJournal:
    texts: dict[str, str] = {}
    by_data: dict[str, list[Card]] = {}
    for card in cards:
        if card.fingerprint and card.data_hash:
            by_data.setdefault(card.data_hash, []).append(card)
    near: dict[str, list[str]] = {}
    for data, group in by_data.items():
        canonical = overview.index.configurations(data)
        found = {card.id: canonical[card.fingerprint] for card in group if card.fingerprint in canonical}
        texts |= found
        near |= nearby(found, NEIGHBOURS)
    commit = overview.index.refs.get(overview.current, "")
    history = _history(overview, {one for card in cards if (one := card.branch)})
    sheets = {sheet.hash: _body(sheet.text) for _, sheet in reversed(read_sheets(overview.lab, overview.index.refs))}
    looks = {data: looks_at(overview.lab, overview.index, data) for data in {card.data_hash: None for card in cards if card.data_hash}}
    return SiteJournal(name, short_ref(overview.current), commit, cards, followed, near, texts, history, sheets, looks, _results(overview))


def _results(overview: Journal) -> Callable[[str], Sequence[Result]]:
    """Return what reads the newest runs on the data of a hash, where a page asks: enough of them to tell what mattered."""
    return cache(lambda data: overview.index.results_on(data, RUNS_READ))


def _history(overview: Journal, branches: set[str]) -> dict[str, list[Touched]]:
    found: dict[str, list[Touched]] = {}
    for ref in reversed(list(overview.index.refs)):
        if short_ref(ref) in branches:
            found |= touched_entries(overview.lab.repository, ref, FOLDER)
    return found


def _body(sheet: str) -> str:
    """Return what people wrote into a datasheet, without the questions that it begins with."""
    return sheet.removeprefix("---\n").partition("\n---\n")[2].replace(QUESTIONS.strip(), "")


def _write_entries(
    overview: Journal,
    folder: SiteFolder,
    pages: Pages,
    stale: Sequence[Card],
    told: dict[str, EntryResults],
    by_id: Mapping[str, Listed],
    progress: Progress,
) -> None:
    again = [by_id[card.id] for card in stale if card.id not in told]
    read = (one for one in read_results(overview, again) if isinstance(one, EntryResults))
    described: dict[str, str] = {}
    for number, card in enumerate(stale):
        progress(number, len(stale))
        one = told.pop(card.id, None) or next(read)
        _describe(overview, one, described)
        mistakes = _confusion(overview.lab.repository.private, one, card)
        folder.write(pages.entry_name(card), pages.entry_key(card), pages.entry(card, one, described, mistakes))


def _describe(overview: Journal, one: EntryResults, known: dict[str, str]) -> None:
    """Read the environments that were not read yet."""
    ref = one.opened.listed.ref
    new = [name for name in one.summary.environments if name not in known and name.isalnum()]
    blobs = overview.lab.repository.blobs([f"{ref}:environments/{name}.json" for name in new])
    for name in new:
        try:
            found = msgspec.json.decode(blobs.get(f"{ref}:environments/{name}.json", b"null"))
        except (msgspec.DecodeError, RecursionError, json.JSONDecodeError):
            found = None
        known[name] = words.environment_words(found) if isinstance(found, dict) else f"{name[:12]} (not described)"


def _confusion(private: Path, one: EntryResults, card: Card) -> Confusion | None:
    front = one.opened.entry.front
    record = needs_confusion(one.opened.records, card)
    if record is None or front.task != "classification":
        return None
    classes = front.data.facts.classes if front.data.facts else None
    return None if classes and len(classes) > CLASSES else _counted(private, record, classes)


def _counted(private: Path, record: Record, classes: Sequence[object] | None) -> Confusion | None:
    path = kept_predictions(private, record)
    if path is None:
        return None
    try:
        found = confusion_counts(path, record.artifacts[PREDICTIONS])
        return confusion(found.codes, found.counts, classes)
    except GitjournalError:
        return None


def said(built: Built, folder: Path, *, dry_run: bool) -> Iterator[str]:
    """Say what became of a build."""
    written = "would be written" if dry_run else "written"
    gone = f", {built.removed} {'would be ' if dry_run else ''}removed" if built.removed else ""
    yield f"{built.pages} pages of {built.entries} entries: {built.written} {written}{gone}"
    if dry_run:
        return
    index = folder / "index.html"
    yield f"open: {index.relative_to(Path.cwd()) if index.is_relative_to(Path.cwd()) else index}"
