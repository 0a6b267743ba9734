"""Sequential search: suggestions are run one after another, each chosen by the results of those before it. Knows no terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gitjournal.entry import edit
from gitjournal.entry.metrics import direction
from gitjournal.files import write_whole
from gitjournal.git.lab import Lab
from gitjournal.journal.entry_ids import page_path
from gitjournal.run import draft
from gitjournal.run.call import ExecCall
from gitjournal.run.execute import execute
from gitjournal.run.messages import ExecOutcome
from gitjournal.suggest import collect, suggest, to_entry
from gitjournal.suggest.collect import RunHistory
from gitjournal.suggest.suggest import Proposal, Suggestions
from gitjournal.suggest.target import SearchTarget


@dataclass(frozen=True)
class Round:
    """One iteration of the search: what it came to (None where it failed), and the best score so far."""

    number: int
    proposal: Proposal
    entry: str
    score: float | None
    best: float | None


@dataclass(frozen=True)
class LoopOutcome:
    """How a search ended: the entry that holds the runs (None where nothing was left to suggest), its last outcome, and why it stopped."""

    entry: str | None
    rounds: list[Round]
    outcome: ExecOutcome | None
    stopped: str


@dataclass(frozen=True)
class LoopOptions:
    """The limits of a search: at most so many runs, none begun after so many seconds, in an entry of this title."""

    title: str
    runs: int
    seconds: float | None = None


def run_suggestions(
    call: ExecCall, target: SearchTarget, other_histories: Sequence[RunHistory], options: LoopOptions, *, tell: Callable[[Round], None]
) -> LoopOutcome:
    """Run suggestions until their number or time is spent, nothing is left, or it is interrupted; all of them become runs of one entry."""
    began = time.monotonic()
    rounds: list[Round] = []
    points: list[dict[str, list[Any]]] = []
    entry: str | None = None
    outcome: ExecOutcome | None = None
    while True:
        if len(rounds) == options.runs:
            return LoopOutcome(entry, rounds, outcome, "")
        if options.seconds is not None and rounds and time.monotonic() - began > options.seconds:
            return LoopOutcome(entry, rounds, outcome, f"after {len(rounds)} runs the time was up")
        call.journal.refresh()  # the run before has moved the journal
        histories = [collect.read_own(call.journal), *other_histories]
        suggestions = suggest.suggest(target, histories, 1)
        if not suggestions.proposals:
            return LoopOutcome(entry, rounds, outcome, "nothing is left to suggest")
        proposal = suggestions.proposals[0]
        if entry is None:
            drafted = to_entry.draft(call.journal, suggestions, title=options.title, ask=call.pool.ask, whole=True)
            draft.write_draft(call.lab, drafted)
            entry, labels = drafted.id, to_entry.step_labels(suggestions.width)
            points = to_entry.grid_points(target, [proposal.candidate], labels)
        else:
            points += to_entry.grid_points(target, [proposal.candidate], labels)
            _grow_grid(call.lab, entry, points)
        outcome = execute(call, entry)
        if outcome.state == "stopped" and not outcome.made:  # no result, and no later round would make a run either
            return LoopOutcome(entry, rounds, outcome, f"stopped: {outcome.stopped}")
        rounds.append(_make_round(len(rounds) + 1, suggestions, proposal, entry, outcome, rounds))
        tell(rounds[-1])
        if outcome.state == "interrupted":
            return LoopOutcome(entry, rounds, outcome, "interrupted")
        if outcome.waiting:  # the next choice could not learn from it
            return LoopOutcome(entry, rounds, outcome, f"stopped: the results are not committed yet ({outcome.waiting})")


def _grow_grid(lab: Lab, entry: str, points: list[dict[str, list[Any]]]) -> None:
    path = lab.path / page_path(entry)
    text = path.read_text(encoding="utf-8")
    write_whole(path, edit.set_values(text, {("grid",): points}, file=path.name).encode())


def _make_round(
    number: int, suggestions: Suggestions, proposal: Proposal, entry: str, outcome: ExecOutcome, rounds: Sequence[Round]
) -> Round:
    fingerprint, deciding = proposal.candidate.fingerprint, outcome.summary.deciding
    scores = next(
        (configuration.scores for configuration in outcome.summary.configurations if configuration.fingerprint == fingerprint), {}
    )
    score = scores[deciding].mean if deciding in scores else None
    earlier = rounds[-1].best if rounds else suggestions.best.score if suggestions.best else None
    scored = [value for value in (score, earlier) if value is not None]
    sign = direction(suggestions.target.metric)
    return Round(number, proposal, entry, score, max(scored, key=lambda value: sign * value) if scored else None)
