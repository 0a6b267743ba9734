"""Differences with their intervals as SVG, by hand as the learning curves are: the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from gitjournal.render import text
from gitjournal.render.plots import GREY, nice
from gitjournal.stats import Interval

WIDTH, LEFT, RIGHT, TOP, ROW = 640, 190, 596, 66, 34
Position = Callable[[float], str]
# legible on white and on dark; Okabe and Ito's, with a shape for each beside the colour
COLORS = {"better": "#0072B2", "worse": "#D55E00", "not shown": GREY}


@dataclass(frozen=True)
class Effect:
    """One row: a name, a difference with its interval (None where nothing is known of it), and what it shows."""

    name: str
    value: float
    interval: Interval | None
    verdict: str


def figure(title: str, axis: str, noise: tuple[float, str] | None, rows: Sequence[Effect]) -> str:
    """Return a figure of differences: a point and its 95 % interval a row, a line at no difference.

    `noise` is how far a difference goes unseen, drawn as a band around 0, and what to call it.
    """
    ends = [0.0, *(one.value for one in rows), *(end for one in rows if one.interval for end in (one.interval.low, one.interval.high))]
    if noise is not None:
        ends += [-noise[0], noise[0]]
    low, high, step = nice(min(ends), max(ends))
    bottom = TOP + ROW * len(rows)
    height = bottom + (86 if noise is not None else 66)

    def x(value: float) -> str:
        return f"{LEFT + (RIGHT - LEFT) * (value - low) / (high - low):.1f}"

    said = escape(text.clean(title), {'"': "&quot;"})
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{said}"'
    lines = [
        f'{head} font-family="system-ui, sans-serif" font-size="15">',
        f'<text x="12" y="24" fill="{GREY}" font-size="16">{said}</text>',
    ]
    if noise is not None:
        left, right = x(-noise[0]), x(noise[0])
        lines.append(
            f'<rect x="{left}" y="{TOP - 14}" width="{float(right) - float(left):.1f}" height="{bottom - TOP + 14}" '
            f'fill="{GREY}" fill-opacity="0.16"/>'
        )
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        lines.append(f'<path d="M{x(value)},{TOP - 14}V{bottom}" stroke="{GREY}" stroke-opacity="0.25"/>')
        lines.append(f'<text x="{x(value)}" y="{bottom + 20}" fill="{GREY}" text-anchor="middle">{_tick(value, step)}</text>')
    lines.append(f'<path d="M{x(0)},{TOP - 14}V{bottom}" stroke="{GREY}" stroke-width="2"/>')
    for number, one in enumerate(rows):
        lines += _row(one, TOP + ROW * number + ROW // 2 - 6, x)
    lines.append(f'<text x="{WIDTH // 2}" y="{bottom + 42}" fill="{GREY}" text-anchor="middle">{escape(text.clean(axis))}</text>')
    if noise is not None:
        band = f"band: {text.clean(noise[1])}"
        lines.append(f'<text x="{WIDTH // 2}" y="{bottom + 64}" fill="{GREY}" text-anchor="middle">{escape(band)}</text>')
    return "\n".join([*lines, "</svg>\n"])


def _row(one: Effect, y: int, x: Position) -> list[str]:
    color = COLORS[one.verdict]
    name = escape(text.shorten(text.clean(one.name), 24))
    drawn = [f'<text x="{LEFT - 12}" y="{y + 5}" fill="{GREY}" text-anchor="end">{name}</text>']
    if one.interval is not None:
        left, right = x(one.interval.low), x(one.interval.high)
        drawn.append(f'<path d="M{left},{y}H{right}M{left},{y - 6}v12M{right},{y - 6}v12" stroke="{color}" stroke-width="2.5"/>')
    at = float(x(one.value))
    if one.verdict == "not shown":  # hollow, so that colour is not the only sign
        drawn.append(f'<circle cx="{at:.1f}" cy="{y}" r="5" fill="none" stroke="{color}" stroke-width="2.5"/>')
    elif one.verdict == "better":
        drawn.append(f'<circle cx="{at:.1f}" cy="{y}" r="6" fill="{color}"/>')
    else:
        drawn.append(f'<rect x="{at - 5:.1f}" y="{y - 5}" width="10" height="10" fill="{color}"/>')
    return drawn


def _tick(value: float, step: float) -> str:
    return "0" if abs(value) < step / 1000 else f"{value:+.6g}"
