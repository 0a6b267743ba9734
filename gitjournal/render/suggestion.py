"""Suggestions in words, and as plain values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitjournal.entry.metrics import direction
from gitjournal.render import text
from gitjournal.render.forecast import foreseen_as_plain, interval, percent, short
from gitjournal.render.score import lower_note
from gitjournal.run.forecast import Foreseen
from gitjournal.suggest.advisor import Because
from gitjournal.suggest.candidates import Candidate
from gitjournal.suggest.loop import Pursued, Round
from gitjournal.suggest.studies.to_trials import Reported
from gitjournal.suggest.suggest import Proposal, Suggestions

MOST_DIFFERS = 3


def said(found: Suggestions) -> str:
    """Return the suggestions for a person, each with what is expected, why, and the entries that say so."""
    lines = [_basis(found)]
    for number, one in enumerate(found.proposals, start=1):
        lines.append(f"{number:<2} {text.wrap(configuration(one.candidate), indent='   ', width=text.WIDTH).lstrip()}")
        lines += [f"   {line}" for line in _reasons(found, one)]
    if not found.proposals:
        lines.append("nothing is left to suggest: all that was seen and all of the space was run")
    return "\n".join(lines) + "\n"


def _basis(found: Suggestions) -> str:
    metric = f"dev.{found.target.metric}" + lower_note(direction(found.target.metric))
    told = [f"{text.clean(found.target.data.label)}, {metric}"]
    if found.best:
        told.append(f"best so far {text.number(found.best.score)} ({short(found.best.entry)})")
    own = text.count(found.own, "configuration") + " run here" if found.own else "nothing run here yet"
    past = f"{found.past_trials} on {text.count(len(found.past), 'other data set')}" if found.past else "no other data sets known"
    return text.wrap(" · ".join([*told, f"{own}, {past}"]))


def _reasons(found: Suggestions, one: Proposal) -> list[str]:
    seen = one.advice.foreseen
    lines = [" · ".join(_expected(found, seen))]
    told = one.advice.because
    for number, because in enumerate(told):
        again = number > 0 and because.here == told[number - 1].here
        lead = "and" if again else "near what was run here:" if because.here else "on other data:"
        lines += text.wrap(f"{'  ' * again}{lead} {_because(because)}", width=text.WIDTH - 3).split("\n")
    if not told:
        first = "a strong default" if one.candidate.steps else "a point of the space"
        lines.append(f"{first}; what it will do here is not known" if one.advice.led == "order" else NEW)
    return lines


NEW = "nothing like it was run: much is left to learn"


def _expected(found: Suggestions, seen: Foreseen) -> list[str]:
    told = ["no evidence for a number yet" if seen.expected is None else f"expected {interval(seen)}"]
    if seen.chance is not None and found.best:
        told.append(f"{percent(seen.chance)} to beat {text.number(found.best.score)}")
    if seen.seconds is not None:
        told.append(f"about {text.duration(seen.seconds)}")
    return told


def _because(one: Because) -> str:
    what = f"{text.clean(one.data)} {text.number(one.score)}, {_ordinal(one.rank)} of {one.of} ({short(one.entry)})"
    if not one.differs:
        return what
    names = [name.rpartition(".")[2] for name in one.differs[:MOST_DIFFERS]]
    more = f" and {len(one.differs) - MOST_DIFFERS} more" if len(one.differs) > MOST_DIFFERS else ""
    return f"{what}, with another {text.clean(', '.join(names))}{more}"


def _ordinal(number: int) -> str:
    return {1: "best", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")


def reported(one: Reported) -> str:
    """Return what was taken from a study, on lines."""
    on = f" on {', '.join(text.clean(label) for label in one.data)}"
    if one.assumed:
        on = f", taken as runs on {one.assumed}" + ("" if one.assumed == "these data" else " (it names none; --same-data for these)")
    lines = [f"{text.clean(one.journal.name)}: {text.count(one.taken, 'trial')}{on if one.taken else ''}"]
    lines += [f"  {many} left out: {text.clean(reason)}" for reason, many in one.left_out.items()]
    return "\n".join(text.wrap(line) for line in lines) + "\n"


def reported_as_plain(one: Reported) -> dict[str, Any]:
    """Return what was taken from a study for a program."""
    return {
        "from": one.journal.name,
        "study": one.study,
        "trials": one.taken,
        "data_sets": one.data,
        "assumed": one.assumed or None,
        "left_out": one.left_out,
    }


def configuration(one: Candidate) -> str:
    """Return a configuration on one line: its steps with their parameters, or its values."""
    if not one.steps:
        return text.settings(one.point)
    return " + ".join(_step(step) for step in one.steps)


def _step(step: Any) -> str:
    if not isinstance(step, dict):
        return text.value(step)
    name, values = next(iter(step.items()))
    return f"{text.clean(str(name))} {text.settings(values)}" if isinstance(values, dict) else text.value(step)


def ran(one: Round) -> str:
    """Return one line for a suggestion that was run."""
    seen = one.proposal.advice.foreseen
    came = "failed" if one.score is None else text.number(one.score)
    expected = f", expected {text.number(seen.expected)}" if seen.expected is not None else ""
    line = f"{one.number:>3}  {came}{expected} · best {text.number(one.best)} · {configuration(one.proposal.candidate)}"
    return text.shorten(line, text.WIDTH)


def as_plain(found: Suggestions) -> dict[str, Any]:
    """Return the suggestions for a program."""
    return {
        "data": {"name": found.target.data.label, "hash": found.target.data.hash},
        "metric": f"dev.{found.target.metric}",
        "direction": "higher" if direction(found.target.metric) > 0 else "lower",
        "best": {"value": found.best.score, "entry": found.best.entry} if found.best else None,
        "evidence": {"own": found.own, "data_sets": [one.label for one in found.past], "past": found.past_trials},
        "suggestions": [proposal_as_plain(one) for one in found.proposals],
    }


def proposal_as_plain(one: Proposal) -> dict[str, Any]:
    """Return one suggestion for a program."""
    seen = one.advice.foreseen
    return {
        **({"procedure": one.candidate.steps} if one.candidate.steps else {"values": one.candidate.point}),
        "fingerprint": one.candidate.fingerprint,
        **foreseen_as_plain(seen),
        "reason": one.advice.led,
        "because": [
            {"entry": why.entry, "data": why.data, "value": why.score, "rank": why.rank, "of": why.of, "differs": why.differs}
            for why in one.advice.because
        ],
    }


def pursued_as_plain(ended: Pursued, rounds: Sequence[Round]) -> dict[str, Any]:
    """Return what was run for a program."""
    made = [{**proposal_as_plain(one.proposal), "value": one.score, "best": one.best} for one in rounds]
    return {"entry": ended.entry, "runs": made, "stopped": ended.stopped}
