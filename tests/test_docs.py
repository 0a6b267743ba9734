"""What the documents show is run here: the sessions of one page one after another, in one fresh repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.places import DOCS
from tests.support.sessions import files, replay, sessions

PAGES = {page.stem: page.read_text() for page in sorted(DOCS.glob("*.md"))}


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if "```console" in page])
def test_a_page_prints_what_it_says(repo: Path, name: str) -> None:
    for file, text in files(PAGES[name]).items():
        (repo / file).write_text(text)
    for session in sessions(PAGES[name]):
        replay(repo, session)
