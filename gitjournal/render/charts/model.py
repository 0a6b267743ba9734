"""Charts as values, independent of how they are drawn: line charts, heat maps and interval plots, each with one message as its title.

`svg` draws them for pages and files, `terminal` for a terminal, `matplotlib_file` as PNG or PDF.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

# Okabe and Ito's colours, which the colour-blind can tell apart, legible on white and on dark alike
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
DASHES = ("", "7 4", "2 3", "9 3 2 3")
TICKS = 4


@dataclass(frozen=True)
class Point:
    """A point with the ends of its interval, where it has one, and a label beside it."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    label: str = ""


@dataclass(frozen=True)
class Line:
    """Points of one kind, told from others by colour, marker and dashes alike (`style`), and by a name at its end.

    Those that are not joined are a cloud behind the line that matters.
    """

    name: str
    points: list[Point]
    style: int = 0
    joined: bool = True
    steps: bool = False
    shaded: bool = False  # intervals as an area instead of bars


@dataclass(frozen=True)
class Axis:
    """An axis. `ticks` are (place, label); without them round numbers are marked."""

    label: str
    log: bool = False
    ticks: list[tuple[float, str]] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The title of the axis, where distances can be seen: it says whether the scale is logarithmic."""
        return f"{self.label} (logarithmic)" if self.log else self.label


@dataclass(frozen=True)
class Plane:
    """A line chart: lines over two axes, a reference value (`level`) and the band in which differences mean nothing.

    With a `diagonal`, both axes go from 0 to 1, and it says what holds where they agree. `told` is what else there is to say of
    the points, a line each, below the figure.
    """

    title: str
    x: Axis
    y: Axis
    lines: list[Line]
    level: tuple[float, str] | None = None
    band: tuple[float, float, str] | None = None
    diagonal: str = ""
    note: str = ""
    told: Sequence[str] = ()


@dataclass(frozen=True)
class Cells:
    """A heat map: numbers by shade, each written into its cell; `best` (row, column) is marked by a frame."""

    title: str
    across: str
    down: str
    columns: list[str]
    rows: list[str]
    values: list[list[float | None]]
    texts: list[list[str]]
    best: tuple[int, int] | None = None
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """A named value with the ends of its interval.

    `shows` is better, worse or not shown, told by colour and shape: a disc, a square, a ring.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    text: str
    shows: str = ""


@dataclass(frozen=True)
class Intervals:
    """An interval plot (forest plot): named values on one axis, each with its interval, against a reference (`zero`).

    `band` is how far around it a value goes unseen, and what to call that.
    """

    title: str
    axis: str
    bars: list[Bar]
    zero: float | None = 0.0
    band: tuple[float, str] | None = None
    note: str = ""


Chart = Plane | Cells | Intervals


def extent(chart: Plane) -> tuple[float, float]:
    """Return the range of the y axis: the lowest and highest value that must be seen."""
    if chart.diagonal:
        return 0.0, 1.0
    lines = [line for line in chart.lines if line.joined] or chart.lines
    values = [value for line in lines for one in line.points for value in (one.y, one.low, one.high) if value is not None]
    values += [chart.level[0]] if chart.level else []
    low, high = min(values), max(values)
    # what is far from the line that matters would squeeze it: a wide band, and stray points of a cloud
    room = (high - low) or abs(high) * 0.05 or 1.0
    if chart.band:
        low, high = min(low, max(chart.band[0], low - room)), max(high, min(chart.band[1], high + room))
    cloud = [one.y for line in chart.lines if line not in lines for one in line.points]
    return min([low, *(one for one in cloud if one >= low - room)]), max([high, *(one for one in cloud if one <= high + room)])


def ends(chart: Intervals) -> tuple[float, float]:
    """Return the range of the axis of an interval plot: the lowest and highest value that must be seen."""
    values = [value for bar in chart.bars for value in (bar.value, bar.low, bar.high) if value is not None]
    values += [] if chart.zero is None else [chart.zero]
    values += [] if chart.zero is None or chart.band is None else [chart.zero - chart.band[0], chart.zero + chart.band[0]]
    return min(values, default=0.0), max(values, default=1.0)


def nice(low: float, high: float) -> tuple[float, float, float]:
    """Return round ends of an axis, and the step between its ticks."""
    span = high - low
    if not span > abs(high) * 1e-9:
        span = abs(high) * 0.1 or 1.0
        low, high = low - span / 2, high + span / 2
    rough = span / TICKS
    size = 10.0 ** math.floor(math.log10(rough))
    step = next((size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999), size * 10)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step


def ticks(low: float, high: float, step: float) -> list[float]:
    """Return the values at which an axis with these ends is marked."""
    return [
        0.0 if abs(value) < step / 1e6 else value for value in (low + number * step for number in range(round((high - low) / step) + 1))
    ]


def tick_text(value: float, step: float) -> str:
    """Write a tick with as many decimals as the step needs.

    >>> tick_text(0.5, 0.25), tick_text(3.0, 1.0), tick_text(2e-7, 1e-7)
    ('0.50', '3', '2e-07')
    """
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step * 10**places, 6) % 1:
        places += 1
    return f"{value:.{min(places, 12)}f}"


def shades(values: Sequence[Sequence[float | None]]) -> list[list[float | None]]:
    """Return each value scaled to 0 to 1 over the range of all (min-max scaling); 1 for all where they are equal."""
    numbers = [value for line in values for value in line if value is not None]
    low, high = min(numbers, default=0.0), max(numbers, default=0.0)
    return [[None if value is None else (value - low) / (high - low) if high > low else 1.0 for value in line] for line in values]
