"""gitjournal show: one entry, what was asked and what came out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from gitjournal.commands.context import Context
from gitjournal.commands.figure import entry_chart, require_output, show_chart
from gitjournal.commands.notice import warn_of_repeats
from gitjournal.entry.summary import Summary, summarise
from gitjournal.errors import GitjournalError, UsageError
from gitjournal.journal.entries import read_environments
from gitjournal.journal.journal import Journal, Opened, open_journal
from gitjournal.render import entry as words
from gitjournal.render import text
from gitjournal.render.identity import identity_lines
from gitjournal.render.show_output import EntryView, entry_lines, view_as_plain
from gitjournal.run.explain import explain_identity
from gitjournal.run.sealed_set import list_looks
from gitjournal.stats.gain import Baseline, gain_over


@click.command("show")
@click.argument("part", metavar="ID")
@click.option("--runs", "with_runs", is_flag=True, help="List every run.")
@click.option("--identity", is_flag=True, help="Print what identifies each configuration, and where each value comes from.")
@click.option("--plot", "figure", metavar="NAME", help="Draw: curves, grid, profile (or profile:PARAMETER), confusion, progress.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the figure: .svg, .png or .pdf."
)
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def command(context: Context, part: str, with_runs: bool, identity: bool, figure: str | None, output: Path | None, as_json: bool) -> None:
    """Show one entry; ID is any unique part of its id."""
    if output and not figure:
        raise UsageError("-o takes a figure", hint=f"gitjournal show {part} --plot profile -o {output}")
    with open_journal(context.start) as journal:
        opened = journal.open(journal.find(part))
        summary = summarise(opened.entry.front, opened.records)
        if figure:
            require_output(output, as_json=as_json)
            baseline = _find_baseline(journal, opened)
            gain = gain_over(summary, opened.records, baseline) if isinstance(baseline, Baseline) else None
            chart = entry_chart(journal, opened, summary, figure, gain.score if gain else None)
            show_chart(context, chart, figure, output, as_json=as_json)
            return
        identities = explain_identity(journal.lab, context.start, opened) if identity else None
        if as_json:
            click.echo(json.dumps(view_as_plain(_view(journal, opened, summary), identities, with_runs=with_runs), indent=2))
        elif identities is not None:
            click.echo("\n".join(identity_lines(identities, color=context.color)))
        else:
            environments = _environment_words(journal, opened, summary)
            view = replace(_view(journal, opened, summary), environments=environments)
            click.echo("\n".join(entry_lines(view, with_runs=with_runs, color=context.color)))
        warn_of_repeats(context, journal.repeated())


def _view(journal: Journal, opened: Opened, summary: Summary) -> EntryView:
    looks = list_looks(journal.lab, journal.index, opened.entry.front.data.hash or "")
    return EntryView(opened, summary, _find_baseline(journal, opened), looks)


def _find_baseline(journal: Journal, opened: Opened) -> Baseline | str | None:
    """Return the baseline with its records, or in words why there is none to compare with."""
    part = opened.entry.front.baseline
    if not part:
        return None
    try:
        baseline = journal.open(journal.find(part))
    except UsageError:
        return f"{text.clean(part)} (no such entry)"
    except GitjournalError:
        return f"{text.clean(part)} (cannot be read)"
    return baseline.as_baseline


def _environment_words(journal: Journal, opened: Opened, summary: Summary) -> list[str]:
    environments = read_environments(journal.lab, opened.listed.ref or "", summary.environments)
    return [words.environment_words(environments.get(name), name) for name in summary.environments]
