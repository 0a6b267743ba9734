"""A person's Markdown as HTML that can do nothing. The only user of Markdown and nh3; the extra `site` brings nh3.

What is not on the list of harmless elements goes, with what it held where that is code. Pictures become words: a page loads
nothing. Links lead to the web or to a mail program, never into the page's own folder or to a script.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from gitjournal.errors import GitjournalError
from gitjournal.render.text import clean_lines

LONGEST = 200_000  # characters; what is longer is read in the entry itself
_TAGS = {"a", "blockquote", "br", "code", "del", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "sub", "sup"}
_TABLE = {"table", "tbody", "td", "th", "thead", "tr", "ul"}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_WEB = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"<(/?)h([1-6])\b")
_EMPTY = re.compile(r"<h3>[^<]*</h3>\s*(?=<h3>|\Z)")  # those of a template that nobody filled in
_PICTURE = re.compile(r"<img\b[^>]*?\balt=\"([^\"]*)\"[^>]*>")


@cache
def _converter() -> Any:
    import markdown

    return markdown.Markdown(extensions=["tables", "fenced_code", "sane_lists"])


def html_of(text: str) -> str:
    """Return the prose as harmless HTML. Raises GitjournalError where the extra is not installed."""
    if not text.strip():
        return ""
    try:
        import nh3

        converter = _converter()
    except ImportError:
        raise missing() from None
    source = _COMMENT.sub("", clean_lines(text[:LONGEST]))
    converter.reset()
    try:
        html = converter.convert(source)
    except RecursionError:
        return ""
    html = _HEADING.sub(lambda found: f"<{found[1]}h{3 if int(found[2]) < 3 else 4}", html)
    html = _EMPTY.sub("", html)
    html = _PICTURE.sub(r"<em>(picture: \1)</em>", html)
    return str(
        nh3.clean(
            html,
            tags=_TAGS | _TABLE,
            attributes=_ATTRIBUTES,
            attribute_filter=_safe_attribute,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def _safe_attribute(tag: str, attribute: str, value: str) -> str | None:
    """Drop a link that leads to no page of the web."""
    return None if (tag, attribute) == ("a", "href") and not _WEB.match(value) else value


def missing() -> GitjournalError:
    """Return what to say where the extra is not installed."""
    return GitjournalError("pages need Jinja2, Markdown and nh3", hint="pip install 'gitjournal[site]'")
