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
from gitjournal.render.identity import identity_comparison_as_plain, identity_comparison_lines
from gitjournal.run.explain import IdentityComparison, compare_identities, explain_identity


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
        comparison = compare_identities(*(explain_identity(journal.lab, context.start, one) for one in opened)) if identity else None
    if comparison is not None:
        _print_comparison(comparison, opened, context, as_json=as_json)
        return
    differing = differences(opened[0].entry.front, opened[1].entry.front)
    summaries = [summarise(one.entry.front, one.records) for one in opened]
    if as_json:
        click.echo(json.dumps(_diff_as_plain(opened, summaries, differing), indent=2))
    else:
        click.echo("\n".join(_diff_lines(opened, summaries, differing, color=context.color)))


def _print_comparison(comparison: IdentityComparison, opened: Sequence[Opened], context: Context, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"entries": [one.listed.row.id for one in opened], **identity_comparison_as_plain(comparison)}, indent=2))
    else:
        click.echo("\n".join(identity_comparison_lines(comparison, _short_ids(opened), color=context.color)))


def _short_ids(opened: Sequence[Opened]) -> list[str]:
    shorts = [text.clean(one.listed.row.id[-4:]) for one in opened]
    return shorts if shorts[0] != shorts[1] else [text.clean(one.listed.row.id) for one in opened]


def _diff_lines(opened: Sequence[Opened], summaries: Sequence[Summary], differing: Sequence[Difference], *, color: bool) -> Iterator[str]:
    shorts = _short_ids(opened)
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


def _diff_as_plain(opened: Sequence[Opened], summaries: Sequence[Summary], differing: Sequence[Difference]) -> dict[str, Any]:
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
    return {"entries": entries, "differences": _differences_as_plain(differing)}


def _differences_as_plain(differing: Sequence[Difference]) -> list[dict[str, Any]]:
    return [{"key": one.key, "left": one.left, "right": one.right} for one in differing]


def _print_draft(listed: Listed, committed: Opened | None, context: Context, *, as_json: bool) -> None:
    """Say how an entry's file differs from what its branch holds."""
    entry_id = listed.row.id
    draft = parse(listed.draft.text, entry_id=entry_id, file=listed.row.path) if listed.draft else None
    differing = differences(committed.entry.front, draft.front, titles=True) if committed and draft else []
    prose = bool(committed and draft and committed.entry.body != draft.body)
    if as_json:
        plain = {
            "id": entry_id,
            "committed": committed is not None,
            "differences": _differences_as_plain(differing),
            "prose_differs": prose,
        }
        click.echo(json.dumps(plain, indent=2))
    elif committed is None:
        click.echo(f"{text.clean(entry_id)} is a draft: nothing of it is committed yet.\nin the lab folder: {text.clean(listed.row.path)}")
    elif draft is None:
        click.echo(f"{text.clean(entry_id)}: the file in the lab folder is what {text.clean(listed.branch)} holds.")
    else:
        click.echo(_draft_words(committed.entry, differing, listed.branch, prose=prose, color=context.color))


def _draft_words(entry: Entry, differing: Sequence[Difference], branch: str, *, prose: bool, color: bool) -> str:
    lines = []
    if differing:
        lines.append(_difference_table(differing, [f"on {text.clean(branch)}", "in the lab folder"], color=color))
    elif prose:
        lines.append("It declares the same.")
    if prose:
        lines.append("The prose differs.")
    return "\n".join(lines) or f"{entry.id}: only white space or comments of the front matter differ."
