"""Looks at the test set in words: beside every test score, the number of the look it is from and what so many looks mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record, read_time
from gitjournal.entry.summary import Summary
from gitjournal.journal.branches import short_ref
from gitjournal.render import text
from gitjournal.render.score import lower_note
from gitjournal.run.final import LookOutcome
from gitjournal.stats import looks as counting
from gitjournal.stats.looks import Look


def look_score(record: Record, metric: str | None, looks: int) -> str:
    """Return ``test.accuracy 0.961 [0.936, 0.977]``, the interval widened for so many looks."""
    value = counting.score_of(record, metric)
    return f"test.{text.clean(metric or '')} {text.number(value)}{_interval_words(record, metric, looks)}"


def _interval_words(record: Record, metric: str | None, looks: int) -> str:
    interval = counting.look_interval(record, metric, looks) if metric else None
    value = counting.score_of(record, metric) or 0.0
    if interval is None:
        return ""
    low, high = (f"{end:.{text.decimals(value)}f}" for end in (interval.low, interval.high))
    return f" [{low}, {high}]"


def look_number(look: Look, looks: Sequence[Look]) -> str:
    """Return ``look 2 of 3 on this test set``."""
    return f"look {look.number} of {len(looks)} on this test set"


def look_count(looks: Sequence[Look]) -> str:
    """Return ``test set: looked at 0 times``."""
    return f"test set: looked at {text.count(len(looks), 'time')}"


def look_meaning(look: Look, looks: Sequence[Look], metric: str | None) -> str:
    """Return what that many looks mean for a difference between two of their scores; nothing to say of the first one."""
    interval = counting.look_interval(look.record, metric, len(looks)) if metric else None
    if interval is None or len(looks) < 2:
        return ""
    half = (interval.high - interval.low) / 2
    return f"after {len(looks)} looks differences below about {half:.2g} may be chance, and more if looks guided choices"


def final_message(entry: Entry, summary: Summary, look: Look) -> str:
    """Return the message of the commit: ``final: SVM on digits · test.accuracy 0.961 (look 1)``, the reason, trailers."""
    record, metric = look.record, summary.metric
    value = counting.score_of(record, metric)
    trailers = [
        ("Entry", entry.id),
        ("Run", record.run),
        ("Data", entry.front.data.hash or ""),
        ("Metric", f"test.{metric}={value!r}" if value is not None else ""),
        ("Look", str(look.number)),
        ("Reason", " ".join((record.reason or "").split())),
        ("Forced", " ".join((record.forced or "").split())),
        ("Code", f"{record.code}{' (dirty)' if record.dirty else ''}" if record.code else ""),
    ]
    lines = [f"{name}: {said}" for name, said in trailers if said]
    return "\n".join([f"final: {entry.front.title} · test.{metric} {text.number(value)} (look {look.number})", "", *lines]) + "\n"


def look_text(outcome: LookOutcome) -> str:
    """Return what `exec --final` prints at its end."""
    short, metric, best = outcome.entry.short_id, outcome.summary.metric, outcome.summary.best
    allowed = f" of the {outcome.allowed} that its datasheet allows" if outcome.allowed else ""
    if outcome.look is None:
        which_one = f"   {text.settings(best.grid)}" if best and best.grid else ""
        lines = [
            f"would be look {len(outcome.looks) + 1}{allowed} on the test set, by the best on dev{which_one}",
            *(f"look {one.number}: {one.entry[-4:]} {look_score(one.record, metric, len(outcome.looks))}" for one in outcome.looks[-3:]),
            "nothing was looked at or written (dry run)",
        ]
        return "\n".join(lines) + "\n"
    look = outcome.look
    lines = [_model_line(outcome, look)] if outcome.state == "looked" else ["looked at before, and not computed again: no new look"]
    rows = f"{look.record.rows.get('test', 0):,} rows"
    where = f"look {look.number} of {len(outcome.looks)} on these {rows}" if len(outcome.looks) > 1 else f"the first look at these {rows}"
    lines.append(f"test   {look_score(look.record, metric, len(outcome.looks))}{lower_note(outcome.summary.direction)}   {where}{allowed}")
    lines += [f"       {line}"] if (line := look_meaning(look, outcome.looks, metric)) else []
    dev = outcome.summary.best_score
    lines += [f"dev    {outcome.summary.deciding} {text.spread(dev.mean, dev.sd, dev.n)}, by which it was chosen"] if dev else []
    if outcome.waiting:
        lines.append(f"the look is safe, and is committed by the next command once this has ended: {text.clean(outcome.waiting)}")
    return "\n".join([*lines, f"next: gitjournal show {short}"]) + "\n"


def _model_line(outcome: LookOutcome, look: Look) -> str:
    learned = look.record.rows.get("train", 0)
    if not outcome.proven:
        return f"fitted on all {learned:,} rows outside the test part: no fold's model is that of all of them"
    several = f"{len(look.record.seeds)} models, a seed each: " if look.record.seeds else ""
    return f"{several}fitted again on the same {learned:,} rows, and predicts dev exactly as on record"


def look_outcome_as_plain(outcome: LookOutcome) -> dict[str, Any]:
    """Return the outcome of `exec --final` as plain values for JSON."""
    return {
        "id": outcome.entry.id,
        "title": outcome.entry.front.title,
        "state": outcome.state,
        "metric": f"test.{outcome.summary.metric}",
        "look": look_as_plain(outcome.look, outcome.looks) if outcome.look else None,
        "looks": len(outcome.looks),
        "allowed": outcome.allowed,
        "same_model": outcome.proven,
        "commit": outcome.commit,
        "waiting": outcome.waiting or None,
    }


def look_as_plain(look: Look, looks: Sequence[Look]) -> dict[str, Any]:
    """Return one look as plain values; intervals are widened for all looks."""
    record = look.record
    intervals = {name: counting.look_interval(record, name, len(looks)) for name in record.metrics.get("test", {})}
    return {
        "number": look.number,
        "of": len(looks),
        "run": record.run,
        "entry": look.entry,
        "at": record.at,
        "branch": short_ref(look.ref),
        "reason": record.reason,
        "forced": record.forced,
        "rows": record.rows.get("test"),
        "metrics": record.metrics.get("test", {}),
        "intervals": {name: [one.low, one.high] for name, one in intervals.items() if one},
    }


def looks_table(looks: Sequence[Look], *, width: int | None, color: bool) -> str:
    """Return a table of all looks, in the order in which they were taken."""
    columns = [
        text.Column("look", right=True),
        text.Column("entry"),
        text.Column("title", shrinks=True),
        text.Column("score"),
        text.Column("reason", shrinks=True),
        text.Column("branch", spare=True),
        text.Column("age", right=True, spare=True),
    ]
    now = datetime.now(UTC)
    rows = []
    for look in looks:
        metric = next(iter(look.record.metrics.get("test", {})), None)
        reason = text.clean(look.record.reason or "") + (
            f"; beyond the budget: {text.clean(look.record.forced)}" if look.record.forced else ""
        )
        age = text.age(read_time(look.record.at), now, short=True)
        rows.append(
            [
                str(look.number),
                text.clean(look.entry[-4:]),
                text.clean(look.title),
                look_score(look.record, metric, len(looks)),
                reason,
                text.clean(short_ref(look.ref)),
                age,
            ]
        )
    return text.table(columns, rows, width=width, color=color)


def block_line(records: Sequence[Record], metric: str | None) -> str:
    """Return the last look of an entry for its results block, as it was when it was taken; nothing where none was."""
    last = counting.last_look(records)
    if last is None:
        return ""
    number = last.look or 1
    return f"On the test part: **{look_score(last, metric, number)}**, look {number} on this test set when it was taken."
