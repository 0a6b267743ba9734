"""The report on the importance of parameters, in words, as a figure and as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, get_args

from gitjournal.entry.metrics import direction
from gitjournal.render import text
from gitjournal.render.charts import figures
from gitjournal.render.charts.chart_data import NamedValue
from gitjournal.render.charts.model import Intervals
from gitjournal.suggest.importance.report import ImportanceReport
from gitjournal.suggest.importance.result import Algorithm, Call, Importance, Importances, ValueScore

MOST_ROWS, MOST_BARS, MOST_NAMES = 40, 16, 3
COLUMNS = (
    text.Column("parameter", shrinks=True),
    text.Column("importance"),
    text.Column("", shrinks=True),
    text.Column("best", shrinks=True),
    text.Column("worst", shrinks=True),
    text.Column("values", right=True, spare=True),
    text.Column("runs", right=True),
)
SHARE = "share of the variance"


def importance_lines(report: ImportanceReport) -> Iterator[str]:
    """Yield what mattered, on what that rests, and the table."""
    importances = report.importances
    yield from (text.wrap(line) for line in importance_sentences(importances))
    yield text.wrap_dots(" · ".join(_basis_parts(report)))
    rows = list(_rows(importances))
    if rows:
        yield ""
        yield text.table(COLUMNS, rows[:MOST_ROWS], width=text.terminal_width())
        if len(rows) > MOST_ROWS:
            yield f"{len(rows) - MOST_ROWS} more: --json"
        yield ""
        yield text.wrap(
            f"importance: {SHARE} of dev.{text.clean(importances.metric)} that remains when all other parameters are fixed,"
            " with its 95 % interval; best and worst: what was reached with a value"
        )


def importance_sentences(importances: Importances) -> list[str]:
    """Return the conclusions: whether the algorithm matters, then which parameters of each do."""
    several = len(importances.algorithms) > 1
    lines = [_choice_sentence(importances.choice)] if importances.choice else []
    for algorithm in importances.algorithms[:MOST_NAMES]:
        sentence = _parameter_sentence(algorithm)
        if sentence:
            lines.append(f"{text.clean(algorithm.name)}: {sentence}" if several else f"{sentence} ({text.clean(algorithm.name)})")
    return lines or ["nothing was varied, so nothing can be told"]


def _choice_sentence(choice: Importance) -> str:
    ends = f"{text.clean(str(choice.best.value))} reached {text.number(choice.best.score)}"
    worst = f"{text.clean(str(choice.worst.value))} {text.number(choice.worst.score)}"
    if choice.call == "cannot be told":
        return f"whether the algorithm matters cannot be told: {text.clean(choice.why)} ({ends}, {worst})"
    return f"the algorithm {'matters' if choice.call == 'matters' else 'did not matter'}: {ends}, {worst}"


def _parameter_sentence(algorithm: Algorithm) -> str:
    names = {call: [text.clean(parameter.name) for parameter in algorithm.parameters if parameter.call == call] for call in get_args(Call)}
    matter, idle, open_ = names["matters"], names["did not matter"], names["cannot be told"]
    parts = [f"{_join_names(matter)} {'matters' if len(matter) == 1 else 'matter'}"] if matter else []
    parts += [f"{_join_names(idle)} did not{'' if matter else ' matter'}"] if idle else []
    parts += [f"{_join_names(open_)} cannot be told"] if open_ else []
    return ", ".join(parts)


def _join_names(names: Sequence[str]) -> str:
    shown = list(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        shown.append(f"{len(names) - MOST_NAMES} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _basis_parts(report: ImportanceReport) -> Iterator[str]:
    importances = report.importances
    which = "lower" if direction(importances.metric) < 0 else "higher"
    yield f"{text.clean(report.label)}, dev.{text.clean(importances.metric)} ({which} is better)"
    yield f"{text.count(importances.runs, 'configuration')} of {text.count(report.entries, 'entry', 'entries')}"
    left = ((report.failed, "failed"), (report.unscored, "without this metric"), (report.others, "on other columns or targets"))
    reasons = ", ".join(f"{amount} {why}" for amount, why in left if amount)
    if reasons:
        yield f"left out: {reasons}"


def _rows(importances: Importances) -> Iterator[list[str]]:
    several = len(importances.algorithms) > 1
    if importances.choice:
        yield _row(importances.choice, "")
    for algorithm in importances.algorithms:
        for parameter in algorithm.parameters:
            yield _row(parameter, f"{text.clean(algorithm.name)} " if several else "")


def _row(importance: Importance, before: str) -> list[str]:
    call = f"{importance.call}: {text.clean(importance.why)}" if importance.why else importance.call
    reached = [f"{_value_words(end)}: {text.number(end.score)}" for end in (importance.best, importance.worst)]
    return [
        before + text.clean(importance.name),
        _share_words(importance),
        call,
        *reached,
        f"{importance.values:,}",
        f"{importance.runs:,}",
    ]


def _share_words(importance: Importance) -> str:
    if importance.share is None:
        return "-"
    share, low, high = (
        f"{value:.2f}"
        for value in (importance.share, importance.low or 0.0, importance.share if importance.high is None else importance.high)
    )
    return share if low == high else f"{share} [{low}, {high}]"


def _value_words(end: ValueScore) -> str:
    return _format_value(end.value) if repr(end.value) == repr(end.to) else f"{_format_value(end.value)} to {_format_value(end.to)}"


def _format_value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else text.shorten(text.value(value), 30)


def importance_chart(importances: Importances) -> Intervals | None:
    """Return the shares as a figure, in the order of the table; None where there are none."""
    several = len(importances.algorithms) > 1
    bars = [_share_estimate(importances.choice, "")] if importances.choice else []
    bars += [
        _share_estimate(one, f"{algorithm.name} " if several else "")
        for algorithm in importances.algorithms
        for one in algorithm.parameters
    ]
    shown = [one for one in bars if one is not None][:MOST_BARS]
    lines = importance_sentences(importances)
    title = next((one for one in lines if " matter" in one and "cannot be told" not in one), lines[0])
    return figures.importance(shown, title[:1].upper() + title[1:], f"{SHARE} of dev.{importances.metric}") if shown else None


def _share_estimate(importance: Importance, before: str) -> NamedValue | None:
    return (
        None
        if importance.share is None
        else NamedValue(before + importance.name, importance.share, importance.low, importance.high, importance.call)
    )


def importance_as_plain(report: ImportanceReport) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    importances = report.importances
    return {
        "data": {"name": report.label, "hash": report.hash},
        "metric": f"dev.{importances.metric}",
        "direction": "higher" if direction(importances.metric) > 0 else "lower",
        "configurations": importances.runs,
        "entries": report.entries,
        "left_out": {"failed": report.failed, "without_metric": report.unscored, "other_columns_or_targets": report.others},
        "algorithm": _parameter_as_plain(importances.choice) if importances.choice else None,
        "algorithms": [
            {
                "name": one.name,
                "runs": one.runs,
                "best": one.best,
                "parameters": [_parameter_as_plain(parameter) for parameter in one.parameters],
            }
            for one in importances.algorithms
        ],
    }


def _parameter_as_plain(importance: Importance) -> dict[str, Any]:
    values = asdict(importance)
    interval = [importance.low, importance.high] if importance.low is not None else None
    plain = {name: value for name, value in values.items() if name not in ("low", "high")}
    return {**plain, "interval": interval, "why": importance.why or None}
