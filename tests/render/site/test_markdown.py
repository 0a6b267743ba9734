"""A person's Markdown as HTML that can do nothing."""

from __future__ import annotations

import pytest

from gitjournal.render.site.markdown import LONGEST, html_of, missing

for library in ("markdown", "nh3"):
    pytest.importorskip(library)


def test_prose_is_prose_and_its_headings_stand_below_those_of_the_page() -> None:
    html = html_of("# Notes\n\nWhat *I* saw.\n\n#### deeper\n\n| a | b |\n| - | - |\n| 1 | 2 |\n")
    assert "<h3>Notes</h3>" in html
    assert "<h4>deeper</h4>" in html
    assert "<em>I</em>" in html
    assert "<td>2</td>" in html
    assert html_of(" \n") == ""


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("<script>alert(1)</script>", "alert"),
        ('<a href="x" onclick="alert(1)">x</a>', "onclick"),
        ("[x](javascript:alert(1))", "javascript"),
        ("[x](../../secret.html)", "secret"),
        ("<!-- hidden -->text", "hidden"),
        ("<!-- never closed", "closed"),
        ("![tracker](https://example.org/x.png)", "example.org"),
        ("<style>p {color: red}</style>", "color"),
        ("a\x1b[2Jb\u202ec", "\u202e"),
    ],
)
def test_what_could_do_something_is_gone(text: str, gone: str) -> None:
    assert gone not in html_of(text)


def test_a_link_to_the_web_tells_nothing_of_where_it_came_from_and_a_picture_becomes_words() -> None:
    assert html_of("[x](https://example.org)") == '<p><a href="https://example.org" rel="noopener noreferrer nofollow">x</a></p>'
    assert "(picture: a plot)" in html_of("![a plot](plot.png)")


def test_headings_that_nobody_filled_in_go_and_a_long_text_is_cut() -> None:
    assert html_of("## Notes\n\n## Conclusion\n\nDone.") == "<h3>Conclusion</h3>\n<p>Done.</p>"
    assert len(html_of("word " * LONGEST)) <= LONGEST + 100


def test_who_lacks_the_libraries_is_told_which_extra_brings_them() -> None:
    assert missing().hint == "pip install 'gitjournal[site]'"
