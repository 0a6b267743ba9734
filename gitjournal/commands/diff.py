"""gitjournal diff: how two entries differ, or an entry and its draft."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from gitjournal.commands.context import Context
from gitjournal.entry.changes import Difference, differences
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.summary import Summary, summarise
from gitjournal.errors import UsageError
from gitjournal.journal.journal import Listed, Opened, open_journal
from gitjournal.render import entry as words
from gitjournal.render import text
from gitjournal.render.identity import likeness_as_plain, likeness_lines
from gitjournal.run.explain import Likeness, compare, explain


@click.command("diff")
@click.argument("left", metavar="A")
@click.argument("right", metavar="[B]", required=False)
@click.option("--identity", is_flag=True, help="Say why the two are, or are not, the same run.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def command(context: Context, left: str, right: str | None, identity: bool, as_json: bool) -> None:
    """Say what two entries declare differently, and what each reached.

    With A alone: what its file in the lab folder says differently from what is committed.
    """
    with open_journal(context.start) as journal:
        first = journal.find(left)
        if right is None and identity:
            raise UsageError("--identity takes two entries", hint=f"for one: gitjournal show {left} --identity")
        if right is None:
            _print_draft(first, journal.open(first) if first.ref else None, context, as_json=as_json)
            return
        second = journal.find(right)
        if first.row.id == second.row.id:
            raise UsageError(f"`{left}` and `{right}` are the same entry: {first.row.id}")
        opened = [journal.open(first), journal.open(second)]
        alike = compare(*(explain(journal.lab, context.start, one) for one in opened)) if identity else None
    if alike is not None:
        _print_likeness(alike, opened, context, as_json=as_json)
        return
    found = differences(opened[0].entry.front, opened[1].entry.front)
    summaries = [summarise(one.entry.front, one.records) for one in opened]
    if as_json:
        click.echo(json.dumps(_object(opened, summaries, found), indent=2))
    else:
        click.echo("\n".join(_lines(opened, summaries, found, color=context.color)))


def _print_likeness(alike: Likeness, opened: Sequence[Opened], context: Context, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"entries": [one.listed.row.id for one in opened], **likeness_as_plain(alike)}, indent=2))
    else:
        click.echo("\n".join(likeness_lines(alike, _shorts(opened), color=context.color)))


def _shorts(opened: Sequence[Opened]) -> list[str]:
    shorts = [text.clean(one.listed.row.id[-4:]) for one in opened]
    return shorts if shorts[0] != shorts[1] else [text.clean(one.listed.row.id) for one in opened]


def _lines(opened: Sequence[Opened], summaries: Sequence[Summary], found: Sequence[Difference], *, color: bool) -> Iterator[str]:
    shorts = _shorts(opened)
    for short, one, summary in zip(shorts, opened, summaries, strict=True):
        yield text.wrap(f"{short}  {text.clean(one.entry.front.title)}: {one.listed.state}; {words.best_words(summary)}")
    yield from _reached(shorts, summaries)
    yield ""
    if found:
        yield _side_by_side(found, shorts, color=color)
    else:
        yield "They declare the same."


def _reached(shorts: Sequence[str], summaries: Sequence[Summary]) -> Iterator[str]:
    """Compare the two best where the same metric decides."""
    left, right = (summary.best_score for summary in summaries)
    if left and right and summaries[0].deciding == summaries[1].deciding:
        gap = text.difference(left.mean - right.mean, left.mean)
        yield f"difference {gap} ({shorts[0]} minus {shorts[1]})"


def _side_by_side(found: Sequence[Difference], heads: Sequence[str], *, color: bool) -> str:
    columns = [text.Column("declared"), *(text.Column(head, shrinks=True) for head in heads)]
    rows = [[text.clean(one.key), _shown(one.left), _shown(one.right)] for one in found]
    return text.table(columns, rows, width=text.terminal_width(), color=color)


def _shown(value: Any) -> str:
    return "-" if value is None else text.value(value)


def _object(opened: Sequence[Opened], summaries: Sequence[Summary], found: Sequence[Difference]) -> dict[str, Any]:
    entries = []
    for one, summary in zip(opened, summaries, strict=True):
        score = summary.best_score
        entries.append(
            {
                "id": one.listed.row.id,
                "title": one.entry.front.title,
                "state": one.listed.row.state,
                "metric": summary.deciding,
                "best": score.mean if score else None,
                "grid": summary.best.grid if summary.best else None,
            }
        )
    return {"entries": entries, "differences": _objects(found)}


def _objects(found: Sequence[Difference]) -> list[dict[str, Any]]:
    return [{"key": one.key, "left": one.left, "right": one.right} for one in found]


def _print_draft(listed: Listed, committed: Opened | None, context: Context, *, as_json: bool) -> None:
    """Say how an entry's file differs from what its branch holds."""
    entry_id = listed.row.id
    draft = parse(listed.draft.text, entry_id=entry_id, file=listed.row.path) if listed.draft else None
    found = differences(committed.entry.front, draft.front, titles=True) if committed and draft else []
    prose = bool(committed and draft and committed.entry.body != draft.body)
    if as_json:
        told = {"id": entry_id, "committed": committed is not None, "differences": _objects(found), "prose_differs": prose}
        click.echo(json.dumps(told, indent=2))
    elif committed is None:
        click.echo(f"{text.clean(entry_id)} is a draft: nothing of it is committed yet.\nin the lab folder: {text.clean(listed.row.path)}")
    elif draft is None:
        click.echo(f"{text.clean(entry_id)}: the file in the lab folder is what {text.clean(listed.branch)} holds.")
    else:
        click.echo(_draft_words(committed.entry, found, listed.branch, prose=prose, color=context.color))


def _draft_words(entry: Entry, found: Sequence[Difference], branch: str, *, prose: bool, color: bool) -> str:
    lines = []
    if found:
        lines.append(_side_by_side(found, [f"on {text.clean(branch)}", "in the lab folder"], color=color))
    elif prose:
        lines.append("It declares the same.")
    if prose:
        lines.append("The prose differs.")
    return "\n".join(lines) or f"{entry.id}: only white space or comments of the front matter differ."
