"""What `diff` prints: what two entries, or an entry and its draft, declare differently, and what each reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gitjournal.entry.changes import Difference
from gitjournal.entry.model import Entry
from gitjournal.entry.summary import Summary
from gitjournal.journal.journal import Opened
from gitjournal.render import entry as words
from gitjournal.render import text


def short_ids(opened: Sequence[Opened]) -> list[str]:
    """Return the last four characters of two ids, or the whole ids where those are the same."""
    shorts = [text.clean(one.listed.row.id[-4:]) for one in opened]
    return shorts if shorts[0] != shorts[1] else [text.clean(one.listed.row.id) for one in opened]


def diff_lines(opened: Sequence[Opened], summaries: Sequence[Summary], differing: Sequence[Difference], *, color: bool) -> Iterator[str]:
    """Yield what two entries reached, and a table of what they declare differently."""
    shorts = short_ids(opened)
    for short, entry, summary in zip(shorts, opened, summaries, strict=True):
        yield text.wrap(f"{short}  {text.clean(entry.entry.front.title)}: {entry.listed.state}; {words.best_words(summary)}")
    yield from _score_difference(shorts, summaries)
    yield ""
    if differing:
        yield _difference_table(differing, shorts, color=color)
    else:
        yield "They declare the same."


def _score_difference(shorts: Sequence[str], summaries: Sequence[Summary]) -> Iterator[str]:
    """Compare the two best where the same metric decides."""
    left, right = (summary.best_score for summary in summaries)
    if left and right and summaries[0].deciding == summaries[1].deciding:
        gap = text.difference(left.mean - right.mean, left.mean)
        yield f"difference {gap} ({shorts[0]} minus {shorts[1]})"


def _difference_table(differing: Sequence[Difference], heads: Sequence[str], *, color: bool) -> str:
    columns = [text.Column("declared"), *(text.Column(head, shrinks=True) for head in heads)]
    rows = [[text.clean(one.key), _value_cell(one.left), _value_cell(one.right)] for one in differing]
    return text.table(columns, rows, width=text.terminal_width(), color=color)


def _value_cell(value: Any) -> str:
    return "-" if value is None else text.value(value)


def diff_as_plain(opened: Sequence[Opened], summaries: Sequence[Summary], differing: Sequence[Difference]) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    entries = []
    for entry, summary in zip(opened, summaries, strict=True):
        score = summary.best_score
        entries.append(
            {
                "id": entry.listed.row.id,
                "title": entry.entry.front.title,
                "state": entry.listed.row.state,
                "metric": summary.deciding,
                "best": score.mean if score else None,
                "grid": summary.best.grid if summary.best else None,
            }
        )
    return {"entries": entries, "differences": differences_as_plain(differing)}


def differences_as_plain(differing: Sequence[Difference]) -> list[dict[str, Any]]:
    """Return differences as plain values for JSON."""
    return [{"key": one.key, "left": one.left, "right": one.right} for one in differing]


def draft_text(entry: Entry, differing: Sequence[Difference], branch: str, *, prose: bool, color: bool) -> str:
    """Return how the file of an entry in the lab folder differs from what a branch holds."""
    lines = []
    if differing:
        lines.append(_difference_table(differing, [f"on {text.clean(branch)}", "in the lab folder"], color=color))
    elif prose:
        lines.append("It declares the same.")
    if prose:
        lines.append("The prose differs.")
    return "\n".join(lines) or f"{entry.id}: only white space or comments of the front matter differ."
