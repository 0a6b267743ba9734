"""gitjournal compare: is one entry really better than another?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from gitjournal.commands.context import Context
from gitjournal.commands.figure import figure_format, save_chart
from gitjournal.commands.option_values import parse_point
from gitjournal.entry.labels import data_label, estimator_label, point_label
from gitjournal.errors import UsageError
from gitjournal.journal.journal import Journal, Listed, open_journal
from gitjournal.render import comparison as words
from gitjournal.render import text
from gitjournal.render.charts.differences import compared_entries, compared_over_data
from gitjournal.render.charts.model import Intervals
from gitjournal.run.compare import (
    MeasuredEntry,
    correct_selection,
    find_configuration,
    judge_difference,
    measure_entry,
    metric_to_compare,
    read_sample,
)
from gitjournal.stats.compare import adjust_p_values
from gitjournal.stats.evidence import Comparison
from gitjournal.stats.over_datasets import DataScore, over_data
from gitjournal.stats.sample import Sample
from gitjournal.worker.pool import WorkerPool

By = Literal["procedure", "tag"]


@click.command("compare")
@click.argument("parts", metavar="A [B]...", nargs=-1, required=True)
@click.option("--metric", metavar="NAME", help="What to compare, such as roc_auc or train.loss; by default what decides A.")
@click.option(
    "--by",
    type=click.Choice(["procedure", "tag"]),
    default="procedure",
    show_default=True,
    help="Over several data sets: what tells the compared ones apart.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw the differences with their intervals: .svg, .png or .pdf.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@click.pass_obj
def command(context: Context, parts: tuple[str, ...], metric: str | None, by: By, plot: Path | None, as_json: bool) -> None:
    """Say whether A is really better than B, and how sure that is.

    An entry stands with its best configuration; A:svc__C=10,svc__gamma=0.01 names another one by its grid values, or A:3fa2 by
    the beginning of its fingerprint. What is named counts as chosen from all configurations of its entry.

    With A alone it is compared with its baseline, with several others with each of them. The test is chosen by what the runs
    hold: rows of a holdout, seeds, splits, folds. Entries on six or more data sets are compared over those.
    """
    if plot is not None:
        figure_format(plot)  # before minutes of work, not after
    with open_journal(context.start) as journal, WorkerPool() as pool:
        listed = _listed_entries(journal, parts)
        entries = [measure_entry(journal, journal.open(entry)) for entry, _ in listed]
        named = [_find_named(entry, point) if point else "" for entry, (_, point) in zip(entries, listed, strict=True)]
        name = metric_to_compare(entries[0], metric)
        samples = [read_sample(entry, name, journal.lab, pool, named=one) for entry, one in zip(entries, named, strict=True)]
        _check_no_twins(samples)
        if len(samples) > 2 and len({str(one.data.get("hash")) for one in samples}) > 1:
            if any(named):
                raise UsageError("over several data sets each entry stands with its best", hint="name the entries alone, without `:`")
            values = [correct_selection(own, entry, journal.lab, pool) for entry, own in zip(entries, samples, strict=True)]
            answer = _compare_over_data(_cells(entries, samples, values, by), samples, color=context.color)
        else:
            comparisons = [judge_difference(samples[0], other, entries[0], journal.lab, pool) for other in samples[1:]]
            titles = {entry.entry.id: entry.entry.front.title for entry in entries}
            answer = _compare_entries(comparisons, titles, color=context.color)
    if plot is not None:
        save_chart(answer.figure, plot)
    if as_json:
        click.echo(json.dumps(answer.plain, indent=2))
        return
    click.echo("\n".join(answer.lines))
    if plot is not None and not context.quiet:
        click.echo(f"drawn: {plot}")


@dataclass(frozen=True)
class _Answer:
    """What was found, for people, for programs and as a figure."""

    lines: list[str]
    plain: dict[str, Any]
    figure: Intervals


def _listed_entries(journal: Journal, parts: Sequence[str]) -> list[tuple[Listed, str]]:
    """Return the entries that are meant, each with what stands after its colon."""
    split = [part.partition(":") for part in parts]
    empty = next((part for part, colon, point in split if colon and not point), None)
    if empty:
        raise UsageError(f"no configuration follows `{empty}:`", hint=f"gitjournal compare {empty}:svc__C=10 ID")
    listed = [(journal.find(part), point) for part, _, point in split]
    if len(listed) == 1:
        first = listed[0][0]
        baseline = journal.open(first).entry.front.baseline
        if not baseline:
            short = text.clean(first.row.id[-4:])
            raise UsageError(f"{short} names no baseline to compare it with", hint=f"name another entry: gitjournal compare {short} ID")
        listed.append((journal.find(baseline), ""))
    entries = [(entry.row.id, point) for entry, point in listed]
    twice = next((one for number, one in enumerate(entries) if one in entries[:number]), None)
    if twice:
        raise UsageError(f"{':'.join(filter(None, twice))} is named twice")
    return listed


def _find_named(entry: MeasuredEntry, point: str) -> str:
    return find_configuration(entry, parse_point(point) if "=" in point else point)


def _check_no_twins(samples: Sequence[Sample]) -> None:
    """Raise UsageError where the same configuration of one entry is meant twice."""
    meant = [(one.entry, one.fingerprint) for one in samples]
    twice = next((one for number, one in enumerate(samples) if meant[number] in meant[:number]), None)
    if twice:
        raise UsageError(f"{twice.entry[-4:]}: the same configuration is named twice, {point_label(twice.grid) or twice.fingerprint[:8]}")


def _compare_entries(comparisons: Sequence[Comparison], titles: dict[str, str], *, color: bool) -> _Answer:
    adjusted_p = adjust_p_values(comparisons)
    plain = [words.comparison_as_plain(comparison, p) for comparison, p in zip(comparisons, adjusted_p, strict=True)]
    alone = len(comparisons) == 1
    lines = (
        words.comparison_lines(comparisons[0], color=color)
        if alone
        else words.comparison_table(comparisons, adjusted_p, titles, color=color)
    )
    return _Answer(list(lines), {"comparisons": plain}, compared_entries(comparisons, titles))


def _compare_over_data(cells: Sequence[DataScore], samples: Sequence[Sample], *, color: bool) -> _Answer:
    first = samples[0]
    result = over_data(cells, first.direction)
    lines = list(words.over_data_lines(result, first.metric, first.direction, color=color))
    most = max(one.k for one in samples)
    if most > 1:
        lines.append(f"the best of several (up to {most}) stands with what it would reach on other rows, without its luck (BBC)")
    return _Answer(lines, words.over_data_as_plain(result, first.metric, first.direction), compared_over_data(result, first))


def _cells(entries: Sequence[MeasuredEntry], samples: Sequence[Sample], values: Sequence[float], by: By) -> list[DataScore]:
    """Return what each procedure reached on each data set."""
    return [
        DataScore(entry.entry.id, procedure, _data_name(entry, own), value)
        for entry, own, value, procedure in zip(entries, samples, values, _procedures(entries, by), strict=True)
    ]


def _procedures(entries: Sequence[MeasuredEntry], by: By) -> list[str]:
    """Return a name for what each entry stands for: its last step, or its tags without those that all have."""
    if by == "procedure":
        return [estimator_label(one.entry.front.procedure) for one in entries]
    tags = [list(one.entry.front.tags or []) for one in entries]
    common = set(tags[0]).intersection(*tags)
    names = [" ".join(tag for tag in own if tag not in common) for own in tags]
    without = next((one.entry.short_id for one, name in zip(entries, names, strict=True) if not name), None)
    if without:
        raise UsageError(
            f"{without} has no tag that tells it apart", hint="give each entry a tag for what it stands for, such as `tags: [svc]`"
        )
    return names


def _data_name(entry: MeasuredEntry, own: Sample) -> str:
    return f"{data_label(entry.entry.front.data)} {str(own.data.get('hash')).partition(':')[2][:6]}"
