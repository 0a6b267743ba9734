"""The candidates of a search: points of the declared or the built-in space, and what did well on past data sets."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gitjournal.entry.model import Entry, Facts
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.procedure import counts, identity, reader
from gitjournal.procedure.canonical_text import fingerprint, read_steps
from gitjournal.procedure.declaration import Versions
from gitjournal.procedure.tree import Steps
from gitjournal.run import plan
from gitjournal.suggest import advisor as advice
from gitjournal.suggest import collect, encoding, portable, spaces
from gitjournal.suggest.target import SearchTarget
from gitjournal.suggest.trial import Evidence

POINTS, MOST_POINTS = 8, 16  # points of each built-in model: more, the more was run
SPACE_POINTS, LEAST_POINTS = 200, 20  # points of all declared spaces together, and of each at least
TABULAR = "tabular"
Point = dict[str, Any]


@dataclass(frozen=True)
class Candidate:
    """One candidate: its portable text (`key`), its canonical text and tree on these data, and how an entry declares it.

    `steps` is a whole procedure; where the target has a space of its own, `point` are values for its entry instead.
    """

    key: str
    canonical: str
    steps: list[Any]
    point: Point
    tree: Steps

    @property
    def fingerprint(self) -> str:
        """The identity of the configuration on these data."""
        return fingerprint(self.canonical)

    @property
    def exchangeable(self) -> list[Any]:
        """The steps that a grid may exchange: all but `tabular`, with which every procedure for a table begins."""
        return self.steps[1:] if self.steps[0] == TABULAR else self.steps


def list_candidates(target: SearchTarget, evidence: Evidence) -> list[Candidate]:
    """Return the configurations that may be suggested, strong defaults first; what cannot be built is left out."""
    facts = msgspec.convert(target.declared.facts, Facts)
    builder = _CandidateBuilder(target, facts)
    if target.space_entry is not None:
        return builder.declared_space()
    kind = _data_kind(target.entry, facts)
    if kind is None:
        raise GitjournalError(
            "no built-in space for such data",
            hint="declare where to look in an entry, space: {dropout: [0.1, 0.3, 0.5]}, and name that entry",
        )
    listed = []
    points = min(POINTS + len(evidence.own()) // 2, MOST_POINTS)
    for model, values in spaces.built_in_configurations(target.declared.task, points):
        if not (kind == "text" and model.dense):
            before = {"array": ["StandardScaler"] if model.scaled else [], "table": [TABULAR], "text": ["TfidfVectorizer"]}[kind]
            listed.append(builder.try_procedure([*before, {model.name: values} if values else model.name]))
    scaler = "StandardScaler" if kind == "array" else TABULAR
    for key in advice.notable(evidence):
        steps = portable.declare_steps(read_steps(key) or [], scaler)
        if steps and (kind == "array" or steps[0] == {"table": TABULAR, "text": "TfidfVectorizer"}[kind]):
            listed.append(builder.try_procedure(steps))
    return list({one.key: one for one in reversed(listed) if one is not None}.values())[::-1]


def canonical_texts(target: SearchTarget, points: Sequence[Point]) -> list[str | None]:
    """Return the canonical text of each point of the space that the entry declares; None for one that cannot be built."""
    builder = _CandidateBuilder(target, msgspec.convert(target.declared.facts, Facts))
    texts: list[str | None] = []
    for point in points:
        try:
            texts.append(builder.build_point(point).canonical)
        except (GitjournalError, KeyError):
            texts.append(None)
    return texts


def _data_kind(entry: Entry, facts: Facts) -> str | None:
    """Return what the data are: a table, one column of text, an array of numbers; None for anything else, such as images."""
    data = entry.front.data
    if data.images or len(facts.shape or []) > 1:
        return None
    if isinstance(data.features, str):
        return "text"
    files = data.path or (data.files.train if data.files else "")
    return "table" if (files and not files.endswith(".npz")) or (data.python and facts.columns) else "array"


class _CandidateBuilder:
    """Makes candidates for one target."""

    def __init__(self, target: SearchTarget, facts: Facts) -> None:
        self.target, self.facts = target, facts
        self.sizes = counts.sizes(target.declared.data, target.declared.split, facts)
        self.versions = Versions(plan.installed_version(), plan.keras_version(target.entry) if target.space_entry else "")
        self.code = plan.procedure_code(target.entry, target.root) if target.space_entry else None

    def try_procedure(self, steps: list[Any]) -> Candidate | None:
        """Return a candidate with a procedure of its own; None where it does not go with the data."""
        front = msgspec.structs.replace(self.target.entry.front, procedure=steps, parameters={}, grid=None)
        try:
            candidate = self._build(dataclasses.replace(self.target.entry, front=front), {}, steps)
        except (GitjournalError, KeyError):
            return None
        return candidate if self._fits(candidate) else None

    def declared_space(self) -> list[Candidate]:
        """Return points of the space that the entry declares. Raises EntryError at what is wrong there."""
        entry = self.target.entry
        with plan.place_faults(entry):
            spaces_of_entry = spaces.read_spaces(entry.front.space or {})
        share = max(LEAST_POINTS, SPACE_POINTS // len(spaces_of_entry))
        each = [self._build_points(axes, share) for axes in spaces_of_entry]
        listed = [one for turn in itertools.zip_longest(*each) for one in turn if one is not None]
        return list({one.key: one for one in reversed(listed)}.values())[::-1]

    def _build_points(self, axes: tuple[spaces.Dimension, ...], many: int) -> list[Candidate]:
        try:
            return [self.build_point(point) for point in spaces.spread_points(axes, many)]
        except KeyError as fault:
            raise EntryError(f"`space`: {fault} cannot be built", place=self.target.entry.place("space")) from None

    def build_point(self, point: Point) -> Candidate:
        """Return one point of the declared space. Raises GitjournalError or KeyError where it cannot be built."""
        entry = self.target.entry
        parameters = {name: value for name, value in entry.front.parameters.items() if name not in point}
        entry_at_point = dataclasses.replace(entry, front=msgspec.structs.replace(entry.front, parameters=parameters, grid=None))
        return self._build(entry_at_point, point, [])

    def _build(self, entry: Entry, point: Point, steps: list[Any]) -> Candidate:
        tree = reader.build_tree(entry, point, self.facts)
        if self.code:
            tree[0][1] |= plan.describe_code(self.code)
        text = identity.canonical(self.target.declared, tree, self.versions, self.sizes)
        return Candidate(collect.portable_key(text, self.facts.n_features), text, steps, point, tree)

    def _fits(self, candidate: Candidate) -> bool:
        """Whether there are enough rows and columns: what would fail for certain is not suggested."""
        values = encoding.encode(read_steps(candidate.key) or []).values
        limits = {"n_neighbors": self.sizes.rows, "n_components": self.facts.n_features, "k": self.facts.n_features}
        return not any(
            isinstance(value, int) and (limit := limits.get(name.rpartition(".")[2])) is not None and value > limit
            for name, value in values.items()
        )
