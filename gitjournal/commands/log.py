"""gitjournal log: the history of the journal."""

from __future__ import annotations

import itertools
import json
from datetime import UTC

import click

from gitjournal.commands.context import Context
from gitjournal.history import Change, changes
from gitjournal.journal import current_ref, find_entry, page_path, records_path
from gitjournal.lab import find_lab
from gitjournal.render import text

SHORT = 8


@click.command("log")
@click.option("--entry", "part", metavar="ID", help="Only what touched this entry.")
@click.option("--author", default="", help="Only commits by people whose name or address holds this.")
@click.option("-n", "limit", type=click.IntRange(min=1), help="At most this many.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects for programs.")
@click.pass_obj
def command(context: Context, part: str | None, author: str, limit: int | None, as_json: bool) -> None:
    """Read the history of the journal, newest first."""
    lab = find_lab(context.start)
    paths = [path(find_entry(lab, part)) for path in (page_path, records_path)] if part else []
    found = changes(lab.repository, current_ref(lab), paths=paths, author=author, limit=limit)
    if as_json:
        click.echo(json.dumps([_object(change) for change in found], indent=2))
        return
    first = next(found, None)
    if first is None:
        click.echo("No commit matches." if author or part else "The journal has no commits yet.")
        return
    # line by line: a reader such as `head` need not wait for the whole history
    for change in itertools.chain([first], found):
        click.echo(_line(change, color=context.color))


def _line(change: Change, *, color: bool) -> str:
    """Return date, author and subject."""
    day = change.at.astimezone().strftime("%Y-%m-%d %H:%M")
    head = f"{day}  {text.shorten(text.clean(change.author), 16):<16}  "
    width = text.terminal_width()
    subject = text.clean(change.subject)
    shown = text.shorten(subject, width - text.display_width(head)) if width else subject
    return text.paint(head, "dim", color=color) + shown


def _object(change: Change) -> dict[str, str]:
    return {
        "commit": change.commit,
        "at": change.at.astimezone(UTC).isoformat(),
        "author": change.author,
        "email": change.email,
        "subject": change.subject,
    }
