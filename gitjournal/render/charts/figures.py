"""Charts from the numbers behind them, each with its one message as the title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from gitjournal.entry.metrics import direction
from gitjournal.render import text
from gitjournal.render.charts.chart_data import (
    CalibrationBin,
    Curve,
    HeatMap,
    NamedValue,
    Noise,
    ParameterValue,
    Profile,
    ProgressStep,
    Spread,
    is_number,
)
from gitjournal.render.charts.model import Axis, Bar, Cells, Intervals, Line, Plane, Point
from gitjournal.render.score import difference_as_gain, direction_words
from gitjournal.stats.confusion import Confusion

CURVE_NAMES = {"loss": "train", "val_loss": "watched"}
UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
STEPS = 12  # of the best over time that are told, the last ones
LOG_RATIO = 50  # values that reach over more than this are put on a logarithmic axis


def score_label(metric: str) -> str:
    """Return the name of a score on an axis, with its direction."""
    return f"dev.{metric}, {direction_words(metric)}"


def learning_curves(curves: Sequence[Curve]) -> Plane:
    """Return the loss by epoch, the spread over seeds as an area."""
    watched = next((one for one in curves if one.name.startswith("val_")), curves[0])
    lowest = min(watched.points, key=lambda one: one.mean)
    part = "of the watched rows" if watched.name.startswith("val_") else "of the train part"
    n = max(one.n for curve in curves for one in curve.points)
    return Plane(
        title=f"Loss {part} is lowest at epoch {lowest.x:g}: {text.number(lowest.mean)}",
        x=Axis("epoch"),
        y=Axis("loss, lower is better"),
        lines=[_curve_line(one, style) for style, one in enumerate(curves)],
        note=f"mean over {n} seeds, with 1 SD either way" if n > 1 else "",
    )


def _curve_line(curve: Curve, style: int) -> Line:
    points = [Point(at.x, at.mean, *_spread_ends(at)) for at in curve.points]
    return Line(CURVE_NAMES.get(curve.name, curve.name), points, style, shaded=True)


def _spread_ends(at: Spread) -> tuple[float, float] | tuple[None, None]:
    return (None, None) if at.sd is None else (at.mean - at.sd, at.mean + at.sd)


def profile(profile: Profile, metric: str, noise: Noise | None, baseline: float | None = None) -> Plane:
    """Return what was reached with each value of a parameter, with the baseline as a line and the noise band behind: a profile plot."""
    places, axis = _value_places(profile)
    seeds = any(reached.sd for reached in profile.reached)
    ends = [_ends(reached) for reached in profile.reached]
    best = [Point(place, reached.best, *end) for place, reached, end in zip(places, profile.reached, ends, strict=True)]
    cloud = [Point(place, score) for place, reached in zip(places, profile.reached, strict=True) for score in reached.others]
    notes = [f"band around the best: {noise.why}"] if noise else []
    notes += ["bars: 1 SD over seeds"] if seeds else []
    return Plane(
        title=_profile_title(profile, metric, noise),
        x=axis,
        y=Axis(score_label(metric)),
        lines=[*([Line("the other configurations", cloud, 2, joined=False)] if cloud else []), Line("", best, 0)],
        level=(baseline, "baseline") if baseline is not None else None,
        band=(noise.low, noise.high, "noise") if noise else None,
        note="; ".join(notes),
    )


def _ends(reached: ParameterValue) -> tuple[float | None, float | None]:
    return (reached.best - reached.sd, reached.best + reached.sd) if reached.sd else (None, None)


def _value_places(profile: Profile) -> tuple[list[float], Axis]:
    """Return where each value stands, and the axis: by size where all are numbers, one after the other otherwise."""
    values = [reached.value for reached in profile.reached]
    name = profile.parameter
    if all(map(is_number, values)):
        numbers = [float(value) for value in values]
        log = min(numbers) > 0 and max(numbers) / min(numbers) >= LOG_RATIO
        marks = [(number, text.value(value)) for number, value in zip(numbers, values, strict=True)]
        return numbers, Axis(name, log=log, ticks=marks)
    places = [float(number) for number in range(len(values))]
    return places, Axis(name, ticks=[(place, text.value(value)) for place, value in zip(places, values, strict=True)])


def _profile_title(profile: Profile, metric: str, noise: Noise | None) -> str:
    ordered = sorted(profile.reached, key=lambda reached: -direction(metric) * reached.best)
    best, worst = ordered[0], ordered[-1]
    if text.number(best.best) == text.number(worst.best):
        return f"{profile.parameter} makes no difference: {text.number(best.best)} with the best of each value"
    if noise and noise.covers(worst.best):
        return f"{profile.parameter} makes no difference beyond the noise"
    within = [reached for reached in ordered[1:] if noise and noise.covers(reached.best)]
    also = f", {_value_list(within)} within its noise" if within else ""
    reached = f"{profile.parameter}: {text.value(best.value)} reached {text.number(best.best)}{also}"
    return f"{reached}; {text.value(worst.value)} only {text.number(worst.best)}"


def _value_list(reached: Sequence[ParameterValue]) -> str:
    words = [text.value(one.value) for one in reached]
    return ", ".join(words) if len(words) <= 3 else f"{len(words)} more values"


def heat_map(heat_map: HeatMap, metric: str, noise: Noise | None) -> Cells:
    """Return a heat map of the best score for each pair of values; shade and number both say it, the best has a frame."""
    row, column = heat_map.best
    best = heat_map.scores[row][column]
    scores = [score for line in heat_map.scores for score in line if score is not None]
    alike = sum(noise.covers(score) for score in scores) - 1 if noise else 0
    also = f"; {alike} of {len(scores) - 1} others are within its noise" if alike > 0 else ""
    where = f"{heat_map.down} {text.value(heat_map.rows[row])}, {heat_map.across} {text.value(heat_map.columns[column])}"
    sign = direction(metric)
    return Cells(
        title=f"Best at {where}: {text.number(best)}{also}",
        across=heat_map.across,
        down=heat_map.down,
        columns=[text.value(value) for value in heat_map.columns],
        rows=[text.value(value) for value in heat_map.rows],
        values=[[None if score is None else sign * score for score in line] for line in heat_map.scores],
        texts=[[text.number(score) for score in line] for line in heat_map.scores],
        best=heat_map.best,
        note=f"{score_label(metric)}; the best of the other parameters in each cell",
    )


def progress(
    steps: Sequence[ProgressStep], worse: Sequence[tuple[datetime, float]], metric: str, learned: Mapping[str, str] | None = None
) -> Plane:
    """Return the best score over time as a step chart; `worse` is when and what the entries reached that did not beat it.

    `learned` says, by the id of an entry, how it differs from the best before it: what was learned at that step.
    """
    begun = min([datetime.fromisoformat(steps[0].entry.at), *(at for at, _ in worse)])
    whole = max([datetime.fromisoformat(steps[-1].entry.at), *(at for at, _ in worse)]) - begun
    unit, seconds = next(((word, size) for word, size in UNITS if whole.total_seconds() >= 3 * size), UNITS[-1])

    def place(at: datetime) -> float:
        return (at - begun).total_seconds() / seconds

    first, last = steps[0].entry, steps[-1].entry
    sign = direction(metric)
    gained = difference_as_gain(last.score - first.score, sign, last.score)
    title = f"From {text.number(first.score)} to {text.number(last.score)} (gain {gained}) in {text.count(len(steps) - 1, 'step')}"
    points = [Point(place(datetime.fromisoformat(step.entry.at)), step.entry.score, label=step.entry.id[-4:]) for step in steps]
    end = place(begun + whole)
    points += [Point(end, last.score)] if end > points[-1].x else []
    cloud = [Point(place(at), score) for at, score in worse]
    return Plane(
        title=title if len(steps) > 1 else f"{text.number(first.score)} is the best so far, and was the first",
        x=Axis(f"{unit} since {begun:%Y-%m-%d}"),
        y=Axis(score_label(metric)),
        lines=[
            *([Line("entries that did not beat the best before them", cloud, 2, joined=False)] if cloud else []),
            Line("", points, 0, steps=True),
        ],
        told=[_step_line(step, sign, learned.get(step.entry.id, "")) for step in steps[-STEPS:]] if learned is not None else [],
    )


def _step_line(step: ProgressStep, sign: int, changes: str) -> str:
    """Return ``k3f9 "RBF beats it": 0.983, gain +0.031; by step 2 (LogisticRegression -> SVC)``."""
    score = text.number(step.entry.score)
    gained = "" if step.gain is None else f", gain {difference_as_gain(step.gain, sign, step.entry.score)}"
    return f'{step.entry.id[-4:]} "{text.clean(step.entry.title)}": {score}{gained}{f"; by {changes}" if changes else ""}'


def confusion(matrix: Confusion) -> Cells:
    """Return a confusion matrix: how often each class was taken for each; rows are what is true."""
    worst = matrix.worst
    total = sum(map(sum, matrix.counts))
    right = sum(line[at] for at, line in enumerate(matrix.counts))
    if worst:
        row, column, count = worst
        title = f"{matrix.classes[row]} is taken for {matrix.classes[column]} most often: {count} of {sum(matrix.counts[row])}"
        title = title if count > 1 else "No class is taken for another one more than once"
    else:
        title = f"All {total:,} dev rows are right"
    shares: list[list[float | None]] = [[count / sum(line) if sum(line) else None for count in line] for line in matrix.counts]
    return Cells(
        title=title,
        across="predicted",
        down="true",
        columns=matrix.classes,
        rows=matrix.classes,
        values=shares,
        texts=[[str(count) if count else "·" for count in line] for line in matrix.counts],
        best=(worst[0], worst[1]) if worst else None,
        note=f"{right:,} of {total:,} dev rows are right" + ("; marked: the commonest mistake" if worst else ""),
    )


def calibration(bins: Sequence[CalibrationBin]) -> Plane:
    """Return a reliability diagram: predicted probability against observed share; on the diagonal both agree."""
    gap = max(bins, key=lambda one: abs(one.said - one.true) * one.n)
    return Plane(
        title=f"Predicted {gap.said:.2f}, observed {gap.true:.2f} (n = {gap.n:,})",
        x=Axis("predicted probability"),
        y=Axis("observed share"),
        lines=[Line("", [Point(one.said, one.true, one.low, one.high) for one in bins], 0)],
        diagonal="perfect calibration",
        note="bars: 95 % intervals" if any(one.low is not None for one in bins) else "",
    )


def importance(estimates: Sequence[NamedValue], title: str, what: str) -> Intervals:
    """Return an interval plot of importances.

    A disc is a parameter that matters, a ring one that does not, or with a ? one of which that cannot be told.
    """
    calls = {one.call for one in estimates}
    legend = [
        said
        for call, said in (("did not matter", "ring: the parameter did not matter"), ("cannot be told", "?: not decided by these runs"))
        if call in calls
    ]
    interval = ["bars: 95 % intervals"] if any(one.low is not None and one.low != one.high for one in estimates) else []
    return Intervals(title, what, [_bar(one) for one in estimates], zero=0.0, note="; ".join([*legend, *interval]))


def _bar(estimate: NamedValue) -> Bar:
    label = f"{estimate.value:.2f}" + (" ?" if estimate.call == "cannot be told" else "")
    return Bar(estimate.name, estimate.value, estimate.low, estimate.high, label, "" if estimate.call == "matters" else "not shown")
