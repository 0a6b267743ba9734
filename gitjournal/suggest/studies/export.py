"""The study made of an entry and its results: one trial for each configuration, and the search space. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from gitjournal import __version__
from gitjournal.entry.grid import RANGES, SAMPLING
from gitjournal.entry.labels import data_label
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.record import Record, runs_among
from gitjournal.entry.summary import ConfigurationResult, Summary
from gitjournal.suggest import spaces
from gitjournal.suggest.spaces import Dimension
from gitjournal.suggest.studies.study import JSON_TEXTS, Categorical, Distribution, Range, Study, StudyTrial

PLAIN = (bool, int, float, str, type(None))  # the choices that optuna can keep


def make_study(entry_id: str, front: FrontMatter, summary: Summary, records: Sequence[Record], *, name: str) -> Study:
    """Return the study of an entry's configurations: means over seeds of the metric that decides.

    Configurations that ran without that metric are left out. Raises EntryError where the declared `space` is wrong.
    """
    configurations = [one for one in summary.configurations if summary.deciding in one.scores or (one.failed and not one.scores)]
    space = _ParameterSpace(front, configurations)
    grouped: dict[str, list[Record]] = {}
    for record in runs_among(records):
        grouped.setdefault(record.fingerprint, []).append(record)
    oldest_first = sorted(configurations, key=lambda one: min(record.at or "" for record in grouped[one.fingerprint]))
    trials = [_make_trial(number, one, summary, grouped[one.fingerprint], space, entry_id) for number, one in enumerate(oldest_first)]
    return Study(name, (summary.direction,), trials, _study_attributes(entry_id, front, summary) | {JSON_TEXTS: space.texts})


class _ParameterSpace:
    """The search space of a study: the distribution of each parameter, and how its values are written."""

    def __init__(self, front: FrontMatter, configurations: Sequence[ConfigurationResult]) -> None:
        axes = _dimensions(front)
        names = dict.fromkeys(name for configuration in configurations for name in configuration.grid)
        self.values: dict[str, dict[str, Any]] = {}
        self.distributions: dict[str, Distribution] = {}
        self.texts: dict[str, list[str]] = {}
        for name in names:
            listed = [value for axis in axes.get(name, ()) if axis.kind == "list" for value in axis.values]
            occurring = [configuration.grid[name] for configuration in configurations if name in configuration.grid]
            numbers = _range_of([axis for axis in axes.get(name, ()) if axis.kind != "list"], [*listed, *occurring])
            self.values[name], texts = ({}, []) if numbers else _categorical_values([*listed, *occurring])
            self.distributions[name] = numbers or Categorical(tuple(self.values[name].values()))
            if texts:
                self.texts[name] = texts

    def value(self, name: str, value: Any) -> Any:
        """Return a value as the study holds it."""
        distribution = self.distributions[name]
        if isinstance(distribution, Range):
            return int(value) if distribution.whole else float(value)
        return self.values[name][repr(value)]


def _dimensions(front: FrontMatter) -> dict[str, list[Dimension]]:
    """Return what `space` and `grid` say of each parameter; a range in a grid goes from its first to its last value."""
    dimensions: dict[str, list[Dimension]] = {}
    for axes in spaces.read_spaces(front.space) if front.space else []:
        for axis in axes:
            dimensions.setdefault(axis.name, []).append(axis)
    for part in front.grids:
        for name, values in part.items():
            if name in SAMPLING:
                continue
            if isinstance(values, Mapping) and len(values) == 1:
                kind, bounds = next(iter(values.items()))
                if kind in RANGES and isinstance(bounds, list) and len(bounds) > 1:
                    dimensions.setdefault(name, []).append(Dimension(name, str(kind), tuple(bounds[:2])))
            elif isinstance(values, list):
                dimensions.setdefault(name, []).append(Dimension(name, "list", tuple(values)))
    return dimensions


def _range_of(axes: Sequence[Dimension], values: Iterable[Any]) -> Range | None:
    """Return the range that the axes say, wide enough for all values; None where one of these is no number, or nothing says a range."""
    every = [*values, *(bound for axis in axes for bound in axis.values)]
    if not axes or not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in every):
        return None
    low, high = min(every), max(every)
    whole = all(isinstance(value, int) for value in every) and all(axis.kind == "int" for axis in axes)
    return Range(low, high, log=low > 0 and any(axis.kind == "log" for axis in axes), whole=whole)


def _categorical_values(values: Iterable[Any]) -> tuple[dict[str, Any], list[str]]:
    """Return each value as a study can hold it, by its `repr`, and those of them that are JSON.

    What is no plain value is written as JSON, and so is one that equals another of another type, such as 1 and true.
    """
    by_repr: dict[str, Any] = {}
    texts: list[str] = []
    for value in values:
        if repr(value) in by_repr:
            continue
        plain = isinstance(value, PLAIN) and value not in by_repr.values()
        by_repr[repr(value)] = value if plain else json.dumps(value)
        if not plain:
            texts.append(by_repr[repr(value)])
    return by_repr, texts


def _make_trial(
    number: int, result: ConfigurationResult, summary: Summary, records: Sequence[Record], space: _ParameterSpace, entry_id: str
) -> StudyTrial:
    params = {name: space.value(name, value) for name, value in result.grid.items()}
    score = result.scores.get(summary.deciding or "")
    ends = [(end, record.seconds or 0.0) for record in records if (end := _parse_time(record.at))]
    attrs: dict[str, Any] = {
        "entry": entry_id,
        "runs": [record.run for record in records],
        "fingerprint": result.fingerprint,
        "seeds": result.seeds,
        "metric": summary.deciding,
        "scores": {name: estimate.mean for name, estimate in result.scores.items()},
    }
    canonical = next((record.canonical for record in records if record.canonical), None)
    return StudyTrial(
        number,
        params,
        {name: space.distributions[name] for name in params},
        score.mean if score else None,
        min((end - timedelta(seconds=seconds) for end, seconds in ends), default=None),
        max((end for end, _ in ends), default=None),
        attrs | ({"canonical": canonical} if canonical else {}),
    )


def _parse_time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone().replace(tzinfo=None) if text else None
    except (ValueError, OverflowError):
        return None


def _study_attributes(entry_id: str, front: FrontMatter, summary: Summary) -> dict[str, Any]:
    facts = front.data.facts
    values: dict[str, Any] = {
        "gitjournal": __version__,
        "entry": entry_id,
        "title": front.title,
        "data": data_label(front.data),
        "data_hash": front.data.hash,
        "n_rows": facts.n_rows if facts else None,
        "n_features": facts.n_features if facts else None,
        "task": front.task,
        "split": front.split,
        "metric": summary.deciding,
        "procedure": front.procedure,
        "parameters": front.parameters,
    }
    plain: dict[str, Any] = msgspec.to_builtins(values)
    return {name: value for name, value in plain.items() if value is not None}
