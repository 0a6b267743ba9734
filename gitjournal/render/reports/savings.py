"""The report on savings: runs that were avoided, why, and what was spent, in words and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from gitjournal.render import text
from gitjournal.run.savings import Savings, SavingsReport

REASONS = {
    "reused": "done by other entries, and taken from them",
    "refused": "refused: all done before (on this clone)",
    "same": "the same as others, written otherwise",
    "seeds": "another seed where nothing draws",
    "skipped": "skipped as unlikely to beat the best",
}

COLUMNS = (
    text.Column("avoided"),
    text.Column("runs", right=True),
    text.Column("time", right=True),
    text.Column("entries", right=True),
)


def waste_lines(waste: SavingsReport) -> Iterator[str]:
    """Yield the share that was avoided, why, what the control says of the gate, and what was spent."""
    avoided, spent = waste.total, waste.made
    if not avoided.runs and not spent.runs:
        yield "nothing was run yet, and nothing refused"
        return
    asked = avoided.runs + spent.runs
    if avoided.runs:
        share = f"{100 * avoided.runs / asked:.0f} %"
        yield f"{avoided.runs:,} of {text.count(asked, 'run')} avoided ({share}), about {text.duration(avoided.seconds)}"
    else:
        yield "no run was avoided so far"
    rows = [[what, f"{saved.runs:,}", text.duration(saved.seconds), f"{saved.entries:,}"] for what, saved in _reasons(waste)]
    if rows:
        yield ""
        yield text.table(COLUMNS, rows, width=text.terminal_width())
    if waste.controls and waste.wrong:
        yield ""
        low, high = (f"{100 * end:.0f}" for end in (waste.wrong.low, waste.wrong.high))
        beat = waste.beat or "none"
        several = text.count(len(waste.controls), "unlikely configuration was", "unlikely configurations were")
        yield text.wrap(f"control: {several} run all the same, {beat} beat the best ({low} to {high} %)")
    if waste.kept is not None:
        yield text.wrap(f"as many runs drawn at random would have held the best of what was run in {100 * waste.kept:.0f} % of cases")
    yield ""
    yield text.wrap(f"spent: {', '.join(_spent_parts(waste))}")


def _reasons(waste: SavingsReport) -> Iterator[tuple[str, Savings]]:
    for name, what in REASONS.items():
        saved: Savings = getattr(waste, name)
        if saved.runs:
            yield what, saved


def _spent_parts(waste: SavingsReport) -> Iterator[str]:
    yield f"{text.count(waste.made.runs, 'run')}, {text.duration(waste.made.seconds)}"
    if waste.failed.runs:
        yield f"{waste.failed.runs:,} of them failed ({text.duration(waste.failed.seconds)})"
    if waste.repeated.runs:
        yield f"{waste.repeated.runs:,} repeated on purpose ({text.duration(waste.repeated.seconds)})"


def waste_as_plain(waste: SavingsReport) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    wrong = waste.wrong
    return {
        "avoided": asdict(waste.total),
        "made": asdict(waste.made),
        **{name: asdict(getattr(waste, name)) for name in (*REASONS, "failed", "repeated")},
        "control": {
            "configurations": len(waste.controls),
            "beat": waste.beat,
            "interval": [wrong.low, wrong.high] if wrong else None,
        },
        "best_kept_at_random": waste.kept,
    }
