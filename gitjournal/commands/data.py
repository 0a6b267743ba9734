"""`gitjournal data`: what is known of the data: hash, rows that are alike, the parts of a split, datasheet, looks at the test part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import msgspec

from gitjournal.commands.context import Context, quiet_option
from gitjournal.data import hashing
from gitjournal.entry.changes import advise_new_entry
from gitjournal.entry.datasheet import Datasheet
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.errors import EntryError, GitjournalError, UsageError, nearest
from gitjournal.files import write_whole
from gitjournal.git.lab import Lab, find_lab, work_root
from gitjournal.journal.entries import entry_text
from gitjournal.journal.entry_ids import page_path
from gitjournal.journal.journal import Journal, open_journal
from gitjournal.procedure import declaration
from gitjournal.render import looks as testing
from gitjournal.render import text
from gitjournal.render.overlaps import duplicate_lines
from gitjournal.render.split_rows import rows_as_csv, rows_as_plain, split_lines
from gitjournal.run import draft, plan, sealed_set
from gitjournal.run.entry_state import read_at_hand
from gitjournal.run.sealed_set import read_sheets
from gitjournal.worker.jobs import A, DuplicatesJob, ErrorReply, SplitJob
from gitjournal.worker.pool import WorkerPool


@click.group("data", short_help="Hash data, find rows that are alike, write splits, read datasheets and looks.")
def command() -> None:
    """Hash data, find rows that are alike or in two parts, write how rows are divided, read datasheets and looks at the test part."""


@command.command("hash")
@click.argument("what", metavar="PATH|ID")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def hash_(context: Context, what: str, as_json: bool) -> None:
    """Print the hash of data: of a file, a folder of images, sklearn:NAME, or of what an entry names.

    Exit code: 1 where an entry's data are not what it names.
    """
    lab = find_lab(context.start)
    root = work_root(lab, context.start)
    entry = None if _is_data(what, root) else _read_entry(lab, context.start, what)
    data = declaration.loader_options(entry) if entry else draft.data_source(what, root)
    digest = _hash_data(lab, root, data, entry)
    declared = entry.front.data.hash if entry else None
    if as_json:
        click.echo(json.dumps({"hash": digest, "declared": declared, "same": declared == digest if declared else None}))
    else:
        click.echo(digest)
    if declared and declared != digest:
        raise GitjournalError(f"the entry names {declared}", hint=advise_new_entry(what, "bring the old data back"))


def _hash_data(lab: Lab, root: Path, data: dict[str, Any], entry: Entry | None) -> str:
    private = lab.repository.private
    digest = hashing.hash_source(data, root, private)
    if digest is not None:
        return digest
    with WorkerPool() as pool:
        if "python" in data:
            if entry is None:
                raise UsageError("what a function gives is hashed for an entry that names it", hint="gitjournal data hash ID")
            return plan.inspect_data(entry, plan.Workplace(root, private, pool.ask)).hash
        return _answer(pool.ask(DuplicatesJob(root=str(root), cache=str(private), data=data))).hash


@command.command("dups")
@click.argument("what", metavar="DATA|ID")
@click.option("--round", "digits", type=click.IntRange(1, 15), default=3, show_default=True, metavar="N", help="Digits to compare by.")
@click.option("--group", metavar="COLUMN", help="Also look for values of this column that are in two parts.")
@click.option("--time", "moment", metavar="COLUMN", help="Also look for rows that are earlier than those learned from.")
@click.option("--target", metavar="COLUMN", help="The column to predict, where DATA is a table.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def dups(context: Context, what: str, digits: int, group: str | None, moment: str | None, target: str | None, as_json: bool) -> None:
    """Count rows that are alike in features and target: within the data, and across the parts of an entry's split.

    Rows are compared exactly, and with numbers rounded to N digits of their column's largest value (text without case and
    spaces). Rows are counted from 1. Nothing is written.
    """
    lab = find_lab(context.start)
    root = work_root(lab, context.start)
    entry = None if _is_data(what, root) else _read_entry(lab, context.start, what)
    if entry is None and (group or moment):
        raise UsageError("--group and --time look across the parts of a split: name an entry")
    private = lab.repository.private
    code = plan.require_trust(entry, root, private) if entry else None
    split = entry.front.split if entry else None
    named = {"target": target} if target else {}
    job = DuplicatesJob(
        root=str(root),
        cache=str(private),
        data=declaration.loader_options(entry) if entry else draft.data_source(what, root) | named,
        hash=entry.front.data.hash if entry else None,
        task=entry.front.task if entry else None,
        split=msgspec.to_builtins(split) if split else None,
        code=plan.describe_code(code) if code else None,
        digits=digits,
        group=group,
        time=moment,
        divided=entry is not None,
    )
    with WorkerPool() as pool:
        reply = pool.ask(job)
    duplicates = plan.unwrap_reply(reply, entry) if entry else _answer(reply)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(duplicates)))
        return
    click.echo("\n".join(duplicate_lines(what, duplicates)))


@command.command("split")
@click.argument("what", metavar="ID")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", help="The seed of the run, under `seed: each`; by default the first declared."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write here; .json as with --json.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@quiet_option
@click.pass_obj
def write_split(context: Context, what: str, seed: int | None, output: Path | None, as_json: bool) -> None:
    """Write which rows of the data are train and dev under an entry's split. The rows of the test part are never written.

    CSV with a line for each row, counted from 0 in the order of the file: row,part of a holdout; under cross-validation
    row,repeat,fold, where the fold is the one that judges the row (train_dev is in --json alone). Of the test part come the number
    of rows, and the digest that records and the datasheet hold. The docs say how another program draws the same parts.
    """
    if output is not None and not output.absolute().parent.is_dir():
        raise UsageError(f"-o {output}: its folder does not exist")
    lab = find_lab(context.start)
    root = work_root(lab, context.start)
    private = lab.repository.private
    entry = _read_entry(lab, context.start, what)
    declared = entry.front.split
    if seed is not None and (declared is None or declared.seed != "each"):
        raise UsageError("--seed goes with `split: {seed: each}`: here every run has the same parts")
    code = plan.require_trust(entry, root, private)
    job = SplitJob(
        root=str(root),
        cache=str(private),
        data=declaration.loader_options(entry),
        hash=entry.front.data.hash,
        task=entry.front.task,
        split=msgspec.to_builtins(declared) if declared else None,
        code=plan.describe_code(code) if code else None,
        seed=next(iter(entry.front.seed_values), 0) if seed is None else seed,
    )
    with WorkerPool() as pool:
        split_rows = plan.unwrap_reply(pool.ask(job), entry)
    plain = as_json or (output is not None and output.suffix.lower() == ".json")
    content = f"{json.dumps(rows_as_plain(split_rows))}\n" if plain else rows_as_csv(split_rows)
    if output is None:
        click.echo(content, nl=False)
    else:
        write_whole(output, content.encode())
    if not context.quiet and (output is not None or not plain):
        click.echo("\n".join(split_lines(what, split_rows)), err=output is None)


@command.command("sheet")
@click.argument("what", metavar="NAME|ID")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def sheet(context: Context, what: str, as_json: bool) -> None:
    """Show the datasheet of data, which rows of them are sealed as the test part, and every look at it.

    NAME is that of the file in data/, such as digits; an ID is an entry on the data.
    """
    with open_journal(context.start) as journal:
        datasheet = _find_sheet(journal, context.start, what)
        looks = sealed_set.list_looks(journal.lab, journal.index, datasheet.hash)
    if as_json:
        sealed = [{**one.rule, "rows": one.rows} for one in datasheet.sealed]
        look_values = [testing.look_as_plain(one, looks) for one in looks]
        click.echo(
            json.dumps({"path": datasheet.path, "hash": datasheet.hash, "sealed": sealed, "allowed": datasheet.looks, "looks": look_values})
        )
        return
    click.echo(text.clean_lines(datasheet.text.rstrip("\n")))
    click.echo()
    allowed = f" of the {datasheet.looks} that are allowed" if datasheet.looks else ""
    click.echo(f"{testing.look_count(looks)}{allowed}" if datasheet.sealed or looks else "test set: none is sealed")
    if looks:
        click.echo(testing.looks_table(looks, width=text.terminal_width(), color=context.color))


def _find_sheet(journal: Journal, start: Path, what: str) -> Datasheet:
    """Return the datasheet that is meant. Raises UsageError with the names that there are."""
    sheets = [one for _, one in read_sheets(journal.lab, journal.refs)]
    named = [one for one in sheets if Path(one.path).stem == what.removeprefix("sklearn:").replace("_", "-")]
    if named:
        return named[0]
    names = sorted({Path(one.path).stem for one in sheets})
    try:
        hashed = _find_entry(journal, start, what).front.data.hash
    except UsageError:
        listed = nearest(what, names) or (f"; there are {', '.join(names[:20])}" if names else "; the first `exec` writes one")
        raise UsageError(f"no datasheet or entry `{what}`{listed}") from None
    datasheet = next((one for one in sheets if one.hash == hashed), None)
    if datasheet is None:
        raise UsageError(f"{what} has no datasheet yet", hint="its first exec writes one")
    return datasheet


def _is_data(what: str, root: Path) -> bool:
    return what.startswith(("sklearn:", "python:")) or (root / what).exists()


def _read_entry(lab: Lab, start: Path, part: str) -> Entry:
    """Return an entry as it stands in lab/, or on the branch that has it."""
    with open_journal(start, lab) as journal:
        return _find_entry(journal, start, part)


def _find_entry(journal: Journal, start: Path, part: str) -> Entry:
    entry_id = journal.resolve(part)
    try:
        return read_at_hand(journal, start, entry_id)
    except EntryError:
        raise
    except GitjournalError:  # on another branch only
        page = next(filter(None, (entry_text(journal.lab, entry_id, ref) for ref in journal.refs)), "")
        return parse(page, entry_id=entry_id, file=page_path(entry_id))


def _answer(reply: A | ErrorReply) -> A:
    """Return the answer of a worker. Raises the error that it answered with."""
    if isinstance(reply, ErrorReply):
        raise reply.to_error()
    return reply
