"""`gitjournal init`: begin a journal."""

from __future__ import annotations

import json
import os

import click

from gitjournal.commands.context import Context, quiet_option
from gitjournal.errors import UsageError
from gitjournal.git.setup import init
from gitjournal.git.setup.forge_ci import FORGES, PAGES, pages_text, write_ci

FORGE_NAMES = {"github": "GitHub", "gitlab": "GitLab"}


@click.command("init", short_help="Begin a journal: a branch of its own, checked out in a folder.")
@click.option("--folder", default="lab", show_default=True, metavar="NAME", help="The folder that holds the journal's files.")
@click.option("--branch", default="journal", show_default=True, metavar="NAME", help="The branch that holds the journal.")
@click.option("--ci", "forge", type=click.Choice(list(FORGES)), help="Also write the file that has this forge check pull requests.")
@click.option("--pages", is_flag=True, help="With --ci: also have the forge publish the journal as pages.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be touched, and touch nothing.")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON.")
@quiet_option
@click.pass_obj
def command(context: Context, folder: str, branch: str, forge: str | None, pages: bool, dry_run: bool, as_json: bool) -> None:
    """Begin a journal in this repository, or bring its folder back.

    The journal is a branch of its own, without your code, checked out in a folder that git ignores. Your branches,
    your files, your index and your hooks stay as they are.
    """
    if pages and not forge:
        raise UsageError("--pages goes with --ci", hint="gitjournal init --ci github --pages")
    founded = init.init(context.start, folder=folder, branch=branch, dry_run=dry_run)
    place = os.path.relpath(founded.lab.path, context.start)
    written, there = write_ci(founded.lab, forge, pages=pages, dry_run=dry_run) if forge else ([], [])
    if as_json:
        plain = {
            "branch": founded.lab.branch,
            "folder": str(founded.lab.path),
            "created": founded.created,
            "touched": founded.touched,
            "ci": next(iter(written), None),
            "written": written,
        }
        click.echo(json.dumps(plain))
        return
    if context.quiet:
        return
    if not founded.touched:
        click.echo(f"journal: branch `{founded.lab.branch}` is checked out at {place}/ already; nothing was changed")
    else:
        state = "would be created" if dry_run else "created" if founded.created else "found"
        click.echo(f"journal: branch `{founded.lab.branch}` {state}, checked out at {place}/")
        click.echo(f"touched: {', '.join(founded.touched)}; nothing else")
    for name in there:
        click.echo(f"{place}/{name} is there already; it was not changed")
    if forge and written:
        names = " ".join(written)
        files = " and ".join(f"{place}/{name}" for name in written)
        click.echo(f"{'would be written' if dry_run else 'written'}: {files}")
        click.echo(f"look at it, then: git -C {place} add {names}")
        click.echo(f"and commit it, push, and make the check a required one of `{founded.lab.branch}` on {FORGE_NAMES[forge]}")
    if forge and pages and PAGES[forge] in there:
        click.echo(f"to publish pages, put this into {place}/{PAGES[forge]}:\n{pages_text(forge, founded.lab.branch)}")
    click.echo('next: gitjournal new "my first question" --data data.csv --target y')
