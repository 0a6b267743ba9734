"""Draws a chart as text for a terminal: one line a value, its number first, then where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitjournal.render.charts.model import Cells, Chart, Intervals, Plane, ends, extent
from gitjournal.render.text import Column, clean, display_width, number, shorten, table, wrap

STRIP = 40  # cells of the drawing itself
ROWS = 12  # of one line; a long curve is thinned
LABEL = 28


def chart_lines(chart: Chart, *, color: bool = False) -> list[str]:
    """Return the figure as lines of at most 100 columns; it is read without colour."""
    body = _plane(chart) if isinstance(chart, Plane) else _cells(chart, color=color) if isinstance(chart, Cells) else _intervals(chart)
    below = [chart.note, *(chart.told if isinstance(chart, Plane) else [])]
    return [wrap(clean(chart.title)), *body, *(wrap(clean(line)) for line in below if line)]


def _plane(chart: Plane) -> Iterator[str]:
    low, high = extent(chart)
    marks = {chart.level[0]: "┊"} if chart.level else {}
    names = dict(chart.x.ticks)
    for line in chart.lines:
        if not line.joined:
            continue
        yield f"{clean(line.name or chart.y.label)}, by {clean(chart.x.label)}"
        points = [one for one in line.points if one.label or not line.steps]  # the end of the last step is no value
        if len(points) > ROWS:
            points = [points[round(at * (len(points) - 1) / (ROWS - 1))] for at in range(ROWS)]
        labels = [shorten(clean(one.label or names.get(one.x, f"{one.x:.6g}")), LABEL) for one in points]
        yield from _strips(labels, [(one.y, one.low, one.high) for one in points], (low, high), marks)
    if chart.level:
        yield f"  ┊ {clean(chart.level[1])} {number(chart.level[0])}"
    if chart.band:
        yield f"  {clean(chart.band[2])}: {number(chart.band[0])} to {number(chart.band[1])}"


def _intervals(chart: Intervals) -> Iterator[str]:
    marks = {} if chart.zero is None else {chart.zero: "┊"}
    yield clean(chart.axis)
    bars = [(bar.value, bar.low, bar.high) for bar in chart.bars]
    yield from _strips([shorten(clean(bar.name), LABEL) for bar in chart.bars], bars, ends(chart), marks)


def _cells(chart: Cells, *, color: bool) -> Iterator[str]:
    yield f"{clean(chart.down)} down, {clean(chart.across)} across"
    columns = [Column(""), *(Column(shorten(clean(name), 10), right=True) for name in chart.columns)]
    rows = []
    for row, name in enumerate(chart.rows):
        texts = [f"[{said}]" if chart.best == (row, column) else said for column, said in enumerate(chart.texts[row])]
        rows.append([shorten(clean(name), LABEL), *texts])
    yield table(columns, rows, width=None, color=color)


def _strips(
    labels: Sequence[str], values: Sequence[tuple[float, float | None, float | None]], between: tuple[float, float], marks: dict[float, str]
) -> Iterator[str]:
    wide = max((display_width(label) for label in labels), default=0)
    numbers = [number(value) for value, _, _ in values]
    longest = max(map(len, numbers), default=0)
    for label, (value, low, high), number_text in zip(labels, values, numbers, strict=True):
        yield f"  {label}{' ' * (wide - display_width(label))}  {number_text:>{longest}}  {_strip(value, low, high, between, marks)}"


def _strip(value: float, low: float | None, high: float | None, between: tuple[float, float], marks: dict[float, str]) -> str:
    """Return a line with a dot at the value, its interval, and what to compare it with."""

    def place(x: float) -> int:
        span = between[1] - between[0]
        return round((STRIP - 1) * min(max((x - between[0]) / span if span else 0.5, 0.0), 1.0))

    cells = [" "] * STRIP
    for at, mark in marks.items():
        cells[place(at)] = mark
    if low is not None and high is not None:
        for at in range(place(low), place(high) + 1):
            cells[at] = "─"
    cells[place(value)] = "●"
    return "".join(cells).rstrip()
