"""`gitjournal report`: what the journal says of those who write it."""

from __future__ import annotations

import json
from collections import Counter

import click

from gitjournal.calibration import Prediction, calibrate
from gitjournal.commands.context import Context
from gitjournal.errors import nearest
from gitjournal.history import first_authors
from gitjournal.index import Row
from gitjournal.overview import look
from gitjournal.render.calibration import Asked, as_plain, calibration_lines
from gitjournal.repo import author_email


class Reports(click.Group):
    """The reports by name. Whatever is no name, such as a range of commits, is told apart here and nowhere else."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Offer the nearest report for a typo."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            ctx.fail(f"no report `{args[0]}`{nearest(args[0], self.commands) or '; known: ' + ', '.join(self.commands)}")
        return super().resolve_command(ctx, args)


@click.group("report", cls=Reports, short_help="Report: how well you were calibrated.")
def command() -> None:
    """Report what the journal as a whole says."""


@command.command("calibration", short_help="How sure you were, and how often you were right.")
@click.option("--author", metavar="TEXT", help="Entries by people whose name or address holds this; by default your own.")
@click.option("--all", "everybody", is_flag=True, help="Everybody's entries.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def calibration(context: Context, author: str | None, everybody: bool, as_json: bool) -> None:
    """Say how well `confidence` and verdicts go together: Brier score and reliability, from 20 verdicts on.

    An expectation that was supported counts 1, one that was refuted 0; what is inconclusive or retracted does not count.
    """
    if author and everybody:
        raise click.UsageError("--author and --all exclude each other")
    with look(context.start) as overview:
        rows = [one.row for one in overview.everywhere() if one.row.expect]
        if not everybody:
            author = author or author_email(overview.lab.repository)
            authors = first_authors(overview.lab.repository, list(overview.index.refs))
            rows = [row for row in rows if author.lower() in authors.get((row.id[:8], row.id[-4:]), "").lower()]
    predictions = [
        Prediction(row.confidence, row.verdict == "supported")
        for row in rows
        if row.confidence is not None and row.verdict in ("supported", "refuted")
    ]
    asked = Asked("" if everybody else author or "", _left_out(rows))
    found = calibrate(predictions)
    if as_json:
        click.echo(json.dumps(as_plain(found, asked), indent=2))
        return
    click.echo("\n".join(calibration_lines(found, asked)))


def _left_out(rows: list[Row]) -> dict[str, int]:
    """Return why entries that expect something do not count, and how many."""
    why = Counter(map(_why, rows))
    return {name: why[name] for name in ("inconclusive", "not judged yet", "without a `confidence`", "retracted")}


def _why(row: Row) -> str:
    if row.state == "retracted":
        return "retracted"
    if not row.verdict:
        return "not judged yet"
    return "without a `confidence`" if row.confidence is None else row.verdict
