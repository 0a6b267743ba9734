"""Figures as SVG, written by hand: text that stays text, the same bytes for the same numbers, nothing loaded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from gitjournal.record import Record
from gitjournal.render import text
from gitjournal.render.chart import nice
from gitjournal.summary import Summary

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 60, 560, 64, 292
# legible on white and on dark alike; the colours are Okabe and Ito's, which the colour-blind can tell apart
GREY, TRAIN, WATCHED = "#767676", "#0072B2", "#D55E00"

At = Callable[[float, float], str]


def path(entry_id: str) -> str:
    """Return where the learning curves of an entry stand on the journal branch."""
    return f"figures/{entry_id}/curves.svg"


def shown(summary: Summary, records: Sequence[Record]) -> Record | None:
    """Return the run whose learning curves are drawn: the first of the best configuration that has some."""
    best = summary.best.fingerprint if summary.best else None
    return next((one for one in records if one.fingerprint == best and _points(one, "loss")), None)


def learning_curves(one: Record) -> str:
    """Return the loss by epoch, on the rows that were learned from and on those that were watched."""
    train, watched = _points(one, "loss"), _points(one, "val_loss")
    both = [*train, *watched]
    last = max(epoch for epoch, _ in both)
    low, high, step = nice(min(value for _, value in both), max(value for _, value in both))

    def at(epoch: float, value: float) -> str:
        x = LEFT + (RIGHT - LEFT) * ((epoch - 1) / (last - 1) if last > 1 else 0.5)
        return f"{x:.1f},{BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low):.1f}"

    title = _title(train, watched)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}"'
    lines = [
        f'{head} font-family="system-ui, sans-serif" font-size="15">',
        f'<text x="{LEFT}" y="22" fill="{GREY}" font-size="16">{title}</text>',
    ]
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        y = at(1, value).partition(",")[2]
        lines.append(f'<path d="M{LEFT},{y}H{RIGHT}" stroke="{GREY}" stroke-opacity="0.3"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{float(y) + 5:.1f}" fill="{GREY}" text-anchor="end">{value:.6g}</text>')
    for epoch in dict.fromkeys((1, last)):
        x = at(epoch, low).partition(",")[0]
        lines.append(f'<text x="{x}" y="{BOTTOM + 20}" fill="{GREY}" text-anchor="middle">{epoch}</text>')
    lines.append(f'<text x="{(LEFT + RIGHT) / 2:.1f}" y="{BOTTOM + 40}" fill="{GREY}" text-anchor="middle">epoch</text>')
    lines.append(f'<text x="{LEFT}" y="{TOP - 16}" fill="{GREY}">loss, lower is better</text>')
    drawn = [(points, color, name) for points, color, name in ((train, TRAIN, "train"), (watched, WATCHED, "watched")) if points]
    for points, color, _ in drawn:
        lines += _line([at(*point) for point in points], color, "7 4" if color == WATCHED else "")
    lines += _labels([(points[-1], color, name) for points, color, name in drawn], at)
    return "\n".join([*lines, "</svg>\n"])


def _points(one: Record, name: str) -> list[tuple[int, float]]:
    values = one.curves.get(name, [])
    epochs = one.curves.get("epoch") or list(range(1, len(values) + 1))
    pairs = zip(epochs, values, strict=False)
    return [(int(epoch), value) for epoch, value in pairs if epoch is not None and value is not None and math.isfinite(value)]


def _title(train: Sequence[tuple[int, float]], watched: Sequence[tuple[int, float]]) -> str:
    epoch, value = min(watched or train, key=lambda point: point[1])
    return f"Loss {'of the watched rows' if watched else 'of the train part'} is lowest at epoch {epoch}: {text.number(value)}"


def _line(points: Sequence[str], color: str, dashes: str) -> list[str]:
    if len(points) == 1:
        x, _, y = points[0].partition(",")
        return [f'<circle cx="{x}" cy="{y}" r="4" fill="{color}"/>']
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return [f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-width="2.5"{dashed}/>']


def _labels(ends: Sequence[tuple[tuple[int, float], str, str]], at: At) -> list[str]:
    """Return a name at the end of each line, apart from one another."""
    heights = [float(at(*point).partition(",")[2]) for point, _, _ in ends]
    if len(heights) == 2 and abs(heights[0] - heights[1]) < 18:
        middle, up = sum(heights) / 2, 1 if heights[0] < heights[1] else -1
        heights = [middle - 9 * up, middle + 9 * up]
    return [
        f'<text x="{float(at(*point).partition(",")[0]) + 8:.1f}" y="{y + 5:.1f}" fill="{color}">{name}</text>'
        for (point, color, name), y in zip(ends, heights, strict=True)
    ]
