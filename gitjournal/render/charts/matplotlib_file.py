"""Draws a figure as PNG or PDF for a paper or a talk. The only user of matplotlib; the extra `plots` brings it.

The same numbers give the same bytes with the same matplotlib: no date is written, and ids follow from a fixed salt.
"""

from __future__ import annotations

import io
from typing import Any

from gitjournal.errors import GitjournalError
from gitjournal.render.charts.model import COLORS, Cells, Chart, Intervals, Line, Plane, extent, nice, shades, ticks
from gitjournal.render.text import clean

KINDS = ("png", "pdf")
SIZE = (6.4, 3.8)  # inches
DPI = 200
_SETTINGS: Any = {"pdf.fonttype": 42, "font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "text.parse_math": False}
_STYLES = ("-", "--", ":", "-.")
_MARKERS = ("o", "s", "x", "D")


def draw(chart: Chart, kind: str) -> bytes:
    """Return the figure as a file of this kind. Raises GitjournalError where matplotlib is not installed."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise GitjournalError(
            f"{kind.upper()} needs matplotlib; SVG does not", hint="pip install 'gitjournal[plots]', or -o FILE.svg"
        ) from None
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        draw_shape = {Plane: _plane, Cells: _cells, Intervals: _intervals}[type(chart)]
        draw_shape(chart, axes)  # type: ignore[operator]
        axes.set_title(clean(chart.title), loc="left", fontweight="bold", wrap=True)
        note = "; ".join(filter(None, [chart.note, f"band: {chart.band[1]}" if isinstance(chart, Intervals) and chart.band else ""]))
        below = [clean(line) for line in (note, *(chart.told if isinstance(chart, Plane) else ())) if line]
        if below:
            figure.supxlabel("\n".join(below), x=0.02, ha="left", fontsize=8)
        written = io.BytesIO()
        metadata: dict[str, Any] = {"CreationDate": None} if kind == "pdf" else {"Software": None}
        figure.savefig(written, format=kind, dpi=DPI, metadata=metadata)
    return written.getvalue()


def _plane(chart: Plane, axes: Any) -> None:
    if chart.band:
        axes.axhspan(chart.band[0], chart.band[1], color="#000000", alpha=0.1, linewidth=0)
        axes.text(1.01, sum(chart.band[:2]) / 2, chart.band[2], transform=axes.get_yaxis_transform(), va="bottom")
    if chart.level:
        axes.axhline(chart.level[0], color="#444444", linestyle="--", linewidth=1)
        axes.text(1.01, chart.level[0], chart.level[1], transform=axes.get_yaxis_transform(), va="top")
    if chart.diagonal:
        axes.plot([0, 1], [0, 1], color="#444444", linestyle=":", linewidth=1)
    for line in chart.lines:
        _line(line, axes)
    low, high, step = nice(*extent(chart))
    axes.set_ylim(low, high)
    axes.set_yticks(ticks(low, high, step))
    if chart.x.log:
        axes.set_xscale("log")
    if chart.x.ticks:
        axes.set_xticks([place for place, _ in chart.x.ticks], [clean(said) for _, said in chart.x.ticks])
        axes.minorticks_off()
    axes.set_xlabel(clean(chart.x.title))
    axes.set_ylabel(clean(chart.y.label))
    axes.grid(axis="y", alpha=0.3)


def _line(line: Line, axes: Any) -> None:
    color, at = COLORS[line.style % len(COLORS)], line.style % len(_STYLES)
    xs, ys = [one.x for one in line.points], [one.y for one in line.points]
    if not line.joined:
        axes.plot(xs, ys, linestyle="", marker=_MARKERS[at], markersize=4, alpha=0.6, color=color)
        return
    spread = [(one.x, one.y, one.low, one.high) for one in line.points if one.low is not None and one.high is not None]
    if spread and line.shaded:
        axes.fill_between(
            [one[0] for one in spread], [one[2] for one in spread], [one[3] for one in spread], color=color, alpha=0.2, linewidth=0
        )
    elif spread:
        axes.vlines([one[0] for one in spread], [one[2] for one in spread], [one[3] for one in spread], color=color, linewidth=1.5)
    marker = "" if line.shaded and len(xs) > 1 else _MARKERS[at]
    axes.plot(xs, ys, color=color, linestyle=_STYLES[at], marker=marker, drawstyle="steps-post" if line.steps else "default")
    if line.name and xs:
        axes.annotate(clean(line.name), (xs[-1], ys[-1]), xytext=(6, 0), textcoords="offset points", va="center")
    for point in line.points:
        if point.label:
            axes.annotate(clean(point.label), (point.x, point.y), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=8)


def _cells(chart: Cells, axes: Any) -> None:
    from matplotlib.patches import Rectangle

    for row, line in enumerate(shades(chart.values)):
        for column, share in enumerate(line):
            best = chart.best == (row, column)
            face = (0, 0x72 / 255, 0xB2 / 255, 0.06 if share is None else 0.1 + 0.5 * share)
            axes.add_patch(
                Rectangle((column, row), 1, 1, facecolor=face, edgecolor="#000000" if best else "#ffffff", zorder=2 if best else 1)
            )
            weight = "bold" if best else "normal"
            axes.text(column + 0.5, row + 0.5, clean(chart.texts[row][column]), ha="center", va="center", fontweight=weight, zorder=3)
    axes.set(xlim=(0, len(chart.columns)), ylim=(len(chart.rows), 0), xlabel=clean(chart.across), ylabel=clean(chart.down))
    axes.set_xticks([at + 0.5 for at in range(len(chart.columns))], [clean(one) for one in chart.columns])
    axes.set_yticks([at + 0.5 for at in range(len(chart.rows))], [clean(one) for one in chart.rows])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _intervals(chart: Intervals, axes: Any) -> None:
    if chart.band and chart.zero is not None:
        axes.axvspan(chart.zero - chart.band[0], chart.zero + chart.band[0], color="#000000", alpha=0.1, linewidth=0)
    for at, bar in enumerate(chart.bars):
        color = "#444444" if bar.shows == "not shown" else COLORS[1] if bar.shows == "worse" else COLORS[0]
        if bar.low is not None and bar.high is not None:
            axes.hlines(at, bar.low, bar.high, color=color, linewidth=2)
        filled = "none" if bar.shows == "not shown" else color
        axes.plot([bar.value], [at], marker="s" if bar.shows == "worse" else "o", color=color, markerfacecolor=filled)
        axes.annotate(clean(bar.text), (bar.value, at), xytext=(0, 5), textcoords="offset points", ha="center", fontsize=8)
    if chart.zero is not None:
        axes.axvline(chart.zero, color="#444444", linewidth=1)
    axes.set_yticks(range(len(chart.bars)), [clean(bar.name) for bar in chart.bars])
    axes.set_ylim(len(chart.bars) - 0.4, -0.6)
    axes.set_xlabel(clean(chart.axis))
