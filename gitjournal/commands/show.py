"""gitjournal show: one entry, what was asked and what came out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from gitjournal.commands.context import Context
from gitjournal.commands.figure import entry_chart, require_output, show_chart
from gitjournal.commands.notice import warn_of_repeats
from gitjournal.entry import verdict
from gitjournal.entry.metrics import direction
from gitjournal.entry.parse import split_text
from gitjournal.entry.record import read_time
from gitjournal.entry.results_block import strip_block
from gitjournal.entry.summary import Summary, summarise
from gitjournal.entry.verdict import Verdict
from gitjournal.errors import EntryError, GitjournalError, UsageError
from gitjournal.journal.journal import Journal, Opened, open_journal
from gitjournal.render import entry as words
from gitjournal.render import looks as testing
from gitjournal.render import text
from gitjournal.render.forecast import gated_line
from gitjournal.render.identity import explained_as_plain, explained_lines
from gitjournal.render.overlaps import finding_meaning
from gitjournal.render.score import gain_words, no_baseline
from gitjournal.run.explain import Explained, explain
from gitjournal.run.sealed_set import looks_at
from gitjournal.stats.gain import Baseline, gain_over
from gitjournal.stats.looks import is_look, look_of_entry

LABEL = 12


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
        explained = explain(journal.lab, context.start, opened) if identity else None
        if as_json:
            plain = _entry_as_plain(opened, summary, _find_baseline(journal, opened), explained, with_runs=with_runs)
            click.echo(json.dumps({**plain, "test": _look_as_plain(journal, opened)}, indent=2))
        elif explained is not None:
            click.echo("\n".join(explained_lines(explained, color=context.color)))
        else:
            click.echo("\n".join(_entry_lines(journal, opened, summary, with_runs=with_runs, color=context.color)))
        warn_of_repeats(context, journal.repeated())


def _entry_lines(journal: Journal, opened: Opened, summary: Summary, *, with_runs: bool, color: bool) -> Iterator[str]:
    yield from _head_lines(opened, summary, color=color)
    baseline = _find_baseline(journal, opened)
    judged = _read_verdict(opened)
    for word, content in [*words.declaration_rows(opened.entry.front), *_baseline_rows(opened, summary, baseline)]:
        yield _label_line(word, content, color=color)
        if word == "expect":
            for outcome in judged.outcomes if judged else ():
                yield _label_line("", f"{outcome.verdict}: {text.clean(outcome.words)}", color=color)
    yield from _result_lines(journal, opened, summary, baseline, color=color)
    if with_runs and opened.records:
        yield from ("", text.paint("every run", "bold", color=color))
        width = text.terminal_width()
        runs = [one for one in opened.records if not is_look(one)]
        yield words.runs_table(runs, summary, width=width, color=color, when=lambda at: _age_words(at, short=True))
    notes = _notes(opened)
    if notes:
        yield ""
        yield text.clean_lines(notes)


def _head_lines(opened: Opened, summary: Summary, *, color: bool) -> Iterator[str]:
    listed = opened.listed
    yield text.paint(text.wrap(text.clean(opened.entry.front.title)), "bold", color=color)
    when = _age_words(summary.last_at)
    yield " · ".join(filter(None, [text.clean(listed.row.id), listed.state, text.clean(listed.branch), when]))
    if listed.draft and listed.ref:
        yield f"edited since: gitjournal diff {listed.row.id[-4:]}"
    yield ""


def _result_lines(journal: Journal, opened: Opened, summary: Summary, baseline: Baseline | str | None, *, color: bool) -> Iterator[str]:
    if not opened.records:
        yield ""
        yield f"not run yet; next: gitjournal exec {opened.listed.row.id[-4:]}"
        return
    yield ""
    yield text.wrap(words.best_words(summary))
    reached = gain_over(summary, opened.records, baseline) if isinstance(baseline, Baseline) else None
    yield words.best_table(summary, width=text.terminal_width(), color=color, baseline=reached.score if reached else None)
    left = len(summary.configurations) - words.BEST
    if left > 0:
        yield f"{text.count(left, 'more configuration')}: gitjournal show {opened.listed.row.id[-4:]} --runs"
    yield ""
    for word, content in _look_rows(journal, opened, summary):
        yield _label_line(word, content, color=color)
    sections = [
        ("parameters", words.effects_lines(summary)),
        ("failures", words.failure_lines(summary)),
        ("skipped", [gated_line(summary.gated)]),
        ("findings", [f"{finding_meaning(code)}, in {text.count(amount, 'run')}" for code, amount in summary.findings.items()]),
        ("cost", [words.cost_words(summary)]),
        ("environment", _environment_lines(journal, opened, summary)),
    ]
    for word, lines in sections:
        for number, line in enumerate(filter(None, lines)):
            yield _label_line("" if number else word, line, color=color)


def _look_rows(journal: Journal, opened: Opened, summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield the entry's last look at the test part, which of how many it was, and what that many mean."""
    split, data = opened.entry.front.split, opened.entry.front.data
    if not data.hash or not split or not (split.test or (split.given and data.files and data.files.test)):
        return
    looks = looks_at(journal.lab, journal.index, data.hash)
    open_journal = look_of_entry(looks, opened.listed.row.id)
    if open_journal is None:
        yield "test set", testing.look_count(looks).removeprefix("test set: ")
        return
    of = f", of {settings}" if (settings := text.settings(open_journal.record.grid)) else ""
    yield (
        "test set",
        f"{testing.look_score(open_journal.record, summary.metric, len(looks))}{of}, {testing.look_number(open_journal, looks)}",
    )
    if line := testing.look_meaning(open_journal, looks, summary.metric):
        yield "", line


def _look_as_plain(journal: Journal, opened: Opened) -> dict[str, Any] | None:
    looks = looks_at(journal.lab, journal.index, opened.entry.front.data.hash or "")
    open_journal = look_of_entry(looks, opened.listed.row.id)
    return testing.look_as_plain(open_journal, looks) if open_journal else None


def _label_line(word: str, content: str, *, color: bool) -> str:
    wrapped = text.wrap(content, indent=" " * LABEL) or " " * LABEL
    return text.paint(word.ljust(LABEL), "dim", color=color) + wrapped[LABEL:]


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


def _read_verdict(opened: Opened) -> Verdict | None:
    """Return what the results block says of what was expected; what is retracted says nothing any more."""
    return verdict.read_page(opened.entry.text, opened.entry.id) if opened.listed.row.verdict else None


def _baseline_rows(opened: Opened, summary: Summary, baseline: Baseline | str | None) -> list[tuple[str, str]]:
    if baseline is None or isinstance(baseline, str):
        return [("baseline", baseline or no_baseline(opened.entry.front))] if baseline or _lacks_baseline(opened) else []
    name = f'{baseline.id} "{text.clean(baseline.title)}"'
    if baseline.retracted:
        return [("baseline", f"{name}, which is retracted")]
    gain = gain_over(summary, opened.records, baseline)
    best = baseline.summary.best
    score = best.scores.get(summary.deciding or "") if best else None
    reached = f": {text.clean(summary.deciding or '')} {text.number(score.mean)}" if score else ""
    return [("baseline", f"{name}{reached}{f', gain {gain_words(gain)}' if gain else ''}")]


def _lacks_baseline(opened: Opened) -> bool:
    """Whether the entry has results, and nothing to compare them with."""
    return bool(opened.records) and not opened.listed.row.estimator.startswith("Dummy")


def _gain_as_plain(opened: Opened, summary: Summary, baseline: Baseline | str | None) -> dict[str, Any] | None:
    gain = gain_over(summary, opened.records, baseline) if isinstance(baseline, Baseline) else None
    if gain is None:
        return None
    interval = [gain.interval.low, gain.interval.high] if gain.interval else None
    return {"baseline": gain.baseline, "score": gain.score, "difference": gain.difference, "interval": interval}


def _environment_lines(journal: Journal, opened: Opened, summary: Summary) -> list[str]:
    ref = opened.listed.ref
    blobs = journal.lab.repository.blobs([f"{ref}:environments/{name}.json" for name in summary.environments if name.isalnum()])
    lines = []
    for name in summary.environments:
        try:
            environment = json.loads(blobs.get(f"{ref}:environments/{name}.json", b"null"))
        except (ValueError, RecursionError):
            environment = None
        lines.append(words.environment_words(environment) if isinstance(environment, dict) else f"{text.clean(name)[:12]} (not described)")
    if not lines and summary.kernels:
        lines.append(f"kernel {text.clean(', '.join(summary.kernels))}")
    flags = {tuple(record.flags.items()): None for record in opened.records if record.flags}
    return lines + [text.clean(", ".join(f"{name} {value}" for name, value in one)) for one in flags]


def _notes(opened: Opened) -> str:
    """Return the person's prose, without the block of results that says what stands above."""
    entry = opened.entry
    try:
        _, body = split_text(strip_block(entry.text, entry.id), file=entry.id)
    except EntryError:
        body = entry.body
    return body.strip("\n")


def _age_words(at: str | None, *, short: bool = False) -> str:
    return text.age(read_time(at), datetime.now(UTC), short=short)


def _entry_as_plain(
    opened: Opened,
    summary: Summary,
    baseline: Baseline | str | None,
    explained: list[Explained] | None,
    *,
    with_runs: bool,
) -> dict[str, Any]:
    listed = opened.listed
    plain: dict[str, Any] = {
        "id": listed.row.id,
        "title": opened.entry.front.title,
        "state": listed.row.state,
        "edited": listed.draft is not None and listed.ref is not None,
        "branch": listed.branch or None,
        "path": listed.row.path,
        "declared": msgspec.to_builtins(opened.entry.front),
        "metric": summary.deciding,
        "higher_is_better": direction(summary.metric) > 0 if summary.metric else None,
        "summary": msgspec.to_builtins(summary),
        "verdict": listed.row.verdict or None,
        "expected": verdict.as_plain(_read_verdict(opened)),
        "gain": _gain_as_plain(opened, summary, baseline),
        "notes": _notes(opened),
    }
    if with_runs:
        plain["runs"] = [msgspec.to_builtins(record) for record in opened.records]
    if explained is not None:
        plain["identity"] = explained_as_plain(explained)
    return plain
