"""A study, the record of a hyper-parameter search by another tool, as plain values; and what it means in an entry. Pure.

`optuna_io` reads and writes those of optuna; nothing here knows that library.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

MOST_SPACES = 20  # sub-spaces of one study: one for each set of parameters that its trials have
MOST_STEPS = 50  # a range of fewer steps than this is written as its values
JSON_TEXTS = "json"  # the attribute of a study that says which choices are JSON texts, by parameter


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; `whole` ones, every `step`, or drawn by their logarithm (`log`)."""

    low: float
    high: float
    log: bool = False
    whole: bool = False
    step: float | None = None


@dataclass(frozen=True)
class Categorical:
    """One of some values: None, bool, int, float or str where the study is to be written."""

    choices: tuple[Any, ...]


Distribution = Range | Categorical


@dataclass(frozen=True)
class StudyTrial:
    """One trial that has ended: `score` is None where it failed. Times are those of the clock on the wall, without a zone."""

    number: int
    params: dict[str, Any]
    distributions: dict[str, Distribution]
    score: float | None
    began: datetime | None = None
    ended: datetime | None = None
    attrs: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """How long it took, as far as it is known."""
        return max((self.ended - self.began).total_seconds(), 0.0) if self.began and self.ended else None


@dataclass(frozen=True)
class Study:
    """A study: its directions (1 to maximise, -1 to minimise, one for each objective) and the trials that ended.

    `unfinished` counts the trials that did not end, were pruned, or ended with a value that is no finite number.
    """

    name: str
    directions: tuple[int, ...]
    tried: list[StudyTrial]
    attrs: dict[str, Any] = field(default_factory=dict)
    unfinished: int = 0

    def scored(self) -> list[StudyTrial]:
        """Return the trials with a value, the best first."""
        found = [(one.score, one) for one in self.tried if one.score is not None]
        return [one for _, one in sorted(found, key=lambda pair: (-self.directions[0] * pair[0], pair[1].number))]


def restore_values(study: Study) -> Study:
    """Return a study that gitjournal wrote with its values as they were: lists and steps instead of the JSON that stands for them."""
    told = study.attrs.get(JSON_TEXTS)
    if not isinstance(told, dict):
        return study
    meant: dict[str, dict[str, Any]] = {}
    for name, texts in told.items():
        for text in texts if isinstance(texts, list) else []:
            try:
                meant.setdefault(str(name), {})[text] = json.loads(text)
            except (TypeError, ValueError, RecursionError):
                continue
    return replace(study, tried=[_restored(one, meant) for one in study.tried])


def _restored(one: StudyTrial, meant: Mapping[str, Mapping[str, Any]]) -> StudyTrial:
    def value(name: str, written: Any) -> Any:
        return meant[name].get(written, written) if name in meant and isinstance(written, str) else written

    distributions = {
        name: Categorical(tuple(value(name, choice) for choice in told.choices)) if isinstance(told, Categorical) else told
        for name, told in one.distributions.items()
    }
    return replace(one, params={name: value(name, written) for name, written in one.params.items()}, distributions=distributions)


def best_points(study: Study, most: int) -> list[dict[str, Any]]:
    """Return up to `most` distinct configurations of trials with a value, the best first."""
    found: dict[str, dict[str, Any]] = {}
    for one in study.scored():
        if one.params and all(_sayable(value) for value in one.params.values()):
            found.setdefault(repr(sorted(one.params.items())), one.params)
    return list(found.values())[:most]


def search_spaces(study: Study) -> list[dict[str, Any]]:
    """Return where the study looked, as an entry's `space` says it: one mapping for each set of parameters that trials with a value have.

    Where there are several, a parameter keeps only the choices that were seen together with the others of its set: a study with
    conditional parameters says nowhere which of them go together.
    """
    groups: dict[tuple[str, ...], list[StudyTrial]] = {}
    for one in study.scored():
        if one.params:
            groups.setdefault(tuple(sorted(one.params)), []).append(one)
    largest = sorted(groups.values(), key=lambda group: -len(group))[:MOST_SPACES]
    return [{name: _axis(name, group, seen_only=len(groups) > 1) for name in group[0].params} for group in largest]


def _axis(name: str, group: Sequence[StudyTrial], *, seen_only: bool) -> Any:
    seen = _distinct(one.params[name] for one in group)
    told = [one.distributions[name] for one in group if name in one.distributions]
    ranges = [one for one in told if isinstance(one, Range) and math.isfinite(one.low) and math.isfinite(one.high)]
    if len(ranges) == len(told) and ranges:
        return _written(ranges)
    if seen_only or not told:
        return seen
    return _distinct(choice for one in told if isinstance(one, Categorical) for choice in one.choices if _sayable(choice)) or seen


def _written(ranges: Sequence[Range]) -> Any:
    low, high = min(one.low for one in ranges), max(one.high for one in ranges)
    first = ranges[0]
    number = int if first.whole else float
    if low == high:
        return [number(low)]
    if first.step and not first.log and (first.step != 1 or not first.whole):
        steps = round((high - low) / first.step)
        if steps < MOST_STEPS:
            return [number(low) + at * number(first.step) if first.whole else _clean(low + at * first.step) for at in range(steps + 1)]
    kind = "int" if first.whole else "log" if first.log and low > 0 else "lin"
    return {kind: [number(low), number(high)]}


def _clean(value: float) -> float:
    return float(f"{value:.12g}")  # 0.1 + 2 * 0.1 is meant as 0.3


def _distinct(values: Any) -> list[Any]:
    return list({repr(value): value for value in values}.values())


def _sayable(value: Any) -> bool:
    """Whether an entry can say a value: anything but what is no number."""
    return not isinstance(value, float) or math.isfinite(value)
