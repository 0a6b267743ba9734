"""Text for people: tables that fit, numbers that carry their meaning, ages; nothing a stranger wrote moves the cursor."""

from __future__ import annotations

import math
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

WIDTH = 100
NARROWEST = 12  # a shortened column keeps at least this

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]"
)
_COLORS = {"good": "32", "bad": "31", "look": "33", "dim": "2", "bold": "1"}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Where the terminal is narrow, one that may shrink gives way first, then spare ones go. A marked one takes its row's
    colour; `words` are cells that have a colour of their own.
    """

    title: str
    right: bool = False
    shrinks: bool = False
    spare: bool = False
    marked: bool = False
    words: Mapping[str, str] = field(default_factory=dict)


def clean(text: str) -> str:
    r"""Return text as one line that cannot move the cursor, change colours or reverse its order.

    >>> clean("a\x1b[2Jb\nc\x07")
    'ab c'
    """
    if text.isascii() and text.isprintable():  # nearly always; a site cleans every word of a journal
        return " ".join(text.split())
    return " ".join("".join(_harmless_characters(_ESCAPES.sub("", text))).split())


def clean_lines(text: str) -> str:
    """Return text of several lines, each as harmless as `clean` makes it; indentation is kept."""
    lines = _ESCAPES.sub("", text.replace("\r\n", "\n")).split("\n")
    return "\n".join("".join(_harmless_characters(line.replace("\t", "    "))).rstrip() for line in lines)


def _harmless_characters(text: str) -> list[str]:
    """Control, format (bidirectional, zero width), surrogate and private characters go; white space becomes a space."""
    characters = []
    for character in text:
        if character.isspace():
            characters.append(" ")
        elif unicodedata.category(character)[0] != "C" or character == "\u200d":
            characters.append(character)
    return characters


def display_width(text: str) -> int:
    """Return how many cells of a terminal text takes: two for wide characters, none for combining ones (Unicode Annex 11)."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # its tables take longer to load than most lists take to print

    return max(wcswidth(text), 0)


def shorten(text: str, width: int) -> str:
    """Cut text to a width, with an ellipsis where something went."""
    if display_width(text) <= width:
        return text
    characters, used = [], 0
    for character in text:
        used += display_width(character)
        if used > width - 1:
            break
        characters.append(character)
    return "".join(characters).rstrip() + "…"


def terminal_width() -> int | None:
    """Return the width to fit, at most 100; None where standard output is no terminal: then nothing is cut."""
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns) if sys.stdout.isatty() else None


def paint(text: str, role: str, *, color: bool) -> str:
    """Colour text by what it means: good, bad, look, dim, bold."""
    return f"\x1b[{_COLORS[role]}m{text}\x1b[0m" if color and text else text


def wrap(text: str, *, indent: str = "", width: int | None = WIDTH) -> str:
    """Wrap one paragraph."""
    return "\n".join(textwrap.wrap(text, width or WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False))


def wrap_dots(text: str) -> str:
    """Wrap a line of parts between dots, and only there."""
    glue = "\N{NO-BREAK SPACE}"
    glued = f"{glue}· ".join(part.replace(" ", glue) for part in text.split(" · "))
    return wrap(glued).replace(glue, " ")


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int | None, roles: Sequence[str] = (), color: bool = False
) -> str:
    """Lay out rows under a dim heading; columns without any value are left out.

    `roles` says what each row means, for its marked columns. With a width, columns that may shrink give way to fit it,
    and where that is not enough, spare ones are left out, the last first.
    """
    indexes = [at for at, column in enumerate(columns) if column.shrinks or any(row[at] for row in rows)]
    sizes = {at: max(display_width(one) for one in (columns[at].title, *(row[at] for row in rows))) for at in indexes}
    if width is not None:
        indexes, sizes = _fit_columns(columns, indexes, sizes, width)
    shown = [columns[at] for at in indexes]
    wide = [sizes[at] for at in indexes]
    lines = [paint(_table_line([column.title for column in shown], shown, wide), "dim", color=color)]
    for row, role in zip(rows, roles or [""] * len(rows), strict=True):
        lines.append(_table_line([row[at] for at in indexes], shown, wide, role, color=color))
    return "\n".join(lines)


def _fit_columns(columns: Sequence[Column], indexes: list[int], sizes: dict[int, int], width: int) -> tuple[list[int], dict[int, int]]:
    indexes, sizes = list(indexes), dict(sizes)
    while sum(sizes[at] for at in indexes) + 2 * (len(indexes) - 1) > width:
        shrinking = [at for at in indexes if columns[at].shrinks and sizes[at] > NARROWEST]
        spare = [at for at in indexes if columns[at].spare]
        if shrinking:
            sizes[max(shrinking, key=lambda at: sizes[at])] -= 1
        elif spare:
            indexes.remove(spare[-1])
        else:
            break
    return indexes, sizes


def _table_line(cells: Sequence[str], columns: Sequence[Column], sizes: Sequence[int], row: str = "", *, color: bool = False) -> str:
    parts = []
    for cell, column, size in zip(cells, columns, sizes, strict=True):
        text = shorten(cell, size)
        padding = " " * (size - display_width(text))
        role = column.words.get(cell) or (row if column.marked else "")
        shown = paint(text, role, color=color) if role else text
        parts.append(padding + shown if column.right else shown + padding)
    return "  ".join(parts).rstrip()


def decimals(value: float, noise: float | None = None) -> int:
    """Return how many decimals to print: three significant digits, and none below the noise (two digits of it at most)."""
    if value == 0 or not math.isfinite(value):
        wanted = 3
    else:
        wanted = 2 - math.floor(math.log10(abs(value)))
        if 0.1 <= abs(value) < 1.5:
            wanted = 3  # shares near 1: 0.978, 1.000, and 1.02 beside them
    if noise:
        wanted = min(wanted, 1 - math.floor(math.log10(abs(noise))))
    return max(0, min(wanted, 12))


def number(value: float | None, noise: float | None = None) -> str:
    """Write a metric with three significant digits.

    >>> number(0.97777), number(12.3456), number(0.5, 0.2), number(None)
    ('0.978', '12.3', '0.50', '-')
    """
    if value is None:
        return "-"
    if math.isfinite(value) and value != 0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.2e}"
    return f"{value:.{decimals(value, noise)}f}"


def difference(value: float | None, scale: float) -> str:
    """Write a difference with its sign, as many decimals as the `scale` it belongs to has."""
    if value is None:
        return "-"
    if math.isfinite(scale) and scale != 0 and not 1e-4 <= abs(scale) < 1e6:
        return f"{value:+.2e}"
    return f"{value:+.{decimals(scale)}f}"


def spread(mean: float, sd: float | None, n: int) -> str:
    """Write a mean over seeds with what it is: `0.978 ± 0.004 SD over 3 seeds`."""
    if sd is None or n < 2:
        return number(mean)
    return f"{short_spread(mean, sd)} SD over {n} seeds"


def short_spread(mean: float, sd: float | None) -> str:
    """Write a mean with its spread, where the heading of the column says what it is."""
    if sd is None:
        return number(mean)
    if sd == 0:
        return f"{number(mean)} ± 0"
    return f"{number(mean, sd)} ± {sd:.{decimals(mean, sd)}f}" if 1e-4 <= abs(mean) < 1e6 else f"{number(mean)} ± {sd:.1e}"


def count(amount: int, singular: str, plural: str = "") -> str:
    """Write an amount with its word: 1 run, 2 runs."""
    return f"{amount:,} {singular if amount == 1 else plural or singular + 's'}"


def duration(seconds: float) -> str:
    """Write a length of time with two units at most."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if minutes < 120:
        return f"{minutes} min"
    return f"{hours} h" if hours < 72 else f"{round(seconds / 86400)} d"


def age(then: datetime | None, now: datetime, *, short: bool = False) -> str:
    """Write how long ago something was: `12 days ago`, or `12 d`."""
    if then is None:
        return ""
    seconds = max(0.0, (now - then).total_seconds())
    for size, letter, word in ((31_557_600, "y", "year"), (86_400, "d", "day"), (3_600, "h", "hour"), (60, "min", "minute")):
        if seconds >= size:
            amount = int(seconds // size)
            return f"{amount} {letter}" if short else f"{count(amount, word)} ago"
    return "now" if short else "just now"


def value(declared: Any) -> str:
    """Write a declared value on one line, as it would stand in the entry."""
    if isinstance(declared, bool) or declared is None:
        return {True: "true", False: "false", None: "null"}[declared]
    if isinstance(declared, float):
        return repr(declared)
    if isinstance(declared, list):
        return f"[{', '.join(map(value, declared))}]"
    if isinstance(declared, dict):
        return f"{{{', '.join(f'{clean(str(key))}: {value(inner)}' for key, inner in declared.items())}}}"
    return clean(str(declared))


def settings(values: dict[str, Any]) -> str:
    """Write a configuration: `svc__C 10, svc__gamma 0.001`."""
    return ", ".join(f"{clean(name)} {value(one)}" for name, one in values.items())
