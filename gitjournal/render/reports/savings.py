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
    "same": "the same as another run, written differently",
    "seeds": "another seed, but nothing is random",
    "skipped": "skipped as unlikely to beat the best",
}

COLUMNS = (
    text.Column("avoided"),
    text.Column("runs", right=True),
    text.Column("time", right=True),
    text.Column("entries", right=True),
)


def savings_lines(report: SavingsReport) -> Iterator[str]:
    """Yield the share that was avoided, why, what the control says of the gate, and what was spent."""
    avoided, spent = report.total, report.made
    if not avoided.runs and not spent.runs:
        yield "nothing was run yet, and nothing refused"
        return
    asked = avoided.runs + spent.runs
    if avoided.runs:
        share = f"{100 * avoided.runs / asked:.0f} %"
        yield f"{avoided.runs:,} of {text.count(asked, 'run')} avoided ({share}), about {text.duration(avoided.seconds)}"
    else:
        yield "no run was avoided so far"
    rows = [[what, f"{saved.runs:,}", text.duration(saved.seconds), f"{saved.entries:,}"] for what, saved in _reasons(report)]
    if rows:
        yield ""
        yield text.table(COLUMNS, rows, width=text.terminal_width())
    if report.controls and report.wrong:
        yield ""
        low, high = (f"{100 * end:.0f}" for end in (report.wrong.low, report.wrong.high))
        beat = report.beat or "none"
        several = text.count(len(report.controls), "unlikely configuration was", "unlikely configurations were")
        yield text.wrap(f"control: {several} run all the same, {beat} beat the best ({low} to {high} %)")
    if report.kept is not None:
        yield text.wrap(f"as many runs drawn at random would have included the best one in {100 * report.kept:.0f} % of cases")
    yield ""
    yield text.wrap(f"spent: {', '.join(_spent_parts(report))}")


def _reasons(report: SavingsReport) -> Iterator[tuple[str, Savings]]:
    for name, what in REASONS.items():
        saved: Savings = getattr(report, name)
        if saved.runs:
            yield what, saved


def _spent_parts(report: SavingsReport) -> Iterator[str]:
    yield f"{text.count(report.made.runs, 'run')}, {text.duration(report.made.seconds)}"
    if report.failed.runs:
        yield f"{report.failed.runs:,} of them failed ({text.duration(report.failed.seconds)})"
    if report.repeated.runs:
        yield f"{report.repeated.runs:,} repeated on purpose ({text.duration(report.repeated.seconds)})"


def savings_as_plain(report: SavingsReport) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    wrong = report.wrong
    return {
        "avoided": asdict(report.total),
        "made": asdict(report.made),
        **{name: asdict(getattr(report, name)) for name in (*REASONS, "failed", "repeated")},
        "control": {
            "configurations": len(report.controls),
            "beat": report.beat,
            "interval": [wrong.low, wrong.high] if wrong else None,
        },
        "best_kept_at_random": report.kept,
    }
