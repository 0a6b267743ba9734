"""The folder of a site: ours or left alone, and written only where something changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import GitjournalError
from gitjournal.git.lab import Lab, find_lab
from gitjournal.render.site.cards import Card
from gitjournal.render.site.folder import MARKER, SiteFolder
from tests.support.helpers import git
from tests.support.pages import begin


@pytest.fixture
def lab(repo: Path) -> Lab:
    begin(repo)
    return find_lab(repo)


def opened(lab: Lab, repo: Path, name: str = "pages", *, dry_run: bool = False) -> SiteFolder:
    return SiteFolder.open(lab, Path(name), start=repo, dry_run=dry_run)


def test_a_page_is_written_once_and_remembered(lab: Lab, repo: Path) -> None:
    folder = opened(lab, repo)
    folder.write("index.html", "key", "text")
    assert (folder.written, folder.finish({"x": Card(id="x", key="k")})) == (1, 0)
    again = opened(lab, repo)
    assert again.holds("index.html", "key")
    assert not again.holds("index.html", "another key")
    assert again.cache.cards["x"].key == "k"
    again.write("index.html", "another key", "text")  # made of something else, and yet the same
    assert again.written == 0
    (repo / "pages" / "index.html").unlink()
    assert not again.holds("index.html", "key")


def test_the_page_of_what_is_gone_goes_and_nothing_else(lab: Lab, repo: Path) -> None:
    first = opened(lab, repo)
    first.write("entries/old.html", "key", "text")
    first.finish({})
    (repo / "pages" / "notes.txt").write_text("mine")
    assert opened(lab, repo, dry_run=True).finish({}) == 1
    assert (repo / "pages" / "entries" / "old.html").exists()
    assert opened(lab, repo).finish({}) == 1
    assert not (repo / "pages" / "entries" / "old.html").exists()
    assert (repo / "pages" / "notes.txt").exists()


def test_a_dry_run_writes_nothing(lab: Lab, repo: Path) -> None:
    folder = opened(lab, repo, dry_run=True)
    folder.write("index.html", "key", "text")
    folder.finish({})
    assert folder.written == 1
    assert not (repo / "pages").exists()


def test_a_cache_that_cannot_be_read_is_none(lab: Lab, repo: Path) -> None:
    folder = opened(lab, repo)
    folder.write("index.html", "key", "text")
    folder.finish({})
    for cache in (repo / ".git" / "gitjournal" / "site-cache").iterdir():
        cache.write_text('{"pages": 3}')
    assert opened(lab, repo).cache.pages == {}


def test_a_folder_that_is_not_ours_is_left_alone(lab: Lab, repo: Path) -> None:
    (repo / "thesis").mkdir()
    (repo / "thesis" / "chapter.html").write_text("mine")
    (repo / "file").write_text("mine")
    (repo / "link").symlink_to(repo / "thesis")
    (repo / "followed").mkdir()
    (repo / "followed" / MARKER).write_text("ours once")
    git(repo, "add", "followed")
    for name, why in (
        ("thesis", "holds files that no site made"),
        ("file", "is a file"),
        ("link", "symbolic link"),
        ("followed", "git follows files"),
        ("lab/pages", "which is not for pages"),
        (".git/pages", "which is not for pages"),
    ):
        with pytest.raises(GitjournalError, match=why):
            opened(lab, repo, name)
    assert (repo / "thesis" / "chapter.html").read_text() == "mine"
