"""From trials on these and other data to what should be run next, and to what is expected of a run. Pure; numpy alone.

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
from gitjournal.suggest.trial import Evidence, ScoreScale, Trial, fit_scale, raise_outliers

MOST_OWN, MOST_SEEN = 100, 120  # configurations that a model is made of, besides those asked about
MOST_WORK = 2e7  # sum over past data sets of the cube of their configurations: 0.05 s
ASKED_AT_ONCE = 250  # configurations that a model is asked about: its work grows with their cube
TOLD = 3  # past entries that are named


@dataclass(frozen=True)
class Because:
    """A past entry that speaks for a configuration: it, or the nearest one (which `differs` in these values), came `rank` of `of`.

    `here` says whether that was on the data in question.
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
    """A configuration to run next. `led` says what decided: `past` data sets, `own` runs, or the `order` of strong defaults."""

    foreseen: Foreseen
    led: str
    because: list[Because]

    @property
    def key(self) -> str:
        """The configuration."""
        return self.foreseen.key


def notable(evidence: Evidence) -> list[str]:
    """Return configurations of other data sets: those seen on most of them and best there, and some of the others."""
    sign = direction(evidence.metric)
    scores: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for one in evidence.trials:
        if one.data != evidence.data.hash and one.score is not None:
            scores[one.data].append((one.key, sign * one.score))
    seen: dict[str, list[float]] = defaultdict(list)
    for found in scores.values():
        values = [value for _, value in found]
        low, high = min(values), max(values)
        for key, value in found:
            seen[key].append((value - low) / (high - low) if high > low else 0.5)
    ranked = sorted(seen, key=lambda key: (-len(seen[key]), -max(seen[key]), key))
    half = MOST_SEEN // 2
    return [*ranked[:half], *_spread(ranked[half:], half)]


def foresee(evidence: Evidence, keys: Sequence[str]) -> list[Foreseen]:
    """Return what to expect of each configuration, whether it was run or not."""
    found = []
    with _one_thread():
        for at in range(0, len(keys), ASKED_AT_ONCE):
            model = _TrialTable(evidence, keys[at : at + ASKED_AT_ONCE])
            found += [model.foreseen(key) for key in keys[at : at + ASKED_AT_ONCE]]
    return found


def advise(evidence: Evidence, candidates: Sequence[str], many: int) -> list[Advice]:
    """Return up to `many` of the candidates, the best first; those that were run on these data, or failed there, are left out.

    Where there is no evidence their order decides.
    """
    with _one_thread():
        model = _TrialTable(evidence, candidates)
        tried = {one.key for one in evidence.trials if one.data == evidence.data.hash}
        asked = {key for key in candidates if key not in tried}
        allowed = np.array([one.key in asked for one in model.settings], dtype=bool)
        picked = acquisition.choose_several(model.belief, model.own, model.scores, allowed, many)
        return [Advice(model.foreseen(model.settings[one.at].key), one.led, model.because(one)) for one in picked]


def _one_thread() -> threadpool_limits:
    """Keep to one thread: matrices of a few hundred rows gain nothing by more, and lose much where others use the machine."""
    return threadpool_limits(limits=1, user_api="blas")


class _TrialTable:
    """The trials as a table of data sets and configurations, and what follows from it."""

    def __init__(self, evidence: Evidence, keys: Sequence[str]) -> None:
        self.evidence = evidence
        scored = [one for one in evidence.trials if one.score is not None and np.isfinite(one.score)]
        self.by_set: dict[str, dict[str, Trial]] = defaultdict(dict)
        for one in scored:
            self.by_set[one.data][one.key] = one
        self.mine = self.by_set.pop(evidence.data.hash, {})
        self.scale: ScoreScale = fit_scale(evidence.metric, (one.score for one in scored if one.score is not None))
        self.values = {data: self._worths(found) for data, found in [*self.by_set.items(), ("", self.mine)]}
        names = [*dict.fromkeys([*keys, *self._own_columns(), *notable(evidence)])]
        self.settings: list[AlgorithmSetting] = [encoding.read(read_steps(name) or [], name) for name in names]
        self.at = {name: number for number, name in enumerate(names)}
        self.codes, self.positions = encoding.place(self.settings)
        self.sets = self._affordable()
        alike = surrogate.likeness(self.codes, self.positions)
        self.belief: Belief = surrogate.believe(self._table(), alike)
        own = [(self.at[key], value) for key, value in self.values[""].items() if key in self.at]
        self.own: Indices = np.array([at for at, _ in own], dtype=np.intp)
        self.scores: Array = np.array([value for _, value in own], dtype=float)
        self.expected: Posterior = surrogate.expect(self.belief, self.own, self.scores)
        self.best = max(self.values[""].values(), default=None)

    def _worths(self, trials: Mapping[str, Trial]) -> dict[str, float]:
        """Return what each configuration was worth on one data set, extremely bad ones no worse than bad."""
        values = {key: self.scale.worth(trial.score) for key, trial in trials.items() if trial.score is not None}
        return dict(zip(values, raise_outliers(list(values.values())), strict=True))

    def _own_columns(self) -> list[str]:
        ranked = sorted(self.values[""], key=lambda key: -self.values[""][key])
        return [*ranked[: MOST_OWN // 2], *_spread(ranked[MOST_OWN // 2 :], MOST_OWN // 2)]

    def _affordable(self) -> list[str]:
        """Return the past data sets to learn from, those nearest in size first, as far as time allows."""
        here = self.evidence.data

        def far(data: str) -> tuple[float, str]:
            there = self.evidence.sets.get(data)
            pairs = [(here.rows, there.rows), (here.columns, there.columns)] if there else []
            return sum(abs(float(np.log10(a / b))) if a and b else 1.0 for a, b in pairs), data

        kept: list[str] = []
        patterns: set[frozenset[str]] = set()
        work = 0.0
        for data in sorted(self.by_set, key=far):
            seen = frozenset(key for key in self.by_set[data] if key in self.at)
            if seen and seen not in patterns:
                work += float(len(seen)) ** 3
                patterns.add(seen)
            if seen and work <= MOST_WORK:
                kept.append(data)
        return kept

    def _table(self) -> Array:
        table = np.full((len(self.sets), len(self.settings)), np.nan)
        for row, data in enumerate(self.sets):
            for key, value in self.values[data].items():
                if key in self.at:
                    table[row, self.at[key]] = value
        return table

    def foreseen(self, key: str) -> Foreseen:
        """Return what to expect of a configuration that is a column."""
        at, expected = self.at[key], self.expected
        seconds = self._seconds(at)
        if not expected.known:
            return Foreseen(key, seconds=seconds)
        low, high = expected.interval(at)
        ends = sorted((self.scale.score(low), self.scale.score(high)))
        chance = None if self.best is None else expected.chance(self.best, at)
        if chance is not None and self.best is not None and self.scale.is_perfect(self.best):
            chance = 0.0
        return Foreseen(key, self.scale.score(float(expected.mean[at])), ends[0], ends[1], chance, expected.firm, seconds)

    def _seconds(self, at: int) -> float | None:
        """Return how long runs of this algorithm took on these data, else on the past data set nearest in size, per row."""
        algorithm = self.settings[at].algorithm
        mine = [one.seconds for key, one in self.mine.items() if one.seconds is not None and self._algorithm(key) == algorithm]
        if mine:
            return statistics.median(mine)
        for data in self.sets:
            there = [one.seconds for key, one in self.by_set[data].items() if one.seconds is not None and self._algorithm(key) == algorithm]
            known = self.evidence.sets.get(data)
            if there and known and known.rows and self.evidence.data.rows:
                return statistics.median(there) * self.evidence.data.rows / known.rows
        return None

    def _algorithm(self, key: str) -> str | None:
        return self.settings[self.at[key]].algorithm if key in self.at else None

    def because(self, choice: Pick) -> list[Because]:
        """Return the past entries that speak for a choice, those that weigh most first, one a data set."""
        if choice.led == "order":
            return []
        own = self._nearest(choice.at, self.mine, self.evidence.data.label)
        past: list[Because] = []
        for row in np.argsort(-choice.gains, kind="stable").tolist():
            if len(past) == TOLD or (choice.gains[row] <= 0 and (own or past)):
                break
            data = self.sets[row]
            found = self._nearest(choice.at, self.by_set[data], self._label(data))
            past += [found] if found else []
        told = [*past, *([own] if own else [])] if choice.led == "past" else [*([own] if own else []), *past]
        return told[:TOLD]

    def _label(self, data: str) -> str:
        known = self.evidence.sets.get(data)
        return known.label if known else data

    def _nearest(self, at: int, found: Mapping[str, Trial], label: str) -> Because | None:
        """Return the run of this configuration on a data set, else that of the nearest one of its algorithm."""
        near = [key for key in found if key in self.at and self.codes[self.at[key]] == self.codes[at]]
        if not near:
            return None
        away = {key: float(((self.positions[self.at[key]] - self.positions[at]) ** 2).sum()) for key in near}
        one = found[min(near, key=lambda key: (away[key], key))]
        mine = self.scale.worth(one.score) if one.score is not None else 0.0
        rank = 1 + sum(self.scale.worth(other.score) > mine for other in found.values() if other.score is not None)
        differs = encoding.differences(self.settings[at].values, self.settings[self.at[one.key]].values)
        return Because(one.entry, label, one.score or 0.0, rank, len(found), found is self.mine, differs)


def _spread(ranked: Sequence[str], many: int) -> list[str]:
    """Return `many` of a ranking, evenly spread over it."""
    if len(ranked) <= many:
        return list(ranked)
    return [ranked[int(place)] for place in np.linspace(0, len(ranked) - 1, many)]
