"""`gitjournal suggest`: what to run next."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from gitjournal.commands.context import Context, quiet_option
from gitjournal.commands.option_values import parse_duration
from gitjournal.git.lab import find_lab
from gitjournal.journal.journal import Journal, open_journal
from gitjournal.render import suggestion, text
from gitjournal.render.results_page import compose_results
from gitjournal.run import draft
from gitjournal.run import execute as runner
from gitjournal.run.call import ExecCall
from gitjournal.run.messages import FAILED, INTERRUPTED, Options
from gitjournal.suggest import collect, loop, suggest, to_entry
from gitjournal.suggest.collect import RunHistory
from gitjournal.suggest.loop import LoopOptions, Round
from gitjournal.suggest.studies import files as study_file
from gitjournal.suggest.studies.to_trials import StudyReport, report_studies
from gitjournal.suggest.target import SearchTarget, find_target
from gitjournal.worker.pool import WorkerPool


@click.command("suggest", short_help="Say what to run next, and why.")
@click.argument("what", required=False, metavar="[DATA|ID]")
@click.option("-n", "many", type=click.IntRange(1, 50), default=5, show_default=True, help="How many suggestions.")
@click.option("--from", "sources", multiple=True, metavar="PATH",
              help="Learn from the journal of another repository, or a study of optuna (.db, .log), too; it is only read.")  # fmt: skip
@click.option("--same-data", is_flag=True, help="The studies of --from are about these data, with this split and metric.")
@click.option("--target", metavar="COLUMN", help="The column to predict, for a table that no entry declares yet.")
@click.option("--write", is_flag=True, help="Write them down as an entry, with a grid where they are several.")
@click.option("--exec", "execute", is_flag=True, help="Run one after another, and learn in between.")
@click.option("--max-runs", type=click.IntRange(min=1), metavar="N", help="With --exec: at most N runs; by default as many as -n.")
@click.option("--max-time", type=parse_duration, metavar="TIME", help="With --exec: begin no run after this time (90s, 15m, 2h).")
@click.option("--timeout", type=parse_duration, metavar="TIME", help="With --exec: end a run that takes longer, as a failure.")
@click.option("--title", metavar="TEXT", help="The title of the entry that is written.")
@click.option("--dry-run", is_flag=True, help="Write and run nothing: print what --write would write.")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
@quiet_option
@click.pass_obj
def command(
    context: Context,
    what: str | None,
    many: int,
    sources: tuple[str, ...],
    same_data: bool,
    target: str | None,
    write: bool,
    execute: bool,
    max_runs: int | None,
    max_time: float | None,
    timeout: float | None,
    title: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Say what to run next on some data, what to expect of it, and which past entries say so.

    It learns from your own runs on these data and from runs on other data in the journal. DATA is a data set as entries
    name it (digits, data/churn.csv) or as `new --data` takes it; the ID of an entry with a `space` looks in that space.
    Nothing that was run is suggested again.
    """
    if write and execute:
        raise click.UsageError("--write and --exec exclude each other; --exec writes an entry, too")
    if not execute and (max_runs or max_time or timeout):
        raise click.UsageError("--max-runs, --max-time and --timeout go with --exec")
    lab = find_lab(context.start)
    with WorkerPool() as pool:
        if write or execute:
            runner.recover(lab, lambda _: None)
        with open_journal(context.start, lab) as journal:
            search_target = find_target(journal, context.start, what, column=target, ask=pool.ask)
            entry_title = title or f"Suggested for {search_target.data.label}"
            own, journals, studies = _read_sources(journal, search_target, sources, same_data=same_data)
            if not context.quiet and not as_json:
                click.echo("".join(suggestion.study_text(one) for one in studies), nl=False, err=dry_run)
            if execute and not dry_run:
                call = ExecCall(journal, context.start, pool, compose_results, Options(timeout=timeout))
                options = LoopOptions(entry_title, max_runs or many, max_time)
                sys.exit(_run_and_tell(context, call, search_target, journals, options, as_json=as_json))
            suggestions = suggest.suggest(search_target, [own, *journals], many)
            wanted = suggestions.proposals and (write or execute)
            written = to_entry.draft(journal, suggestions, title=entry_title, ask=pool.ask) if wanted else None
    path = draft.write_draft(lab, written) if written and not dry_run else None
    if as_json:
        entry = {"entry": written.id, "path": str(path) if path else None, "text": written.text} if written else {}
        from_studies = {"studies": [suggestion.study_as_plain(one) for one in studies]} if studies else {}
        click.echo(json.dumps(suggestion.suggestions_as_plain(suggestions) | from_studies | entry))
    elif written and path is None:
        click.echo(written.text, nl=False)
    else:
        if not context.quiet:
            click.echo(suggestion.suggestions_text(suggestions), nl=False)
        if written and path:
            click.echo(os.path.relpath(path, context.start))
            _next(context, f"gitjournal exec {written.id[-4:]}")
        elif suggestions.proposals:
            _next(context, f"gitjournal suggest {what or search_target.data.label} --write, or --exec --max-runs 10")


def _read_sources(
    journal: Journal, target: SearchTarget, sources: Sequence[str], *, same_data: bool
) -> tuple[RunHistory, list[RunHistory], list[StudyReport]]:
    """Read the journal at hand, and what --from names: the journals of folders, then what the studies of files report."""
    folders = [Path(source) for source in sources if Path(source).is_dir()]
    files = [study_file.local_path(source) for source in sources if not Path(source).is_dir()]
    if same_data and not files:
        raise click.UsageError("--same-data goes with a study: --from study.db")
    own, journals = collect.read_own(journal), [collect.read_other(folder) for folder in folders]
    studies = []
    for file in files:
        studies += report_studies(target, file.name, study_file.read_studies(file), same_data=same_data)
    return own, [*journals, *(one.journal for one in studies)], studies


def _next(context: Context, line: str) -> None:
    if not context.quiet:
        click.echo(f"next: {line}", err=True)


def _run_and_tell(
    context: Context, call: ExecCall, target: SearchTarget, histories: list[RunHistory], options: LoopOptions, *, as_json: bool
) -> int:
    """Run suggestions, say each, and return the exit code."""
    quiet = context.quiet or as_json

    def tell(finished: Round) -> None:
        if not quiet:
            click.echo(suggestion.round_line(finished))

    ended = loop.run_suggestions(call, target, histories, options, tell=tell)
    if as_json:
        click.echo(json.dumps(suggestion.pursued_as_plain(ended, ended.rounds)))
    elif not quiet:
        if ended.stopped:
            click.echo(ended.stopped)
        if ended.rounds:
            last = ended.rounds[-1]
            click.echo(f"best   dev.{target.metric} {text.number(last.best)} after {text.count(len(ended.rounds), 'run')}")
    if ended.entry:
        _next(context, f"gitjournal show {ended.entry[-4:]}")
    if ended.outcome and ended.outcome.state == "interrupted":
        return INTERRUPTED
    return FAILED if any(finished.score is None for finished in ended.rounds) else 0
