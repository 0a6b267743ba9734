"""Figures for --plot and -o: printed in the terminal, or written to a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from gitjournal.commands.context import Context
from gitjournal.entry.metrics import direction
from gitjournal.entry.record import read_time
from gitjournal.entry.summary import Summary, summarise
from gitjournal.errors import GitjournalError, UsageError
from gitjournal.files import write_whole
from gitjournal.journal.index.results import configurations_on
from gitjournal.journal.journal import Journal, Listed, Opened
from gitjournal.render import text
from gitjournal.render.changes import text_differences
from gitjournal.render.charts import figures, matplotlib_file, svg, terminal
from gitjournal.render.charts.chart_data import ProgressEntry, progress
from gitjournal.render.charts.entry_figures import CONFUSION, PROGRESS, choose_figure, entry_figures
from gitjournal.render.charts.model import Chart
from gitjournal.run.artifacts import count_confusion
from gitjournal.worker.pool import WorkerPool


def entry_chart(journal: Journal, opened: Opened, summary: Summary, name: str, baseline: float | None) -> Chart:
    """Return the figure of an entry that is asked for by name. Raises UsageError for a name that is none, with those there are."""
    if name == CONFUSION:
        return _confusion_chart(journal, opened, summary)
    if name == PROGRESS:
        return _progress_chart(journal, opened, summary)
    return choose_figure(entry_figures(summary, opened.records, baseline), name)


def require_output(output: Path | None, *, as_json: bool) -> None:
    """Raise UsageError where a figure cannot be written as asked: before it is made, which may take minutes."""
    if output and as_json:
        raise UsageError("--json prints the numbers of the figure; -o writes the figure: take one of them")
    if output:
        figure_format(output)


def show_chart(context: Context, chart: Chart, name: str, output: Path | None, *, as_json: bool) -> None:
    """Print a figure, or write it to a file. Raises UsageError for a file that is neither SVG, PNG nor PDF."""
    if as_json:
        click.echo(json.dumps({"figure": name, **msgspec.to_builtins(chart)}))
        return
    if output is None:
        click.echo("\n".join(terminal.chart_lines(chart, color=context.color)))
        return
    save_chart(chart, output)
    if not context.quiet:
        click.echo(f"{output}: {text.clean(chart.title)}")


def figure_format(output: Path) -> str:
    """Return which kind of file a figure is to be. Raises UsageError where it is none of them, or has no folder."""
    kind = output.suffix.lower().removeprefix(".")
    if kind not in ("svg", *matplotlib_file.KINDS):
        raise UsageError(f"{output}: a figure is a .svg, .png or .pdf file")
    if not output.absolute().parent.is_dir():
        raise UsageError(f"{output}: its folder does not exist")
    return kind


def save_chart(chart: Chart, output: Path) -> None:
    """Write a figure. Raises as `figure_format` does, and where matplotlib is wanted and missing."""
    kind = figure_format(output)
    write_whole(output, svg.svg(chart).encode() if kind == "svg" else matplotlib_file.draw(chart, kind))


def _confusion_chart(journal: Journal, opened: Opened, summary: Summary) -> Chart:
    best = summary.best.fingerprint if summary.best else None
    facts = opened.entry.front.data.facts
    with WorkerPool() as pool:
        for record in opened.records:
            matrix = (
                count_confusion(journal.lab.repository.private, record, facts.classes if facts else None, pool)
                if record.fingerprint == best
                else None
            )
            if matrix:
                return figures.confusion(matrix)
    raise UsageError("this entry has no figure `confusion`: no predictions of classes by its best configuration are kept in this clone")


def _progress_chart(journal: Journal, opened: Opened, summary: Summary) -> Chart:
    own, metric = opened.listed.row, summary.metric
    listed = {one.row.id: one for one in journal.all_entries() if one.row.data == own.data and one.row.metric == own.metric}
    dated = [(one.row, one.row.best, read_time(one.row.at)) for one in listed.values() if one.row.state != "retracted"]
    scored = {row.id: (row, best, at) for row, best, at in dated if best is not None and at is not None}
    if not scored or metric is None:
        raise UsageError("this entry has no figure `progress`: nothing was scored on its data yet")
    steps = progress([ProgressEntry(row.id, row.title, at.isoformat(), best) for row, best, at in scored.values()], direction(metric))
    better = {step.entry.id for step in steps}
    worse = [(at, best) for name, (_, best, at) in scored.items() if name not in better]
    return figures.progress(steps, worse, metric, _step_changes(journal, [listed[step.entry.id] for step in steps]))


def _step_changes(journal: Journal, steps: Sequence[Listed]) -> dict[str, str]:
    """Say of each entry how its best configuration differs from that of the one before it."""
    texts = [_best_text(journal, one) for one in journal.open_each(steps)]
    pairs = zip(steps[1:], texts, texts[1:], strict=False)
    return {one.row.id: text_differences(before, after) for one, before, after in pairs}


def _best_text(journal: Journal, opened: Opened | GitjournalError) -> str:
    """Return the canonical text of the best configuration, "" where it is not known."""
    if isinstance(opened, GitjournalError):
        return ""
    best = summarise(opened.entry.front, opened.records).best
    return configurations_on(journal.index, opened.entry.front.data.hash or "").get(best.fingerprint, "") if best else ""
