"""The forecast of a plan: how long its runs will take and what they will score, by the runs of the past."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gitjournal.entry.labels import data_label
from gitjournal.entry.metrics import direction
from gitjournal.entry.summary import COUNTS
from gitjournal.journal.index.results import Result
from gitjournal.procedure import identity
from gitjournal.procedure.canonical_text import last_class
from gitjournal.run.entry_state import Subject
from gitjournal.run.forecast import Forecast, Foreseen, Gatekeeper
from gitjournal.run.plan import Plan, PlannedRun
from gitjournal.suggest import collect
from gitjournal.suggest.collect import RunHistory
from gitjournal.suggest.trial import DataSet, Evidence

LOOKED_AT = 3_000  # runs: what a quarter of a second of reading takes, while workers load their libraries; those on the same data first
TELLING = 3  # own configurations, or other data sets, from which on scores are told: below that an interval says nothing


class ScoreModel(Protocol):
    """A model of scores. It needs numpy, so it is loaded when it is asked for."""

    def foresee(self, evidence: Evidence, keys: Sequence[str]) -> list[Foreseen]:
        """Return what to expect of each configuration."""
        ...

    def gate(self, evidence: Evidence, keys: Mapping[str, str], below: float, entry: str) -> Gatekeeper:
        """Return what decides which of these configurations (by fingerprint) are skipped."""
        ...


class HistoryForecaster:
    """The forecaster that learns from the runs of the journal; `model` gives a model of scores, where enough was run."""

    def __init__(self, model: Callable[[], ScoreModel]) -> None:
        self._model = model

    def forecast(self, subject: Subject, plan: Plan, runs: Sequence[PlannedRun]) -> Forecast:
        """Return what to expect of these runs."""
        journal = _read_history(subject, plan)
        evidence = _collect_evidence(subject, plan, journal)
        own = evidence.own()
        sign = direction(evidence.metric)
        best = max(own, key=lambda one: sign * (one.score or 0.0), default=None)
        past = {one.data for one in evidence.trials if one.score is not None} - {evidence.data.hash}
        each = _forecast_scores(evidence, _portable_keys(plan, runs), self._model()) if max(len(own), len(past)) >= TELLING else {}
        points = {run.fingerprint: run.point for run in runs}
        seconds = _forecast_seconds(subject, plan, runs, journal)
        return Forecast(evidence.metric, each, points, best.score if best else None, best.entry if best else None, seconds)

    def gate(self, subject: Subject, plan: Plan, runs: Sequence[PlannedRun], below: float) -> Gatekeeper:
        """Return what decides which of these runs are skipped, with a chance below this one to beat the best."""
        return self._model().gate(
            _collect_evidence(subject, plan, _read_history(subject, plan)), _portable_keys(plan, runs), below, subject.entry.id
        )


def _read_history(subject: Subject, plan: Plan) -> RunHistory:
    return collect.read_own(subject.journal, plan.declared.hash, LOOKED_AT)


def _collect_evidence(subject: Subject, plan: Plan, journal: RunHistory) -> Evidence:
    declared, facts = plan.declared, plan.declared.facts
    data = DataSet(declared.hash, data_label(subject.entry.front.data), facts.get("n_rows"), facts.get("n_features"))
    return collect.collect_evidence(data, declared.metrics[0], declared.task, [journal], split=identity.split_text(declared))


def _portable_keys(plan: Plan, runs: Sequence[PlannedRun]) -> dict[str, str]:
    columns = plan.declared.facts.get("n_features")
    texts = {run.fingerprint: run.canonical for run in runs}
    return {fingerprint: collect.portable_key(text, columns) for fingerprint, text in texts.items()}


def _forecast_scores(evidence: Evidence, keys: dict[str, str], model: ScoreModel) -> dict[str, Foreseen]:
    """Return the predicted score of each configuration, the most promising first; those that nothing is known of are left out."""
    by_key = {one.key: one for one in model.foresee(evidence, list(dict.fromkeys(keys.values())))}
    forecasts = {fingerprint: by_key[key] for fingerprint, key in keys.items() if by_key[key].expected is not None}
    sign = direction(evidence.metric)
    return dict(sorted(forecasts.items(), key=lambda pair: -sign * (pair[1].expected or 0.0)))


def _forecast_seconds(subject: Subject, plan: Plan, runs: Sequence[PlannedRun], journal: RunHistory) -> float | None:
    """Return the seconds that the runs will take one after another, or None where nothing is known of some of them.

    For each run: the median of earlier runs of the same estimator on the same data, else of this entry's runs. Of those with
    another split each counts by the number of its fits, and only where none had this one.
    """
    alike: dict[str, list[Result]] = defaultdict(list)
    for result in journal.results:
        if result.data == plan.declared.hash and result.status in COUNTS and result.seconds is not None:
            alike[last_class(result.canonical)].append(result)
    split = identity.split_text(plan.declared)
    times = {estimator: collect.times_with_split(results, split) for estimator, results in alike.items()}
    own = [result.seconds for result in subject.records if result.owned and result.seconds is not None]
    expected = 0.0
    for run in runs:
        earlier = times.get(last_class(run.canonical), own)
        if not earlier:
            return None
        expected += statistics.median(earlier)
    return expected
