"""The two tables of an entry's page, as cells: what it says, what it is sorted by, and where it leads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import msgspec

from gitjournal.entry.record import Record
from gitjournal.entry.summary import ConfigurationResult, Summary
from gitjournal.render import text
from gitjournal.render.score import lower_note, toward_better

BEST, RUNS, METRICS = 10, 500, 8
LONGEST = 48  # letters of a value


class Cell(msgspec.Struct, frozen=True):
    """One cell; a number stands to the right, and is sorted by its value."""

    text: str
    number: bool = False
    value: float | None = None
    href: str = ""


@dataclass(frozen=True)
class TableRow:
    """One row, and the name under which numbers link to it."""

    id: str
    cells: list[Cell]


@dataclass(frozen=True)
class HtmlTable:
    """A table with its first rows, and how many are left out."""

    caption: str
    head: list[Cell]
    rows: list[TableRow]
    left: int

    @property
    def html(self) -> str:
        """The table as HTML. By hand, not in a template: a page may have thousands of cells, and this takes a quarter of the time."""
        head = "".join(f'<th scope="col"{_N if cell.number else ""}>{_text(cell.text)}</th>' for cell in self.head)
        rows = "".join(f"<tr{f' id={_quote(row.id)}' if row.id else ''}>{''.join(map(_cell_html, row.cells))}</tr>\n" for row in self.rows)
        caption = f"<caption>{_text(self.caption)}</caption>\n" if self.caption else ""
        return f'<table class="sortable">\n{caption}<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody>\n</table>'


_N = ' class="n"'
_HARMLESS = re.compile(r"[\w.:+#-]*", re.ASCII).fullmatch  # numbers and plain words, which most cells hold
_PLACELESS = re.compile(r"[^A-Za-z0-9-]+")


def _cell_html(cell: Cell) -> str:
    value = f" data-value={_quote(repr(cell.value))}" if cell.value is not None else ""
    content = f"<a href={_quote(cell.href)}>{_text(cell.text)}</a>" if cell.href else _text(cell.text)
    return f"<td{_N if cell.number else ''}{value}>{content}</td>"


def _text(content: str) -> str:
    return content if _HARMLESS(content) else escape(text.clean(content), quote=False)


def _quote(content: str) -> str:
    return f'"{content}"' if _HARMLESS(content) else f'"{escape(text.clean(content), quote=True)}"'


def best_table(summary: Summary, records: Sequence[Record], baseline: float | None) -> HtmlTable | None:
    """Return the best configurations; each number leads to the first of its runs."""
    shown = summary.configurations[:BEST]
    if not summary.best:
        return None
    grid = list(dict.fromkeys(name for one in shown for name in one.grid))
    deciding = summary.deciding or ""
    further = [name for name in summary.best.scores if name != deciding]
    scores = [deciding, *sorted(further, key=lambda name: (not name.startswith("dev."), name))][:5]
    seeds = any(len(one.seeds) > 1 for one in shown)
    head = [*(Cell(name) for name in grid), *(Cell(name, number=True) for name in scores)]
    head += [Cell("gain", number=True)] if baseline is not None else []
    head += [Cell("runs", number=True)]
    first = {one.fingerprint: one.run for one in reversed(records)}
    rows = [
        TableRow("" if at else "best", _configuration_cells(one, grid, scores, baseline, summary.direction, first.get(one.fingerprint, "")))
        for at, one in enumerate(shown)
    ]
    caption = f"best first by {deciding}{lower_note(summary.direction)}{', ± SD over seeds' if seeds else ''}"
    return HtmlTable(caption, head, rows, len(summary.configurations) - len(shown))


def _configuration_cells(
    configuration: ConfigurationResult, grid: Sequence[str], scores: Sequence[str], baseline: float | None, sign: int, run: str
) -> list[Cell]:
    cells = [Cell(text.shorten(text.value(configuration.grid[name]), LONGEST) if name in configuration.grid else "-") for name in grid]
    for name in scores:
        score = configuration.scores.get(name)
        shown = text.short_spread(score.mean, score.sd) if score else "-"
        cells.append(
            Cell(shown, number=True, value=score.mean if score else None, href=f"#run-{_place_name(run)}" if score and run else "")
        )
    if baseline is not None:
        gained = toward_better(configuration.scores[scores[0]].mean - baseline, sign) if scores[0] in configuration.scores else None
        cells.append(Cell(text.difference(gained, baseline), number=True, value=gained))
    failed = f" and {configuration.failed} failed" if configuration.failed else ""
    return [*cells, Cell(f"{len(configuration.seeds)}{failed}", number=True, value=len(configuration.seeds))]


def runs_table(records: Sequence[Record]) -> HtmlTable | None:
    """Return every run, up to some hundreds."""
    if not records:
        return None
    shown = records[:RUNS]
    grid = list(dict.fromkeys(name for one in shown for name in one.grid))
    measured = dict.fromkeys((part, name) for one in shown for part, found in one.metrics.items() for name in found)
    metrics = sorted(measured, key=lambda one: one[0] != "dev")[:METRICS]
    head = [Cell("run"), *(Cell(name) for name in grid), Cell("seed", number=True), Cell("status")]
    head += [*(Cell(f"{part}.{name}", number=True) for part, name in metrics), Cell("seconds", number=True), Cell("day"), Cell("code")]
    rows = [TableRow(f"run-{_place_name(one.run)}", _run_cells(one, grid, metrics)) for one in shown]
    return HtmlTable("", head, rows, len(records) - len(shown))


def _place_name(run: str) -> str:
    """Return a run's id as an HTML anchor."""
    return _PLACELESS.sub("", run)[:64]


def _run_cells(record: Record, grid: Sequence[str], metrics: Sequence[tuple[str, str]]) -> list[Cell]:
    cells = [
        Cell(record.run[:8]),
        *(Cell(text.shorten(text.value(record.grid[name]), LONGEST) if name in record.grid else "-") for name in grid),
    ]
    cells.append(Cell("-" if record.seed is None else str(record.seed), number=True))
    status = f"failed: {record.failure.kind}" if record.failure else record.status if record.owned else f"by {record.from_}"
    cells.append(Cell(status))
    for part, metric in metrics:
        value = record.metrics.get(part, {}).get(metric)
        cells.append(Cell(text.number(value), number=True, value=value))
    cells.append(Cell(f"{record.seconds:.2f}" if record.seconds is not None else "-", number=True, value=record.seconds))
    code = f"{record.code[:8]}{' and changes' if record.dirty else ''}" if record.code else "-"
    return [*cells, Cell((record.at or "")[:10] or "-"), Cell(code)]
