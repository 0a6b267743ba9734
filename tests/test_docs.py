"""What the documents show is run here: the sessions of one page one after another, in one fresh repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.places import DOCS, ROOT
from tests.support.sessions import files, replay, sessions

PAGES = {page.relative_to(DOCS).with_suffix("").as_posix(): page.read_text() for page in sorted(DOCS.rglob("*.md"))}


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if "```console" in page])
def test_a_page_prints_what_it_says(repo: Path, name: str) -> None:
    for file, text in files(PAGES[name]).items():
        (repo / file).write_text(text)
    for session in sessions(PAGES[name]):
        replay(repo, session)


def links(page: str) -> set[str]:
    """Return the pages of the docs that a page leads to in one click."""
    folder = (DOCS / f"{page}.md").parent
    targets = [(folder / link).resolve() for link in re.findall(r"\]\(([^)#:]+\.md)", PAGES[page])]
    return {target.relative_to(DOCS).with_suffix("").as_posix() for target in targets if target.is_relative_to(DOCS)}


def test_every_page_is_one_click_away_from_the_index() -> None:
    assert links("README") == set(PAGES) - {"README"}


def test_the_readme_leads_to_the_index() -> None:
    assert "(docs/README.md)" in (ROOT / "README.md").read_text()
