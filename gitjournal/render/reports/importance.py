"""Which parameters mattered, in words, as a figure and as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, get_args

from gitjournal.entry.metrics import direction
from gitjournal.render import text
from gitjournal.render.charts import figures
from gitjournal.render.charts.chart_data import Estimate
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


def importance_lines(found: ImportanceReport) -> Iterator[str]:
    """Yield what mattered, on what that rests, and the table."""
    told = found.found
    yield from (text.wrap(line) for line in sentences(told))
    yield text.wrap_dots(" · ".join(_basis(found)))
    rows = list(_rows(told))
    if rows:
        yield ""
        yield text.table(COLUMNS, rows[:MOST_ROWS], width=text.terminal_width())
        if len(rows) > MOST_ROWS:
            yield f"{len(rows) - MOST_ROWS} more: --json"
        yield ""
        yield text.wrap(
            f"importance: {SHARE} of dev.{text.clean(told.metric)} that is left when all else is held, with its 95 % interval;"
            " best and worst: what was reached with a value"
        )


def sentences(found: Importances) -> list[str]:
    """Return the message: the algorithm, then the parameters of each."""
    several = len(found.algorithms) > 1
    lines = [_choice(found.choice)] if found.choice else []
    for one in found.algorithms[:MOST_NAMES]:
        said = _parameters(one)
        if said:
            lines.append(f"{text.clean(one.name)}: {said}" if several else f"{said} ({text.clean(one.name)})")
    return lines or ["nothing was varied, so nothing can be told"]


def _choice(one: Importance) -> str:
    ends = f"{text.clean(str(one.best.value))} reached {text.number(one.best.score)}"
    worst = f"{text.clean(str(one.worst.value))} {text.number(one.worst.score)}"
    if one.call == "cannot be told":
        return f"whether the algorithm matters cannot be told: {text.clean(one.why)} ({ends}, {worst})"
    return f"the algorithm {'matters' if one.call == 'matters' else 'did not matter'}: {ends}, {worst}"


def _parameters(one: Algorithm) -> str:
    names = {call: [text.clean(parameter.name) for parameter in one.parameters if parameter.call == call] for call in get_args(Call)}
    matter, idle, open_ = names["matters"], names["did not matter"], names["cannot be told"]
    parts = [f"{_listed(matter)} {'matters' if len(matter) == 1 else 'matter'}"] if matter else []
    parts += [f"{_listed(idle)} did not{'' if matter else ' matter'}"] if idle else []
    parts += [f"{_listed(open_)} cannot be told"] if open_ else []
    return ", ".join(parts)


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        shown.append(f"{len(names) - MOST_NAMES} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _basis(found: ImportanceReport) -> Iterator[str]:
    told = found.found
    which = "lower" if direction(told.metric) < 0 else "higher"
    yield f"{text.clean(found.label)}, dev.{text.clean(told.metric)} ({which} is better)"
    yield f"{text.count(told.runs, 'configuration')} of {text.count(found.entries, 'entry', 'entries')}"
    left = ((found.failed, "failed"), (found.unscored, "without this metric"), (found.others, "on other columns or targets"))
    said = ", ".join(f"{amount} {why}" for amount, why in left if amount)
    if said:
        yield f"left out: {said}"


def _rows(found: Importances) -> Iterator[list[str]]:
    several = len(found.algorithms) > 1
    if found.choice:
        yield _row(found.choice, "")
    for algorithm in found.algorithms:
        for one in algorithm.parameters:
            yield _row(one, f"{text.clean(algorithm.name)} " if several else "")


def _row(one: Importance, before: str) -> list[str]:
    call = f"{one.call}: {text.clean(one.why)}" if one.why else one.call
    reached = [f"{_value(end)}: {text.number(end.score)}" for end in (one.best, one.worst)]
    return [before + text.clean(one.name), _share(one), call, *reached, f"{one.values:,}", f"{one.runs:,}"]


def _share(one: Importance) -> str:
    if one.share is None:
        return "-"
    share, low, high = (f"{value:.2f}" for value in (one.share, one.low or 0.0, one.share if one.high is None else one.high))
    return share if low == high else f"{share} [{low}, {high}]"


def _value(one: ValueScore) -> str:
    return _number(one.value) if repr(one.value) == repr(one.to) else f"{_number(one.value)} to {_number(one.to)}"


def _number(one: Any) -> str:
    return f"{one:.3g}" if isinstance(one, float) else text.shorten(text.value(one), 30)


def figure(found: Importances) -> Intervals | None:
    """Return the shares as a figure, in the order of the table; None where there are none."""
    several = len(found.algorithms) > 1
    bars = [_estimate(found.choice, "")] if found.choice else []
    bars += [_estimate(one, f"{algorithm.name} " if several else "") for algorithm in found.algorithms for one in algorithm.parameters]
    known = [one for one in bars if one is not None][:MOST_BARS]
    said = sentences(found)
    title = next((one for one in said if " matter" in one and "cannot be told" not in one), said[0])
    return figures.importance(known, title[:1].upper() + title[1:], f"{SHARE} of dev.{found.metric}") if known else None


def _estimate(one: Importance, before: str) -> Estimate | None:
    return None if one.share is None else Estimate(before + one.name, one.share, one.low, one.high, one.call)


def as_plain(found: ImportanceReport) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    told = found.found
    return {
        "data": {"name": found.label, "hash": found.hash},
        "metric": f"dev.{told.metric}",
        "direction": "higher" if direction(told.metric) > 0 else "lower",
        "configurations": told.runs,
        "entries": found.entries,
        "left_out": {"failed": found.failed, "without_metric": found.unscored, "other_columns_or_targets": found.others},
        "algorithm": _plain(told.choice) if told.choice else None,
        "algorithms": [
            {"name": one.name, "runs": one.runs, "best": one.best, "parameters": [_plain(parameter) for parameter in one.parameters]}
            for one in told.algorithms
        ],
    }


def _plain(one: Importance) -> dict[str, Any]:
    told = asdict(one)
    interval = [one.low, one.high] if one.low is not None else None
    kept = {name: value for name, value in told.items() if name not in ("low", "high")}
    return {**kept, "interval": interval, "why": one.why or None}
