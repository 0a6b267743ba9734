"""`gitjournal new`: write a new entry."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from gitjournal import drafting, yaml_text
from gitjournal.commands.context import Context, quiet_option
from gitjournal.crew import Crew
from gitjournal.errors import EntryError, UsageError
from gitjournal.lab import Lab, find_lab, switch_branch, work_root


@click.command("new", short_help="Write a new entry.")
@click.argument("title", required=False)
@click.option(
    "--data", "data", metavar="FILE|FOLDER|sklearn:NAME", help="A table, an .npz, a folder of images, or a data set of scikit-learn."
)
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
    target: str | None,
    features: str | None,
    template: str | None,
    steps: tuple[str, ...],
    parameters: tuple[str, ...],
    grid: tuple[str, ...],
    hypothesis: str | None,
    expect: str | None,
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
    """  # noqa: D301 - click reads \b as: keep these lines as they are
    lab = find_lab(context.start)
    root = work_root(lab, context.start)
    source = parent or replicate
    if title is None or (data is None and source is None):
        _list_data(lab, root, title, as_json=as_json)
        return
    said = {
        "title": title,
        "hypothesis": hypothesis,
        "expect": expect,
        "baseline": baseline,
        "replicates": replicate,
        "from": source,
        "procedure": [_step(text) for text in steps],
        "parameters": dict(_assignment(text, "--parameter") for text in parameters),
        "grid": {name: _values(value) for name, value in (_assignment(text, "--grid") for text in grid)},
        "seeds": seeds,
        "metrics": list(metrics),
        "tags": list(tags),
    }
    chosen = drafting.data_source(data, root) if data else {}
    if target:
        chosen["target"] = target.split(",") if "," in target else target
    if features:
        chosen["features"] = features.split(",") if "," in features else features
    with Crew() as crew:
        drafted = drafting.draft(lab, root, {key: value for key, value in said.items() if value}, chosen, template=template, ask=crew.ask)
    if dry_run:
        click.echo(drafted.text, nl=False)
        return
    if branch:
        switch_branch(lab, branch)
    path = drafting.write_draft(lab, drafted)
    _say(context, drafted.id, path, as_json=as_json)
    if edit or (edit is None and _has_editor() and not as_json):
        click.edit(filename=str(path))


def _list_data(lab: Lab, root: Path, title: str | None, *, as_json: bool) -> None:
    found = drafting.find_data_files(root, lab.path)
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


def _step(text: str) -> Any:
    """Read a step: a name, or YAML such as ``SVC: {C: 10}``."""
    return _yaml(text, "--estimator")


def _assignment(text: str, option: str) -> tuple[str, Any]:
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
