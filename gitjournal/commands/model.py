"""`gitjournal model`: score past runs by another metric, save their fitted models, delete files that no run needs."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path

import click

from gitjournal.commands.context import Context
from gitjournal.errors import UsageError
from gitjournal.git.lab import find_lab
from gitjournal.journal.journal import open_journal
from gitjournal.render import text
from gitjournal.run import artifacts
from gitjournal.run.artifacts import RunScore
from gitjournal.run.entry_state import read_subject
from gitjournal.worker.pool import WorkerPool


@click.group("model", short_help="Score runs anew, keep their models, and clear up.")
def command() -> None:
    """Score runs anew without training, keep their models, and clear up what no run needs."""


@command.command("score")
@click.argument("part", metavar="ID")
@click.option("--metric", required=True, metavar="NAME", help="What to measure, such as roc_auc.")
@click.option("--run", metavar="RUN", help="One run alone, by the beginning of its id.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def score(context: Context, part: str, metric: str, run: str | None, as_json: bool) -> None:
    """Compute a metric that was not asked for then, from the predictions that were kept. Nothing is trained or written."""
    with open_journal(context.start) as journal, WorkerPool() as pool:
        subject = read_subject(journal, context.start, journal.resolve(part))
        scored = artifacts.sort_by_score(artifacts.score_runs(subject, metric, run=run, pool=pool), metric)
    if as_json:
        runs = [
            {
                "run": one.record.run,
                "seed": one.record.seed,
                "grid": one.record.grid,
                "value": one.value,
                "folds": one.folds,
                "why": one.why,
            }
            for one in scored
        ]
        click.echo(json.dumps({"id": subject.entry.id, "metric": f"dev.{metric}", "runs": runs}))
        return
    click.echo(f"dev.{metric}")
    for scored_run in scored:
        click.echo(f"  {_value_cell(scored_run)}  {text.clean(scored_run.record.run)[:8]}{_run_details(scored_run)}")


def _value_cell(scored: RunScore) -> str:
    return f"{text.number(scored.value):>8}" if scored.value is not None else f"{'-':>8}"


def _run_details(scored: RunScore) -> str:
    grid = " ".join(f"{text.clean(name)} {text.clean(str(value))}" for name, value in scored.record.grid.items())
    seed = "" if scored.record.seed is None else f"seed {scored.record.seed}"
    return "".join(f"  {word}" for word in (grid, seed, text.clean(scored.why)) if word)


@command.command("save")
@click.argument("part", metavar="ID")
@click.option("--run", metavar="RUN", help="Which run, by the beginning of its id; by default the best.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the model there too.")
@click.option("-n", "--dry-run", is_flag=True, help="Fit the model and prove it, and keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def save(context: Context, part: str, run: str | None, output: Path | None, dry_run: bool, as_json: bool) -> None:
    """Keep the fitted model of a run: a file of skops, or the weights of a network as .npz.

    A network is what its run kept, rebuilt from the declaration; any other model is fitted again. It is kept only where it
    predicts exactly what the run's record says, before and after it was written. Models of scikit-learn need the extra `models`.
    """
    with open_journal(context.start) as journal, WorkerPool() as pool, tempfile.TemporaryDirectory() as nowhere:
        subject = read_subject(journal, context.start, journal.resolve(part))
        if output is not None and output.exists():
            raise UsageError(f"{output} is there already")
        record, model = artifacts.save_model(subject, Path(nowhere) if dry_run else None, run=run, pool=pool)
    where = None if dry_run else output or Path(model.file)
    if output is not None and not dry_run:
        shutil.copyfile(model.file, output)
    if as_json:
        file = {"file": str(where) if where else None, "sha256": model.sha256, "bytes": model.bytes}
        plain = {"run": record.run, **file, "fitted": model.fitted}
        click.echo(json.dumps(plain))
        return
    did = "fitted again" if model.fitted else "opened"
    click.echo(f"run {record.run[:8]} {did}: its {model.rows} predictions of dev are those of the record")
    click.echo(f"{where}  {model.bytes / 1024:.0f} KB  sha256 {model.sha256[:12]}" if where else "nothing kept")


@command.command("gc")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def gc(context: Context, dry_run: bool, as_json: bool) -> None:
    """Remove what is kept of runs that no branch knows any more."""
    lab = find_lab(context.start)
    strays = artifacts.find_strays(lab, now=time.time())
    if not dry_run:
        artifacts.remove_strays(strays)
    size = sum(stray.bytes for stray in strays)
    if as_json:
        click.echo(json.dumps({"removed": not dry_run, "runs": [stray.run for stray in strays], "bytes": size}))
        return
    word = "would be removed" if dry_run else "removed"
    click.echo(f"{text.count(len(strays), 'run')} that no branch knows: {size / 1024:.0f} KB {word}" if strays else "nothing to remove")
