"""gitjournal log: the history of the journal."""

from __future__ import annotations

import itertools
import json
from datetime import UTC

import click

from gitjournal.commands.context import Context
from gitjournal.entry.verdict import WORDS
from gitjournal.errors import UsageError
from gitjournal.git.lab import find_lab
from gitjournal.journal.branches import current_ref
from gitjournal.journal.entries import find_id
from gitjournal.journal.entry_ids import page_path, records_path, short_ids
from gitjournal.journal.history import LoggedCommit, read_commits
from gitjournal.journal.index.rows import Row, data_names
from gitjournal.journal.journal import open_journal
from gitjournal.journal.lineage import DrawnEntry, draw_trees, resolve_links, split_trees
from gitjournal.render import text

FOLLOWS = {"from": "made from it", "replicates": "repeats it", "baseline": "measured against it"}


@click.command("log")
@click.option("--entry", "part", metavar="ID", help="Only what touched this entry.")
@click.option("--author", default="", help="Only commits by people whose name or address holds this.")
@click.option("--data", metavar="NAME", help="Only what touched entries on this data set.")
@click.option("--verdict", type=click.Choice(WORDS), help="Only results that were judged so.")
@click.option("--graph", is_flag=True, help="Draw instead which entry followed which: from, replicates, baseline.")
@click.option("-n", "limit", type=click.IntRange(min=1), help="At most this many.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects for programs.")
@click.pass_obj
def command(
    context: Context,
    part: str | None,
    author: str,
    data: str | None,
    verdict: str | None,
    graph: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Read the history of the journal, newest first."""
    if graph and (author or verdict):
        raise UsageError("--graph draws entries, which have no author and several verdicts", hint="see: gitjournal ls --verdict")
    if graph:
        _print_graph(context, part, data, limit, as_json=as_json)
        return
    lab = find_lab(context.start)
    ids = [find_id(lab, part)] if part else _entries_on(context, data) if data else []
    paths = [path(one) for one in ids for path in (page_path, records_path)]

    def is_wanted(change: LoggedCommit) -> bool:
        by = author.lower() in f"{change.author} <{change.email}>".lower()
        return by and (verdict is None or change.trailers.get("Verdict") == verdict)

    asked = bool(author or part or data or verdict)
    commits = read_commits(lab.repository, current_ref(lab), paths=paths, wanted=is_wanted, limit=limit) if paths or not data else iter(())
    if as_json:
        click.echo(json.dumps([_commit_as_plain(change) for change in commits], indent=2))
        return
    first = next(commits, None)
    if first is None:
        click.echo("No commit matches." if asked else "The journal has no commits yet.")
        return
    # line by line: a reader such as `head` need not wait for the whole history
    for change in itertools.chain([first], commits):
        click.echo(_commit_line(change, color=context.color))


def _commit_line(change: LoggedCommit, *, color: bool) -> str:
    """Return date, author and subject."""
    day = change.at.astimezone().strftime("%Y-%m-%d %H:%M")
    head = f"{day}  {text.shorten(text.clean(change.author), 16):<16}  "
    width = text.terminal_width()
    subject = text.clean(change.subject)
    shown = text.shorten(subject, width - text.display_width(head)) if width else subject
    return text.paint(head, "dim", color=color) + shown


def _commit_as_plain(change: LoggedCommit) -> dict[str, str | None]:
    return {
        "commit": change.commit,
        "at": change.at.astimezone(UTC).isoformat(),
        "author": change.author,
        "email": change.email,
        "subject": change.subject,
        "entry": change.trailers.get("Entry"),
        "verdict": change.trailers.get("Verdict"),
    }


def _entries_on(context: Context, name: str) -> list[str]:
    with open_journal(context.start) as journal:
        return [one.row.id for one in journal.current_entries() if name in data_names(one.row)]


def _print_graph(context: Context, part: str | None, data: str | None, limit: int | None, *, as_json: bool) -> None:
    with open_journal(context.start) as journal:
        listed = {one.row.id: one for one in journal.current_entries()}
        wanted = journal.resolve(part) if part else None
    followed = {
        one: found
        for one, found in resolve_links(there.row for there in listed.values()).items()
        if data is None or data in data_names(listed[one].row)
    }
    drawn = [
        branch for tree in split_trees(draw_trees(followed)) if wanted is None or any(one.id == wanted for one in tree) for branch in tree
    ][:limit]
    if as_json:
        plain = [{"id": one.id, "relation": one.relation or None, **followed[one.id].relations} for one in drawn]
        click.echo(json.dumps(plain, indent=2))
        return
    if not drawn:
        click.echo("No entry matches.")
    shown = short_ids(list(listed))
    for branch in drawn:
        click.echo(_branch_line(branch, listed[branch.id].row, shown[branch.id], color=context.color))


def _branch_line(branch: DrawnEntry, row: Row, short: str, *, color: bool) -> str:
    """Return ``├─ k3f9  RBF beats it  dev.accuracy 0.983 (baseline)``."""
    score = f"  dev.{text.clean(row.metric or '')} {text.short_spread(row.best, row.sd)}" if row.best is not None else f"  {row.state}"
    tail = f"{score}  {FOLLOWS[branch.relation]}" if branch.relation else score
    head = f"{text.paint(branch.drawn, 'dim', color=color)}{text.clean(short)}  "
    width = text.terminal_width()
    room = width - text.display_width(f"{branch.drawn}{short}  {tail}") if width else None
    title = text.clean(row.title or row.error)
    return f"{head}{text.shorten(title, max(room, 8)) if room else title}{text.paint(tail, 'dim', color=color)}"
