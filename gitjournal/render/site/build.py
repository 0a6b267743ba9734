"""Builds the site: reads what changed, makes the pages that tell of it, and leaves the others alone."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gitjournal.journal.journal import Journal
from gitjournal.render.site.cards import Card
from gitjournal.render.site.entry_page import entry_key, entry_name, entry_page
from gitjournal.render.site.folder import SiteFolder
from gitjournal.render.site.page import PageMaker
from gitjournal.render.site.pages import journal_pages
from gitjournal.render.site.reading import SiteReading, read_confusion, read_entries, read_environments, read_site

COLLECTED = 100_000  # new objects between two looks for garbage
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Build:
    """What became of a build: counts of pages and entries, and the ids of the entries that cannot be read."""

    pages: int
    written: int
    removed: int
    entries: int
    unreadable: list[str] = field(default_factory=list)


def build(journal: Journal, folder: SiteFolder, *, name: str, everywhere: bool, progress: Progress) -> Build:
    """Bring the pages in `folder` up to date. Raises GitjournalError where the extra `site` is not installed."""
    with _rare_garbage_collection():
        reading = read_site(journal, folder.cache.cards, name=name, everywhere=everywhere)
        maker = PageMaker(reading.journal)
        _write_entries(journal, folder, maker, reading, progress)
        for page in journal_pages(maker):
            if folder.holds(page.name, page.key):
                folder.keep(page.name, page.key)
            else:
                folder.write(page.name, page.key, page.make())
        removed = folder.finish(reading.cards)
    unreadable = [card.id for card in reading.journal.cards if card.error]
    return Build(len(folder.pages), folder.written, removed, len(reading.listed), unreadable)


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Look for garbage more rarely: what is read stays, and looking through it each time took a sixth of a build."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTED, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _write_entries(journal: Journal, folder: SiteFolder, maker: PageMaker, reading: SiteReading, progress: Progress) -> None:
    stale: list[Card] = []
    for card in reading.journal.cards:
        if card.error:
            continue
        key = entry_key(maker, card)
        if folder.holds(entry_name(card), key):
            folder.keep(entry_name(card), key)
        else:
            stale.append(card)
    environments: dict[str, str] = {}
    for number, (card, result) in enumerate(read_entries(journal, reading, stale)):
        progress(number, len(stale))
        read_environments(journal, result, environments)
        confusion = read_confusion(journal.lab.repository.private, result, card)
        folder.write(entry_name(card), entry_key(maker, card), entry_page(maker, card, result, environments, confusion))


def build_lines(build: Build, folder: Path, *, dry_run: bool) -> Iterator[str]:
    """Say what became of a build."""
    written = "would be written" if dry_run else "written"
    gone = f", {build.removed} {'would be ' if dry_run else ''}removed" if build.removed else ""
    yield f"{build.pages} pages of {build.entries} entries: {build.written} {written}{gone}"
    if dry_run:
        return
    index = folder / "index.html"
    yield f"open: {index.relative_to(Path.cwd()) if index.is_relative_to(Path.cwd()) else index}"
