"""gitjournal ls: the entries, each with its best result."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from gitjournal.commands.context import Context
from gitjournal.commands.notice import tell_repeated
from gitjournal.entry.metrics import direction
from gitjournal.entry.verdict import WORDS
from gitjournal.errors import UsageError
from gitjournal.journal import query
from gitjournal.journal.entry_ids import can_mean
from gitjournal.journal.overview import Listed, data_names, gains, look
from gitjournal.journal.rows import Row
from gitjournal.journal.similar import Near, Progress, Recalled, outcome, recall
from gitjournal.render import looks as testing
from gitjournal.render import text
from gitjournal.render.verdict import ROLES as VERDICT_ROLES
from gitjournal.run.look_budget import looks_at
from gitjournal.stats.looks import Look

ROLES = {"failed": "bad", "unreadable": "bad", "partly": "look", "retracted": "dim", "draft": "dim", "planned": "dim"}
NEAR = 20  # entries that --like shows where no number is asked for
REASONS = 4  # of one entry that are told
SLOW_SECONDS = 1.0
NONE_YET = 'The journal has no entries yet. Write the first: gitjournal new "my first question"'


@click.command("ls")
@click.option("--where", multiple=True, metavar="TEXT", help="Only these: 'dev.accuracy > 0.95 and tag == svm'.")
@click.option("--tag", multiple=True, help="Only entries with this tag.")
@click.option("--data", help="Only entries on this data set.")
@click.option("--state", help="Only these: draft, planned, done, failed, partly or retracted.")
@click.option("--verdict", type=click.Choice([*WORDS, "none"]), help="Only entries that were judged so: what was expected, what came out.")
@click.option(
    "--like",
    metavar="TEXT",
    help="Only what is near these words and numbers ('dropout 0.5', 'svc C 10'), or near an entry's procedure (k3f9).",
)
@click.option("--sort", metavar="NAME", help="Sort by PART.METRIC, runs, title, state or age; -NAME: highest first.")
@click.option("-n", "limit", type=click.IntRange(min=1), help="At most this many.")
@click.option("--all", "everywhere", is_flag=True, help="Also the entries that only other branches hold.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects for programs.")
@click.pass_obj
def command(
    context: Context,
    where: tuple[str, ...],
    tag: tuple[str, ...],
    data: str | None,
    state: str | None,
    verdict: str | None,
    like: str | None,
    sort: str | None,
    limit: int | None,
    everywhere: bool,
    as_json: bool,
) -> None:
    """List the entries, newest first, each with the score of its best configuration.

    A draft is an entry that is not committed yet.

    --like lists what is at least half as near as the nearest: first what was refuted, failed or was retracted, then the rest, each the
    nearest first. Words are looked for in titles, hypotheses, notes, tags, procedures and the names of data; a number is that of the
    parameter named before it, and the nearer its value the better. An entry is compared by the steps or layers of its procedure and all
    their parameters.
    """
    if like is not None and sort:
        raise UsageError("--like has an order of its own, the nearest first", hint="leave out --sort")
    clauses = [*clauses_of(where, tag, data, state), *([query.Clause("verdict", "==", verdict)] if verdict else [])]
    order = query.parse_sort(sort) if sort else query.Order("age", descending=False)
    with look(context.start) as overview:
        every = overview.everywhere() if everywhere else overview.here()
        repeated = overview.repeated()
        hashes = {one.row.data_hash for one in every if one.row.look or (data and one.row.tested)} - {""}
        looks = {one: looks_at(overview.lab, overview.index, one) for one in sorted(hashes)}
        asked = list(dict.fromkeys([clause.name for clause in clauses] + [order.name]))
        query.check_known(asked, {name for one in every for name in one.row.values})
        found = _sorted([one for one in every if query.matching(clauses, values_of(one))], order)
        recalled = None
        if like is not None:
            most = limit or (None if as_json else NEAR)
            recalled = recall(overview, like, every, found, limit=most, progress=_progress(quiet=context.quiet))
    gained = gains(every)
    shown = found[:limit]
    if recalled is not None and as_json:
        click.echo(json.dumps([_near_object(one, gained, looks) for one in recalled.near], indent=2))
    elif recalled is not None:
        click.echo(_near(recalled, every, color=context.color))
    elif as_json:
        click.echo(json.dumps([as_object(one, gained.get(one.row.id), looks.get(one.row.data_hash, [])) for one in shown], indent=2))
    elif shown:
        extra = [name for name in asked if "." in name]
        judged = verdict not in (None, "none")
        table = _table(shown, every, gained, looks, extra, branches=everywhere, color=context.color)
        click.echo(_expectations(shown, every, color=context.color) if judged else table)
        if len(shown) < len(found):
            click.echo(f"{len(shown)} of {text.count(len(found), 'entry', 'entries')}")
        tested = {one.row.data_hash for one in shown if one.row.tested} & looks.keys()
        if data and len(tested) == 1:
            click.echo(testing.times(looks[tested.pop()]))
        told = no_baseline(shown, every)
        if told and not judged:
            click.echo(told)
    elif every:
        click.echo(f"No entry matches. All {len(every)}: gitjournal ls")
    else:
        click.echo(NONE_YET)
    tell_repeated(context, repeated)


def clauses_of(where: Sequence[str], tag: Sequence[str], data: str | None, state: str | None) -> list[query.Clause]:
    """Return what the options ask for. Raises UsageError that quotes what was not understood."""
    clauses = [clause for one in where for clause in query.parse_where(one)]
    clauses += [query.Clause("tag", "==", one) for one in tag]
    return clauses + [query.Clause(name, "==", one) for name, one in (("data", data), ("state", state)) if one]


def _near_object(one: Near, gained: dict[str, float | None], looks: dict[str, list[Look]]) -> dict[str, Any]:
    row = one.listed.row
    plain = as_object(one.listed, gained.get(row.id), looks.get(row.data_hash, []))
    return {**plain, "near": round(one.score, 4), "why": one.reasons}


def _near(recalled: Recalled, every: Sequence[Listed], *, color: bool) -> str:
    """Return what is near as a table, each with the reason."""
    ids = short_ids([one.row.id for one in every])
    entry = recalled.entry
    about = f"the procedure of {text.clean(ids[entry.row.id])}" if entry else f"`{text.clean(recalled.asked)}`"
    if not recalled.near:
        return f"Nothing is near {about}. All {len(every)}: gitjournal ls" if every else NONE_YET
    columns = [
        text.Column("id"),
        text.Column("title", shrinks=True),
        text.Column("best"),
        text.Column("outcome", words=ROLES | VERDICT_ROLES),
        text.Column("near", right=True),
        text.Column("why", shrinks=True),
    ]
    rows = [
        [
            text.clean(ids[one.listed.row.id]),
            text.clean(one.listed.row.title or one.listed.row.error),
            _best(one.listed.row, named=True),
            outcome(one.listed),
            f"{one.score:.2f}",
            text.clean(_some(one.reasons)),
        ]
        for one in recalled.near
    ]
    lines = [f"near {about}, whose title is {text.clean(entry.row.title)}"] if entry else []
    lines.append(text.table(columns, rows, width=text.terminal_width(), color=color))
    if len(recalled.near) < recalled.of:
        lines.append(f"{len(recalled.near)} of {text.count(recalled.of, 'entry', 'entries')} that are near; more: -n {recalled.of}")
    return "\n".join(lines)


def _some(reasons: Sequence[str]) -> str:
    more = [f"{len(reasons) - REASONS} more"] if len(reasons) > REASONS else []
    return "; ".join([*reasons[:REASONS], *more])


def _progress(*, quiet: bool) -> Progress:
    """Return what tells how far the first reading is, once it has taken longer than a second."""
    begun = time.monotonic()
    shown = not quiet and sys.stderr.isatty()

    def tell(done: int, of: int) -> None:
        if shown and time.monotonic() - begun > SLOW_SECONDS:
            said = f"{done} of {text.count(of, 'entry', 'entries')} read" if done < of else " " * 40
            click.echo(f"\r{said}" + ("" if done < of else "\r"), nl=False, err=True)

    return tell


def as_object(one: Listed, gain: float | None, looks: Sequence[Look] = ()) -> dict[str, Any]:
    """Return an entry as a plain object: full id, ISO dates, numbers as they are."""
    row = one.row
    when = moment(one)
    look = _look(row, looks)
    return {
        "id": row.id,
        "title": row.title,
        "state": row.state,
        "edited": one.draft is not None and one.ref is not None,
        "branch": one.branch or None,
        "path": row.path,
        "metric": f"dev.{row.metric}" if row.metric else None,
        "higher_is_better": direction(row.metric) > 0 if row.metric else None,
        "best": row.best,
        "sd": row.sd,
        "seeds": row.seeds,
        "gain": gain,
        "baseline": row.baseline,
        "expect": row.expect,
        "confidence": row.confidence,
        "verdict": row.verdict or None,
        "came_out": row.came_out,
        "values": row.values,
        "runs": row.runs,
        "failed": row.failed,
        "data": row.data,
        "look": {"number": look.number, "of": len(looks)} if look else None,
        "estimator": row.estimator,
        "tags": row.tags,
        "at": when.isoformat() if when else None,
        "error": row.error or None,
    }


def _look(row: Row, looks: Sequence[Look]) -> Look | None:
    return next((one for one in looks if one.record.run == row.look), None)


def no_baseline(shown: Sequence[Listed], every: Sequence[Listed]) -> str:
    """Return that entries are compared with nothing, and what to do about it; "" where all are."""
    baselines = {one.row.baseline for one in every if one.row.baseline}
    alone = [one.row for one in shown if one.row.best is not None and lacks_baseline(one.row, baselines)]
    if not alone:
        return ""
    which = text.clean(alone[0].id[-4:]) if len(alone) == 1 else text.count(len(alone), "entry", "entries")
    sources = {one.source for one in alone}
    data = text.clean(sources.pop()) if len(sources) == 1 else "DATA"
    return f"no baseline: {which}; the usual ones: gitjournal new --baselines {data}"


def lacks_baseline(row: Row, baselines: set[str]) -> bool:
    """Whether an entry names no baseline, and is none itself."""
    return not (row.baseline or row.estimator.startswith("Dummy") or any(can_mean(part, row.id) for part in baselines))


def moment(one: Listed) -> datetime | None:
    """Return when something last happened: the last run, else the draft's last change, else the day in the id."""
    if one.row.at:
        return text.moment(one.row.at)
    if one.draft and one.draft.changed:
        return datetime.fromtimestamp(one.draft.changed, UTC)
    return text.moment(one.row.id[:8])


def short_ids(ids: Sequence[str]) -> dict[str, str]:
    """Return the shortest end of each id that means it alone: its last four characters, or more words of it."""
    alike: dict[str, list[str]] = {}
    for one in dict.fromkeys(ids):
        alike.setdefault(one.rpartition("-")[2], []).append(one)
    return {one: end if len(group) == 1 else _longer(one, group) for end, group in alike.items() for one in group}


def _longer(one: str, alike: Sequence[str]) -> str:
    words = one.split("-")
    for length in range(2, len(words)):
        end = "-".join(words[-length:])
        if sum(f"-{other}".endswith(f"-{end}") for other in alike) == 1:
            return end
    return one


def values_of(one: Listed) -> dict[str, query.Value]:
    """Return what `--where` can ask of an entry."""
    row = one.row
    return {**row.values, "runs": row.runs, "tag": row.tags, "data": data_names(row), "state": row.state, "verdict": row.verdict or "none"}


def _sorted(listed: Sequence[Listed], order: query.Order) -> list[Listed]:
    """Sort by a name; entries without a value come last whichever way."""
    newest = sorted(listed, key=_age_key, reverse=True)
    if order.name == "age":
        return newest[::-1] if order.descending else newest
    keyed = [(_sort_key(one.row, order.name), one) for one in newest]
    with_value = [(key, one) for key, one in keyed if key is not None]
    with_value.sort(key=lambda pair: pair[0], reverse=order.descending)
    return [one for _, one in with_value] + [one for key, one in keyed if key is None]


def _sort_key(row: Row, name: str) -> Any:
    if name == "title":
        return row.title.lower() or None
    return {"id": row.id, "state": row.state, "runs": row.runs}.get(name, row.values.get(name))


def _age_key(one: Listed) -> tuple[str, str]:
    when = moment(one)
    return (one.row.id[:8], when.isoformat() if when else "")


def _table(
    shown: Sequence[Listed],
    every: Sequence[Listed],
    gained: dict[str, float | None],
    looks: dict[str, list[Look]],
    extra: Sequence[str],
    *,
    branches: bool,
    color: bool,
) -> str:
    now = datetime.now(UTC)
    metrics = {one.row.metric for one in shown if one.row.best is not None}
    same = metrics.pop() if len(metrics) == 1 else None
    spread = " ± SD" if any(one.row.sd is not None for one in shown) else ""
    lower = " (lower is better)" if same and direction(same) < 0 else ""
    heading = f"best dev.{text.clean(same)}{spread}{lower}" if same else f"best{spread}"
    extra = [name for name in extra if same is None or name != f"dev.{same}"]
    ids = short_ids([one.row.id for one in every])
    baselines = {one.row.baseline for one in every if one.row.baseline}
    judged = any(one.row.verdict for one in shown)
    columns = [
        text.Column("id"),
        text.Column("title", shrinks=True),
        text.Column(heading, right=bool(same)),
        *(text.Column(name, right=True) for name in extra),
        text.Column("gain", right=True),
        text.Column("test") if any(one.row.look for one in shown) else text.Column(""),
        text.Column("runs", right=True, spare=True),
        text.Column("state", marked=True),
        text.Column("verdict", words=VERDICT_ROLES),
        text.Column("branch") if branches else text.Column(""),
        text.Column("age", right=True, spare=True),
    ]
    rows = [
        [
            text.clean(ids[one.row.id]),
            text.clean(one.row.title or one.row.error),
            _best(one.row, named=same is None),
            *(text.number(one.row.values.get(name)) for name in extra),
            _gain(one.row, gained, baselines),
            _tested(one.row, looks.get(one.row.data_hash, [])),
            str(one.row.runs) if one.row.runs else "-",
            one.state,
            one.row.verdict or ("-" if judged else ""),
            text.clean(one.branch) if branches else "",
            text.age(moment(one), now, short=True),
        ]
        for one in shown
    ]
    roles = [ROLES.get(one.row.state, "") for one in shown]
    return text.table(columns, rows, width=text.terminal_width(), roles=roles, color=color)


def _expectations(shown: Sequence[Listed], every: Sequence[Listed], *, color: bool) -> str:
    """Return a table of what was expected and what came out, a line for each expectation."""
    now = datetime.now(UTC)
    ids = short_ids([one.row.id for one in every])
    columns = [text.Column("id"), text.Column("title", shrinks=True), text.Column("expected"), text.Column("came out")]
    columns += [text.Column("age", right=True, spare=True)]
    rows = []
    for one in shown:
        head = [text.clean(ids[one.row.id]), text.clean(one.row.title)]
        age = text.age(moment(one), now, short=True)
        for expected, came_out in zip(one.row.expect, one.row.came_out, strict=False):
            rows.append([*head, text.clean(expected), text.clean(came_out), age])
            head, age = ["", ""], ""
    return text.table(columns, rows, width=text.terminal_width(), color=color)


def _best(row: Row, *, named: bool) -> str:
    if row.best is None or row.metric is None:
        return "-"
    shown = text.short_spread(row.best, row.sd)
    lower = " (lower is better)" if direction(row.metric) < 0 else ""
    return f"dev.{text.clean(row.metric)} {shown}{lower}" if named else shown


def _tested(row: Row, looks: Sequence[Look]) -> str:
    """Return a test score, and which of how many looks it is from."""
    look = _look(row, looks)
    value = row.values.get(f"test.{row.metric}")
    return f"{text.number(value)} (look {look.number} of {len(looks)})" if look and value is not None else ""


def _gain(row: Row, gained: dict[str, float | None], baselines: set[str]) -> str:
    if row.id in gained:
        return text.difference(gained[row.id], row.best or 0.0)
    # a baseline may be named by any part of its id: the usual two are looked for
    return "baseline" if baselines & {row.id, row.id[-4:]} else ""
