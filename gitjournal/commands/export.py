"""`gitjournal export`: the journal as one table, for a notebook or a spreadsheet, or as studies of optuna."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import click

from gitjournal.commands.context import Context, quiet_option
from gitjournal.errors import UsageError
from gitjournal.files import write_whole
from gitjournal.journal import query
from gitjournal.journal.entry_results import EntryResults, Unreadable, read_results
from gitjournal.journal.journal import Journal, Listed, open_journal
from gitjournal.journal.listing import entry_clauses, query_values
from gitjournal.journal.table import Cells, EntryHead, FlatTable, as_parquet, cell_text, entries_table, entry_cells, run_cells, runs_table
from gitjournal.render import text
from gitjournal.suggest.studies import export
from gitjournal.suggest.studies.files import ENDINGS, write_studies
from gitjournal.suggest.studies.study import Study

KINDS = {".csv": "csv", ".json": "json", ".parquet": "parquet", **dict.fromkeys(ENDINGS, "optuna")}
MANY = 100  # trials: optuna writes about a hundred in a second


@click.command("export")
@click.argument("parts", metavar="[ID]...", nargs=-1)
@click.option("--csv", "kind", flag_value="csv", help="Comma-separated values (the default).")
@click.option("--json", "kind", flag_value="json", help="A list of objects.")
@click.option("--parquet", "kind", flag_value="parquet", help="Parquet, for pandas and others; needs -o.")
@click.option("--optuna", "kind", flag_value="optuna", help="A study of optuna for each entry; needs -o study.db or -o study.log.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write here; its ending decides.")
@click.option(
    "--entries", "by_entry", is_flag=True, help="One row for each entry, with its best configuration, instead of one for each run."
)
@click.option("--study-name", metavar="NAME", help="With --optuna and one entry: the name of its study, by default its id.")
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
    study_name: str | None,
    where: tuple[str, ...],
    tag: tuple[str, ...],
    data: str | None,
    state: str | None,
    everywhere: bool,
) -> None:
    """Write runs as one table (CSV, JSON or Parquet), or as studies of optuna; with IDs, those of these entries.

    One row for each run, in the order of entries and of their records, every value as it was recorded. Cells are written
    as they are: one that begins with = is a formula to a spreadsheet, so open a stranger's journal there as text.

    A study has one trial for each configuration, its value the mean over seeds. A study file that is there gets further studies.
    """
    chosen = kind or (KINDS.get(output.suffix.lower()) if output else None) or "csv"
    if chosen == "parquet" and output is None:
        raise UsageError("Parquet is no text: say where to write it", hint="gitjournal export -o runs.parquet")
    if output is not None and not output.absolute().parent.is_dir():
        raise UsageError(f"-o {output}: its folder does not exist")
    if study_name is not None and chosen != "optuna":
        raise UsageError("--study-name goes with --optuna")
    if chosen == "optuna" and (output is None or output.suffix.lower() not in ENDINGS or by_entry):
        raise UsageError(
            "a study of optuna is a .db or .log file of its own: it needs -o, and --entries does not apply",
            hint="gitjournal export ID --optuna -o study.db",
        )
    with open_journal(context.start) as journal:
        listed = _select_entries(journal, parts, entry_clauses(where, tag, data, state), everywhere=everywhere)
        gathered = list(read_results(journal, listed))
    readable = [one for one in gathered if isinstance(one, EntryResults)]
    if chosen == "optuna" and output is not None:
        _write_studies(context, readable, gathered, output, study_name)
        return
    if by_entry:
        table = entries_table([_entry_row(results) for results in readable])
    else:
        table = runs_table([row for results in readable for row in _run_rows(results)])
    _warn_of_unreadable(gathered)
    content = as_parquet(table) if chosen == "parquet" else (as_json(table) if chosen == "json" else as_csv(table)).encode()
    if output is None:
        click.echo(content, nl=False)
        return
    write_whole(output, content)
    if not context.quiet:
        runs = "" if by_entry else f"{text.count(len(table.rows), 'run')} of "
        click.echo(f"{runs}{text.count(len(readable), 'entry', 'entries')} in {output}")


def _warn_of_unreadable(gathered: Sequence[EntryResults | Unreadable]) -> None:
    for results in gathered:
        if isinstance(results, Unreadable):
            click.echo(f"left out: {text.clean_lines(str(results.fault))}", err=True)


def _write_studies(
    context: Context, readable: Sequence[EntryResults], gathered: Sequence[EntryResults | Unreadable], output: Path, name: str | None
) -> None:
    """Write each entry with results as a study."""
    _warn_of_unreadable(gathered)
    studies = [study for results in readable if (study := _study(results, name)).trials]
    if not studies:
        raise UsageError("no entry here has results that a study could hold", hint="list them: gitjournal ls --state done")
    if name is not None and len(studies) > 1:
        raise UsageError(f"--study-name names one study, and these are {len(studies)} entries", hint="name one entry")
    trials = text.count(sum(len(study.trials) for study in studies), "trial")
    if not context.quiet and sum(len(study.trials) for study in studies) > MANY:
        click.echo(f"writing {trials}", err=True)
    write_studies(output, studies)
    if not context.quiet:
        click.echo(f"{trials} of {text.count(len(studies), 'study', 'studies')} in {output}")
        click.echo(f"next: {_loading_code(studies[0].name, output)}")


def _study(results: EntryResults, name: str | None) -> Study:
    entry = results.opened.entry
    return export.make_study(entry.id, entry.front, results.summary, results.opened.records, name=name or entry.id)


def _loading_code(name: str, output: Path) -> str:
    """Return the Python that opens a study."""
    if ENDINGS[output.suffix.lower()] == "sqlite":
        return f"optuna.load_study(study_name={name!r}, storage='sqlite:///{output}')"
    return f"optuna.load_study(study_name={name!r}, storage=JournalStorage(JournalFileBackend({str(output)!r})))"


def as_csv(table: FlatTable) -> str:
    """Return the table as RFC 4180 has it, but for line ends, which are those of the system that git and Python agree on."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([[cell_text(value) for value in row] for row in table.rows])
    return written.getvalue()


def as_json(table: FlatTable) -> str:
    """Return a list of objects, one a line, each with every column."""
    lines = [json.dumps(dict(zip(table.columns, row, strict=True)), ensure_ascii=False) for row in table.rows]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def _select_entries(journal: Journal, parts: Sequence[str], clauses: Sequence[query.Clause], *, everywhere: bool) -> list[Listed]:
    """Return the committed entries that are asked for, in the order of their ids."""
    every = [one for one in (journal.all_entries() if everywhere else journal.current_entries()) if one.ref is not None]
    query.check_names([clause.name for clause in clauses], {name for one in every for name in one.row.values})
    wanted = {one.row.id: one for one in map(journal.find, parts)}
    draft = next((one for one in wanted.values() if one.ref is None), None)
    if draft is not None:
        raise UsageError(f"{draft.row.id} is a draft: it has no runs yet", hint=f"gitjournal exec {draft.row.id[-4:]}")
    chosen = list(wanted.values()) if parts else every
    return sorted((one for one in chosen if query.matches_all(clauses, query_values(one))), key=lambda one: one.row.id)


def _entry_head(results: EntryResults) -> EntryHead:
    row = results.opened.listed.row
    return EntryHead(row.id, row.state, results.opened.listed.branch)


def _run_rows(results: EntryResults) -> list[Cells]:
    return [run_cells(_entry_head(results), results.opened.entry.front, record) for record in results.opened.records]


def _entry_row(results: EntryResults) -> Cells:
    interval = results.gain.interval if results.gain else None
    gain = (results.gain.difference, interval.low if interval else None, interval.high if interval else None) if results.gain else None
    return entry_cells(_entry_head(results), results.opened.entry.front, results.summary, gain)
