"""The trials of studies as evidence for suggestions: they become a run history among others, and no record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitjournal.entry.metrics import direction
from gitjournal.entry.model import ID_PATTERN
from gitjournal.errors import UsageError
from gitjournal.journal.index.results import Result
from gitjournal.journal.index.rows import Row
from gitjournal.procedure.canonical_text import fingerprint, read_header
from gitjournal.run import plan
from gitjournal.suggest import candidates, spaces
from gitjournal.suggest.collect import RunHistory
from gitjournal.suggest.spaces import Dimension
from gitjournal.suggest.studies.study import Study, StudyTrial, restore_values
from gitjournal.suggest.target import SearchTarget
from gitjournal.suggest.trial import DataSet, fit_scale

OTHER_SPACE = "their parameters are not those of the entry's `space`"
MOST_SIZE = 10**12  # rows or columns that anybody can mean


@dataclass(frozen=True)
class StudyReport:
    """What was taken from one study: `taken` trials, on which data, and why the others were not (`left_out`: reason -> how many)."""

    study: str
    journal: RunHistory
    taken: int
    data: list[str]
    assumed: str
    left_out: dict[str, int]


def report_studies(target: SearchTarget, file: str, studies: Sequence[Study], *, same_data: bool) -> list[StudyReport]:
    """Return what the studies of a file say about configurations that the target may run.

    Trials that gitjournal exported say themselves which configuration on which data they are. Any others are points of the space
    that the target's entry declares; they count as another data set unless `same_data` says that they are of the target's own.
    Raises UsageError where nothing can be taken from any of them.
    """
    many = len(studies) > 1
    reports = [_report_study(target, f"{file}/{one.name}" if many else file, restore_values(one), same_data=same_data) for one in studies]
    if not any(one.taken for one in reports):
        why = next((reason for one in reports for reason in one.left_out), "it has no trial that ended")
        hint = "name an entry whose `space` has the parameters of the study: gitjournal suggest ID --from STUDY"
        raise UsageError(f"{file} says nothing about this: {why}", hint="" if target.space_entry else hint)
    return reports


def _report_study(target: SearchTarget, name: str, study: Study, *, same_data: bool) -> StudyReport:
    data = _exported_data(study)
    where = target.data if same_data else data or DataSet(f"study:{name}", name)
    exported = {one.number: found for one in study.trials if (found := _exported_result(one, study.attrs.get("metric"), data))}
    results = list(exported.values())
    sets = {one.data: data if data and data.hash == one.data else DataSet(one.data, one.data[:8]) for one in results}
    in_space, left_out = _results_in_space(target, study, [one for one in study.trials if one.number not in exported], where)
    if in_space:
        sets[where.hash] = where
    results += in_space
    assumed = ("these data" if same_data else "another data set") if in_space and data is None else ""
    labels = list(dict.fromkeys(sets[one.data].label for one in results))
    return StudyReport(study.name, RunHistory(name, results, sets), len(results), labels, assumed, left_out)


def _results_in_space(
    target: SearchTarget, study: Study, trials: Sequence[StudyTrial], where: DataSet
) -> tuple[list[Result], dict[str, int]]:
    """Return what trials came to that are points of the space of the target's entry, and why the others say nothing."""
    refused = _reason_to_refuse(target, study)
    if refused:
        return [], {refused: len(trials)} if trials or len(study.directions) != 1 else {}
    with plan.place_faults(target.entry):
        spaces_of_entry = spaces.read_spaces(target.entry.front.space or {})
    scale = fit_scale(target.metric, [])
    within = [one for one in trials if one.score is None or scale.low <= one.score <= scale.high]
    points = [(one, point) for one in within if (point := _point_in_space(spaces_of_entry, one.params)) is not None]
    texts = candidates.canonical_texts(target, [point for _, point in points])
    results = [
        _make_result(one, text, where, {target.metric: one.score}) for (one, _), text in zip(points, texts, strict=True) if text is not None
    ]
    left_out = {f"dev.{target.metric} cannot have such a value": len(trials) - len(within), OTHER_SPACE: len(within) - len(results)}
    return results, {reason: many for reason, many in left_out.items() if many}


def _reason_to_refuse(target: SearchTarget, study: Study) -> str:
    """Return why nothing of a study can be taken, but for what gitjournal exported; "" where there is no reason."""
    metric, deciding = study.attrs.get("metric"), f"dev.{target.metric}"
    if len(study.directions) != 1:
        return f"the study has {len(study.directions)} objectives"
    if isinstance(metric, str) and metric != deciding:
        return f"the study measured {metric}, not {deciding}"
    if study.directions[0] != direction(target.metric):
        return f"the study {'maximises' if study.directions[0] > 0 else 'minimises'}, and {deciding} goes the other way"
    return "" if target.space_entry else "its trials are points of no space that is known here"


def _exported_data(study: Study) -> DataSet | None:
    """Return the data set that a study says it is about, where gitjournal wrote it."""
    attributes = study.attrs
    if not isinstance(attributes.get("data_hash"), str) or "gitjournal" not in attributes:
        return None
    label = attributes.get("data")
    rows, columns = (_plausible_size(attributes.get(name)) for name in ("n_rows", "n_features"))
    return DataSet(attributes["data_hash"], label if isinstance(label, str) else "?", rows, columns)


def _plausible_size(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < MOST_SIZE else None


def _exported_result(trial: StudyTrial, metric: Any, data: DataSet | None) -> Result | None:
    """Return what a trial came to that gitjournal exported; None for any other, or where its text is not the one that was hashed."""
    text, claimed = trial.attrs.get("canonical"), trial.attrs.get("fingerprint")
    if not isinstance(text, str) or data is None or fingerprint(text) != claimed:
        return None
    data_hash = read_header(text).hash
    if not data_hash:
        return None
    scores = trial.attrs.get("scores")
    values = {str(name): value for name, value in scores.items()} if isinstance(scores, Mapping) else {}
    values |= {metric: trial.score} if isinstance(metric, str) else {}
    dev_scores: dict[str, float | None] = {
        name.removeprefix("dev."): float(value)
        for name, value in values.items()
        if name.startswith("dev.") and isinstance(value, (int, float)) and math.isfinite(value)
    }
    return _make_result(trial, text, DataSet(data_hash, ""), dev_scores)


def _make_result(trial: StudyTrial, canonical: str, data: DataSet, scores: dict[str, float | None]) -> Result:
    entry = trial.attrs.get("entry")
    entry_id = entry if isinstance(entry, str) and ID_PATTERN.match(entry) else f"trial {trial.number}"
    status = "failed" if trial.score is None else "done"
    row = Row(id=entry_id, data=data.label, data_hash=data.hash)
    return Result(data.hash, fingerprint(canonical), canonical, status, {} if trial.score is None else scores, trial.seconds, row)


def _point_in_space(every: Sequence[Sequence[Dimension]], params: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the point of a space that a trial was at; parameters with one value in the space need not be said."""
    for axes in every:
        fixed = {axis.name: axis.values[0] for axis in axes if axis.kind == "list" and len(axis.values) == 1}
        names = {axis.name for axis in axes}
        if names - fixed.keys() <= params.keys() <= names and all(params.get(name, value) == value for name, value in fixed.items()):
            return {**fixed, **params}
    return None
