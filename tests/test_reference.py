"""The pages of docs/reference that are made from the code say what it says."""

from __future__ import annotations

import pytest

from tests.support.reference import PAGES, render_pages


@pytest.mark.parametrize(("name", "content"), render_pages().items())
def test_a_page_of_the_reference_is_what_the_code_gives(name: str, content: str) -> None:
    assert (PAGES / name).read_text() == content, "write it anew: python -m tests.support.reference"
