"""`gitjournal import`: a hyper-parameter study of optuna becomes an entry."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from gitjournal.commands.context import Context, quiet_option
from gitjournal.commands.option_values import parse_assignment, parse_data, parse_step
from gitjournal.errors import UsageError
from gitjournal.git.lab import find_lab, work_root
from gitjournal.journal.journal import open_journal
from gitjournal.render import text
from gitjournal.run import draft
from gitjournal.suggest.studies import files, to_entry
from gitjournal.suggest.studies.study import Study
from gitjournal.suggest.studies.to_entry import MOST_POINTS, Imported, ImportOptions
from gitjournal.worker.pool import WorkerPool


@click.command("import", short_help="Make an entry of what another tool has searched.")
@click.argument("file", metavar="STUDY")
@click.option("--study-name", metavar="NAME", help="Which study, where the file has several.")
@click.option("--for", "like", metavar="ID", help="Take procedure, data and split from this entry.")
@click.option("--data", metavar="FILE|FOLDER|sklearn:NAME", help="The data to run on, as `new` takes them.")
@click.option("--target", metavar="COLUMN", help="The column to predict; several: A,B.")
@click.option("-e", "--estimator", "steps", multiple=True, metavar="STEP", help="A step of the procedure; may be given again.")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter that the study did not search.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="What to measure; the first one decides.")
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help="Run each configuration with the seeds 0 to N-1.")
@click.option("--best", "most", type=click.IntRange(1, 10_000), default=MOST_POINTS, show_default=True, metavar="N",
              help="Take the N best configurations of the study.")  # fmt: skip
@click.option("--title", metavar="TEXT", help="The title of the entry.")
@click.option("-n", "--dry-run", is_flag=True, help="Print the entry instead of writing it.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON.")
@quiet_option
@click.pass_obj
def command(
    context: Context,
    file: str,
    study_name: str | None,
    like: str | None,
    data: str | None,
    target: str | None,
    steps: tuple[str, ...],
    parameters: tuple[str, ...],
    metrics: tuple[str, ...],
    seeds: int | None,
    most: int,
    title: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make an entry of a study of optuna: its space, and its best configurations as a grid, to be run here.

    STUDY is a local file, as optuna's SQLite or journal storage writes it; it is only read. What it reports becomes no
    record: gitjournal records what it ran itself.

    \b
    gitjournal import study.db --data sklearn:wine -e StandardScaler -e 'SVC: {C: $C, gamma: $gamma}'
    gitjournal import study.db --for k3f9 --best 10
    """  # noqa: D301 - click reads \b as: keep these lines as they are
    if like is None and data is None:
        raise UsageError("say what to run the study's configurations on", hint="--data DATA with -e STEP, or --for ID")
    if target and data is None:
        raise UsageError("--target goes with --data")
    lab = find_lab(context.start)
    root = work_root(lab, context.start)
    path = files.local_path(file)
    study = to_entry.choose_study(files.read_studies(path), study_name, path.name)
    values = {
        "title": title or f"Study {text.shorten(text.clean(study.name), 60)}",
        "procedure": [parse_step(text) for text in steps],
        "parameters": dict(parse_assignment(text, "--parameter") for text in parameters),
        "metrics": list(metrics),
        "seeds": seeds,
    }
    with open_journal(context.start, lab) as journal, WorkerPool() as pool:
        imported = to_entry.draft(journal, root, study, ImportOptions(values, parse_data(data, root, target=target), like, most), pool.ask)
    if dry_run and not as_json:
        click.echo(imported.drafted.text, nl=False)
        return
    written = None if dry_run else draft.write_draft(lab, imported.drafted)
    if as_json:
        click.echo(json.dumps(_as_plain(study, imported, written)))
    elif written:
        if not context.quiet:
            click.echo(_summary_line(study, imported))
        click.echo(os.path.relpath(written, context.start))
        if not context.quiet:
            click.echo(f"next: gitjournal exec {imported.drafted.id[-4:]}", err=True)


def _summary_line(study: Study, imported: Imported) -> str:
    best = study.best_trials()[0].score
    trials = text.count(len(study.trials) + study.unfinished, "trial")
    share = "all" if imported.points == imported.distinct else f"the best {imported.points} of"
    return f"study {text.clean(study.name)}: {trials}, best {text.number(best)} · {share} {imported.distinct} configurations taken"


def _as_plain(study: Study, imported: Imported, written: Path | None) -> dict[str, Any]:
    best = study.best_trials()[0]
    return {
        "id": imported.drafted.id,
        "path": str(written) if written else None,
        "state": "draft",
        "text": imported.drafted.text,
        "study": {
            "name": study.name,
            "direction": "maximize" if study.directions[0] > 0 else "minimize",
            "trials": len(study.trials) + study.unfinished,
            "configurations": imported.distinct,
            "best": {"value": best.score, "trial": best.number},
        },
        "points": imported.points,
    }
