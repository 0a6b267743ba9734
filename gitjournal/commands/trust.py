"""`gitjournal trust`: look at one's own code that an entry wants to run, and say that it may."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from gitjournal.commands.context import Context
from gitjournal.entry.model import Entry
from gitjournal.errors import TrustError, UsageError
from gitjournal.git.lab import Lab, find_lab, work_root
from gitjournal.journal.journal import open_journal
from gitjournal.render import text
from gitjournal.run import plan
from gitjournal.run.entry_state import read_at_hand
from gitjournal.trust import store
from gitjournal.trust.code_files import Code, find_code


@click.command("trust", short_help="Look at the code that an entry runs, and trust it.")
@click.argument("what", required=False, metavar="ID|FUNCTION")
@click.option("--code", "files", multiple=True, metavar="FILE", help="A file under `code`, where a function is named; may be given again.")
@click.option("--list", "listing", is_flag=True, help="List what is trusted here.")
@click.option("--revoke", is_flag=True, help="Take trust back.")
@click.option("-n", "--dry-run", is_flag=True, help="Show the files and what changed, and trust nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs; with --list, --revoke and --dry-run.")
@click.pass_obj
def command(context: Context, what: str | None, files: tuple[str, ...], listing: bool, revoke: bool, dry_run: bool, as_json: bool) -> None:
    """Show the files that a function of one's own is made of, and trust them.

    What is named is an entry, by any unique part of its id or by its file, or a function as package.module:function. Trust
    holds on this clone, for exactly these bytes: a line changed in any of the files, and the next run is refused until
    somebody has looked again. Asked on a terminal only.
    """
    lab = find_lab(context.start)
    private = lab.repository.private
    if listing:
        if what:
            raise UsageError("--list takes no name: it lists all")
        _list_trusted(private, as_json=as_json)
        return
    if what is None:
        raise UsageError("name an entry or a function, or see --list")
    if revoke:
        _revoke(private, _function_names(lab, context.start, what), dry_run=dry_run, as_json=as_json)
        return
    codes = _find_codes(lab, context.start, what, files)
    if as_json and not dry_run:
        raise UsageError("--json goes with --list, --revoke and --dry-run: trust is given by a person")
    for code in codes:
        _trust_code(private, code, context, what=what, dry_run=dry_run, as_json=as_json)


def _trust_code(private: Path, code: Code, context: Context, *, what: str, dry_run: bool, as_json: bool) -> None:
    changes = store.list_changes(private, code)
    trusted = store.is_trusted(private, code)
    if as_json:
        files = [{"path": change.path, "state": change.state, "diff": list(change.lines)} for change in changes]
        click.echo(json.dumps({"function": code.function, "digest": code.digest, "trusted": trusted, "files": files}))
        return
    if trusted and not dry_run:
        click.echo(f"{code.function} is trusted already: {text.count(len(code.files), 'file')}, unchanged")
        return
    click.echo(f"{text.paint(text.clean(code.function), 'bold', color=context.color)}: {text.count(len(code.files), 'file')}")
    for change in changes:
        click.echo(f"  {change.state:<8}{text.clean(change.path)}")
    for change in changes:
        for line in change.lines:
            click.echo(text.clean(line))
    if dry_run:
        return
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        hint = f"run it at a terminal: gitjournal trust {text.clean(what)}"
        raise TrustError(f"{code.function} is not trusted: a person says so after looking at the files", hint=hint)
    if not click.confirm(f"run {text.clean(code.function)} on this machine from now on, as it is?", default=False):
        raise TrustError(f"{code.function} is not trusted")
    store.grant(private, code)
    click.echo("trusted")


def _find_codes(lab: Lab, start: Path, what: str, files: tuple[str, ...]) -> list[Code]:
    root = work_root(lab, start)
    if ":" in what:
        return [find_code(what, files, root, ("procedure", "python"))]
    if files:
        raise UsageError("--code goes with a function; an entry names its own `code`")
    entry = _read_entry(lab, start, what)
    codes = [code for code in (plan.data_code(entry, root), plan.procedure_code(entry, root)) if code]
    if not codes:
        raise UsageError(f"{entry.id} runs no code of your own; there is nothing to trust")
    return codes


def _function_names(lab: Lab, start: Path, what: str) -> list[str]:
    """Return the functions that are named; what their files hold does not matter."""
    if ":" in what:
        return [what]
    front = _read_entry(lab, start, what).front
    return [str(name) for name in (front.data.python, front.own_function) if name]


def _read_entry(lab: Lab, start: Path, part: str) -> Entry:
    with open_journal(start, lab) as journal:
        return read_at_hand(journal, start, journal.resolve(part))


def _list_trusted(private: Path, *, as_json: bool) -> None:
    trusted = store.read(private)
    if as_json:
        click.echo(json.dumps([{"function": one.function, "digest": one.digest, "files": one.files, "at": one.at} for one in trusted]))
        return
    for code in trusted:
        click.echo(f"{text.clean(code.function)}  {text.count(len(code.files), 'file')}  {text.clean(code.at)}")
        for path, sha256 in code.files.items():
            click.echo(f"  {text.clean(sha256)[:12]}  {text.clean(path)}")
    if not trusted:
        click.echo("nothing is trusted here")


def _revoke(private: Path, functions: list[str], *, dry_run: bool, as_json: bool) -> None:
    taken = [one for one in store.read(private) if one.function in functions] if dry_run else store.revoke(private, functions)
    if as_json:
        click.echo(json.dumps({"revoked": [one.function for one in taken]}))
    elif taken:
        click.echo("\n".join(f"{'would be ' if dry_run else ''}no longer trusted: {text.clean(one.function)}" for one in taken))
    else:
        click.echo("nothing of it was trusted")
