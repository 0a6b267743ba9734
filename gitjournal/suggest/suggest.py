"""Suggests the next runs on one data set, and writes them down as an entry that runs."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gitjournal.entry.metrics import direction
from gitjournal.entry.model import Entry, Facts, parse
from gitjournal.entry.summary import data_label
from gitjournal.errors import EntryError, GitjournalError, UsageError
from gitjournal.git.lab import Lab, work_root
from gitjournal.journal import branches
from gitjournal.journal.index import Index
from gitjournal.procedure import configuration, counts, identity, reader
from gitjournal.procedure.configuration import Declared, Versions
from gitjournal.run import draft as drafting
from gitjournal.run import plan
from gitjournal.run.draft import Drafted
from gitjournal.run.plan import AskWorker
from gitjournal.suggest import advisor as advice
from gitjournal.suggest import collect, encoding, portable, spaces
from gitjournal.suggest.advisor import Advice
from gitjournal.suggest.collect import Journal
from gitjournal.suggest.trial import DataSet, Evidence, Trial

POINTS, MOST_POINTS = 8, 16  # points of each built-in model: more, the more was run
SPACE_POINTS, LEAST_POINTS = 200, 20  # points of all declared spaces together, and of each at least
SOURCES = ("sklearn:", "python:")
TABULAR = "tabular"
Point = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """What suggestions are for: data, split, task and metric as `entry` declares them, and where to look.

    `at` is the entry that was named, whose own `space` holds then; else the spaces are what was seen and what is built in.
    """

    lab: Lab
    root: Path
    entry: Entry
    declared: Declared
    data: DataSet
    at: str | None

    @property
    def metric(self) -> str:
        """The metric that decides."""
        return self.declared.metrics[0]


@dataclass(frozen=True)
class Candidate:
    """A configuration that may be suggested: its portable text, its canonical text and tree here, and how it is declared.

    `steps` is a whole procedure; where the target has a space of its own, `point` are values for its entry instead.
    """

    key: str
    canonical: str
    steps: list[Any]
    point: Point
    tree: reader.Steps

    @property
    def fingerprint(self) -> str:
        """The identity of the configuration on these data."""
        return identity.fingerprint(self.canonical)


@dataclass(frozen=True)
class Proposal:
    """A suggestion, with the configuration it is about."""

    advice: Advice
    candidate: Candidate


@dataclass(frozen=True)
class Suggestions:
    """What is suggested, and what it rests on: `own` configurations here with the `best` of them, `past` of other data sets.

    `width` is the number of steps of the longest candidate that differ, so that an entry can be written that later ones fit into.
    """

    target: Target
    proposals: list[Proposal]
    own: int
    best: Trial | None
    past: list[DataSet]
    past_trials: int
    width: int = 1


def find_target(lab: Lab, start: Path, what: str | None, *, column: str | None, ask: AskWorker) -> Target:
    """Return what `what` means: a data set, an entry, or the data of the newest entry.

    A data set that no entry declares yet is read by a worker; a table takes its target `column` then. Raises UsageError.
    """
    root = work_root(lab, start)
    refs = branches.journal_refs(lab, branches.current_ref(lab))
    with Index.open(lab.repository) as index:
        index.refresh(refs)
        rows = {row.id: (ref, row) for ref in reversed(refs) for row in index.entries(ref) if row.state not in ("retracted", "unreadable")}
    drafts = {draft.id: draft.text for draft in branches.drafts(lab) if not draft.error}
    named = _as_entry(what, [*rows, *drafts], root, {row.data for _, row in rows.values()})
    if named is not None:
        found = _read(lab, refs, named, drafts)
        return _target(lab, root, found, _declared(found, root, lab, ask), named if found.front.space else None)
    wanted = what.partition(":")[2] if what and what.startswith(SOURCES) else what
    fits = [entry_id for entry_id, (_, row) in rows.items() if wanted is None or row.data == wanted]
    if fits:
        newest = max(fits, key=lambda one: (rows[one][1].at or "", one))
        found = _read(lab, refs, newest, {})
        return _target(lab, root, found, _declared(found, root, lab, ask), None)
    if what is None:
        raise UsageError("nothing was run yet, so say which data", hint="gitjournal suggest sklearn:digits")
    data = drafting.data_source(what, root)
    if column:
        data["target"] = column.split(",") if "," in column else column
    drafted = drafting.draft(lab, root, {"title": "Suggested"}, data, template=None, ask=ask)
    found = parse(drafted.text, entry_id=drafted.id, file="the new entry")
    return _target(lab, root, found, _declared(found, root, lab, ask), None)


def _as_entry(what: str | None, ids: Sequence[str], root: Path, labels: set[str]) -> str | None:
    """Return the id that is meant, or None where data are: a name that entries use, a source, or a file that is there."""
    if what is None or what in labels or what.startswith(SOURCES) or (root / what).exists():
        return None
    return branches.match_id(what, ids)


def _read(lab: Lab, refs: dict[str, str], entry_id: str, drafts: dict[str, str]) -> Entry:
    stored = (branches.entry_text(lab, entry_id, ref) for ref in refs)
    text = drafts.get(entry_id) or next(found for found in stored if found is not None)
    return parse(text, entry_id=entry_id, file=branches.shown_path(lab, branches.page_path(entry_id)))


def _declared(entry: Entry, root: Path, lab: Lab, ask: AskWorker) -> Declared:
    written = configuration.written_out(entry)
    if written is not None and written.metrics:
        return written
    return plan.inspect(entry, root=root, cache=lab.repository.private, ask=ask)


def _target(lab: Lab, root: Path, entry: Entry, declared: Declared, at: str | None) -> Target:
    label, facts = data_label(entry.front.data), declared.facts
    return Target(lab, root, entry, declared, DataSet(declared.hash, label, facts.get("n_rows"), facts.get("n_features")), at)


def read_journals(lab: Lab, others: Sequence[Path]) -> list[Journal]:
    """Read the journal at hand, and others. Raises GitError where one is none."""
    with Index.open(lab.repository) as index:
        index.refresh(branches.journal_refs(lab, branches.current_ref(lab)))
        own = collect.here(lab, index)
    return [own, *(collect.elsewhere(path) for path in others)]


def suggest(target: Target, journals: Sequence[Journal], many: int) -> Suggestions:
    """Return up to `many` suggestions, none of which the journal at hand has run or has failed at."""
    held = collect.evidence(target.data, target.metric, target.declared.task, journals)
    ran = {one.fingerprint for one in journals[0].results}
    listed = {one.key: one for one in candidates(target, held) if one.fingerprint not in ran}
    own = held.own()
    sign = direction(target.metric)
    best = max(own, key=lambda one: sign * (one.score or 0.0), default=None)
    past = {one.data for one in held.trials if one.score is not None} - {target.data.hash}
    return Suggestions(
        target,
        [Proposal(one, listed[one.key]) for one in advice.advise(held, list(listed), many)],
        len(own),
        best,
        sorted((held.sets[name] for name in past), key=lambda one: one.label),
        sum(one.data in past and one.score is not None for one in held.trials),
        max((len(_swapped(one)) for one in listed.values() if one.steps), default=1),
    )


def candidates(target: Target, held: Evidence) -> list[Candidate]:
    """Return the configurations that may be suggested, strong defaults first; what cannot be built is left out."""
    facts = msgspec.convert(target.declared.facts, Facts)
    maker = _Maker(target, facts)
    if target.at is not None:
        return maker.declared_space()
    kind = _kind(target.entry, facts)
    if kind is None:
        raise GitjournalError(
            "no built-in space for such data",
            hint="declare where to look in an entry, space: {dropout: [0.1, 0.3, 0.5]}, and name that entry",
        )
    found = []
    points = min(POINTS + len(held.own()) // 2, MOST_POINTS)
    for model, values in spaces.models(target.declared.task, points):
        if not (kind == "text" and model.dense):
            before = {"array": ["StandardScaler"] if model.scaled else [], "table": [TABULAR], "text": ["TfidfVectorizer"]}[kind]
            found.append(maker.whole([*before, {model.name: values} if values else model.name]))
    scaler = "StandardScaler" if kind == "array" else TABULAR
    for key in advice.notable(held):
        steps = portable.declared(json.loads(key), scaler)
        if steps and (kind == "array" or steps[0] == {"table": TABULAR, "text": "TfidfVectorizer"}[kind]):
            found.append(maker.whole(steps))
    return list({one.key: one for one in reversed(found) if one is not None}.values())[::-1]


def canonical_texts(target: Target, points: Sequence[Point]) -> list[str | None]:
    """Return the canonical text of each point of the space that the entry declares; None for one that cannot be built."""
    maker = _Maker(target, msgspec.convert(target.declared.facts, Facts))
    found: list[str | None] = []
    for point in points:
        try:
            found.append(maker.at(point).canonical)
        except (GitjournalError, KeyError):
            found.append(None)
    return found


def _kind(entry: Entry, facts: Facts) -> str | None:
    """Return what the data are: a table, one column of text, an array of numbers; None for anything else, such as images."""
    data = entry.front.data
    if data.images or len(facts.shape or []) > 1:
        return None
    if isinstance(data.features, str):
        return "text"
    files = data.path or (data.files.train if data.files else "")
    return "table" if (files and not files.endswith(".npz")) or (data.python and facts.columns) else "array"


class _Maker:
    """Makes candidates for one target."""

    def __init__(self, target: Target, facts: Facts) -> None:
        self.target, self.facts = target, facts
        self.sizes = counts.sizes(target.declared.data, target.declared.split, facts)
        self.versions = Versions(plan.installed_version(), plan.keras_version(target.entry) if target.at else "")
        self.code = plan.procedure_code(target.entry, target.root) if target.at else None

    def whole(self, steps: list[Any]) -> Candidate | None:
        """Return a candidate with a procedure of its own; None where it does not go with the data."""
        front = msgspec.structs.replace(self.target.entry.front, procedure=steps, parameters={}, grid=None)
        try:
            made = self._candidate(dataclasses.replace(self.target.entry, front=front), {}, steps)
        except (GitjournalError, KeyError):
            return None
        return made if self._fits(made) else None

    def declared_space(self) -> list[Candidate]:
        """Return points of the space that the entry declares. Raises EntryError at what is wrong there."""
        entry = self.target.entry
        with plan.placed(entry):
            every = spaces.read(entry.front.space or {})
        share = max(LEAST_POINTS, SPACE_POINTS // len(every))
        each = [self._points(axes, share) for axes in every]
        found = [one for turn in itertools.zip_longest(*each) for one in turn if one is not None]
        return list({one.key: one for one in reversed(found)}.values())[::-1]

    def _points(self, axes: tuple[spaces.Axis, ...], many: int) -> list[Candidate]:
        try:
            return [self.at(point) for point in spaces.points(axes, many)]
        except KeyError as fault:
            raise EntryError(f"`space`: {fault} cannot be built", place=self.target.entry.place("space")) from None

    def at(self, point: Point) -> Candidate:
        """Return one point of the declared space. Raises GitjournalError or KeyError where it cannot be built."""
        entry = self.target.entry
        kept = {name: value for name, value in entry.front.parameters.items() if name not in point}
        there = dataclasses.replace(entry, front=msgspec.structs.replace(entry.front, parameters=kept, grid=None))
        return self._candidate(there, point, [])

    def _candidate(self, entry: Entry, point: Point, steps: list[Any]) -> Candidate:
        tree = reader.build_tree(entry, point, self.facts)
        if self.code:
            tree[0][1] |= plan.described(self.code)
        told = self.target.declared
        text = identity.canonical(
            told.data, told.hash, told.task, told.split, tree, version=self.versions.sklearn, keras=self.versions.keras, sizes=self.sizes
        )
        key = portable.key(portable.portable(json.loads(text)["procedure"], self.facts.n_features))
        return Candidate(key, text, steps, point, tree)

    def _fits(self, one: Candidate) -> bool:
        """Whether there are enough rows and columns: what would fail for certain is not suggested."""
        values = encoding.read(json.loads(one.key)).values
        most = {"n_neighbors": self.sizes.rows, "n_components": self.facts.n_features, "k": self.facts.n_features}
        return not any(
            isinstance(value, int) and (limit := most.get(name.rpartition(".")[2])) is not None and value > limit
            for name, value in values.items()
        )


# writing


def draft(suggestions: Suggestions, *, title: str, ask: AskWorker, whole: bool = False) -> Drafted:
    """Return an entry that runs what is suggested; with a grid where that is more than one, or where it will grow (`whole`)."""
    target = suggestions.target
    found = [one.candidate for one in suggestions.proposals]
    front = target.entry.front
    said: dict[str, Any] = {
        "title": title,
        "hypothesis": hypothesis(suggestions),
        "tags": ["suggested"],
        "task": target.declared.task,
        "split": target.declared.split,
        "metrics": target.declared.metrics,
        "seeds": front.seeds,
        **declaration(target, found, suggestions.width if whole else 0),
    }
    if suggestions.best and ":" not in suggestions.best.entry:
        said["baseline"] = suggestions.best.entry
    data = configuration.loader_options(target.entry)
    return drafting.draft(
        target.lab, target.root, {name: value for name, value in said.items() if value}, data, template="sklearn", ask=ask
    )


def hypothesis(suggestions: Suggestions) -> str:
    """Return what is expected, as the entry says it before its runs."""
    told = []
    for one in suggestions.proposals:
        seen = one.advice.foreseen
        if seen.expected is not None and seen.low is not None and seen.high is not None:
            told.append(f"{seen.expected:.3g} [{seen.low:.3g}, {seen.high:.3g}]")
    metric = f"dev.{suggestions.target.metric}"
    return (
        f"gitjournal suggest expects {metric} {', '.join(told)}"
        if told
        else "gitjournal suggest begins with strong defaults: no evidence yet"
    )


def declaration(target: Target, found: Sequence[Candidate], width: int = 0) -> dict[str, Any]:
    """Return procedure, parameters and grid of an entry for these candidates, with room for procedures of `width` steps."""
    if target.at is not None:
        front = target.entry.front
        varied = {name for one in found for name in one.point}
        kept = {name: value for name, value in front.parameters.items() if name not in varied}
        return {"procedure": front.procedure, "parameters": kept, "grid": grid(target, found)}
    if len(found) == 1 and not width:
        return {"procedure": found[0].steps}
    labels = labels_for(max(width, *(len(_swapped(one)) for one in found)))
    start = [{label: step} for label, step in zip(labels, _padded(_swapped(found[0]), len(labels)), strict=True)]
    same = found[0].steps[: len(found[0].steps) - len(_swapped(found[0]))]
    return {"procedure": [*same, *start], "grid": grid(target, found, labels)}


def grid(target: Target, found: Sequence[Candidate], labels: Sequence[str] = ()) -> list[dict[str, list[Any]]]:
    """Return one point a candidate: its values, or its steps by label."""
    if target.at is not None:
        return [{name: [value] for name, value in one.point.items()} for one in found]
    return [{label: [step] for label, step in zip(labels, _padded(_swapped(one), len(labels)), strict=True)} for one in found]


def labels_for(many: int) -> list[str]:
    """Return the labels of so many steps, of which a grid may swap each."""
    return [*("prepare" if number == 0 else f"prepare{number + 1}" for number in range(many - 1)), "model"]


def _swapped(one: Candidate) -> list[Any]:
    """Return the steps that a grid may swap: all but `tabular`, with which every procedure for a table begins."""
    return one.steps[1:] if one.steps[0] == TABULAR else one.steps


def _padded(steps: list[Any], many: int) -> list[Any]:
    return [*["passthrough"] * (many - len(steps)), *steps]
