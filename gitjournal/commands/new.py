"""`gitjournal new`: write a new entry."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from gitjournal import yaml_text
from gitjournal.commands.context import Context, quiet_option
from gitjournal.commands.exec import command as exec_command
from gitjournal.errors import EntryError, UsageError
from gitjournal.git.lab import Lab, find_lab, switch_branch, work_root
from gitjournal.journal.journal import open_journal
from gitjournal.run import draft
from gitjournal.run.baselines import Baseline, propose
from gitjournal.run.draft import EntryRequest
from gitjournal.worker.pool import Crew


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
        more = {"metrics": list(metrics), "seeds": seeds}
        _baselines(context, lab, root, source(baselines, root, target, features), more, branch, run=run, dry_run=dry_run, as_json=as_json)
        return
    if run:
        raise UsageError("--exec goes with --baselines", hint="gitjournal exec ID")
    origin = parent or replicate
    if title is None or (data is None and origin is None):
        _list_data(lab, root, title, as_json=as_json)
        return
    said = {
        "title": title,
        "hypothesis": hypothesis,
        "expect": expect,
        "confidence": confidence,
        "baseline": baseline,
        "replicates": replicate,
        "from": origin,
        "procedure": [step(text) for text in steps],
        "parameters": dict(assignment(text, "--parameter") for text in parameters),
        "grid": {name: _values(value) for name, value in (assignment(text, "--grid") for text in grid)},
        "seeds": seeds,
        "metrics": list(metrics),
        "tags": list(tags),
    }
    chosen = source(data, root, target, features)
    said = {key: value for key, value in said.items() if value or value == 0}  # a confidence of 0 is an answer
    with open_journal(context.start, lab) as journal, Crew() as crew:
        drafted = draft.draft(journal, root, EntryRequest(said, chosen, template), ask=crew.ask)
    if dry_run:
        click.echo(drafted.text, nl=False)
        return
    if branch:
        switch_branch(lab, branch)
    path = draft.write_draft(lab, drafted)
    _say(context, drafted.id, path, as_json=as_json)
    if edit or (edit is None and _has_editor() and not as_json):
        click.edit(filename=str(path))


def source(data: str | None, root: Path, target: str | None, features: str | None) -> dict[str, Any]:
    """Return the data that --data, --target and --features say."""
    chosen = draft.data_source(data, root) if data else {}
    for name, said in (("target", target), ("features", features)):
        if said:
            chosen[name] = said.split(",") if "," in said else said
    return chosen


def _baselines(
    context: Context,
    lab: Lab,
    root: Path,
    data: dict[str, Any],
    more: dict[str, Any],
    branch: str | None,
    *,
    run: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write the usual entries on data that the journal has not yet, and run them where that is asked."""
    if branch and not dry_run:
        switch_branch(lab, branch)
    with Crew() as crew, open_journal(context.start) as journal:
        found = propose(journal, root, data, more, crew.ask)
    paths = {one.id: draft.write_draft(lab, one.drafted) for one in found if one.drafted and not dry_run}
    open_ids = [one.id for one in found if one.drafted or one.state in ("draft", "planned")]
    if as_json:
        told = [
            {
                "title": one.title,
                "id": one.id or None,
                "state": one.state or ("left out" if one.left_out else "new"),
                "path": str(paths[one.id]) if one.id in paths else None,
                "why": one.left_out or None,
            }
            for one in found
        ]
        click.echo(json.dumps({"baselines": told}))
    elif not context.quiet:
        click.echo("\n".join(_baseline_said(context, one, paths) for one in found))
        if dry_run:
            click.echo("nothing was written (dry run)")
        elif open_ids and not run:
            click.echo(f"next: gitjournal exec {' '.join(one[-4:] for one in open_ids)}")
    if run and open_ids and not dry_run:
        click.get_current_context().invoke(exec_command, parts=tuple(open_ids), as_json=as_json)


def _baseline_said(context: Context, one: Baseline, paths: dict[str, Path]) -> str:
    if one.left_out:
        return f"{one.title}: left out; {one.left_out}"
    if one.id in paths:
        return os.path.relpath(paths[one.id], context.start)
    if one.drafted:
        return f"{one.title}: would be written"
    return f"{one.title}: {one.id[-4:]} is the same ({one.state})"


def _list_data(lab: Lab, root: Path, title: str | None, *, as_json: bool) -> None:
    found = draft.find_data_files(root, lab.path)
    if as_json:
        click.echo(json.dumps({"data": found}))
    elif found:
        click.echo("data files here:")
        for name in found:
            click.echo(f"  {name}")
    else:
        click.echo("no .csv, .parquet or .npz file here; data sets that ship with scikit-learn work too, such as sklearn:digits")
    if not as_json:
        example = found[0] if found else "sklearn:digits"
        target = " --target COLUMN" if found else ""
        click.echo(f'next: gitjournal new "{title or "my first question"}" --data {example}{target}')


def _say(context: Context, identifier: str, path: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"id": identifier, "path": str(path), "state": "draft"}))
        return
    click.echo(os.path.relpath(path, context.start))
    if not context.quiet:
        click.echo(f"next: gitjournal exec {identifier[-4:]}", err=True)


def _has_editor() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and bool(os.environ.get("VISUAL") or os.environ.get("EDITOR"))


def step(text: str) -> Any:
    """Read a step: a name, or YAML such as ``SVC: {C: 10}``."""
    return _yaml(text, "--estimator")


def assignment(text: str, option: str) -> tuple[str, Any]:
    """Read NAME=VALUE of an option."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{option} takes NAME=VALUE, such as svc__C=10; got `{text}`")
    return name.strip(), _yaml(value, option) if option == "--parameter" else value


def _values(text: str) -> Any:
    """Read grid values: a YAML list or mapping, or words with commas between them."""
    bare = text.strip()
    value = _yaml(bare if bare[:1] in "[{" else f"[{bare}]", "--grid")
    return value if isinstance(value, (list, dict)) else [value]


def _yaml(text: str, option: str) -> Any:
    try:
        return yaml_text.load(text, file=option).value
    except EntryError as fault:
        raise UsageError(f"{option} `{text}`: {fault.message}") from None
