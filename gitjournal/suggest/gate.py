"""Early stopping of a grid: runs that are unlikely to beat the best are skipped, but for a control sample. It loads numpy, by `advisor`."""

from __future__ import annotations

import dataclasses
import math
import random
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

from gitjournal.entry import record
from gitjournal.entry.metrics import direction
from gitjournal.procedure.canonical_text import is_dummy, read_steps
from gitjournal.run.forecast import Foreseen
from gitjournal.suggest import advisor
from gitjournal.suggest.trial import Evidence, Trial

CONTROL = 0.1  # share of the unlikely configurations that are run all the same, at least one: what tells whether skipping costs anything


class Gate:
    """Hands out configurations, the most promising first, until all that are left are unlikely to beat the best.

    `keys` are their portable texts by fingerprint, `below` the chance from which a configuration is worth its run. What is decided
    last is decided with all results: nothing is skipped while anything else is left to run.
    """

    def __init__(self, evidence: Evidence, keys: Mapping[str, str], below: float, entry: str) -> None:
        self.below, self._entry = below, entry
        self._known, self._evidence, self._keys = evidence, evidence, dict(keys)
        self._begun: set[str] = set()
        self._controls: dict[str, record.GateForecast] = {}
        self._scores: dict[str, list[float]] = defaultdict(list)
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._foreseen: dict[str, Foreseen] = {}
        self._chance = random.Random(entry)  # noqa: S311 - a sample, not a secret

    def next(self, waiting: Sequence[str]) -> str | None:
        """Return the configuration among those `waiting` that is run next; None where only unlikely ones are left."""
        begun = next((one for one in waiting if one in self._begun), None)
        if begun is not None:  # the other seeds of what was begun
            return begun
        left = list(dict.fromkeys(waiting))
        if not left:
            return None
        self._refresh_forecasts()
        likely = [one for one in left if not self._foreseen[one].is_below(self.below)]
        if likely:
            chosen = self._most_promising(likely)
        elif len(self._controls) < max(1, round(CONTROL * (len(left) + len(self._controls)))):
            chosen = self._chance.choice(sorted(left))
            self._controls[chosen] = self.reason(chosen)
        else:
            return None
        self._begun.add(chosen)
        return chosen

    def learn(self, fingerprint: str, score: float | None, seconds: float | None) -> None:
        """Learn what a run came to; None where it failed, or cannot be believed. A dummy says nothing of other configurations."""
        if score is not None and math.isfinite(score) and not is_dummy(read_steps(self._keys[fingerprint]) or []):
            self._scores[fingerprint].append(score)
        if seconds is not None:
            self._seconds[fingerprint].append(seconds)
        self._foreseen = {}
        self._evidence = dataclasses.replace(self._known, trials=[*self._known.trials, *map(self._own_trial, self._scores)])

    def reason(self, fingerprint: str) -> record.GateForecast:
        """Return why a configuration is unlikely."""
        forecast = self._foreseen[fingerprint]
        return record.GateForecast(forecast.chance or 0.0, self._best_so_far(), forecast.seconds)

    def control(self, fingerprint: str) -> record.GateForecast | None:
        """Return why a configuration would have been skipped, were it not for the control; None where it is worth its run."""
        return self._controls.get(fingerprint)

    def _refresh_forecasts(self) -> None:
        if not self._foreseen:
            left = {one: key for one, key in self._keys.items() if one not in self._begun}
            by_key = {one.key: one for one in advisor.foresee(self._evidence, list(dict.fromkeys(left.values())))}
            self._foreseen = {one: by_key[key] for one, key in left.items()}

    def _most_promising(self, likely: Sequence[str]) -> str:
        by_key = {self._keys[one]: one for one in reversed(likely)}
        advised = advisor.advise(self._evidence, list(by_key)[: advisor.ASKED_AT_ONCE], 1)
        return by_key[advised[0].key] if advised else likely[0]

    def _best_so_far(self) -> float:
        sign = direction(self._evidence.metric)
        return sign * max(sign * one.score for one in self._evidence.own() if one.score is not None)

    def _own_trial(self, fingerprint: str) -> Trial:
        took = self._seconds[fingerprint]
        mean = statistics.fmean(self._scores[fingerprint])
        return Trial(self._known.data.hash, self._keys[fingerprint], mean, self._entry, statistics.median(took) if took else None)


class SurrogateModel:
    """The model of scores that `forecast` asks: the surrogate of this package."""

    def foresee(self, evidence: Evidence, keys: Sequence[str]) -> list[Foreseen]:
        """Return what to expect of each configuration, whether it was run or not."""
        return advisor.foresee(evidence, keys)

    def gate(self, evidence: Evidence, keys: Mapping[str, str], below: float, entry: str) -> Gate:
        """Return what decides which of these configurations are skipped."""
        return Gate(evidence, keys, below, entry)
