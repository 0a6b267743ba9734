"""Suggestions in words, and as plain values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitjournal.entry.metrics import direction
from gitjournal.render import text
from gitjournal.render.forecast import chance_words, foreseen_as_plain, interval_words, short_entry
from gitjournal.render.score import lower_note
from gitjournal.run.forecast import Foreseen
from gitjournal.suggest.advisor import Precedent
from gitjournal.suggest.candidates import Candidate
from gitjournal.suggest.loop import LoopOutcome, Round
from gitjournal.suggest.studies.to_trials import StudyReport
from gitjournal.suggest.suggest import Proposal, Suggestions

MOST_DIFFERS = 3


def suggestions_text(suggestions: Suggestions) -> str:
    """Return the suggestions for a person, each with what is expected, why, and the entries that say so."""
    lines = [_basis_line(suggestions)]
    for number, proposal in enumerate(suggestions.proposals, start=1):
        lines.append(f"{number:<2} {text.wrap(candidate_words(proposal.candidate), indent='   ', width=text.WIDTH).lstrip()}")
        lines += [f"   {line}" for line in _reason_lines(suggestions, proposal)]
    if not suggestions.proposals:
        lines.append("nothing is left to suggest: everything in the search space, and all that others tried, was run")
    return "\n".join(lines) + "\n"


def _basis_line(suggestions: Suggestions) -> str:
    metric = f"dev.{suggestions.target.metric}" + lower_note(direction(suggestions.target.metric))
    parts = [f"{text.clean(suggestions.target.data.label)}, {metric}"]
    if suggestions.best:
        parts.append(f"best so far {text.number(suggestions.best.score)} ({short_entry(suggestions.best.entry)})")
    own = text.count(suggestions.own, "configuration") + " run here" if suggestions.own else "nothing run here yet"
    past = (
        f"{suggestions.past_trials} on {text.count(len(suggestions.past), 'other data set')}"
        if suggestions.past
        else "no other data sets known"
    )
    return text.wrap(" · ".join([*parts, f"{own}, {past}"]))


def _reason_lines(suggestions: Suggestions, proposal: Proposal) -> list[str]:
    foreseen = proposal.advice.forecast
    lines = [" · ".join(_expectation_parts(suggestions, foreseen))]
    reasons = proposal.advice.precedents
    for number, because in enumerate(reasons):
        again = number > 0 and because.here == reasons[number - 1].here
        lead = "and" if again else "near what was run here:" if because.here else "on other data:"
        lines += text.wrap(f"{'  ' * again}{lead} {_reason_words(because)}", width=text.WIDTH - 3).split("\n")
    if not reasons:
        first = "a strong default" if proposal.candidate.steps else "a point of the search space"
        lines.append(f"{first}; no run on record tells how it will score here" if proposal.advice.led == "order" else NEW)
    return lines


NEW = "nothing like it was run: much is left to learn"


def _expectation_parts(suggestions: Suggestions, foreseen: Foreseen) -> list[str]:
    parts = ["no evidence for a number yet" if foreseen.expected is None else f"expected {interval_words(foreseen)}"]
    if foreseen.chance is not None and suggestions.best:
        parts.append(f"{chance_words(foreseen.chance)} to beat {text.number(suggestions.best.score)}")
    if foreseen.seconds is not None:
        parts.append(f"about {text.duration(foreseen.seconds)}")
    return parts


def _reason_words(reason: Precedent) -> str:
    what = f"{text.clean(reason.data)} {text.number(reason.score)}, {_ordinal(reason.rank)} of {reason.of} ({short_entry(reason.entry)})"
    if not reason.differs:
        return what
    names = [name.rpartition(".")[2] for name in reason.differs[:MOST_DIFFERS]]
    more = f" and {len(reason.differs) - MOST_DIFFERS} more" if len(reason.differs) > MOST_DIFFERS else ""
    return f"{what}, with another {text.clean(', '.join(names))}{more}"


def _ordinal(number: int) -> str:
    return {1: "best", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")


def study_text(report: StudyReport) -> str:
    """Return what was taken from a study of another tool, line by line."""
    on = f" on {', '.join(text.clean(label) for label in report.data)}"
    if report.assumed:
        on = f", taken as runs on {report.assumed}" + ("" if report.assumed == "these data" else " (it names none; --same-data for these)")
    lines = [f"{text.clean(report.journal.name)}: {text.count(report.taken, 'trial')}{on if report.taken else ''}"]
    lines += [f"  {many} left out: {text.clean(reason)}" for reason, many in report.left_out.items()]
    return "\n".join(text.wrap(line) for line in lines) + "\n"


def study_as_plain(report: StudyReport) -> dict[str, Any]:
    """Return what was taken from a study for a program."""
    return {
        "from": report.journal.name,
        "study": report.study,
        "trials": report.taken,
        "data_sets": report.data,
        "assumed": report.assumed or None,
        "left_out": report.left_out,
    }


def candidate_words(candidate: Candidate) -> str:
    """Return a configuration on one line: its steps with their parameters, or its values."""
    if not candidate.steps:
        return text.settings(candidate.point)
    return " + ".join(_step_words(step) for step in candidate.steps)


def _step_words(step: Any) -> str:
    if not isinstance(step, dict):
        return text.value(step)
    name, values = next(iter(step.items()))
    return f"{text.clean(str(name))} {text.settings(values)}" if isinstance(values, dict) else text.value(step)


def round_line(finished: Round) -> str:
    """Return one line for a suggestion that was run."""
    foreseen = finished.proposal.advice.forecast
    came = "failed" if finished.score is None else text.number(finished.score)
    expected = f", expected {text.number(foreseen.expected)}" if foreseen.expected is not None else ""
    line = f"{finished.number:>3}  {came}{expected} · best {text.number(finished.best)} · {candidate_words(finished.proposal.candidate)}"
    return text.shorten(line, text.WIDTH)


def suggestions_as_plain(suggestions: Suggestions) -> dict[str, Any]:
    """Return the suggestions for a program."""
    return {
        "data": {"name": suggestions.target.data.label, "hash": suggestions.target.data.hash},
        "metric": f"dev.{suggestions.target.metric}",
        "direction": "higher" if direction(suggestions.target.metric) > 0 else "lower",
        "best": {"value": suggestions.best.score, "entry": suggestions.best.entry} if suggestions.best else None,
        "evidence": {"own": suggestions.own, "data_sets": [one.label for one in suggestions.past], "past": suggestions.past_trials},
        "suggestions": [proposal_as_plain(one) for one in suggestions.proposals],
    }


def proposal_as_plain(proposal: Proposal) -> dict[str, Any]:
    """Return one suggestion for a program."""
    foreseen = proposal.advice.forecast
    return {
        **({"procedure": proposal.candidate.steps} if proposal.candidate.steps else {"values": proposal.candidate.point}),
        "fingerprint": proposal.candidate.fingerprint,
        **foreseen_as_plain(foreseen),
        "reason": proposal.advice.led,
        "because": [
            {"entry": why.entry, "data": why.data, "value": why.score, "rank": why.rank, "of": why.of, "differs": why.differs}
            for why in proposal.advice.precedents
        ],
    }


def pursued_as_plain(ended: LoopOutcome, rounds: Sequence[Round]) -> dict[str, Any]:
    """Return what was run for a program."""
    runs = [{**proposal_as_plain(one.proposal), "value": one.score, "best": one.best} for one in rounds]
    return {"entry": ended.entry, "runs": runs, "stopped": ended.stopped}
