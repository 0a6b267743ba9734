"""gitjournal compare: is one entry really better than another?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from gitjournal.commands.context import Context
from gitjournal.commands.figure import kind_of, save
from gitjournal.entry.summary import data_label, estimator_label
from gitjournal.errors import UsageError
from gitjournal.git.lab import Lab
from gitjournal.journal.journal import Journal, Listed, open_journal
from gitjournal.render import comparison as words
from gitjournal.render import text
from gitjournal.render.charts import effects
from gitjournal.render.charts.model import Intervals
from gitjournal.render.score import DIRECTIONS
from gitjournal.run.compare import Measured, elsewhere, judge, measured, sample, wanted
from gitjournal.stats.compare import Comparison, adjusted
from gitjournal.stats.over_datasets import Cell, over_data
from gitjournal.stats.sample import Sample
from gitjournal.worker.pool import Crew

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

    With A alone it is compared with its baseline, with several others with each of them. The test is chosen by what the runs
    hold: rows of a holdout, seeds, splits, folds. Entries on six or more data sets are compared over those.
    """
    if plot is not None:
        kind_of(plot)  # before minutes of work, not after
    with open_journal(context.start) as journal, Crew() as crew:
        listed = _listed(journal, parts)
        found = [measured(journal, journal.open(one)) for one in listed]
        name = wanted(found[0], metric)
        samples = [sample(one, name, journal.lab, crew) for one in found]
        if len(samples) > 2 and len({str(one.data.get("hash")) for one in samples}) > 1:
            values = [elsewhere(each, one, journal.lab, crew) for one, each in zip(found, samples, strict=True)]
            _tell_over_data(context, found, samples, values, by, plot, as_json=as_json)
            return
        judged = _judged(samples, found, journal.lab, crew)
    titles = {one.entry.id: one.entry.front.title for one in found}
    if plot is not None:
        save(_figure(judged, titles), plot)
    told = adjusted(judged)
    if as_json:
        click.echo(json.dumps({"comparisons": [words.as_plain(one, p) for one, p in zip(judged, told, strict=True)]}, indent=2))
    elif len(judged) == 1:
        click.echo("\n".join(words.lines(judged[0], color=context.color)))
    else:
        click.echo("\n".join(words.table(judged, told, titles, color=context.color)))
    if plot is not None and not as_json and not context.quiet:
        click.echo(f"drawn: {plot}")


def _listed(journal: Journal, parts: Sequence[str]) -> list[Listed]:
    found = [journal.find(part) for part in parts]
    if len(found) == 1:
        baseline = journal.open(found[0]).entry.front.baseline
        if not baseline:
            short = text.clean(found[0].row.id[-4:])
            raise UsageError(f"{short} names no baseline to compare it with", hint=f"name another entry: gitjournal compare {short} ID")
        found.append(journal.find(baseline))
    ids = [one.row.id for one in found]
    twice = next((one for number, one in enumerate(ids) if one in ids[:number]), None)
    if twice:
        raise UsageError(f"{twice} is named twice")
    return found


def _judged(samples: Sequence[Sample], found: Sequence[Measured], lab: Lab, crew: Crew) -> list[Comparison]:
    return [judge(samples[0], other, found[0], lab, crew) for other in samples[1:]]


def _tell_over_data(
    context: Context,
    found: Sequence[Measured],
    samples: Sequence[Sample],
    values: Sequence[float],
    by: By,
    plot: Path | None,
    *,
    as_json: bool,
) -> None:
    first = samples[0]
    named = zip(found, samples, values, _procedures(found, by), strict=True)
    cells = [Cell(one.entry.id, procedure, _data_name(one, each), value) for one, each, value, procedure in named]
    told = over_data(cells, first.direction)
    chosen = max(one.k for one in samples)
    if plot is not None:
        rows = [effects.Effect(pair.b, pair.interval.value, pair.interval, pair.verdict(first.direction)) for pair in told.pairs]
        title = f"{told.pairs[0].a} against others on {len(told.data)} data sets"
        save(effects.figure(title, _axis(first, told.pairs[0].a), None, rows), plot)
    if as_json:
        click.echo(json.dumps(words.over_data_as_plain(told, first.metric, first.direction), indent=2))
    else:
        click.echo("\n".join(words.over_data_lines(told, first.metric, first.direction, color=context.color)))
        if chosen > 1:
            click.echo(f"the best of several (up to {chosen}) stands with what it would reach on other rows, without its luck (BBC)")


def _procedures(found: Sequence[Measured], by: By) -> list[str]:
    """Return a name for what each entry stands for: its last step, or its tags without those that all have."""
    if by == "procedure":
        return [estimator_label(one.entry.front.procedure) for one in found]
    tags = [list(one.entry.front.tags or []) for one in found]
    common = set(tags[0]).intersection(*tags)
    named = [" ".join(tag for tag in mine if tag not in common) for mine in tags]
    without = next((one.entry.short_id for one, name in zip(found, named, strict=True) if not name), None)
    if without:
        raise UsageError(
            f"{without} has no tag that tells it apart", hint="give each entry a tag for what it stands for, such as `tags: [svc]`"
        )
    return named


def _data_name(one: Measured, each: Sample) -> str:
    return f"{data_label(one.entry.front.data)} {str(each.data.get('hash')).partition(':')[2][:6]}"


def _figure(judged: Sequence[Comparison], titles: dict[str, str]) -> Intervals:
    first = judged[0].a
    rows = [
        effects.Effect(titles.get(one.b.entry) or one.b.entry, one.evidence.value, one.evidence.sure, words.after_holm(one, p))
        for one, p in zip(judged, adjusted(judged), strict=True)
    ]
    least = [one.evidence.smallest for one in judged if one.evidence.smallest is not None]
    noise = (max(least), "true differences as small as this are often missed") if least else None
    return effects.figure(_title(judged, titles), _axis(first, titles.get(first.entry) or first.entry), noise, rows)


def _title(judged: Sequence[Comparison], titles: dict[str, str]) -> str:
    if len(judged) == 1:
        return words.headline(judged[0], titles)
    told = [words.after_holm(one, p) for one, p in zip(judged, adjusted(judged), strict=True)]
    name = text.shorten(text.clean(titles.get(judged[0].a.entry) or judged[0].a.entry), 40)
    better = told.count("better")
    return f"{name} is better than {better} of {len(judged)}" if better else f"{name} is not shown to be better than any of {len(judged)}"


def _axis(first: Sample, name: str) -> str:
    return f"{first.metric}, {text.shorten(text.clean(name), 30)} minus each, 95 % intervals ({DIRECTIONS[first.direction]})"
