"""Draws a figure as SVG: text that stays text, the same bytes for the same numbers, nothing loaded, no style sheet needed.

`ink` is the colour of text and axes: `currentColor` inside a page, so that the page's dark mode holds, else a grey that is
legible on white and on dark.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from gitjournal.render.charts.model import (
    COLORS,
    DASHES,
    Axis,
    Cells,
    Chart,
    Intervals,
    Line,
    Plane,
    ends,
    extent,
    nice,
    shades,
    tick_text,
    ticks,
)
from gitjournal.render.text import clean, display_width, shorten

GREY = "#767676"
WIDTH, HEIGHT = 640, 348
LEFT, RIGHT, TOP, BOTTOM = 64, 552, 74, 296
EDGE = 2  # where titles and notes begin
UNTITLED = TOP - 32  # where a figure begins whose title stands above it
LETTER = 7.6  # the usual width of a letter at 15 px
GAP = 18.0  # between two labels, one above the other
ROW = 34.0


@dataclass(frozen=True)
class _Scale:
    """A linear or logarithmic scale: from values to pixels, clipped just beyond its ends."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, value = (math.log10(one) if self.log else one for one in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + (self.end - self.start) * min(max(share, -0.02), 1.02)


def svg(chart: Chart, *, ink: str = GREY, bare: bool = False) -> str:
    """Return the figure. What a stranger wrote into names and titles stays text.

    A `bare` one is without title and note, for a page that puts them above and below, where they wrap.
    """
    if isinstance(chart, Plane):
        parts, height = list(_plane(chart, ink)), float(HEIGHT)
    elif isinstance(chart, Cells):
        parts, height = _cells(chart, ink)
    else:
        parts, height = _intervals(chart, ink)
    title = [] if bare else _title(chart.title, ink)
    below = [] if bare else [said for said in (note(chart), *_remarks(chart)) if said]
    parts += [_text((EDGE, height + 10 + 18 * at), shorten(said, 94), ink, size=13) for at, said in enumerate(below)]
    height += 18 * len(below) + 2 if below else 0
    top = UNTITLED if bare else 0
    name = escape(clean(chart.title), quote=True)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top} {WIDTH} {height - top:g}" role="img" aria-label="{name}"'
    return "\n".join([f'{head} font-family="system-ui, sans-serif" font-size="15">', *title, *parts, "</svg>\n"])


def note(chart: Chart) -> str:
    """Return the note with what only a drawing has to explain."""
    clouds = [_cloud_note(line, nice(*extent(chart))) for line in chart.lines if not line.joined] if isinstance(chart, Plane) else []
    dashed = [f"dashed: {chart.diagonal}"] if isinstance(chart, Plane) and chart.diagonal else []
    band = [f"band: {chart.band[1]}"] if isinstance(chart, Intervals) and chart.band else []
    return clean("; ".join([*filter(None, [chart.note]), *clouds, *dashed, *band]))


def _remarks(chart: Chart) -> Sequence[str]:
    return [clean(line) for line in chart.told] if isinstance(chart, Plane) else []


def _cloud_note(line: Line, visible: tuple[float, float, float]) -> str:
    left = sum(not visible[0] <= one.y <= visible[1] for one in line.points)
    return f"crosses: {line.name}{f' ({left} of {len(line.points)} lie far off)' if left else ''}"


def _title(title: str, ink: str) -> list[str]:
    """Return the title on one line or two."""
    words, lines = clean(title).split(), [""]
    for word in words:
        if lines[-1] and len(lines) < 2 and display_width(f"{lines[-1]} {word}") > 62:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [_text((EDGE, 20 + 19 * at), shorten(line, 68), ink, size=16, bold=True) for at, line in enumerate(lines)]


def _text(at: tuple[float, float], content: str, color: str, *, anchor: str = "", size: int = 0, bold: bool = False) -> str:
    x, y = at
    more = f' text-anchor="{anchor}"' if anchor else ""
    more += f' font-size="{size}"' if size else ""
    more += ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}"{more}>{escape(clean(content), quote=False)}</text>'


def _rule(d: str, color: str, *, width: float = 1, opacity: float = 1, dashes: str = "") -> str:
    more = f' stroke-opacity="{opacity:g}"' if opacity < 1 else ""
    more += f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="{d}" fill="none" stroke="{color}" stroke-width="{width:g}"{more}/>'


# lines over two axes


def _plane(chart: Plane, ink: str) -> Iterator[str]:
    low, high, step = nice(*extent(chart))
    y = _Scale(low, high, BOTTOM, TOP)
    xs = [one.x for line in chart.lines for one in line.points] + [place for place, _ in chart.x.ticks]
    x = _Scale(0, 1, LEFT, RIGHT) if chart.diagonal else _Scale(min(xs), max(xs), LEFT + 14, RIGHT - 14, chart.x.log)
    if chart.band:
        top, tall = y(chart.band[1]), max(y(chart.band[0]) - y(chart.band[1]), 1)
        yield f'<rect x="{LEFT}" y="{top:.1f}" width="{RIGHT - LEFT}" height="{tall:.1f}" fill="{ink}" fill-opacity="0.14"/>'
    for value in ticks(low, high, step):
        yield _rule(f"M{LEFT},{y(value):.1f}H{RIGHT}", ink, opacity=0.25)
        yield _text((LEFT - 8, y(value) + 5), tick_text(value, step), ink, anchor="end")
    yield from _x_axis(chart.x, x, ink)
    yield _text((LEFT, TOP - 12), chart.y.label, ink)
    if chart.diagonal:
        yield _rule(f"M{x(0):.1f},{y(0):.1f}L{x(1):.1f},{y(1):.1f}", ink, dashes="3 3")
    if chart.level:
        yield _rule(f"M{LEFT},{y(chart.level[0]):.1f}H{RIGHT}", ink, width=1.5, dashes="4 3")
    for line in chart.lines:
        yield from _line(line, x, y, ink)
    yield from _end_labels(chart, x, y, ink)


def _x_axis(axis: Axis, x: _Scale, ink: str) -> Iterator[str]:
    marks = axis.ticks or [(value, tick_text(value, step)) for low, high, step in [nice(x.low, x.high)] for value in ticks(low, high, step)]
    marks = [(place, said) for place, said in marks if x.low - 1e-9 * abs(x.low) <= place <= x.high + 1e-9 * abs(x.high)]
    last = -math.inf
    for place, mark in sorted(marks):
        at, label = x(place), shorten(clean(mark), 18)
        half = display_width(label) * LETTER / 2
        yield _rule(f"M{at:.1f},{BOTTOM}v5", ink, opacity=0.6)
        if at - half > last + 4:
            yield _text((at, BOTTOM + 20), label, ink, anchor="middle")
            last = at + half
    yield _text(((LEFT + RIGHT) / 2, BOTTOM + 42), axis.title, ink, anchor="middle")


def _line(line: Line, x: _Scale, y: _Scale, ink: str) -> Iterator[str]:
    color, dashes = COLORS[line.style % len(COLORS)], DASHES[line.style % len(DASHES)]
    if not line.joined:
        yield _crosses([(x(one.x), y(one.y)) for one in line.points if y.low <= one.y <= y.high], color)
        return
    spread = [one for one in line.points if one.low is not None and one.high is not None]
    if line.shaded and len(spread) > 1:
        there = [f"{x(one.x):.1f},{y(one.high or 0.0):.1f}" for one in spread]
        back = [f"{x(one.x):.1f},{y(one.low or 0.0):.1f}" for one in reversed(spread)]
        yield f'<polygon points="{" ".join(there + back)}" fill="{color}" fill-opacity="0.18"/>'
    elif not line.shaded:
        for point in spread:
            ends = [y(end) for end in (point.low, point.high) if end is not None]
            yield _rule(f"M{x(point.x):.1f},{ends[0]:.1f}V{ends[1]:.1f}", color, width=2)
    places = [(x(one.x), y(one.y)) for one in line.points]
    if len(places) > 1:
        if line.steps:
            d = f"M{places[0][0]:.1f},{places[0][1]:.1f}" + "".join(f"H{px:.1f}V{py:.1f}" for px, py in places[1:])
        else:
            d = "M" + "L".join(f"{px:.1f},{py:.1f}" for px, py in places)
        yield _rule(d, color, width=2.5, dashes=dashes)
    if not line.shaded or len(places) == 1:
        mark = _MARKS[line.style % len(_MARKS)]
        yield from (mark(px, py, color) for px, py in places)
    last = -math.inf
    for point, (px, py) in zip(line.points, places, strict=True):
        label = shorten(clean(point.label), 24)
        if label and px - display_width(label) * 3.5 > last:
            yield _text((px, py - 10), label, ink, anchor="middle", size=13)
            last = px + display_width(label) * 3.5


def _circle(x: float, y: float, color: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{color}"/>'


def _square(x: float, y: float, color: str) -> str:
    return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{color}"/>'


def _cross(x: float, y: float, color: str) -> str:
    return _rule(_arms(x, y, 4), color, width=1.6)


def _crosses(places: Sequence[tuple[float, float]], color: str) -> str:
    """Return a cloud of small crosses, as one path: there may be thousands."""
    return _rule("".join(_arms(x, y, 2.5) for x, y in places), color, width=1.6, opacity=0.7)


def _arms(x: float, y: float, arm: float) -> str:
    return f"M{x - arm:.1f},{y - arm:.1f}l{2 * arm:g},{2 * arm:g}m0,{-2 * arm:g}l{-2 * arm:g},{2 * arm:g}"


_MARKS: tuple[Callable[[float, float, str], str], ...] = (_circle, _square, _cross)


def _end_labels(chart: Plane, x: _Scale, y: _Scale, ink: str) -> Iterator[str]:
    """Name each line at its end, the level and the band at the right edge, apart from one another."""
    wanted = [(y(one.points[-1].y), x(one.points[-1].x) + 8, one.name) for one in chart.lines if one.joined and one.name and one.points]
    wanted += [(y(chart.level[0]), RIGHT + 6.0, chart.level[1])] if chart.level else []
    wanted += [(y(sum(chart.band[:2]) / 2), RIGHT + 6.0, chart.band[2])] if chart.band else []
    last = -math.inf
    for height, left, name in sorted(wanted):
        last = min(max(height, last + GAP), BOTTOM + GAP)
        yield _text((min(left, RIGHT + 6), last + 5), shorten(clean(name), 12), ink, size=13)


# cells


def _cells(chart: Cells, ink: str) -> tuple[list[str], float]:
    widest = max([display_width(clean(one)) for one in chart.rows] + [2])
    left = min(30 + widest * LETTER, 220.0)
    wide = (WIDTH - 16 - left) / max(len(chart.columns), 1)
    high = min(ROW, max(20.0, 300 / max(len(chart.rows), 1)))
    top = TOP + 22
    size = 14 if wide > 44 else 11
    letters = max(2, int((wide - 2) / (size * 0.52)))
    parts = [_text((EDGE, top - 28), shorten(f"{clean(chart.down)} down, {clean(chart.across)} across", 76), ink)]
    for number, name in enumerate(chart.columns):
        parts.append(_text((left + (number + 0.5) * wide, top - 6), shorten(clean(name), letters), ink, anchor="middle", size=size))
    shade = shades(chart.values)
    for row, name in enumerate(chart.rows):
        y = top + row * high
        parts.append(_text((left - 8, y + high / 2 + 5), shorten(clean(name), 24), ink, anchor="end", size=14))
        for column, share in enumerate(shade[row]):
            x = left + column * wide
            opacity = 0.06 if share is None else 0.1 + 0.5 * share
            box = f'x="{x + 1:.1f}" y="{y + 1:.1f}" width="{wide - 2:.1f}" height="{high - 2:.1f}"'
            parts.append(f'<rect {box} fill="{COLORS[0]}" fill-opacity="{opacity:.2f}"/>')
            if chart.best == (row, column):
                parts.append(f'<rect {box} fill="none" stroke="{ink}" stroke-width="2.5"/>')
            cell_text = shorten(chart.texts[row][column], letters)
            parts.append(
                _text((x + wide / 2, y + high / 2 + 5), cell_text, ink, anchor="middle", size=size, bold=chart.best == (row, column))
            )
    return parts, top + len(chart.rows) * high + 14


# intervals


def _intervals(chart: Intervals, ink: str) -> tuple[list[str], float]:
    low, high, step = nice(*ends(chart))
    left = min(24 + max((display_width(clean(bar.name)) for bar in chart.bars), default=4) * LETTER, 250.0)
    x = _Scale(low, high, left + 8, WIDTH - 16)
    top, bottom = TOP - 14, TOP - 14 + len(chart.bars) * ROW
    parts = []
    if chart.band and chart.zero is not None:
        start, end = x(chart.zero - chart.band[0]), x(chart.zero + chart.band[0])
        box = f'x="{start:.1f}" y="{top}" width="{end - start:.1f}" height="{bottom - top:.1f}"'
        parts.append(f'<rect {box} fill="{ink}" fill-opacity="0.14"/>')
    for value in ticks(low, high, step):
        parts.append(_rule(f"M{x(value):.1f},{top}V{bottom:.1f}", ink, opacity=0.25))
        parts.append(_text((x(value), bottom + 18), tick_text(value, step), ink, anchor="middle"))
    if chart.zero is not None:
        parts.append(_rule(f"M{x(chart.zero):.1f},{top}V{bottom:.1f}", ink, width=2))
    for number, bar in enumerate(chart.bars):
        y = top + (number + 0.5) * ROW
        color = ink if bar.shows == "not shown" else COLORS[1] if bar.shows == "worse" else COLORS[0]
        parts.append(_text((left - 4, y + 5), shorten(clean(bar.name), int(left / LETTER)), ink, anchor="end"))
        if bar.low is not None and bar.high is not None:
            parts.append(_rule(f"M{x(bar.low):.1f},{y:.1f}H{x(bar.high):.1f}", color, width=2.5))
        parts.append(_shape(x(bar.value), y, color, bar.shows))
        parts.append(_text((x(bar.value), y - 8), bar.text, ink, anchor="middle", size=12))
    parts.append(_text((WIDTH / 2, bottom + 40), shorten(clean(chart.axis), 80), ink, anchor="middle"))
    return parts, bottom + 50


def _shape(x: float, y: float, color: str, shows: str) -> str:
    """Return the mark of a value: a ring for what is not shown to differ, a square for what is worse, else a disc."""
    if shows == "not shown":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="none" stroke="{color}" stroke-width="2.5"/>'
    return _square(x, y, color) if shows == "worse" else _circle(x, y, color)
