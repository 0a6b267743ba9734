"""`gitjournal export`: the journal as one table, for a notebook or a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import click

from gitjournal import query
from gitjournal.commands.context import Context, quiet_option
from gitjournal.commands.ls import clauses_of, values_of
from gitjournal.disk import write_whole
from gitjournal.errors import UsageError
from gitjournal.flat import About, Flat, Row, entries_table, entry_row, run_row, runs_table, text_of
from gitjournal.gathering import Told, Untold, gather
from gitjournal.overview import Listed, Overview, look
from gitjournal.parquet import as_parquet
from gitjournal.render import text

KINDS = {".csv": "csv", ".json": "json", ".parquet": "parquet"}


@click.command("export")
@click.argument("parts", metavar="[ID]...", nargs=-1)
@click.option("--csv", "kind", flag_value="csv", help="Comma-separated values (the default).")
@click.option("--json", "kind", flag_value="json", help="A list of objects.")
@click.option("--parquet", "kind", flag_value="parquet", help="Parquet, for pandas and others; needs -o.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write here; its ending decides.")
@click.option(
    "--entries", "by_entry", is_flag=True, help="One row for each entry, with its best configuration, instead of one for each run."
)
@click.option("--where", multiple=True, metavar="TEXT", help="Only entries where: 'dev.accuracy > 0.95 and tag == svm'.")
@click.option("--tag", multiple=True, help="Only entries with this tag.")
@click.option("--data", help="Only entries on this data set.")
@click.option("--state", help="Only these: planned, done, failed, partly or retracted.")
@click.option("--all", "everywhere", is_flag=True, help="Also the entries that only other branches hold.")
@quiet_option
@click.pass_obj
def command(
    context: Context,
    parts: tuple[str, ...],
    kind: str | None,
    output: Path | None,
    by_entry: bool,
    where: tuple[str, ...],
    tag: tuple[str, ...],
    data: str | None,
    state: str | None,
    everywhere: bool,
) -> None:
    """Write runs as one table: CSV, JSON or Parquet; with IDs, those of these entries.

    One row for each run, in the order of entries and of their records, every value as it was recorded. Cells are written
    as they are: one that begins with = is a formula to a spreadsheet, so open a stranger's journal there as text.
    """
    chosen = kind or (KINDS.get(output.suffix.lower()) if output else None) or "csv"
    if chosen == "parquet" and output is None:
        raise UsageError("Parquet is no text: say where to write it", hint="gitjournal export -o runs.parquet")
    if output is not None and not output.absolute().parent.is_dir():
        raise UsageError(f"-o {output}: its folder does not exist")
    with look(context.start) as overview:
        listed = _listed(overview, parts, clauses_of(where, tag, data, state), everywhere=everywhere)
        gathered = list(gather(overview, listed))
    told = [one for one in gathered if isinstance(one, Told)]
    table = entries_table([_entry_row(one) for one in told]) if by_entry else runs_table([row for one in told for row in _run_rows(one)])
    for one in gathered:
        if isinstance(one, Untold):
            click.echo(f"left out: {text.clean_lines(str(one.fault))}", err=True)
    content = as_parquet(table) if chosen == "parquet" else (as_json(table) if chosen == "json" else as_csv(table)).encode()
    if output is None:
        click.echo(content, nl=False)
        return
    write_whole(output, content)
    if not context.quiet:
        runs = "" if by_entry else f"{text.count(len(table.rows), 'run')} of "
        click.echo(f"{runs}{text.count(len(told), 'entry', 'entries')} in {output}")


def as_csv(table: Flat) -> str:
    """Return the table as RFC 4180 has it, but for line ends, which are those of the system that git and Python agree on."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([[text_of(value) for value in row] for row in table.rows])
    return written.getvalue()


def as_json(table: Flat) -> str:
    """Return a list of objects, one a line, each with every column."""
    lines = [json.dumps(dict(zip(table.columns, row, strict=True)), ensure_ascii=False) for row in table.rows]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def _listed(overview: Overview, parts: Sequence[str], clauses: Sequence[query.Clause], *, everywhere: bool) -> list[Listed]:
    """Return the committed entries that are asked for, in the order of their ids."""
    every = [one for one in (overview.everywhere() if everywhere else overview.here()) if one.ref is not None]
    query.check_known([clause.name for clause in clauses], {name for one in every for name in one.row.values})
    wanted = {one.row.id: one for one in map(overview.find, parts)}
    draft = next((one for one in wanted.values() if one.ref is None), None)
    if draft is not None:
        raise UsageError(f"{draft.row.id} is a draft: it has no runs yet", hint=f"gitjournal exec {draft.row.id[-4:]}")
    chosen = list(wanted.values()) if parts else every
    return sorted((one for one in chosen if query.matching(clauses, values_of(one))), key=lambda one: one.row.id)


def _about(one: Told) -> About:
    row = one.opened.listed.row
    return About(row.id, row.state, one.opened.listed.branch)


def _run_rows(one: Told) -> list[Row]:
    return [run_row(_about(one), one.opened.entry.front, record) for record in one.opened.records]


def _entry_row(one: Told) -> Row:
    interval = one.gain.interval if one.gain else None
    gain = (one.gain.difference, interval.low if interval else None, interval.high if interval else None) if one.gain else None
    return entry_row(_about(one), one.opened.entry.front, one.summary, gain)
