"""gitjournal ls: the entries, each with its best result."""

from __future__ import annotations

import json

import click

from gitjournal.commands.context import Context
from gitjournal.commands.notice import progress_reporter, warn_of_repeats
from gitjournal.entry.verdict import WORDS
from gitjournal.errors import UsageError
from gitjournal.journal import query
from gitjournal.journal.index.rows import gains_over_baselines
from gitjournal.journal.journal import open_journal
from gitjournal.journal.listing import entry_clauses, query_values, sort_entries
from gitjournal.journal.search.recall import find_similar
from gitjournal.render import text
from gitjournal.render.entry_list import (
    NONE_YET,
    EntryList,
    entries_table,
    entry_as_plain,
    expectations_table,
    no_baseline_line,
    similar_as_plain,
    similar_entries,
)
from gitjournal.render.looks import look_count
from gitjournal.run.sealed_set import list_looks

NEAR = 20  # entries that --like shows where no number is asked for


@click.command("ls")
@click.option("--where", multiple=True, metavar="TEXT", help="Only these: 'dev.accuracy > 0.95 and tag == svm'.")
@click.option("--tag", multiple=True, help="Only entries with this tag.")
@click.option("--data", help="Only entries on this data set.")
@click.option("--state", help="Only these: draft, planned, done, failed, partly or retracted.")
@click.option("--verdict", type=click.Choice([*WORDS, "none"]), help="Only entries that were judged so: what was expected, what came out.")
@click.option(
    "--like",
    metavar="TEXT",
    help="Only what is near these words and numbers ('dropout 0.5', 'svc C 10'), or near an entry's procedure (k3f9).",
)
@click.option("--sort", metavar="NAME", help="Sort by PART.METRIC, runs, title, state or age; -NAME: highest first.")
@click.option("-n", "limit", type=click.IntRange(min=1), help="At most this many.")
@click.option("--all", "everywhere", is_flag=True, help="Also the entries that only other branches hold.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects for programs.")
@click.pass_obj
def command(
    context: Context,
    where: tuple[str, ...],
    tag: tuple[str, ...],
    data: str | None,
    state: str | None,
    verdict: str | None,
    like: str | None,
    sort: str | None,
    limit: int | None,
    everywhere: bool,
    as_json: bool,
) -> None:
    """List the entries, newest first, each with the score of its best configuration.

    A draft is an entry that is not committed yet.

    --like lists what is at least half as near as the nearest: first what was refuted, failed or was retracted, then the rest, each the
    nearest first. Words are looked for in titles, hypotheses, notes, tags, procedures and the names of data; a number is that of the
    parameter named before it, and the nearer its value the better. An entry is compared by the steps or layers of its procedure and all
    their parameters.
    """
    if like is not None and sort:
        raise UsageError("--like has an order of its own, the nearest first", hint="leave out --sort")
    clauses = [*entry_clauses(where, tag, data, state), *([query.Clause("verdict", "==", verdict)] if verdict else [])]
    order = query.parse_sort(sort) if sort else query.Order("age", descending=False)
    with open_journal(context.start) as journal:
        entries = journal.all_entries() if everywhere else journal.current_entries()
        repeated = journal.repeated()
        hashes = {listed.row.data_hash for listed in entries if listed.row.look or (data and listed.row.tested)} - {""}
        looks = {data_hash: list_looks(journal.lab, journal.index, data_hash) for data_hash in sorted(hashes)}
        names = list(dict.fromkeys([clause.name for clause in clauses] + [order.name]))
        query.check_names(names, {name for listed in entries for name in listed.row.values})
        matching = sort_entries([listed for listed in entries if query.matches_all(clauses, query_values(listed))], order)
        recalled = None
        if like is not None:
            most = limit or (None if as_json else NEAR)
            tell = progress_reporter("entry read", "entries read", quiet=context.quiet, step=1)
            recalled = find_similar(journal, like, entries, matching, limit=most, progress=tell)
    every = EntryList(entries, gains_over_baselines(listed.row for listed in entries), looks)
    shown = matching[:limit]
    if recalled is not None and as_json:
        click.echo(json.dumps([similar_as_plain(near, every) for near in recalled.near], indent=2))
    elif recalled is not None:
        click.echo(similar_entries(recalled, every, color=context.color))
    elif as_json:
        click.echo(json.dumps([entry_as_plain(listed, every) for listed in shown], indent=2))
    elif shown:
        if verdict not in (None, "none"):
            click.echo(expectations_table(shown, every, color=context.color))
        else:
            scores = [name for name in names if "." in name]
            click.echo(entries_table(shown, every, scores, branches=everywhere, color=context.color))
        if len(shown) < len(matching):
            click.echo(f"{len(shown)} of {text.count(len(matching), 'entry', 'entries')}")
        tested = {listed.row.data_hash for listed in shown if listed.row.tested} & looks.keys()
        if data and len(tested) == 1:
            click.echo(look_count(looks[tested.pop()]))
        remark = no_baseline_line(shown, every) if verdict in (None, "none") else ""
        if remark:
            click.echo(remark)
    elif entries:
        click.echo(f"No entry matches. All {len(entries)}: gitjournal ls")
    else:
        click.echo(NONE_YET)
    warn_of_repeats(context, repeated)
