"""A study, the record of a hyper-parameter search by another tool, as values; and its space and points as an entry has them. Pure.

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
    """A distribution of numbers from `low` to `high`, both included; `whole` ones, every `step`, or drawn by their logarithm (`log`)."""

    low: float
    high: float
    log: bool = False
    whole: bool = False
    step: float | None = None


@dataclass(frozen=True)
class Categorical:
    """A distribution over listed values: None, bool, int, float or str where the study is to be written."""

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
    trials: list[StudyTrial]
    attrs: dict[str, Any] = field(default_factory=dict)
    unfinished: int = 0

    def best_trials(self) -> list[StudyTrial]:
        """Return the trials with a value, the best first."""
        pairs = [(one.score, one) for one in self.trials if one.score is not None]
        return [one for _, one in sorted(pairs, key=lambda pair: (-self.directions[0] * pair[0], pair[1].number))]


def restore_values(study: Study) -> Study:
    """Return a study that gitjournal wrote with its values as they were: lists and steps instead of the JSON that stands for them."""
    json_texts = study.attrs.get(JSON_TEXTS)
    if not isinstance(json_texts, dict):
        return study
    originals: dict[str, dict[str, Any]] = {}
    for name, texts in json_texts.items():
        for text in texts if isinstance(texts, list) else []:
            try:
                originals.setdefault(str(name), {})[text] = json.loads(text)
            except (TypeError, ValueError, RecursionError):
                continue
    return replace(study, trials=[_restore_trial(one, originals) for one in study.trials])


def _restore_trial(trial: StudyTrial, originals: Mapping[str, Mapping[str, Any]]) -> StudyTrial:
    def value(name: str, written: Any) -> Any:
        return originals[name].get(written, written) if name in originals and isinstance(written, str) else written

    def distribution(name: str, written: Distribution) -> Distribution:
        return Categorical(tuple(value(name, choice) for choice in written.choices)) if isinstance(written, Categorical) else written

    params = {name: value(name, written) for name, written in trial.params.items()}
    return replace(trial, params=params, distributions={name: distribution(name, one) for name, one in trial.distributions.items()})


def best_points(study: Study, most: int) -> list[dict[str, Any]]:
    """Return up to `most` distinct configurations of trials with a value, the best first."""
    points: dict[str, dict[str, Any]] = {}
    for trial in study.best_trials():
        if trial.params and all(_is_writable(value) for value in trial.params.values()):
            points.setdefault(repr(sorted(trial.params.items())), trial.params)
    return list(points.values())[:most]


def search_spaces(study: Study) -> list[dict[str, Any]]:
    """Return the search space as an entry's `space` says it: one mapping for each set of parameters that trials with a value have.

    Where there are several, a parameter keeps only the choices that were seen together with the others of its set: a study with
    conditional parameters says nowhere which of them go together.
    """
    groups: dict[tuple[str, ...], list[StudyTrial]] = {}
    for trial in study.best_trials():
        if trial.params:
            groups.setdefault(tuple(sorted(trial.params)), []).append(trial)
    largest = sorted(groups.values(), key=lambda group: -len(group))[:MOST_SPACES]
    return [{name: _space_of_parameter(name, group, seen_only=len(groups) > 1) for name in group[0].params} for group in largest]


def _space_of_parameter(name: str, group: Sequence[StudyTrial], *, seen_only: bool) -> Any:
    occurring = _distinct_values(one.params[name] for one in group)
    distributions = [one.distributions[name] for one in group if name in one.distributions]
    ranges = [one for one in distributions if isinstance(one, Range) and math.isfinite(one.low) and math.isfinite(one.high)]
    if len(ranges) == len(distributions) and ranges:
        return _write_range(ranges)
    if seen_only or not distributions:
        return occurring
    listed = (choice for one in distributions if isinstance(one, Categorical) for choice in one.choices)
    return _distinct_values(choice for choice in listed if _is_writable(choice)) or occurring


def _write_range(ranges: Sequence[Range]) -> Any:
    low, high = min(one.low for one in ranges), max(one.high for one in ranges)
    first = ranges[0]
    number = int if first.whole else float
    if low == high:
        return [number(low)]
    if first.step and not first.log and (first.step != 1 or not first.whole):
        steps = range(round((high - low) / first.step) + 1)
        if len(steps) <= MOST_STEPS:
            return [number(low) + at * number(first.step) if first.whole else _round_noise(low + at * first.step) for at in steps]
    kind = "int" if first.whole else "log" if first.log and low > 0 else "lin"
    return {kind: [number(low), number(high)]}


def _round_noise(value: float) -> float:
    return float(f"{value:.12g}")  # 0.1 + 2 * 0.1 is meant as 0.3


def _distinct_values(values: Any) -> list[Any]:
    return list({repr(value): value for value in values}.values())


def _is_writable(value: Any) -> bool:
    """Whether an entry can say a value: anything but what is no number."""
    return not isinstance(value, float) or math.isfinite(value)
