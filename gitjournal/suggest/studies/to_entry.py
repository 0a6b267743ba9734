"""The entry made of a study: its search space, and its best configurations as a grid to be run here.

gitjournal records what it ran itself, so nothing that a study reports becomes a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gitjournal.entry import edit
from gitjournal.errors import GitjournalError, UsageError
from gitjournal.journal.journal import Journal
from gitjournal.procedure import reader
from gitjournal.run import draft as drafting
from gitjournal.run.draft import EntryRequest, NewEntry
from gitjournal.suggest.studies.study import Study, best_points, restore_values, search_spaces
from gitjournal.worker.jobs import AskWorker

MOST_POINTS = 100  # where nothing else is said
MOST_NAMES = 20
TAG = "imported"


@dataclass(frozen=True)
class ImportOptions:
    """The options of an import.

    `like` is the entry whose procedure, data and split are taken; `values` (title, procedure, parameters, metrics, seeds) and `data`
    say otherwise. `most` is how many configurations are taken.
    """

    values: Mapping[str, Any]
    data: dict[str, Any]
    like: str | None = None
    most: int = MOST_POINTS


@dataclass(frozen=True)
class Imported:
    """A draft made from a study: `points` of its configurations, of `distinct` ones with a value."""

    drafted: NewEntry
    points: int
    distinct: int


def choose_study(studies: Sequence[Study], name: str | None, file: str) -> Study:
    """Return the study that is meant. Raises UsageError with the names where that is not one, GitjournalError where it has no value."""
    fits = [study for study in studies if name is None or study.name == name]
    if len(fits) != 1:
        names = "\n  ".join(study.name for study in studies[:MOST_NAMES])
        message = f"{file} has no study `{name}`" if name else f"{file} has {len(studies)} studies; say which: --study-name NAME"
        raise UsageError(message, hint=names)
    study = fits[0]
    if len(study.directions) != 1:
        raise GitjournalError(f"study `{study.name}` has {len(study.directions)} objectives; an entry is decided by one metric")
    if not best_points(study, 1):
        raise GitjournalError(f"study `{study.name}` has no completed trial with parameters and a finite value")
    return restore_values(study)


def draft(journal: Journal, root: Path, study: Study, wish: ImportOptions, ask: AskWorker) -> Imported:
    """Return an entry whose `space` is the study's and whose grid holds its best configurations, the best first.

    Raises UsageError with those names of the study that are no parameters of the procedure.
    """
    like = wish.like
    parent: dict[str, Any] = {}
    if like:
        like = journal.resolve(like)
        parent = drafting.inherit_values(journal.lab, journal.refs, like)
    values = {**parent, **{name: value for name, value in wish.values.items() if value}}
    points, spaces = best_points(study, wish.most), search_spaces(study)
    names = list(dict.fromkeys(name for point in [*points, *spaces] for name in point))
    _check_parameters(names, values.get("procedure"))
    values = {
        **{name: value for name, value in values.items() if name != "data"},
        "from": like,
        "hypothesis": _hypothesis(study),
        "parameters": {name: value for name, value in values.get("parameters", {}).items() if name not in names},
        "grid": [{name: [value] for name, value in point.items()} for point in points],
        "metrics": values.get("metrics") or _metrics(study),
        "tags": list(dict.fromkeys([*values.get("tags", []), TAG])),
    }
    drafted = drafting.draft_entry(journal, root, EntryRequest(values, wish.data), ask=ask)
    space = spaces if len(spaces) > 1 else spaces[0]
    text = edit.set_values(drafted.text, {("space",): space}, file="the new entry")
    return Imported(replace(drafted, text=text), len(points), len(best_points(study, len(study.trials))))


def _check_parameters(names: Sequence[str], written: Any) -> None:
    """Raise UsageError where a name of the study is neither a step, nor a parameter of one, nor asked for as `$name`."""
    if not written:
        listed = ", ".join(f"`{name}`" for name in names[:MOST_NAMES])
        raise UsageError(f"the study has the parameters {listed}, and no step that takes them is named", hint=SAY_PROCEDURE)
    names_of_procedure = reader.names_of(written)
    if names_of_procedure is None:
        return
    labels, variables = names_of_procedure
    unfit = [name for name in names if name not in labels and name not in variables and name.partition("__")[0] not in labels]
    if unfit:
        listed = ", ".join(f"`{name}`" for name in unfit[:MOST_NAMES])
        steps = ", ".join(f"{label}__…" for label in labels)
        raise UsageError(
            f"the procedure has no place for {listed} of the study",
            hint=f"its parameters are named {steps}; for other names write $name where the value goes: -e 'SVC: {{C: $C, gamma: $width}}'",
        )


SAY_PROCEDURE = "say it with -e, such as -e StandardScaler -e 'SVC: {C: $C}', or name an entry that has it: --for ID"


def _metrics(study: Study) -> list[str]:
    """Return the metric of a study that gitjournal wrote."""
    metric = study.attrs.get("metric")
    return [metric.removeprefix("dev.")] if isinstance(metric, str) and metric.startswith("dev.") else []


def _hypothesis(study: Study) -> str:
    best = study.best_trials()[0]
    aim = "highest" if study.directions[0] > 0 else "lowest"
    trials = len(study.trials) + study.unfinished
    return f"a study reported {best.score:.4g} as its {aim} value (trials: {trials}); what did best there comes to that here too"
