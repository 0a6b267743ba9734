"""gitjournal diff: how two entries differ, or an entry and its draft."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from gitjournal.commands.context import Context
from gitjournal.entry.changes import differences
from gitjournal.entry.parse import parse
from gitjournal.entry.summary import summarise
from gitjournal.errors import UsageError
from gitjournal.journal.journal import Listed, Opened, open_journal
from gitjournal.render import text
from gitjournal.render.diff_output import diff_as_plain, diff_lines, differences_as_plain, draft_text, short_ids
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
        click.echo(json.dumps(diff_as_plain(opened, summaries, differing), indent=2))
    else:
        click.echo("\n".join(diff_lines(opened, summaries, differing, color=context.color)))


def _print_comparison(comparison: IdentityComparison, opened: Sequence[Opened], context: Context, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"entries": [one.listed.row.id for one in opened], **identity_comparison_as_plain(comparison)}, indent=2))
    else:
        click.echo("\n".join(identity_comparison_lines(comparison, short_ids(opened), color=context.color)))


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
            "differences": differences_as_plain(differing),
            "prose_differs": prose,
        }
        click.echo(json.dumps(plain, indent=2))
    elif committed is None:
        click.echo(f"{text.clean(entry_id)} is a draft: nothing of it is committed yet.\nin the lab folder: {text.clean(listed.row.path)}")
    elif draft is None:
        click.echo(f"{text.clean(entry_id)}: the file in the lab folder is what {text.clean(listed.branch)} holds.")
    else:
        click.echo(draft_text(committed.entry, differing, listed.branch, prose=prose, color=context.color))
