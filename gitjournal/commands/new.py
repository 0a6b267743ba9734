"""`gitjournal new`: write a new entry."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from gitjournal.commands.context import Context, quiet_option
from gitjournal.commands.option_values import parse_assignment, parse_data, parse_grid, parse_step
from gitjournal.errors import UsageError
from gitjournal.git.lab import Lab, find_lab, switch_branch, work_root
from gitjournal.journal.journal import open_journal
from gitjournal.render import new_output
from gitjournal.run import draft
from gitjournal.run.baselines import propose_baselines
from gitjournal.run.draft import EntryRequest
from gitjournal.worker.pool import WorkerPool


@click.command("new", short_help="Write a new entry.")
@click.argument("title", required=False)
@click.option(
    "--data", "data", metavar="FILE|FOLDER|sklearn:NAME", help="A table, an .npz, a folder of images, or a data set of scikit-learn."
)
@click.option("--baselines", metavar="DATA", help="Write the usual first entries on data: a dummy, and simple models.")
@click.option("--exec", "run", is_flag=True, help="Run what --baselines wrote.")
@click.option("--target", "target", metavar="COLUMN", help="The column to predict; several: A,B.")
@click.option("--features", "features", metavar="COLUMN", help="The columns to predict from: A,B; one alone is text.")
@click.option("--template", metavar="NAME", help="tabular, sklearn, text, python, keras-tabular, keras-images, or one in templates/.")
@click.option("-e", "--estimator", "steps", multiple=True, metavar="STEP", help="A step of the procedure; may be given again.")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter, such as svc__C=10.")
@click.option(
    "-g", "--grid", "grid", multiple=True, metavar="NAME=VALUES", help="Values to try: svc__C=1,10 or 'svc__C={log: [1, 100, 3]}'."
)
@click.option("--hypothesis", help="What you believe, and why.")
@click.option("--expect", help="The same as a comparison: 'dev.accuracy >= baseline + 0.01'.")
@click.option("--confidence", type=click.FloatRange(0, 1), metavar="0..1", help="How sure you are that it will be supported.")
@click.option("--baseline", metavar="ID", help="The entry to compare with.")
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help="Run each configuration with the seeds 0 to N-1.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="What to measure; the first one decides.")
@click.option("--tag", "tags", multiple=True, metavar="WORD", help="A word to find it by; may be given again.")
@click.option("--from", "parent", metavar="ID", help="Begin with what another entry declares.")
@click.option("--replicate", metavar="ID", help="Repeat another entry's runs on purpose.")
@click.option("--branch", metavar="NAME", help="Begin a branch of the journal for it, such as exp/rbf, and switch lab/ to it.")
@click.option("--edit/--no-edit", default=None, help="Open the entry in $EDITOR; by default on a terminal that has one.")
@click.option("-n", "--dry-run", is_flag=True, help="Print the entry instead of writing it.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON.")
@quiet_option
@click.pass_obj
def command(
    context: Context,
    title: str | None,
    data: str | None,
    baselines: str | None,
    run: bool,
    target: str | None,
    features: str | None,
    template: str | None,
    steps: tuple[str, ...],
    parameters: tuple[str, ...],
    grid: tuple[str, ...],
    hypothesis: str | None,
    expect: str | None,
    confidence: float | None,
    baseline: str | None,
    seeds: int | None,
    metrics: tuple[str, ...],
    tags: tuple[str, ...],
    parent: str | None,
    replicate: str | None,
    branch: str | None,
    edit: bool | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write a new entry: the question, the data, the procedure.

    The entry runs as written; change what you like in it. Without --data, the data files that can be seen are listed.

    \b
    gitjournal new "Which C?" --data sklearn:digits -e SVC -g svc__C=1,10,100
    gitjournal new "Can we see churn?" --data data/churn.csv --target churned
    gitjournal new --baselines data/churn.csv --target churned --exec
    """  # noqa: D301 - click reads \b as: keep these lines as they are
    lab = find_lab(context.start)
    root = work_root(lab, context.start)
    if baselines is not None:
        if title is not None or data is not None:
            raise UsageError("--baselines gives its entries their titles and data; leave TITLE and --data out")
        request = EntryRequest({"metrics": list(metrics), "seeds": seeds}, parse_data(baselines, root, target=target, features=features))
        if branch and not dry_run:
            switch_branch(lab, branch)
        open_ids = _write_baselines(context, root, request, dry_run=dry_run, as_json=as_json, say_next=not run)
        if run and open_ids and not dry_run:
            _exec(open_ids, as_json=as_json)
        return
    if run:
        raise UsageError("--exec goes with --baselines", hint="gitjournal exec ID")
    origin = parent or replicate
    if title is None or (data is None and origin is None):
        _list_data(lab, root, title, as_json=as_json)
        return
    values = {
        "title": title,
        "hypothesis": hypothesis,
        "expect": expect,
        "confidence": confidence,
        "baseline": baseline,
        "replicates": replicate,
        "from": origin,
        "procedure": [parse_step(text) for text in steps],
        "parameters": dict(parse_assignment(text, "--parameter") for text in parameters),
        "grid": parse_grid(grid),
        "seeds": seeds,
        "metrics": list(metrics),
        "tags": list(tags),
    }
    values = {name: value for name, value in values.items() if value or value == 0}  # a confidence of 0 is an answer
    request = EntryRequest(values, parse_data(data, root, target=target, features=features), template)
    with open_journal(context.start, lab) as journal, WorkerPool() as pool:
        drafted = draft.draft_entry(journal, root, request, ask=pool.ask)
    if dry_run:
        click.echo(drafted.text, nl=False)
        return
    if branch:
        switch_branch(lab, branch)
    path = draft.write_draft(lab, drafted)
    _say(context, drafted.id, path, as_json=as_json)
    if edit or (edit is None and _has_editor() and not as_json):
        click.edit(filename=str(path))


def _write_baselines(context: Context, root: Path, request: EntryRequest, *, dry_run: bool, as_json: bool, say_next: bool) -> list[str]:
    """Write the usual entries on data that the journal has not yet, and say so. Returns the ids of those that are to be run."""
    with WorkerPool() as pool, open_journal(context.start) as journal:
        baselines = propose_baselines(journal, root, request, pool.ask)
        paths = {one.id: draft.write_draft(journal.lab, one.drafted) for one in baselines if one.drafted and not dry_run}
    open_ids = [one.id for one in baselines if one.drafted or one.state in ("draft", "planned")]
    if as_json:
        click.echo(json.dumps(new_output.baselines_as_plain(baselines, paths)))
    elif not context.quiet:
        typed = {entry_id: os.path.relpath(path, context.start) for entry_id, path in paths.items()}
        click.echo("\n".join(new_output.baseline_line(baseline, typed.get(baseline.id)) for baseline in baselines))
        if dry_run:
            click.echo("nothing was written (dry run)")
        elif open_ids and say_next:
            click.echo(f"next: gitjournal exec {' '.join(entry_id[-4:] for entry_id in open_ids)}")
    return open_ids


def _exec(ids: list[str], *, as_json: bool) -> None:
    """Run entries as `gitjournal exec` does: the command is asked for by its name, as on a command line."""
    context = click.get_current_context()
    group = context.find_root().command
    command = group.get_command(context, "exec") if isinstance(group, click.Group) else None
    if command is not None:
        context.invoke(command, parts=tuple(ids), as_json=as_json)


def _list_data(lab: Lab, root: Path, title: str | None, *, as_json: bool) -> None:
    files = draft.find_data_files(root, lab.path)
    click.echo(json.dumps({"data": files}) if as_json else "\n".join(new_output.data_files_lines(files, title)))


def _say(context: Context, identifier: str, path: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"id": identifier, "path": str(path), "state": "draft"}))
        return
    click.echo(os.path.relpath(path, context.start))
    if not context.quiet:
        click.echo(f"next: gitjournal exec {identifier[-4:]}", err=True)


def _has_editor() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and bool(os.environ.get("VISUAL") or os.environ.get("EDITOR"))
