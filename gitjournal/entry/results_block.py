"""The block of results inside an entry: the only lines of it that gitjournal writes. Text to text.

It stands between two marker lines, alone at column 0, that carry the entry's id. A renamed entry keeps the last four
characters of its id, so they decide whose a marker is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gitjournal.errors import EntryError, Place

_MARKER = re.compile(r"<!-- gitjournal:(?P<which>results|end) (?P<id>\S+) -->\Z")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)\Z")
_HINT = "leave the two marker lines alone at the start of their lines, once each, or delete both: they come back"


@dataclass(frozen=True)
class _Span:
    """The numbers of the first and last line, markers included, from 0."""

    first: int
    last: int


def splice(text: str, entry_id: str, block: str) -> str:
    """Return the entry with `block` (the lines between the markers) in its place; at the end where there was none.

    Everything else is kept byte for byte, line ends too. Raises EntryError with the line where the markers are not
    as we wrote them.
    """
    lines = _split_lines(text)
    span = _find_block(lines, entry_id)
    end = _line_end(text)
    inner = block.replace("\r\n", "\n").strip("\n")
    new_lines = [f"<!-- gitjournal:results {entry_id} -->", *(inner.split("\n") if inner else ()), f"<!-- gitjournal:end {entry_id} -->"]
    written = "".join(line + end for line in new_lines)
    if span is None:
        return text + _separator(text, end) + written
    if not lines[span.last].endswith("\n"):
        written = written.removesuffix(end)
    return "".join([*lines[: span.first], written, *lines[span.last + 1 :]])


def read_block(text: str, entry_id: str) -> tuple[int, str] | None:
    """Return the number of the line after the first marker (from 1) and the block's lines; None where there is none.

    Raises as `splice` does.
    """
    lines = _split_lines(text)
    span = _find_block(lines, entry_id)
    return None if span is None else (span.first + 2, "".join(lines[span.first + 1 : span.last]))


def strip_block(text: str, entry_id: str) -> str:
    """Return the entry without its block (what was declared and written by the person). Raises as `splice` does."""
    lines = _split_lines(text)
    span = _find_block(lines, entry_id)
    return text if span is None else "".join([*lines[: span.first], *lines[span.last + 1 :]])


def _split_lines(text: str) -> list[str]:
    r"""Split at `\n` only: other characters that Python takes for line ends stand inside a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _line_end(text: str) -> str:
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def _separator(text: str, end: str) -> str:
    if not text:
        return ""
    if not text.endswith("\n"):
        return end + end
    return "" if text.endswith(("\n\n", "\n\r\n")) else end


def _find_block(lines: list[str], entry_id: str) -> _Span | None:
    """Find our markers in the body."""
    fence, opened = "", 0
    markers: dict[str, int] = {}
    for number in range(_first_body_line(lines), len(lines)):
        bare = lines[number].rstrip("\r\n")
        marker = _MARKER.match(bare)
        if marker and marker["id"][-4:] == entry_id[-4:]:
            _check_marker(marker["which"], markers, fence, entry_id, number)
            markers[marker["which"]] = number
            continue
        before, fence = fence, _fence_after(bare, fence)
        opened = number if fence and not before else opened
    if len(markers) == 1:
        missing = "end" if "results" in markers else "results"
        raise _marker_error(f"the marker `gitjournal:{missing}` is missing", entry_id, next(iter(markers.values())))
    if markers:
        return _Span(markers["results"], markers["end"])
    if fence:
        raise _marker_error("this code fence never ends, so results would become code", entry_id, opened)
    return None


def _first_body_line(lines: list[str]) -> int:
    """Return the number of the first line after the front matter: its text may hold what looks like a fence."""
    if not lines or lines[0].rstrip() not in ("---", "\ufeff---"):
        return 0
    return next((number for number in range(1, len(lines)) if lines[number].rstrip() == "---"), -1) + 1


def _check_marker(which: str, markers: dict[str, int], fence: str, entry_id: str, number: int) -> None:
    if fence:
        raise _marker_error(f"the marker `gitjournal:{which}` stands in a code fence", entry_id, number)
    if which in markers:
        raise _marker_error(f"the marker `gitjournal:{which}` stands twice (first in line {markers[which] + 1})", entry_id, number)
    if which == "end" and "results" not in markers:
        raise _marker_error("the marker `gitjournal:end` stands before `gitjournal:results`", entry_id, number)


def _fence_after(line: str, fence: str) -> str:
    """Return the fence that is open after `line`, or nothing."""
    match = _FENCE.match(line)
    if not match:
        return fence
    if not fence:
        backticks = match["fence"][0] == "`"
        return "" if backticks and "`" in match["info"] else match["fence"]
    closes = match["fence"].startswith(fence) and not match["info"].strip()
    return "" if closes else fence


def _marker_error(message: str, entry_id: str, number: int) -> EntryError:
    return EntryError(message, place=Place(f"{entry_id}.md", number + 1), hint=_HINT)
