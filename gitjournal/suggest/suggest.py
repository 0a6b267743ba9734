"""Suggests the next runs on one data set, from what was run on it and on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.entry.metrics import direction
from gitjournal.procedure import identity
from gitjournal.suggest import advisor as advice
from gitjournal.suggest import collect
from gitjournal.suggest.advisor import Advice
from gitjournal.suggest.candidates import Candidate, list_candidates
from gitjournal.suggest.collect import RunHistory
from gitjournal.suggest.target import SearchTarget
from gitjournal.suggest.trial import DataSet, Trial


@dataclass(frozen=True)
class Proposal:
    """A suggestion, with the configuration it is about."""

    advice: Advice
    candidate: Candidate


@dataclass(frozen=True)
class Suggestions:
    """The suggestions and the evidence for them: `own` configurations here with the `best` of them, `past` of other data sets.

    `width` is the number of steps of the longest candidate that differ, so that an entry can be written that later ones fit into.
    """

    target: SearchTarget
    proposals: list[Proposal]
    own: int
    best: Trial | None
    past: list[DataSet]
    past_trials: int
    width: int = 1


def suggest(target: SearchTarget, journals: Sequence[RunHistory], many: int) -> Suggestions:
    """Return up to `many` suggestions, none of which the journal at hand has run or has failed at."""
    split = identity.split_text(target.declared)
    evidence = collect.collect_evidence(target.data, target.metric, target.declared.task, journals, split=split)
    ran = {one.fingerprint for one in journals[0].results}
    listed = {one.key: one for one in list_candidates(target, evidence) if one.fingerprint not in ran}
    own = evidence.own()
    sign = direction(target.metric)
    best = max(own, key=lambda one: sign * (one.score or 0.0), default=None)
    past = {one.data for one in evidence.trials if one.score is not None} - {target.data.hash}
    return Suggestions(
        target,
        [Proposal(one, listed[one.key]) for one in advice.advise(evidence, list(listed), many)],
        len(own),
        best,
        sorted((evidence.sets[name] for name in past), key=lambda one: one.label),
        sum(one.data in past and one.score is not None for one in evidence.trials),
        max((len(one.exchangeable) for one in listed.values() if one.steps), default=1),
    )
