"""What every page of a site needs: the templates, and figures and differences as pages show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gitjournal.render.changes import text_differences
from gitjournal.render.charts import svg
from gitjournal.render.charts.model import Chart
from gitjournal.render.site.cards import stamp
from gitjournal.render.site.journal import SiteJournal
from gitjournal.render.site.templates import Templates

INK = "currentColor"


@dataclass(frozen=True)
class Page:
    """A page about many entries: its name, the hash of its inputs, and the function that makes it."""

    name: str
    key: str
    make: Callable[[], str]


class PageMaker:
    """Fills the templates with what is known of one journal."""

    def __init__(self, journal: SiteJournal) -> None:
        """Read the templates. Raises GitjournalError where the extra `site` is not installed."""
        self.journal = journal
        self.templates = Templates()
        self.stamp = stamp()

    def fill(self, template: str, folder: str, *, here: str = "", **values: Any) -> str:
        """Return a page that stands in a folder of the site ("" for its top); `here` is the name of the page in its menu."""
        root = "../" if folder else ""
        return self.templates.fill(template, name=self.journal.name, root=root, here=here, **values)

    def safe(self, html: str) -> Any:
        """Mark HTML of ours, or from the sanitizer, as such."""
        return self.templates.safe(html)

    def figure(self, chart: Chart) -> dict[str, Any]:
        """Return a figure as pages show it: title and note are theirs, so that they wrap."""
        drawn = svg.svg(chart, ink=INK, bare=True)
        return {"title": chart.title, "drawn": self.safe(drawn), "note": svg.note(chart)}

    def changes(self, left: str, right: str) -> str:
        """Say how the best configurations of two entries differ; "" where one of them is not known."""
        texts = self.journal.texts
        if left not in texts or right not in texts:
            return ""
        return text_differences(texts[left], texts[right]).replace(" -> ", " → ")  # which no line breaks apart
