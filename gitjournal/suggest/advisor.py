"""Predictions and suggestions from past trials: what each configuration will score, and which to run next. Pure; numpy alone.

A configuration is the text of a portable procedure (`portable`), the same on every data set. `foresee` says what to expect of any
of them, `advise` which of some candidates to run next and which past entries say so.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from gitjournal.entry.metrics import direction
from gitjournal.procedure.canonical_text import read_steps
from gitjournal.run.forecast import Foreseen
from gitjournal.suggest import acquisition, encoding, surrogate
from gitjournal.suggest.acquisition import Pick
from gitjournal.suggest.encoding import AlgorithmSetting
from gitjournal.suggest.surrogate import Array, Belief, Indices, Posterior
from gitjournal.suggest.trial import IN_UNITS, Evidence, ScoreScale, Trial, fit_scale, raise_outliers

MOST_OWN, MOST_SEEN = 100, 120  # configurations that a model is made of, besides those asked about
MOST_WORK = 2e7  # sum over past data sets of the cube of their configurations: 0.05 s
ASKED_AT_ONCE = 250  # configurations that a model is asked about: its work grows with their cube
TOLD = 3  # past entries that are named


@dataclass(frozen=True)
class Precedent:
    """A past run as evidence for a suggestion: it came `rank` of `of` runs on its data.

    It is of the suggested configuration, or of the nearest one, which `differs` in these values. `here` says whether it was on the
    data in question.
    """

    entry: str
    data: str
    score: float
    rank: int
    of: int
    here: bool
    differs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Advice:
    """A suggested configuration with its predicted score.

    `led` says what decided: `past` data sets, `own` runs, or the `order` of strong defaults.
    """

    forecast: Foreseen
    led: str
    precedents: list[Precedent]

    @property
    def key(self) -> str:
        """The configuration."""
        return self.forecast.key


def notable(evidence: Evidence) -> list[str]:
    """Return configurations of other data sets: those run on most of them and best there, then a sample of the others."""
    sign = direction(evidence.metric)
    scores: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for trial in evidence.trials:
        if trial.data != evidence.data.hash and trial.score is not None:
            scores[trial.data].append((trial.key, sign * trial.score))
    shares: dict[str, list[float]] = defaultdict(list)
    for scored in scores.values():
        values = [value for _, value in scored]
        low, high = min(values), max(values)
        for key, value in scored:
            shares[key].append((value - low) / (high - low) if high > low else 0.5)
    ranked = sorted(shares, key=lambda key: (-len(shares[key]), -max(shares[key]), key))
    half = MOST_SEEN // 2
    return [*ranked[:half], *_spread(ranked[half:], half)]


def foresee(evidence: Evidence, keys: Sequence[str]) -> list[Foreseen]:
    """Return the predicted score of each configuration, whether it was run or not."""
    forecast = []
    with _one_thread():
        for at in range(0, len(keys), ASKED_AT_ONCE):
            model = _TrialTable(evidence, keys[at : at + ASKED_AT_ONCE])
            forecast += [model.forecast(key) for key in keys[at : at + ASKED_AT_ONCE]]
    return forecast


def advise(evidence: Evidence, candidates: Sequence[str], many: int) -> list[Advice]:
    """Return up to `many` of the candidates, the best first; those that were run on these data, or failed there, are left out.

    Where there is no evidence their order decides.
    """
    with _one_thread():
        model = _TrialTable(evidence, candidates)
        known_keys = {one.key for one in evidence.trials if one.data == evidence.data.hash}
        untried = {key for key in candidates if key not in known_keys}
        allowed = np.array([one.key in untried for one in model.settings], dtype=bool)
        picked = acquisition.choose_several(model.belief, model.own, model.scores, allowed, many)
        return [Advice(model.forecast(model.settings[one.at].key), one.led, model.precedents(one)) for one in picked]


def _one_thread() -> threadpool_limits:
    """Keep to one thread: matrices of a few hundred rows gain nothing by more, and lose much where others use the machine."""
    return threadpool_limits(limits=1, user_api="blas")


class _TrialTable:
    """The matrix of scores, past data sets by configurations, and the Gaussian model that is fitted to it."""

    def __init__(self, evidence: Evidence, keys: Sequence[str]) -> None:
        self.evidence = evidence
        scored = [trial for trial in evidence.trials if trial.score is not None and np.isfinite(trial.score)]
        self.by_set: dict[str, dict[str, Trial]] = defaultdict(dict)
        for trial in scored:
            self.by_set[trial.data][trial.key] = trial
        self.own_trials = self.by_set.pop(evidence.data.hash, {})
        in_units = evidence.metric in IN_UNITS
        if in_units:  # an error of 0 is no ratio to any other
            self.by_set = {data: found for data, found in self.by_set.items() if all(trial.score for trial in found.values())}
        compared = [trial for found in (self.own_trials, *self.by_set.values()) for trial in found.values()]
        self.scale: ScoreScale = fit_scale(evidence.metric, (trial.score for trial in compared if trial.score is not None))
        if in_units and not self.scale.log:
            self.by_set = {}
        self.values = {data: self._worths_on(found) for data, found in [*self.by_set.items(), ("", self.own_trials)]}
        names = [*dict.fromkeys([*keys, *self._own_keys(), *notable(evidence)])]
        self.settings: list[AlgorithmSetting] = [encoding.encode(read_steps(name) or [], name) for name in names]
        self.at = {name: number for number, name in enumerate(names)}
        self.codes, self.positions = encoding.locate(self.settings)
        self.sets = self._affordable_sets()
        alike = surrogate.prior_correlation(self.codes, self.positions)
        self.belief: Belief = surrogate.learn_belief(self._score_matrix(), alike, level_free=in_units)
        own = [(self.at[key], value) for key, value in self.values[""].items() if key in self.at]
        self.own: Indices = np.array([at for at, _ in own], dtype=np.intp)
        self.scores: Array = np.array([value for _, value in own], dtype=float)
        self.expected: Posterior = surrogate.update_belief(self.belief, self.own, self.scores)
        self.best = max(self.values[""].values(), default=None)

    def _worths_on(self, trials: Mapping[str, Trial]) -> dict[str, float]:
        """Return what each configuration was worth on one data set, extremely bad ones no worse than bad."""
        values = {key: self.scale.worth(trial.score) for key, trial in trials.items() if trial.score is not None}
        return dict(zip(values, raise_outliers(list(values.values())), strict=True))

    def _own_keys(self) -> list[str]:
        ranked = sorted(self.values[""], key=lambda key: -self.values[""][key])
        return [*ranked[: MOST_OWN // 2], *_spread(ranked[MOST_OWN // 2 :], MOST_OWN // 2)]

    def _affordable_sets(self) -> list[str]:
        """Return the past data sets to learn from, those nearest in size first, as far as time allows."""
        here = self.evidence.data

        def difference_in_size(data: str) -> tuple[float, str]:
            there = self.evidence.sets.get(data)
            pairs = [(here.rows, there.rows), (here.columns, there.columns)] if there else []
            return sum(abs(float(np.log10(a / b))) if a and b else 1.0 for a, b in pairs), data

        affordable: list[str] = []
        patterns: set[frozenset[str]] = set()
        work = 0.0
        for data in sorted(self.by_set, key=difference_in_size):
            keys = frozenset(key for key in self.by_set[data] if key in self.at)
            if keys and keys not in patterns:
                work += float(len(keys)) ** 3
                patterns.add(keys)
            if keys and work <= MOST_WORK:
                affordable.append(data)
        return affordable

    def _score_matrix(self) -> Array:
        table = np.full((len(self.sets), len(self.settings)), np.nan)
        for row, data in enumerate(self.sets):
            for key, value in self.values[data].items():
                if key in self.at:
                    table[row, self.at[key]] = value
        return table

    def forecast(self, key: str) -> Foreseen:
        """Return the prediction for a configuration, which is a column of the matrix."""
        at, expected = self.at[key], self.expected
        seconds = self._predict_seconds(at)
        if not expected.known:
            return Foreseen(key, seconds=seconds)
        low, high = expected.interval(at)
        ends = sorted((self.scale.score(low), self.scale.score(high)))
        chance = None if self.best is None else expected.chance(self.best, at)
        if chance is not None and self.best is not None and self.scale.is_perfect(self.best):
            chance = 0.0
        return Foreseen(key, self.scale.score(float(expected.mean[at])), ends[0], ends[1], chance, expected.firm, seconds)

    def _predict_seconds(self, at: int) -> float | None:
        """Return how long runs of this algorithm took on these data, else on the past data set nearest in size, per row."""
        algorithm = self.settings[at].algorithm

        def times(trials: Mapping[str, Trial]) -> list[float]:
            return [one.seconds for key, one in trials.items() if one.seconds is not None and self._algorithm_of(key) == algorithm]

        if own_times := times(self.own_trials):
            return statistics.median(own_times)
        for data in self.sets:
            data_set, past_times = self.evidence.sets.get(data), times(self.by_set[data])
            if past_times and data_set and data_set.rows and self.evidence.data.rows:
                return statistics.median(past_times) * self.evidence.data.rows / data_set.rows
        return None

    def _algorithm_of(self, key: str) -> str | None:
        return self.settings[self.at[key]].algorithm if key in self.at else None

    def precedents(self, choice: Pick) -> list[Precedent]:
        """Return the past entries that speak for a choice, those that weigh most first, one a data set."""
        if choice.led == "order":
            return []
        own = self._nearest_precedent(choice.at, self.own_trials, self.evidence.data.label)
        of_past: list[Precedent] = []
        for row in np.argsort(-choice.gains, kind="stable").tolist():
            if len(of_past) == TOLD or (choice.gains[row] <= 0 and (own or of_past)):
                break
            data = self.sets[row]
            precedent = self._nearest_precedent(choice.at, self.by_set[data], self._data_label(data))
            of_past += [precedent] if precedent else []
        chosen = [*of_past, *([own] if own else [])] if choice.led == "past" else [*([own] if own else []), *of_past]
        return chosen[:TOLD]

    def _data_label(self, data: str) -> str:
        data_set = self.evidence.sets.get(data)
        return data_set.label if data_set else data

    def _nearest_precedent(self, at: int, trials: Mapping[str, Trial], label: str) -> Precedent | None:
        """Return the run of this configuration on a data set, else that of the nearest one of its algorithm."""
        keys = [key for key in trials if key in self.at and self.codes[self.at[key]] == self.codes[at]]
        if not keys:
            return None
        distances = {key: float(((self.positions[self.at[key]] - self.positions[at]) ** 2).sum()) for key in keys}
        nearest = trials[min(keys, key=lambda key: (distances[key], key))]
        worth = self.scale.worth(nearest.score) if nearest.score is not None else 0.0
        rank = 1 + sum(self.scale.worth(other.score) > worth for other in trials.values() if other.score is not None)
        differs = encoding.differences(self.settings[at].values, self.settings[self.at[nearest.key]].values)
        return Precedent(nearest.entry, label, nearest.score or 0.0, rank, len(trials), trials is self.own_trials, differs)


def _spread(ranked: Sequence[str], many: int) -> list[str]:
    """Return `many` of a ranking, evenly spread over it."""
    if len(ranked) <= many:
        return list(ranked)
    return [ranked[int(place)] for place in np.linspace(0, len(ranked) - 1, many)]
