"""What was saved and what was spent, in words and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from gitjournal.render import text
from gitjournal.run.savings import Saved, Waste

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


def waste_lines(found: Waste) -> Iterator[str]:
    """Yield the share that was avoided, why, what the control says of the gate, and what was spent."""
    avoided, made = found.avoided, found.made
    if not avoided.runs and not made.runs:
        yield "nothing was run yet, and nothing refused"
        return
    asked = avoided.runs + made.runs
    if avoided.runs:
        share = f"{100 * avoided.runs / asked:.0f} %"
        yield f"{avoided.runs:,} of {text.count(asked, 'run')} avoided ({share}), about {text.duration(avoided.seconds)}"
    else:
        yield "no run was avoided so far"
    rows = [[what, f"{saved.runs:,}", text.duration(saved.seconds), f"{saved.entries:,}"] for what, saved in _reasons(found)]
    if rows:
        yield ""
        yield text.table(COLUMNS, rows, width=text.terminal_width())
    if found.controls and found.wrong:
        yield ""
        low, high = (f"{100 * end:.0f}" for end in (found.wrong.low, found.wrong.high))
        beat = found.beat or "none"
        several = text.count(len(found.controls), "unlikely configuration was", "unlikely configurations were")
        yield text.wrap(f"control: {several} run all the same, {beat} beat the best ({low} to {high} %)")
    if found.kept is not None:
        yield text.wrap(f"as many runs drawn at random would have held the best of what was run in {100 * found.kept:.0f} % of cases")
    yield ""
    yield text.wrap(f"spent: {', '.join(_spent(found))}")


def _reasons(found: Waste) -> Iterator[tuple[str, Saved]]:
    for name, what in REASONS.items():
        saved: Saved = getattr(found, name)
        if saved.runs:
            yield what, saved


def _spent(found: Waste) -> Iterator[str]:
    yield f"{text.count(found.made.runs, 'run')}, {text.duration(found.made.seconds)}"
    if found.failed.runs:
        yield f"{found.failed.runs:,} of them failed ({text.duration(found.failed.seconds)})"
    if found.repeated.runs:
        yield f"{found.repeated.runs:,} repeated on purpose ({text.duration(found.repeated.seconds)})"


def as_plain(found: Waste) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    wrong = found.wrong
    return {
        "avoided": asdict(found.avoided),
        "made": asdict(found.made),
        **{name: asdict(getattr(found, name)) for name in (*REASONS, "failed", "repeated")},
        "control": {
            "configurations": len(found.controls),
            "beat": found.beat,
            "interval": [wrong.low, wrong.high] if wrong else None,
        },
        "best_kept_at_random": found.kept,
    }
