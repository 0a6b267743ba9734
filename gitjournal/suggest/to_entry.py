"""The entry that runs suggestions: its procedure, grid and hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitjournal.journal.journal import Journal
from gitjournal.procedure.declaration import loader_options
from gitjournal.run import draft as drafting
from gitjournal.run.draft import EntryRequest, NewEntry
from gitjournal.suggest.candidates import Candidate
from gitjournal.suggest.suggest import Suggestions
from gitjournal.suggest.target import SearchTarget
from gitjournal.worker.jobs import AskWorker


def draft(journal: Journal, suggestions: Suggestions, *, title: str, ask: AskWorker, whole: bool = False) -> NewEntry:
    """Return an entry that runs what is suggested; with a grid where that is more than one, or where it will grow (`whole`)."""
    target = suggestions.target
    chosen = [one.candidate for one in suggestions.proposals]
    front = target.entry.front
    values: dict[str, Any] = {
        "title": title,
        "hypothesis": write_hypothesis(suggestions),
        "tags": ["suggested"],
        "task": target.declared.task,
        "split": target.declared.split,
        "metrics": target.declared.metrics,
        "seeds": front.seeds,
        **declare_candidates(target, chosen, suggestions.width if whole else 0),
    }
    if suggestions.best and ":" not in suggestions.best.entry:
        values["baseline"] = suggestions.best.entry
    data = loader_options(target.entry)
    request = EntryRequest({name: value for name, value in values.items() if value}, data, template="sklearn")
    return drafting.draft_entry(journal, target.root, request, ask=ask)


def write_hypothesis(suggestions: Suggestions) -> str:
    """Return what is expected, as the entry says it before its runs."""
    expected = []
    for proposal in suggestions.proposals:
        forecast = proposal.advice.forecast
        if forecast.expected is not None and forecast.low is not None and forecast.high is not None:
            expected.append(f"{forecast.expected:.3g} [{forecast.low:.3g}, {forecast.high:.3g}]")
    metric = f"dev.{suggestions.target.metric}"
    return (
        f"gitjournal suggest expects {metric} {', '.join(expected)}"
        if expected
        else "gitjournal suggest begins with strong defaults: no evidence yet"
    )


def declare_candidates(target: SearchTarget, chosen: Sequence[Candidate], width: int = 0) -> dict[str, Any]:
    """Return procedure, parameters and grid of an entry for these candidates, with room for procedures of `width` steps."""
    if target.space_entry is not None:
        front = target.entry.front
        varied = {name for one in chosen for name in one.point}
        parameters = {name: value for name, value in front.parameters.items() if name not in varied}
        return {"procedure": front.procedure, "parameters": parameters, "grid": grid_points(target, chosen)}
    if len(chosen) == 1 and not width:
        return {"procedure": chosen[0].steps}
    labels = step_labels(max(width, *(len(one.exchangeable) for one in chosen)))
    start = [{label: step} for label, step in zip(labels, _pad(chosen[0].exchangeable, len(labels)), strict=True)]
    same = chosen[0].steps[: len(chosen[0].steps) - len(chosen[0].exchangeable)]
    return {"procedure": [*same, *start], "grid": grid_points(target, chosen, labels)}


def grid_points(target: SearchTarget, chosen: Sequence[Candidate], labels: Sequence[str] = ()) -> list[dict[str, list[Any]]]:
    """Return one point a candidate: its values, or its steps by label."""
    if target.space_entry is not None:
        return [{name: [value] for name, value in one.point.items()} for one in chosen]
    return [{label: [step] for label, step in zip(labels, _pad(one.exchangeable, len(labels)), strict=True)} for one in chosen]


def step_labels(many: int) -> list[str]:
    """Return the labels of so many steps, of which a grid may swap each."""
    return [*("prepare" if number == 0 else f"prepare{number + 1}" for number in range(many - 1)), "model"]


def _pad(steps: list[Any], many: int) -> list[Any]:
    return [*["passthrough"] * (many - len(steps)), *steps]
