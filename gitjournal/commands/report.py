"""`gitjournal report`: what a branch brings into the journal, and what the journal says of those who write it."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from pathlib import Path

import click

from gitjournal.commands.context import Context
from gitjournal.commands.figure import save_chart
from gitjournal.commands.notice import progress_reporter
from gitjournal.errors import UsageError, nearest
from gitjournal.git.lab import find_journal
from gitjournal.git.repository import author_email
from gitjournal.integrity import review as reviewing
from gitjournal.journal.authorship import first_authors
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.journal.index.rows import Row
from gitjournal.journal.journal import open_journal
from gitjournal.render.reports.calibration import CalibrationScope, calibration_as_plain, calibration_chart, calibration_lines
from gitjournal.render.reports.pull_request import pull_request_body, review_as_plain
from gitjournal.render.reports.savings import savings_as_plain, savings_lines
from gitjournal.run.savings import measure_savings
from gitjournal.stats.calibration import Prediction, calibrate

RANGE = "[A..B | BRANCH]"
# reports with a module of their own, which needs numpy: imported when called, not before
LATER = {"importance": "Which parameters mattered on some data, and which did not."}


class Reports(click.Group):
    """The reports by name. Whatever is no name is a range of commits, or a branch."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the reports."""
        return [*super().list_commands(ctx), *LATER]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import a report that has a module of its own."""
        if name not in LATER:
            return super().get_command(ctx, name)
        report: click.Command = importlib.import_module(f"gitjournal.commands.{name}").command
        return report

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the list of reports, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([*((name, one.get_short_help_str(80)) for name, one in self.commands.items()), *LATER.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Hand a range or a branch to the report on it; offer the nearest report for a typo."""
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            meant = nearest(args[0], self.list_commands(ctx))
            if meant and ".." not in args[0]:
                ctx.fail(f"no report `{args[0]}`{meant}")
            return RANGE, self.commands[RANGE], args
        return super().resolve_command(ctx, args)


@click.group(
    "report",
    cls=Reports,
    short_help="Report on a branch, on what mattered, what was saved, or how well you were calibrated.",
    subcommand_metavar=RANGE,
)
def command() -> None:
    """Report what a branch would bring into the journal, or what the journal as a whole says."""


@command.command(RANGE, short_help="What a branch would bring: the body of its pull request.")
@click.argument("what", metavar=RANGE)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it there instead of printing it.")
@click.option("--link", default="", metavar="URL", help="Where a file of the branch is found on the forge, {path} in its place.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def review_range(context: Context, what: str, output: Path | None, link: str, as_json: bool) -> None:
    """Print the Markdown body of a pull request: what merging B into A would give; of a branch, into the journal.

    Questions, expectations and verdicts, the best against the baseline, duplicates on the merge result, what was changed
    after the plan, looks at the test set, cost, and a checklist for the reviewer. Nothing of the branch is run.
    """
    if link and "{path}" not in link:
        raise click.UsageError("--link needs {path} where the path of a file goes")
    lab = find_journal(context.start, what.partition("..")[0])
    into, branch = reviewing.parse_range(lab, what)
    review = reviewing.review(lab, into, branch, journal_refs(lab, current_ref(lab)))
    body = json.dumps(review_as_plain(review), indent=2) + "\n" if as_json else pull_request_body(review, link=link)
    if output:
        output.write_text(body, encoding="utf-8")
        return
    click.echo(body, nl=False)


@command.command("calibration", short_help="How sure you were, and how often you were right.")
@click.option("--author", metavar="TEXT", help="Entries by people whose name or address holds this; by default your own.")
@click.option("--all", "everybody", is_flag=True, help="Everybody's entries.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw the confidence against the share that came true: .svg, .png or .pdf.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def calibration(context: Context, author: str | None, everybody: bool, plot: Path | None, as_json: bool) -> None:
    """Say how well `confidence` and verdicts go together: Brier score and reliability, from 20 verdicts on.

    An expectation that was supported counts 1, one that was refuted 0; what is inconclusive or retracted does not count.
    """
    if author and everybody:
        raise click.UsageError("--author and --all exclude each other")
    with open_journal(context.start) as journal:
        rows = [one.row for one in journal.all_entries() if one.row.expect]
        if not everybody:
            author = author or author_email(journal.lab.repository)
            authors = first_authors(journal.lab.repository, list(journal.index.refs))
            rows = [row for row in rows if author.lower() in authors.get((row.id[:8], row.id[-4:]), "").lower()]
    predictions = [
        Prediction(row.confidence, row.verdict == "supported")
        for row in rows
        if row.confidence is not None and row.verdict in ("supported", "refuted")
    ]
    scope = CalibrationScope("" if everybody else author or "", _count_left_out(rows))
    result = calibrate(predictions)
    if plot is not None:
        if result is None:
            raise UsageError("nothing to draw: no verdict on an entry with a `confidence`")
        save_chart(calibration_chart(result), plot)
    if as_json:
        click.echo(json.dumps(calibration_as_plain(result, scope), indent=2))
        return
    click.echo("\n".join(calibration_lines(result, scope)))
    if plot is not None:
        click.echo(f"drawn: {plot}")


@command.command("waste", short_help="What was not run, why, and what that saved.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def report_savings(context: Context, as_json: bool) -> None:
    """Say how many runs the journal has avoided so far, in runs and hours, and how many were made.

    Runs that other entries had done, grid points and seeds that mean the same as others, runs that the gate of --skip-unlikely left
    out, each with what they would have taken. Of the gate it says what its control came to: unlikely runs that were made all the
    same, and how often as many runs drawn at random would have held the best.
    """
    with open_journal(context.start) as journal:
        savings = measure_savings(journal, progress_reporter("entry", "entries", quiet=context.quiet or as_json))
    click.echo(json.dumps(savings_as_plain(savings), indent=2) if as_json else "\n".join(savings_lines(savings)))


def _count_left_out(rows: list[Row]) -> dict[str, int]:
    """Return why entries that expect something do not count, and how many."""
    why = Counter(map(_left_out_reason, rows))
    return {name: why[name] for name in ("inconclusive", "not judged yet", "without a `confidence`", "retracted")}


def _left_out_reason(row: Row) -> str:
    if row.state == "retracted":
        return "retracted"
    if not row.verdict:
        return "not judged yet"
    return "without a `confidence`" if row.confidence is None else row.verdict
