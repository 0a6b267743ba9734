"""`new --baselines`: the usual first entries on data, less those that the journal has already."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitjournal.entry import datasheet
from gitjournal.entry.model import Entry, parse
from gitjournal.entry.summary import Key
from gitjournal.errors import GitjournalError
from gitjournal.git.lab import Lab
from gitjournal.journal.overview import Overview
from gitjournal.procedure import configuration, identity
from gitjournal.procedure.configuration import Declared
from gitjournal.run import draft, plan
from gitjournal.run.draft import Drafted
from gitjournal.run.entry_state import done_by_another
from gitjournal.run.plan import AskWorker
from gitjournal.run.usual_baselines import Usual, usual

_PAGE = "---\ntitle: $title\ndata: $data\nprocedure: $procedure\n---\n"


@dataclass(frozen=True)
class Baseline:
    """One of the usual entries: a new text; or the entry that is the same (`same`, in `state`); or why there is none."""

    title: str
    id: str = ""
    drafted: Drafted | None = None
    state: str = ""
    left_out: str = ""


def propose(overview: Overview, root: Path, data: dict[str, Any], more: dict[str, Any], ask: AskWorker) -> list[Baseline]:
    """Return the usual entries on data, the dummy first, which the others name as their baseline.

    `more` are values by field that all of them get, such as `metrics`. Raises EntryError or DataError for data that
    cannot be read.
    """
    lab = overview.lab
    declared, data = _known_data(lab, root, data, ask)
    name = datasheet.name_of(data)
    one_text = isinstance(declared.data.get("features"), str)
    waiting = dict(_waiting(overview))
    found: list[Baseline] = []
    for one in usual(declared.facts, declared.task, mixed=draft.in_columns(data), one_text=one_text):
        if one.keras and not _has_keras():
            found.append(Baseline(one.title, left_out="a network needs Keras: pip install 'gitjournal[keras]'"))
            continue
        found.append(_one(overview, root, data, more, one, f"{one.title} on {name}", found[0].id if found else "", waiting, ask))
    return found


def _one(
    overview: Overview,
    root: Path,
    data: dict[str, Any],
    more: dict[str, Any],
    one: Usual,
    title: str,
    baseline: str,
    waiting: dict[Key, tuple[str, str]],
    ask: AskWorker,
) -> Baseline:
    said = {"title": title, "hypothesis": one.hypothesis, "procedure": one.steps, "baseline": baseline, "tags": ["baseline"], **more}
    known = [baseline] if baseline else []
    said = {key: value for key, value in said.items() if value}
    drafted = draft.draft(overview.lab, root, said, data, template=None, ask=ask, also=known)
    done = {run.key: run.entry for run in overview.index.find_runs(drafted.keys) if done_by_another(run, drafted.id)}
    if all(key in done for key in drafted.keys):
        return Baseline(one.title, done[drafted.keys[0]], state="done")
    if all(key in waiting for key in drafted.keys):
        entry_id, state = waiting[drafted.keys[0]]
        return Baseline(one.title, entry_id, state=state)
    return Baseline(one.title, drafted.id, drafted)


def _entry_on(data: dict[str, Any]) -> Entry:
    text = draft.fill(_PAGE, {"title": "x", "data": data, "procedure": ["passthrough"]}, file="--baselines")
    return parse(text, entry_id="20260101-baselines-aaaa", file="--baselines")


def _known_data(lab: Lab, root: Path, data: dict[str, Any], ask: AskWorker) -> tuple[Declared, dict[str, Any]]:
    """Return what is known of data; where they are one column of text, it is named as the one feature."""
    declared = plan.inspect(_entry_on(data), root=root, cache=lab.repository.private, ask=ask)
    columns = declared.facts.get("columns") or {}
    if set(columns) == {"text"} and declared.facts["n_features"] == 1 and draft.in_columns(data):
        data = {**data, "features": columns["text"][0]}
        declared = plan.inspect(_entry_on(data), root=root, cache=lab.repository.private, ask=ask)
    return declared, data


def _waiting(overview: Overview) -> Iterator[tuple[Key, tuple[str, str]]]:
    """Yield the runs of drafts and planned entries that say all of what they declare, with their entry and its state."""
    for listed in overview.here():
        if listed.row.state not in ("draft", "planned"):
            continue
        try:
            entry = overview.open(listed).entry
            declared = configuration.written_out(entry)
            if declared is None or not entry.front.steps:
                continue
            versions = configuration.Versions(plan.installed_version(), plan.keras_version(entry))
            for one in configuration.configurations(entry, declared, versions):
                for seed in plan.seeds_of(entry, one, declared):
                    yield (identity.fingerprint(one.canonical), seed), (listed.row.id, listed.row.state)
        except GitjournalError:
            continue  # a draft that somebody is writing


def _has_keras() -> bool:
    try:
        importlib.metadata.version("keras")
        importlib.metadata.version("tensorflow")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
