"""`gitjournal report importance`: which parameters mattered on some data, and which did not."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gitjournal.commands.context import Context
from gitjournal.commands.figure import save_chart
from gitjournal.errors import UsageError
from gitjournal.journal.journal import open_journal
from gitjournal.render.reports.importance import importance_as_plain, importance_chart, importance_lines
from gitjournal.suggest.importance.report import report_importance


@click.command("importance", short_help="Which parameters mattered on some data, and which did not.")
@click.argument("what", required=False, metavar="[DATA|ID]")
@click.option("--metric", metavar="NAME", help="By this metric; by default the one that decides in the newest entry on the data.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Draw it as well: .svg, .png or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def command(context: Context, what: str | None, metric: str | None, plot: Path | None, as_json: bool) -> None:
    """Say which parameters mattered on some data, which did not, and which cannot be told from what was run.

    All runs on the data count, whatever their entry or branch; DATA is a data set as entries name it (digits,
    data/churn.csv), by default that of the newest entry. A parameter is looked at among the runs that have it, and its
    importance is of what was tried: a wider range has a larger one.
    """
    with open_journal(context.start) as journal:
        report = report_importance(journal, what, metric)
    if plot is not None:
        chart = importance_chart(report.importances)
        if chart is None:
            raise UsageError("nothing to draw: too few runs, or nothing that was varied")
        save_chart(chart, plot)
    if as_json:
        click.echo(json.dumps(importance_as_plain(report)))
        return
    click.echo("\n".join(importance_lines(report)))
    if plot is not None:
        click.echo(f"drawn: {plot}")
