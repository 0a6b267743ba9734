"""Which figures an entry has, by the names under which they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from gitjournal.entry.record import Record
from gitjournal.entry.summary import Summary
from gitjournal.errors import UsageError, nearest
from gitjournal.render.charts import chart_data, figures, svg
from gitjournal.render.charts.model import Chart

CURVES_FILE = "figures/{}/curves.svg"  # on the journal branch; a forge shows it below the results
CURVES, GRID, PROFILE, CONFUSION, PROGRESS = NAMES = ("curves", "grid", "profile", "confusion", "progress")


def entry_figures(summary: Summary, records: Sequence[Record], baseline: float | None) -> dict[str, Chart]:
    """Return what can be drawn from an entry's own records; a profile for each parameter is called `profile:PARAMETER`."""
    charts: dict[str, Chart] = {}
    if not summary.metric:
        return charts
    noise = chart_data.noise(summary, records)
    curves = chart_data.learning_curves(summary, records)
    if curves:
        charts[CURVES] = figures.learning_curves(curves)
    heat_map = chart_data.heat_map(summary)
    if heat_map:
        charts[GRID] = figures.heat_map(heat_map, summary.metric, noise)
    for profile in chart_data.profiles(summary):
        charts[f"{PROFILE}:{profile.parameter}"] = figures.profile(profile, summary.metric, noise, baseline)
    return charts


def has_curves(summary: Summary, records: Sequence[Record]) -> bool:
    """Whether the best configuration has learning curves."""
    return bool(chart_data.learning_curves(summary, records))


def committed_figures(entry_id: str, summary: Summary, records: Sequence[Record]) -> dict[str, bytes]:
    """Return the figures that are committed with the results, by their paths: the learning curves of the best configuration."""
    curves = chart_data.learning_curves(summary, records)
    return {CURVES_FILE.format(entry_id): svg.svg(figures.learning_curves(curves)).encode()} if curves else {}


def choose_figure(charts: dict[str, Chart], name: str) -> Chart:
    """Return the figure of that name; `profile` alone is that of the parameter that mattered most.

    Raises UsageError with what there is.
    """
    if name == PROFILE:
        name = next((one for one in charts if one.startswith(f"{PROFILE}:")), name)
    if name in charts:
        return charts[name]
    names = [*charts, CONFUSION, PROGRESS]
    if name.partition(":")[0] not in NAMES:
        raise UsageError(f"no figure `{name}`{nearest(name, [*names, PROFILE])}", hint=f"this entry has: {', '.join(names)}")
    why = {CURVES: "no run has learning curves", GRID: "a grid of two parameters is needed"}.get(name, "no such parameter was tried")
    raise UsageError(f"this entry has no figure `{name}`: {why}", hint=f"it has: {', '.join(names)}")
