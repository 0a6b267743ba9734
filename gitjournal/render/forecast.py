"""Forecasts of scores, in words and as plain values; and how many runs were skipped as unlikely to beat the best."""

from __future__ import annotations

from typing import Any

from gitjournal.entry.metrics import direction
from gitjournal.entry.model import ID_PATTERN
from gitjournal.entry.summary import Skips
from gitjournal.render import text
from gitjournal.run.forecast import Forecast, Foreseen

SHOWN = 5  # configurations of a dry run, the most promising first


def forecast_lines(forecast: Forecast | None) -> list[str]:
    """Return the forecast of a plan on one line, in a list; an empty list where nothing is known of the scores."""
    top = forecast.top if forecast else None
    if forecast is None or top is None:
        return []
    several = len(forecast.each) > 1
    parts = [f"dev.{text.clean(forecast.metric)} {'best ' if several else ''}{interval_words(top)}"]
    if top.chance is not None and forecast.best is not None:
        parts.append(f"{chance_words(top.chance)} to beat {text.number(forecast.best)} ({short_entry(forecast.best_in)})")
    if several and forecast.unlikely:
        parts.append(f"{forecast.unlikely} of {len(forecast.each)} unlikely")
    elif top.unlikely:
        parts.append("unlikely")
    return [text.wrap(f"forecast: {'; '.join(parts)}")]


def planned_lines(forecast: Forecast | None) -> list[str]:
    """Return the forecast of a dry run: the line, and the most promising of several configurations."""
    if forecast is None:
        return []
    if forecast.top is None:
        return ["forecast: none, too little was run on these data"]
    output = forecast_lines(forecast)
    if len(forecast.each) > 1:
        shown = list(forecast.each.items())[:SHOWN]
        table = [
            ["  " + interval_words(one), chance_words(one.chance) if one.chance is not None else "", point_words(forecast, name)]
            for name, one in shown
        ]
        wide = [max(len(row[at]) for row in table) for at in (0, 1)]
        output += [text.shorten(f"{row[0]:<{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]}".rstrip(), text.WIDTH) for row in table]
        left = len(forecast.each) - len(shown)
        output += [f"  and {left} more: --json lists all"] if left else []
    return output


def point_words(forecast: Forecast, fingerprint: str) -> str:
    """Return the grid values of a configuration."""
    return text.settings(forecast.points.get(fingerprint, {})) or "as declared"


def interval_words(foreseen: Foreseen) -> str:
    """Return ``0.95 [0.79, 1.00]``, no digit below the half width."""
    if foreseen.expected is None or foreseen.low is None or foreseen.high is None:
        return "?"
    noise = (foreseen.high - foreseen.low) / 2
    return f"{text.number(foreseen.expected, noise)} [{text.number(foreseen.low, noise)}, {text.number(foreseen.high, noise)}]"


def chance_words(chance: float) -> str:
    """Return a chance in words."""
    return f"{100 * chance:.0f} %" if 0.01 <= chance <= 0.99 else "below 1 %" if chance < 0.01 else "above 99 %"


def short_entry(entry: str | None) -> str:
    """Return the short id of an entry, with its journal where that is another one."""
    name, colon, entry_id = (entry or "").rpartition(":")
    return text.clean(f"{name}{colon}{entry_id[-4:] if ID_PATTERN.match(entry_id) else entry_id}")


def forecast_as_plain(forecast: Forecast | None) -> dict[str, Any] | None:
    """Return a forecast for programs; `configurations` come the most promising first."""
    if forecast is None:
        return None
    return {
        "metric": f"dev.{forecast.metric}",
        "direction": "higher" if direction(forecast.metric) > 0 else "lower",
        "best": {"value": forecast.best, "entry": forecast.best_in} if forecast.best is not None else None,
        "seconds": forecast.seconds,
        "unlikely": forecast.unlikely,
        "configurations": [
            {"fingerprint": name, "grid": forecast.points.get(name, {}), **foreseen_as_plain(one)} for name, one in forecast.each.items()
        ],
    }


def foreseen_as_plain(foreseen: Foreseen) -> dict[str, Any]:
    """Return what is expected of one configuration for programs."""
    ends = [foreseen.low, foreseen.high] if foreseen.low is not None else None
    return {
        "expected": foreseen.expected,
        "interval": ends,
        "chance": foreseen.chance,
        "unlikely": foreseen.unlikely,
        "seconds": foreseen.seconds,
    }


def skips_line(skips: Skips | None) -> str:
    """Return ``12 runs skipped as unlikely to beat the best; none of the 2 run as a control did; saved about 3 min``, or nothing."""
    if skips is None:
        return ""
    parts = [f"{text.count(skips.skipped, 'run')} skipped as unlikely to beat the best"]
    if skips.controls:
        parts.append(f"{skips.beat or 'none'} of the {len(skips.controls)} run as a control did")
    if skips.seconds:
        parts.append(f"saved about {text.duration(skips.seconds)}")
    return "; ".join(parts)


def skips_as_plain(skips: Skips | None) -> dict[str, Any] | None:
    """Return what was skipped for programs."""
    if skips is None:
        return None
    controls = [{"best": one.best, "score": one.score, "runs": one.runs, "beat": one.beat} for one in skips.controls]
    return {"runs": skips.skipped, "configurations": skips.configurations, "seconds": skips.seconds, "controls": controls}
