"""The results block that `exec` writes into an entry: Markdown, at most 40 lines whatever the grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitjournal.entry import record
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.record import Record, runs_among
from gitjournal.entry.summary import ConfigurationResult, Summary
from gitjournal.entry.verdict import UNJUDGED, Verdict, against_lines, verdict_lines
from gitjournal.render import looks, text
from gitjournal.render.charts.entry_figures import CURVES_FILE, has_curves
from gitjournal.render.forecast import skips_line
from gitjournal.render.score import gain_over_baseline, is_compared, lower_note, score_words
from gitjournal.stats.gain import Gain
from gitjournal.stats.looks import last_look

ROWS = 10
EFFECTS = 7
FAILURES = 4
LONGEST_CELL = 60
SMALL_PRINT = 8  # lines of it at most, without an expectation


def results_block(
    front: FrontMatter, summary: Summary, records: Sequence[Record], gain: Gain | None, verdict: Verdict | None = None, *, entry_id: str
) -> str:
    """Return the Markdown between the markers of an entry's results block."""
    first = [*verdict_lines(verdict), ""] if verdict else [UNJUDGED, ""] if front.expect else []
    tested = [line, ""] if (line := looks.block_line(records, summary.metric)) else []
    figure = [f"![Loss by epoch](../../{CURVES_FILE.format(entry_id)})", ""] if has_curves(summary, records) else []
    small = _small_print(front, summary, records, verdict, entry_id)
    skipped = skips_line(summary.gated)
    # what else there is to say takes its room from the effects, then from the table: the block stays short whatever the grid
    room = EFFECTS - len(first) - len(tested) - len(figure) - (len(small) - SMALL_PRINT) - (2 if skipped else 0)
    lines = ["## Results", "", *first, headline(summary, gain, compared=is_compared(front)), "", *tested]
    if summary.best:
        lines += [*_score_table(summary, ROWS + min(0, room + 1)), ""]
    lines += figure
    effects = _effect_lines(summary, max(0, room))
    if effects:
        lines += [*effects, ""]
    if skipped:
        lines += [f"- {skipped}.", ""]
    if summary.failures:
        lines += [*_failure_lines(summary), ""]
    return "\n".join([*lines, *small]) + "\n"


def headline(summary: Summary, gain: Gain | None, *, compared: bool = True) -> str:
    """Return the result in one sentence; `compared` says that there is something to compare it with."""
    best = summary.best_score
    if best is None or summary.best is None:
        return "No run has ended with a result."
    where = f" with {_inline_settings(summary.best.grid)}" if summary.best.grid else ""
    many = f", best of {summary.scored}" if summary.scored > 1 else ""
    sentence = f"**{summary.deciding} {score_words(best)}**{where}{lower_note(summary.direction)}{many}"
    if gain:
        return f"{sentence}; {gain_over_baseline(gain, summary.direction)}."
    return f"{sentence}{'' if compared else '; no baseline to compare with'}."


def markdown_cell(value: Any) -> str:
    """Return one value for a table: no Markdown or HTML of its own, no line break, not too long."""
    content = text.value(value)
    content = content if len(content) <= LONGEST_CELL else content[: LONGEST_CELL - 1] + "…"
    for special in "\\`*[]<>|&!":  # an underscore inside a word is plain in CommonMark
        content = content.replace(special, f"\\{special}")
    return content


def _inline_settings(values: dict[str, Any]) -> str:
    return ", ".join(f"{markdown_cell(name)} {markdown_cell(value)}" for name, value in values.items())


def _score_table(summary: Summary, most: int) -> list[str]:
    shown = summary.configurations[:most]
    names = list(dict.fromkeys(name for one in summary.configurations for name in one.grid))
    columns = _score_names(shown, summary)
    spread = any(one.scores[name].n > 1 for one in shown for name in columns if name in one.scores)
    head = [*names, *(f"{name} ± SD" if spread else name for name in columns), "runs"]
    rows = [f"| {' | '.join(markdown_cell(name) for name in head)} |", f"|{' --- |' * len(head)}"]
    for configuration in shown:
        cells = [markdown_cell(configuration.grid[name]) if name in configuration.grid else "-" for name in names]
        cells += [
            text.short_spread(configuration.scores[name].mean, configuration.scores[name].sd) if name in configuration.scores else "-"
            for name in columns
        ]
        rows.append(f"| {' | '.join([*cells, _run_counts(configuration)])} |")
    left = len(summary.configurations) - len(shown)
    return [*rows, *([f"\n… and {left} more."] if left else [])]


def _score_names(shown: Sequence[ConfigurationResult], summary: Summary) -> list[str]:
    """Return the scores to show: dev first (the deciding metric leading), then train's deciding one."""
    names = list(dict.fromkeys(name for one in shown for name in one.scores))
    dev = sorted((name for name in names if name.startswith("dev.")), key=lambda name: name != summary.deciding)
    further = [name for name in names if not name.startswith("dev.") and name.endswith(f".{summary.metric}")]
    return [*dev[:3], *further[:2]]


def _run_counts(configuration: ConfigurationResult) -> str:
    failed = f"{configuration.failed} failed" if configuration.failed else ""
    return " and ".join([*([str(len(configuration.seeds))] if configuration.seeds or not failed else []), *([failed] if failed else [])])


def _effect_lines(summary: Summary, most: int) -> list[str]:
    lines = []
    for effect in summary.effects[:most]:
        if text.number(effect.best_score) == text.number(effect.worst_score):
            lines.append(
                f"- {markdown_cell(effect.parameter)}: {text.number(effect.best_score)} with the best of each of {effect.values} values"
            )
            continue
        best = f"{markdown_cell(effect.best)} reached {text.number(effect.best_score)}"
        worst = f"{markdown_cell(effect.worst)} only {text.number(effect.worst_score)}"
        lines.append(f"- {markdown_cell(effect.parameter)}: {best}, {worst} (best of each of {effect.values} values)")
    return lines


def _failure_lines(summary: Summary) -> list[str]:
    kinds = list(summary.failures.items())[:FAILURES]
    return [f"- {count} failed ({kind}): {markdown_cell(summary.messages.get(kind, ''))}" for kind, count in kinds]


def _small_print(front: FrontMatter, summary: Summary, records: Sequence[Record], verdict: Verdict | None, entry_id: str) -> list[str]:
    rows = next((one.rows for one in records if one.rows), {})
    parts = ", ".join(f"{part} {n:,} rows" for part, n in rows.items())
    reused = f", {summary.borrowed} of them by other entries" if summary.borrowed else ""
    environments = ", ".join(f"[{one[:8]}](../../environments/{one}.json)" for one in summary.environments[:3]) or "-"
    lines = [
        f"Runs: [{len(runs_among(records))}]({entry_id}.runs.jsonl){reused}. {parts}.",
        f"Cost: {summary.seconds:.1f} s" + (f", at most {summary.memory_mb:,} MB" if summary.memory_mb else "") + ".",
        f"Environment: {environments}. Records: `{record.digest(records)}`.",
    ]
    lines += against_lines(verdict) if verdict else []
    if front.split and front.split.test and last_look(records) is None:
        lines.append("The test part was not looked at.")
    return ["<details><summary>Small print</summary>", "", *lines, "", "</details>"]
