"""`gitjournal config`: the settings, and the schema of an entry."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import msgspec

from gitjournal.commands.context import Context
from gitjournal.entry import settings as config
from gitjournal.entry.model import json_schema
from gitjournal.errors import UsageError, nearest
from gitjournal.git.lab import find_lab
from gitjournal.git.setup import hooks as hook_install
from gitjournal.git.setup.init import init
from gitjournal.journal.branches import current_ref
from gitjournal.render import text


@click.group("config", short_help="Read the settings, the schema of an entry, and see to the hooks.")
def command() -> None:
    """Read the settings of the journal and the schema of an entry for editors, and see to the hooks."""


@command.command("get")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def get(context: Context, name: str | None, as_json: bool) -> None:
    """Print the settings in journal.yaml, or one of them."""
    lab = find_lab(context.start)
    settings = config.parse((lab.repository.blob(f"{current_ref(lab)}:journal.yaml") or b"").decode())
    values = msgspec.to_builtins(settings)
    if name is not None:
        if name not in values:
            raise UsageError(f"no setting `{name}`{nearest(name, values) or '; known: ' + ', '.join(values)}")
        values = {name: values[name]}
    if as_json:
        click.echo(json.dumps(values))
        return
    for key, value in values.items():
        click.echo(f"{key}: {json.dumps(value)}" if name is None else json.dumps(value).strip('"'))


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of an entry's front matter.

    Most editors use it with a first line `# yaml-language-server: $schema=PATH` or a setting of their own.
    """
    click.echo(json.dumps(json_schema(), indent=2))


@command.group("hooks")
def hooks() -> None:
    """See to the hooks: of lab/ alone, or of a repository that others push to. Your own hooks are never touched."""


@hooks.command("install")
@click.option("--server", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="PATH", help="Into this repository.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON.")
@click.pass_obj
def install(context: Context, server: Path | None, dry_run: bool, as_json: bool) -> None:
    """Put the hooks of lab/ in their place; with --server the `update` hook into a repository that others push to."""
    if server:
        place = hook_install.server_hook(server) if dry_run else hook_install.install_server_hook(server)
        _report_change(context, place, "would be installed" if dry_run else "installed", as_json=as_json)
        return
    lab = find_lab(context.start)
    if not dry_run:
        hook_install.install_hooks(lab)
        init(lab.top or lab.repository.common)  # and whatever else connects lab/ to them
    _report_change(context, hook_install.hooks_folder(lab.repository), "would be installed" if dry_run else "installed", as_json=as_json)


@hooks.command("uninstall")
@click.option("--server", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="PATH", help="From this repository.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be taken out, and take nothing out.")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON.")
@click.pass_obj
def uninstall(context: Context, server: Path | None, dry_run: bool, as_json: bool) -> None:
    """Take our hooks out; duplicates are then found by `gitjournal check` only."""
    if server:
        place = hook_install.server_hook(server) if dry_run else hook_install.uninstall_server_hook(server)
    else:
        lab = find_lab(context.start)
        place = hook_install.hooks_folder(lab.repository)
        if not dry_run:
            hook_install.uninstall_hooks(lab)
    _report_change(context, place, "would be taken out" if dry_run else "taken out", as_json=as_json)


def _report_change(context: Context, place: Path, state: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"place": str(place), "state": state}))
    elif not context.quiet:
        click.echo(f"{state}: {text.clean(str(place))}")


@hooks.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(context: Context, as_json: bool) -> None:
    """Say which hooks work in lab/, and why. Exit code 1 where one does not."""
    lab = find_lab(context.start)
    state = hook_install.read_hook_state(lab)
    answers = hook_install.read_version(state.python) if state.python_found else ""
    works = state.pointed and not any(state.problems.values()) and bool(answers)
    if as_json:
        values = {
            "active": works,
            "folder": str(state.folder),
            "hooks_path": state.used or None,
            "taken_out": state.off,
            "hooks": state.problems,
            "python": state.python or None,
            "gitjournal": answers or None,
        }
        click.echo(json.dumps(values, indent=2))
    else:
        for line in _status_lines(state, answers):
            click.echo(text.clean(line))
    sys.exit(0 if works or state.off else 1)


def _status_lines(state: hook_install.HookState, answers: str) -> list[str]:
    if state.off:
        return ["the hooks of lab/ are taken out; put them back: gitjournal config hooks install"]
    lines = [f"{name}: {problem or 'active'}" for name, problem in state.problems.items() if name != hook_install.GUARD or problem]
    if not state.pointed:
        lines.append(f"git does not use them: core.hooksPath in lab/ is {state.used or 'not set'}")
    lines.append(
        f"they ask {state.python or 'no Python'}: {f'gitjournal {answers}' if answers else 'it has no gitjournal; see gitjournal doctor'}"
    )
    return [*lines, "for lab/ alone: your own hooks run where they always ran"]
