"""`gitjournal exec`: run what entries declare."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from collections.abc import Sequence

import click

from gitjournal.commands.context import Context, quiet_option
from gitjournal.commands.entry_selection import EntrySelection, select_entries
from gitjournal.commands.notice import warn_of_repeats
from gitjournal.commands.option_values import parse_duration
from gitjournal.commands.progress import ExecReporter
from gitjournal.errors import GitjournalError, SpaceError
from gitjournal.git.lab import find_lab
from gitjournal.journal.journal import open_journal
from gitjournal.render import exec_output, final_output, text
from gitjournal.render.results_page import compose_results
from gitjournal.run.call import ExecCall
from gitjournal.run.execute import execute, recover
from gitjournal.run.final import take_look
from gitjournal.run.messages import ExecOutcome, Limits, Options
from gitjournal.suggest.forecast import HistoryForecaster, ScoreModel
from gitjournal.worker.pool import Pool, WorkerPool


@click.command("exec", short_help="Run what entries declare.")
@click.argument("parts", nargs=-1, required=True, metavar="ID|FOLDER…")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would run and for how long, and write nothing.")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Runs side by side: 1 by default, on a cluster all that it takes."
)
@click.option("--force", metavar="REASON", help="Run it although the journal has it, and say why.")
@click.option("--retry", type=click.Choice(["failed"]), metavar="failed", help="Run again what failed before.")
@click.option("--final", "final_reason", metavar="REASON", help="Score the sealed test part by the best on dev, and say why now.")
@click.option("--timeout", type=parse_duration, metavar="TIME", help="End a run that takes longer, as a failure (90s, 15m, 2h).")
@click.option("--memory", type=click.IntRange(min=1), metavar="MB", help="Let a run take no more memory than this (Linux).")
@click.option("--max-runs", type=click.IntRange(min=1), metavar="N", help="Begin no more than N runs in this call.")
@click.option("--max-time", type=parse_duration, metavar="TIME", help="Begin no run after this time (90s, 15m, 2h).")
@click.option("--skip-unlikely", type=click.FloatRange(0, 0.5, min_open=True), metavar="CHANCE",
              help="Skip runs with less than this chance to beat the best (0.01), but for a control of one in ten.")  # fmt: skip
@click.option("--fail-fast", is_flag=True, help="Begin no run after one has failed.")
@click.option("--dask", metavar="URL", help="Run on the Dask cluster at this address (tcp://host:8786).")
@click.option("--wait", is_flag=True, help="Wait where the entry is running here already.")
@click.option("--json", "as_json", is_flag=True, help="Say how it ended as JSON, one line an entry.")
@quiet_option
@click.pass_obj
def command(
    context: Context,
    parts: tuple[str, ...],
    dry_run: bool,
    jobs: int | None,
    force: str | None,
    retry: str | None,
    final_reason: str | None,
    timeout: float | None,
    memory: int | None,
    max_runs: int | None,
    max_time: float | None,
    skip_unlikely: float | None,
    fail_fast: bool,
    dask: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Run what entries declare, and append the results.

    The plan is committed before compute is spent, the results after it, both on the journal branch alone. What the
    journal has already is not run again, and what another process runs now is waited for. A FOLDER such as
    entries/2026 means all entries below it that are not done.

    --skip-unlikely makes the most promising runs first, and stops where all that are left are unlikely to beat the best,
    going by what was run before. One in ten of those is run all the same: the results say what that control came to.

    --final looks at the test part, and nothing else does: each look is counted, for the data, over all branches.

    Exit code: 0 done, 1 refused, 2 usage, 3 the same was run before, 4 a run failed, 130 interrupted.
    """
    if force is not None and not force.strip():
        raise click.UsageError("--force takes a reason: why should it run again?")
    if final_reason is not None and not final_reason.strip():
        raise click.UsageError("--final takes a reason: why look at the test part now?")
    if skip_unlikely is not None and (force or final_reason):
        raise click.UsageError("--skip-unlikely goes with neither --force nor --final")
    lab = find_lab(context.start)
    speaker = ExecReporter(quiet=context.quiet or as_json, verbose=context.verbose, color=context.color)
    limits = Limits(max_runs, max_time, fail_fast)
    options = Options(dry_run, force, retry is not None, wait, timeout, memory, skip_unlikely, limits)
    with _open_pool(dask, jobs) as pool:
        recover(lab, speaker.tell)
        with open_journal(context.start, lab) as journal:
            repeated = journal.repeated()
            chosen = (
                EntrySelection([journal.resolve(part) for part in parts]) if final_reason else select_entries(journal, context.start, parts)
            )
            if chosen.over and not speaker.quiet:
                click.echo(f"{text.count(chosen.over, 'entry', 'entries')} done before")
            forecaster = None if context.quiet and not as_json and skip_unlikely is None else HistoryForecaster(_model)
            call = ExecCall(journal, context.start, pool, compose_results, options, speaker.tell, forecaster)
            if final_reason:
                code = _look(context, call, chosen.ids, final_reason.strip(), as_json=as_json)
            else:
                alone = len(chosen.ids) == 1 and not chosen.over
                code = _run(context, call, speaker, chosen.ids, as_json=as_json, alone=alone)
            if repeated:  # only a merge brings repetitions, never a run of ours: without one before, there is none after
                journal.refresh()
                warn_of_repeats(context, journal.repeated())
    sys.exit(code)


def _open_pool(dask: str | None, jobs: int | None) -> contextlib.AbstractContextManager[Pool]:
    """Return who does the runs: workers of this machine, or of a cluster."""
    if dask is None:
        return WorkerPool(jobs or 1)
    if "://" not in dask:
        raise click.UsageError(f"--dask takes an address such as tcp://host:8786, not `{dask}`")
    try:
        module = importlib.import_module("gitjournal.worker.dask_pool")
    except ModuleNotFoundError:
        raise GitjournalError("--dask needs the library distributed", hint="install it: pip install 'gitjournal[dask]'") from None
    pool: contextlib.AbstractContextManager[Pool] = module.DaskPool(dask, jobs, lambda line: click.echo(text.clean_lines(line), err=True))
    return pool


def _run(context: Context, call: ExecCall, speaker: ExecReporter, ids: Sequence[str], *, as_json: bool, alone: bool) -> int:
    """Run the entries, say of each how it ended, and return the exit code: the gravest of theirs."""
    codes = [0]
    planned: list[ExecOutcome] = []
    for number, entry_id in enumerate(ids):
        why = call.reason_to_stop() if number else ""
        if why:
            speaker.note(f"{text.count(len(ids) - number, 'entry', 'entries')} not begun: {why}")
            break
        speaker.begin()
        try:
            ended = execute(call, entry_id)
        except GitjournalError as fault:
            if alone or isinstance(fault, SpaceError):
                raise
            click.echo(text.clean_lines(str(fault)), err=True)
            codes.append(fault.exit_code)
            continue
        finally:
            speaker.clear()
        codes.append(ended.exit_code)
        if as_json:
            click.echo(json.dumps(exec_output.outcome_as_plain(ended)))
        elif codes[-1] or not context.quiet:
            click.echo(exec_output.outcome_text(ended, color=context.color), nl=False)
        if ended.state == "interrupted":
            break
        planned += [ended] if ended.state == "planned" else []
    if len(planned) > 1:
        speaker.note(exec_output.plans_total(planned))
    return max(codes)


def _look(context: Context, call: ExecCall, ids: Sequence[str], reason: str, *, as_json: bool) -> int:
    """Look at the test part, once for each entry, and return the exit code."""
    for entry_id in ids:
        looked = take_look(call, entry_id, reason, final_output.final_message)
        if as_json:
            click.echo(json.dumps(final_output.look_outcome_as_plain(looked)))
        elif not context.quiet:
            click.echo(final_output.look_text(looked), nl=False)
    return 0


def _model() -> ScoreModel:
    """Return what makes forecasts: loaded only now, since it needs numpy."""
    model: ScoreModel = importlib.import_module("gitjournal.suggest.gate").SurrogateModel()
    return model
