"""The figure that `show --plot` asks for: in the terminal, or as a file."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from gitjournal.artifacts import confused
from gitjournal.commands.context import Context
from gitjournal.crew import Crew
from gitjournal.disk import write_whole
from gitjournal.errors import UsageError
from gitjournal.figure_numbers import Candidate, progress
from gitjournal.index import Row
from gitjournal.metric_names import direction
from gitjournal.overview import Opened, Overview
from gitjournal.render import chart_file, chart_svg, chart_text, figures, text
from gitjournal.render.chart import Chart
from gitjournal.render.entry_figures import CONFUSION, PROGRESS, chosen, entry_figures
from gitjournal.summary import Summary


def plot(
    context: Context,
    overview: Overview,
    opened: Opened,
    summary: Summary,
    name: str,
    output: Path | None,
    baseline: float | None,
    *,
    as_json: bool,
) -> None:
    """Print a figure, or write it to a file.

    Raises UsageError for a name that is none, or for a file that is neither SVG, PNG nor PDF.
    """
    kind = output.suffix.lower().removeprefix(".") if output else ""
    if output and kind not in ("svg", *chart_file.KINDS):
        raise UsageError(f"{output}: a figure is a .svg, .png or .pdf file")
    if output and as_json:
        raise UsageError("--json prints the numbers of the figure; -o writes the figure: take one of them")
    if output and not output.absolute().parent.is_dir():
        raise UsageError(f"-o {output}: its folder does not exist")
    if name == CONFUSION:
        chart = _confusion(overview, opened, summary)
    elif name == PROGRESS:
        chart = _progress(overview, opened, summary)
    else:
        chart = chosen(entry_figures(summary, opened.records, baseline), name)
    if as_json:
        click.echo(json.dumps({"figure": name, **msgspec.to_builtins(chart)}))
        return
    if output is None:
        click.echo("\n".join(chart_text.lines(chart, color=context.color)))
        return
    write_whole(output, chart_svg.svg(chart).encode() if kind == "svg" else chart_file.drawn(chart, kind))
    if not context.quiet:
        click.echo(f"{output}: {text.clean(chart.title)}")


def _confusion(overview: Overview, opened: Opened, summary: Summary) -> Chart:
    best = summary.best.fingerprint if summary.best else None
    facts = opened.entry.front.data.facts
    with Crew() as crew:
        for one in opened.records:
            found = (
                confused(overview.lab.repository.private, one, facts.classes if facts else None, crew) if one.fingerprint == best else None
            )
            if found:
                return figures.confusion(found)
    raise UsageError("this entry has no figure `confusion`: no predictions of classes by its best configuration are kept in this clone")


def _progress(overview: Overview, opened: Opened, summary: Summary) -> Chart:
    mine = opened.listed.row
    rows = [one.row for one in overview.everywhere() if one.row.data == mine.data and one.row.metric == mine.metric]
    found = progress_chart(rows, summary.metric)
    if found is None:
        raise UsageError("this entry has no figure `progress`: nothing was scored on its data yet")
    return found


def progress_chart(rows: list[Row], metric: str | None) -> Chart | None:
    """Return the best over time of some entries that are scored by one metric."""
    known = [(row, row.best, text.moment(row.at)) for row in rows if row.state != "retracted"]
    scored = {row.id: (row, best, at) for row, best, at in known if best is not None and at is not None}
    if not scored or metric is None:
        return None
    candidates = [Candidate(row.id, row.title, at.isoformat(), best) for row, best, at in scored.values()]
    steps = progress(candidates, direction(metric))
    better = {step.entry.id for step in steps}
    return figures.progress(steps, [(at, best) for name, (_, best, at) in scored.items() if name not in better], metric)
