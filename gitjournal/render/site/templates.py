"""The templates of a site. The only user of Jinja2; whatever a journal says is escaped and cleaned where it is put in.

Style and script stand in each page, and its policy names them by their hashes: so a page works from a disk, is whole when it is
mailed, and nothing else can run in it, be loaded or be sent.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from gitjournal import resources
from gitjournal.entry.metrics import direction
from gitjournal.render import text
from gitjournal.render.score import interval_as_gain, toward_better
from gitjournal.render.site.cards import Card
from gitjournal.render.site.markdown import missing
from gitjournal.stats.intervals import Interval


class Templates:
    """Templates, ready to be filled."""

    def __init__(self) -> None:
        """Read them. Raises GitjournalError where the extra is not installed."""
        try:
            import jinja2
            import markupsafe
        except ImportError:
            raise missing() from None
        self._markup = markupsafe.Markup
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(resources.folder("templates") / "site"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            finalize=_clean_text,
            auto_reload=False,
        )
        self._environment.filters |= {
            "n": _count,
            "score": score,
            "gain": gain,
            "lower": lower,
            "slug": slug,
            "signed_gain": lambda card: _sort_value(card, card.gain),
            "signed_score": lambda card: _sort_value(card, card.best),
        }
        style, script = (resources.text(f"templates/site/site.{ending}").strip() for ending in ("css", "js"))
        # the text between the tags, byte for byte, is what a browser hashes
        self.policy = (
            f"default-src 'none'; style-src '{policy_hash(style)}'; script-src '{policy_hash(script)}'; base-uri 'none'; form-action 'none'"
        )
        self._always = {"style": self.safe(style), "script": self.safe(script), "policy": self.policy}

    def safe(self, html: str) -> Any:
        """Mark HTML of ours, or from the sanitizer, as such."""
        return self._markup(html)

    def fill(self, name: str, /, **values: Any) -> str:
        """Return a page."""
        return self._environment.get_template(name).render(**self._always, **values)


def policy_hash(content: str) -> str:
    """Return a hash as a content security policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _clean_text(value: Any) -> Any:
    """Take out what is no text; the quick way for the usual case."""
    if type(value) is not str or (value.isascii() and value.isprintable()):
        return value
    return text.clean(value)


def score(card: Card) -> str:
    """Return ``0.978 ± 0.004``."""
    return text.short_spread(card.best, card.sd) if card.best is not None else "-"


def gain(card: Card) -> str:
    """Return ``+0.006 [-0.008, +0.019]``, positive where it is better."""
    if card.gain is None or card.reached is None:
        return "-"
    interval = None if card.low is None or card.high is None else Interval(card.gain, card.low, card.high)
    return interval_as_gain(card.gain, interval, _sign(card), card.reached)


def lower(card: Card) -> bool:
    """Whether lower is better."""
    return bool(card.metric) and direction(card.metric or "") < 0


def slug(card: Card) -> str:
    """Return the name of the page of the data set."""
    digest = card.data_hash.partition(":")[2][:6]
    return f"{card.data_name}-{digest}" if digest.isalnum() else card.data_name


def _sort_value(card: Card, value: float | None) -> str:
    return "" if value is None else repr(toward_better(value, _sign(card)))


def _sign(card: Card) -> int:
    return direction(card.metric) if card.metric else 1


def _count(amount: int, singular: str) -> str:
    return text.count(amount, singular)
