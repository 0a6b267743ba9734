"""Writes suggestions down as an entry that runs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitjournal.journal.journal import open_journal
from gitjournal.procedure.declaration import loader_options
from gitjournal.run import draft as drafting
from gitjournal.run.draft import Drafted, EntryRequest
from gitjournal.suggest.candidates import Candidate
from gitjournal.suggest.suggest import Suggestions
from gitjournal.suggest.target import SearchTarget
from gitjournal.worker.jobs import AskWorker


def draft(suggestions: Suggestions, *, title: str, ask: AskWorker, whole: bool = False) -> Drafted:
    """Return an entry that runs what is suggested; with a grid where that is more than one, or where it will grow (`whole`)."""
    target = suggestions.target
    found = [one.candidate for one in suggestions.proposals]
    front = target.entry.front
    said: dict[str, Any] = {
        "title": title,
        "hypothesis": hypothesis(suggestions),
        "tags": ["suggested"],
        "task": target.declared.task,
        "split": target.declared.split,
        "metrics": target.declared.metrics,
        "seeds": front.seeds,
        **declaration(target, found, suggestions.width if whole else 0),
    }
    if suggestions.best and ":" not in suggestions.best.entry:
        said["baseline"] = suggestions.best.entry
    data = loader_options(target.entry)
    request = EntryRequest({name: value for name, value in said.items() if value}, data, template="sklearn")
    with open_journal(target.root, target.lab) as journal:
        return drafting.draft(journal, target.root, request, ask=ask)


def hypothesis(suggestions: Suggestions) -> str:
    """Return what is expected, as the entry says it before its runs."""
    told = []
    for one in suggestions.proposals:
        seen = one.advice.forecast
        if seen.expected is not None and seen.low is not None and seen.high is not None:
            told.append(f"{seen.expected:.3g} [{seen.low:.3g}, {seen.high:.3g}]")
    metric = f"dev.{suggestions.target.metric}"
    return (
        f"gitjournal suggest expects {metric} {', '.join(told)}"
        if told
        else "gitjournal suggest begins with strong defaults: no evidence yet"
    )


def declaration(target: SearchTarget, found: Sequence[Candidate], width: int = 0) -> dict[str, Any]:
    """Return procedure, parameters and grid of an entry for these candidates, with room for procedures of `width` steps."""
    if target.at is not None:
        front = target.entry.front
        varied = {name for one in found for name in one.point}
        kept = {name: value for name, value in front.parameters.items() if name not in varied}
        return {"procedure": front.procedure, "parameters": kept, "grid": grid(target, found)}
    if len(found) == 1 and not width:
        return {"procedure": found[0].steps}
    labels = labels_for(max(width, *(len(one.exchangeable) for one in found)))
    start = [{label: step} for label, step in zip(labels, _padded(found[0].exchangeable, len(labels)), strict=True)]
    same = found[0].steps[: len(found[0].steps) - len(found[0].exchangeable)]
    return {"procedure": [*same, *start], "grid": grid(target, found, labels)}


def grid(target: SearchTarget, found: Sequence[Candidate], labels: Sequence[str] = ()) -> list[dict[str, list[Any]]]:
    """Return one point a candidate: its values, or its steps by label."""
    if target.at is not None:
        return [{name: [value] for name, value in one.point.items()} for one in found]
    return [{label: [step] for label, step in zip(labels, _padded(one.exchangeable, len(labels)), strict=True)} for one in found]


def labels_for(many: int) -> list[str]:
    """Return the labels of so many steps, of which a grid may swap each."""
    return [*("prepare" if number == 0 else f"prepare{number + 1}" for number in range(many - 1)), "model"]


def _padded(steps: list[Any], many: int) -> list[Any]:
    return [*["passthrough"] * (many - len(steps)), *steps]
