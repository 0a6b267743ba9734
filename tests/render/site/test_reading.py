"""A site made in one process: what is read, what is written again, and what is taken from the last build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitjournal.git.lab import find_lab
from gitjournal.journal.journal import open_journal
from gitjournal.render.site.build import Build, build, build_lines
from gitjournal.render.site.folder import SiteFolder
from gitjournal.render.site.page import PageMaker
from gitjournal.render.site.pages import journal_pages
from gitjournal.render.site.reading import read_entries, read_environments, read_site
from tests.support.pages import LOGISTIC, RBF, TREES, commit, page, three_entries, write

for library in ("jinja2", "markdown", "nh3"):
    pytest.importorskip(library)


@pytest.fixture
def make(repo: Path) -> Callable[[], Build]:
    """Return a function that builds the site of a journal of three entries into `pages`."""
    three_entries(repo)

    def build_pages() -> Build:
        with open_journal(repo) as journal:
            folder = SiteFolder.open(find_lab(repo), Path("pages"), start=repo)
            return build(journal, folder, name="project", everywhere=False, progress=lambda finished, of: None)

    return build_pages


def test_only_pages_that_tell_of_what_changed_are_written_again(repo: Path, make: Callable[[], Build]) -> None:
    first = make()
    assert (first.entries, first.unreadable, first.removed) == (3, [], 0)
    assert first.written == first.pages == len(list((repo / "pages").rglob("*.html")))
    assert make().written == 0
    write(repo / "lab", TREES, page("Trees, renamed"))
    commit(repo / "lab")
    assert 0 < make().written < first.pages
    assert "Trees, renamed" in (repo / "pages" / "entries" / f"{TREES}.html").read_text()


def test_entries_whose_pages_stand_are_not_read_again(repo: Path) -> None:
    three_entries(repo)
    finished: list[int] = []
    for expected in ([0, 1, 2], []):
        with open_journal(repo) as journal:
            folder = SiteFolder.open(find_lab(repo), Path("pages"), start=repo)
            build(journal, folder, name="project", everywhere=False, progress=lambda at, of: finished.append(at))
        assert finished == expected
        finished.clear()


def test_cards_of_the_last_build_are_not_read_again(repo: Path, make: Callable[[], Build]) -> None:
    make()
    with open_journal(repo) as journal:
        cached = SiteFolder.open(find_lab(repo), Path("pages"), start=repo).cache.cards
        assert set(cached) == {LOGISTIC, RBF, TREES}
        assert set(read_site(journal, {}, name="x", everywhere=False).results) == {LOGISTIC, RBF, TREES}
        reading = read_site(journal, cached, name="x", everywhere=False)
        assert reading.results == {}
        assert reading.cards == cached
        entries = [card.id for card, result in read_entries(journal, reading, reading.journal.cards) if result.opened.entry.id == card.id]
        assert entries == [card.id for card in reading.journal.cards]


def test_the_journal_knows_who_follows_whom_and_the_newest_comes_first(repo: Path, make: Callable[[], Build]) -> None:
    make()
    with open_journal(repo) as journal:
        reading = read_site(journal, {}, name="x", everywhere=False)
        assert reading.journal.cards[-1].id == LOGISTIC
        assert [(words, card.id) for words, card in reading.journal.lineage(RBF)] == [("measured against", LOGISTIC)]
        assert reading.journal.commit == journal.index.refs[journal.current]
        names = {made.name for made in journal_pages(PageMaker(reading.journal))}
        assert {"index.html", "data.html", "compare.html"} < names
        assert any(name.startswith("data/digits") for name in names)


def test_an_environment_that_nobody_described_is_named_by_its_beginning(repo: Path, make: Callable[[], Build]) -> None:
    described = {"known": "Python 3.11"}
    with open_journal(repo) as journal:
        reading = read_site(journal, {}, name="x", everywhere=False)
        for result in reading.results.values():
            read_environments(journal, result, described)
    assert described["known"] == "Python 3.11"
    assert all(name == "known" or words.endswith("(not described)") or words.startswith("Python") for name, words in described.items())


def test_a_build_says_where_its_first_page_is(tmp_path: Path) -> None:
    done = Build(pages=5, written=2, removed=1, entries=3)
    assert list(build_lines(done, tmp_path, dry_run=False)) == [
        "5 pages of 3 entries: 2 written, 1 removed",
        f"open: {tmp_path / 'index.html'}",
    ]
    assert list(build_lines(done, tmp_path, dry_run=True)) == ["5 pages of 3 entries: 2 would be written, 1 would be removed"]
