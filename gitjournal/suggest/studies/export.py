"""An entry and its results as a study: one trial for each configuration, with where it looked. Pure."""

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


def as_study(entry_id: str, front: FrontMatter, summary: Summary, records: Sequence[Record], *, name: str) -> Study:
    """Return the study of an entry's configurations: means over seeds of the metric that decides.

    Configurations that ran without that metric are left out. Raises EntryError where the declared `space` is wrong.
    """
    told = [one for one in summary.configurations if summary.deciding in one.scores or (one.failed and not one.scores)]
    held = _Held(front, told)
    grouped: dict[str, list[Record]] = {}
    for record in runs_among(records):
        grouped.setdefault(record.fingerprint, []).append(record)
    by_age = sorted(told, key=lambda one: min(record.at or "" for record in grouped[one.fingerprint]))
    tried = [_tried(number, one, summary, grouped[one.fingerprint], held, entry_id) for number, one in enumerate(by_age)]
    return Study(name, (summary.direction,), tried, _attrs(entry_id, front, summary) | {JSON_TEXTS: held.texts})


class _Held:
    """How parameters and their values are written in a study."""

    def __init__(self, front: FrontMatter, configurations: Sequence[ConfigurationResult]) -> None:
        axes = _axes(front)
        names = dict.fromkeys(name for one in configurations for name in one.grid)
        self.values: dict[str, dict[str, Any]] = {}
        self.distributions: dict[str, Distribution] = {}
        self.texts: dict[str, list[str]] = {}
        for name in names:
            listed = [value for axis in axes.get(name, ()) if axis.kind == "list" for value in axis.values]
            seen = [one.grid[name] for one in configurations if name in one.grid]
            found = _range([axis for axis in axes.get(name, ()) if axis.kind != "list"], [*listed, *seen])
            self.values[name], texts = ({}, []) if found else _choices([*listed, *seen])
            self.distributions[name] = found or Categorical(tuple(self.values[name].values()))
            if texts:
                self.texts[name] = texts

    def value(self, name: str, value: Any) -> Any:
        """Return a value as the study holds it."""
        told = self.distributions[name]
        if isinstance(told, Range):
            return int(value) if told.whole else float(value)
        return self.values[name][repr(value)]


def _axes(front: FrontMatter) -> dict[str, list[Dimension]]:
    """Return what `space` and `grid` say of each parameter; a range in a grid goes from its first to its last value."""
    found: dict[str, list[Dimension]] = {}
    for axes in spaces.read_spaces(front.space) if front.space else []:
        for axis in axes:
            found.setdefault(axis.name, []).append(axis)
    for part in front.grids:
        for name, values in part.items():
            if name in SAMPLING:
                continue
            if isinstance(values, Mapping) and len(values) == 1:
                kind, bounds = next(iter(values.items()))
                if kind in RANGES and isinstance(bounds, list) and len(bounds) > 1:
                    found.setdefault(name, []).append(Dimension(name, str(kind), tuple(bounds[:2])))
            elif isinstance(values, list):
                found.setdefault(name, []).append(Dimension(name, "list", tuple(values)))
    return found


def _range(axes: Sequence[Dimension], values: Iterable[Any]) -> Range | None:
    """Return the range that the axes say, wide enough for all values; None where one of these is no number, or nothing says a range."""
    every = [*values, *(bound for axis in axes for bound in axis.values)]
    if not axes or not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in every):
        return None
    low, high = min(every), max(every)
    whole = all(isinstance(value, int) for value in every) and all(axis.kind == "int" for axis in axes)
    return Range(low, high, log=low > 0 and any(axis.kind == "log" for axis in axes), whole=whole)


def _choices(values: Iterable[Any]) -> tuple[dict[str, Any], list[str]]:
    """Return each value as a study can hold it, by its `repr`, and those of them that are JSON.

    What is no plain value is written as JSON, and so is one that equals another of another type, such as 1 and true.
    """
    held: dict[str, Any] = {}
    texts: list[str] = []
    for value in values:
        if repr(value) in held:
            continue
        plain = isinstance(value, PLAIN) and value not in held.values()
        held[repr(value)] = value if plain else json.dumps(value)
        if not plain:
            texts.append(held[repr(value)])
    return held, texts


def _tried(number: int, one: ConfigurationResult, summary: Summary, records: Sequence[Record], held: _Held, entry_id: str) -> StudyTrial:
    params = {name: held.value(name, value) for name, value in one.grid.items()}
    score = one.scores.get(summary.deciding or "")
    times = [(ended, record.seconds or 0.0) for record in records if (ended := _moment(record.at))]
    attrs: dict[str, Any] = {
        "entry": entry_id,
        "runs": [record.run for record in records],
        "fingerprint": one.fingerprint,
        "seeds": one.seeds,
        "metric": summary.deciding,
        "scores": {name: found.mean for name, found in one.scores.items()},
    }
    canonical = next((record.canonical for record in records if record.canonical), None)
    return StudyTrial(
        number,
        params,
        {name: held.distributions[name] for name in params},
        score.mean if score else None,
        min((ended - timedelta(seconds=seconds) for ended, seconds in times), default=None),
        max((ended for ended, _ in times), default=None),
        attrs | ({"canonical": canonical} if canonical else {}),
    )


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone().replace(tzinfo=None) if text else None
    except (ValueError, OverflowError):
        return None


def _attrs(entry_id: str, front: FrontMatter, summary: Summary) -> dict[str, Any]:
    facts = front.data.facts
    said: dict[str, Any] = {
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
    plain: dict[str, Any] = msgspec.to_builtins(said)
    return {name: value for name, value in plain.items() if value is not None}
