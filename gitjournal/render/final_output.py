"""What `exec --final` prints and commits: one look at the test part."""

from __future__ import annotations

from typing import Any

from gitjournal.entry.model import Entry
from gitjournal.entry.summary import Summary
from gitjournal.render import text
from gitjournal.render.looks import look_as_plain, look_meaning, look_score
from gitjournal.render.score import lower_note
from gitjournal.run.final import LookOutcome
from gitjournal.stats import looks as counting
from gitjournal.stats.looks import Look


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
        return f"fitted on all {learned:,} rows outside the test part: each fold's model was fitted on fewer"
    several = f"{len(look.record.seeds)} models, one for each seed: " if look.record.seeds else ""
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
