"""What an entry declares against what its records say was run: every edited value is found, and nothing that means the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, decode_lines, encode
from gitjournal.procedure import canonical_text, configuration, declaration, randomness
from gitjournal.procedure.agreement import disagreements
from gitjournal.procedure.catalogue import reference
from gitjournal.procedure.declaration import Versions
from tests.support.places import DOCS

VECTORS: list[dict[str, Any]] = json.loads((DOCS / "identity-vectors.json").read_text())
TABLE = "{n_rows: 500, n_features: 4, classes: [a, b], columns: {number: [age, size], category: [town, kind]}}"
HEAD = """\
title: x
data: {path: a.csv, target: y, sep: ";", drop: [id], hash: "sha256:%s", facts: %s}
split: {dev: 0.2, test: 0.2, seed: 0, shuffle: true, stratify: true}
task: classification
metrics: [accuracy]
"""
SEARCH = (
    HEAD % ("0" * 64, TABLE)
    + """\
seeds: [0, 1]
procedure:
  - tabular
  - BaggingClassifier: {estimator: {SVC: {C: 10, class_weight: {0: 1, 1: 5}}}, max_samples: 0.5}
parameters: {baggingclassifier__n_estimators: $many, many: 20}
grid:
  baggingclassifier__estimator__gamma: [scale, 0.1]
  baggingclassifier__estimator__kernel: [rbf, poly]
"""
)
KERNEL = HEAD % ("0" * 64, TABLE) + "procedure: [tabular, {GaussianProcessClassifier: {kernel: {RBF: {length_scale: 2.0}}}}]\n"
NETWORK = (
    HEAD % ("0" * 64, "{n_rows: 500, n_features: 4, classes: [0, 1], columns: {number: 4}}")
    + """\
procedure:
  - StandardScaler
  - Sequential:
      layers: [{Dense: {units: 32, activation: relu}}, {Dropout: {rate: 0.2}}, {Dense: {units: 1, activation: sigmoid}}]
      optimizer: {Adam: {learning_rate: 0.001}}
      loss: binary_crossentropy
      fit: {epochs: 5}
"""
)
OWN = HEAD % ("0" * 64, TABLE) + "procedure: {python: pkg.fit:model, code: [pkg/a.sql]}\nparameters: {window: 30}\ngrid: {depth: [1, 2]}\n"


def read(text: str) -> Entry:
    return parse(f"---\n{text}---\n", entry_id="20261121-x-aaaa", file="x.md")


def ran(entry: Entry, version: str = "1.9.1", code: str = "") -> list[Record]:
    """Return the records that `exec` would have written, read back from their lines."""
    declared = declaration.written_out(entry)
    assert declared
    lines = b""
    for number, point in enumerate(configuration.configurations(entry, declared, Versions(version), {"digest": code} if code else None)):
        seeds: Sequence[int | None] = entry.front.seed_values if randomness.draws(point.tree, declared.split) else [None]
        for seed in seeds:
            name = canonical_text.fingerprint(point.canonical)
            lines += encode(Record(run=f"{number}-{seed}", fingerprint=name, canonical=point.canonical, grid=point.point, seed=seed))
    return decode_lines(lines, file="x.runs.jsonl")


def told(entry: Entry, records: Sequence[Record]) -> list[tuple[str, str]]:
    differences = disagreements(entry, records)
    assert differences is not None
    return [(one.kind, one.name or str(one.ran)) for one in differences]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_what_was_run_as_declared_agrees_under_every_version(vector: dict[str, Any]) -> None:
    entry = read(vector["entry"])
    code = "c" * 64 if "files" in vector else ""
    for version in reference().versions:
        assert disagreements(entry, ran(entry, version, code=code)) == []


EDITS = {
    "a parameter": (SEARCH, "C: 10,", "C: 11,", ["baggingclassifier__estimator__C"]),
    "a parameter taken out": (SEARCH, "C: 10, ", "", ["baggingclassifier__estimator__C"]),
    "a parameter put in": (SEARCH, "C: 10,", "C: 10, tol: 0.1,", ["baggingclassifier__estimator__tol"]),
    "a mapping": (SEARCH, "1: 5", "1: 6", ["baggingclassifier__estimator__class_weight"]),
    "a variable": (SEARCH, "many: 20", "many: 30", ["baggingclassifier__n_estimators"]),
    "a nested kernel": (KERNEL, "length_scale: 2.0", "length_scale: 3.0", ["gaussianprocessclassifier__kernel__length_scale"]),
    "another kernel": (KERNEL, "RBF: {length_scale: 2.0}", "RationalQuadratic: {}", None),
    "another class": (KERNEL, "{GaussianProcessClassifier: {kernel: {RBF: {length_scale: 2.0}}}}", "SVC", ["step 2"]),
    "a step left out": (KERNEL, "[tabular, ", "[", ["step 1"]),
    "a share that means another count": (SEARCH, "max_samples: 0.5", "max_samples: 0.4", ["baggingclassifier__max_samples"]),
    "the columns": (KERNEL, "category: [town, kind]", "category: [town], text: [kind]", None),
    "a unit of a layer": (NETWORK, "units: 32", "units: 64", ["model__layers[1]__units"]),
    "a layer": (NETWORK, "{Dropout: {rate: 0.2}}, ", "", None),
    "a learning rate": (NETWORK, "0.001", "0.1", ["model__optimizer__learning_rate"]),
    "the epochs": (NETWORK, "epochs: 5", "epochs: 50", ["model__fit__epochs"]),
    "a separator": (KERNEL, '";"', '","', ["data.sep"]),
    "columns that are dropped": (KERNEL, " drop: [id],", "", ["data.drop"]),
    "the data": (KERNEL, "sha256:0", "sha256:1", ["data.hash"]),
    "the target": (KERNEL, "target: y", "target: z", ["data.target"]),
    "the task": (KERNEL, "task: classification", "task: regression", ["data.task"]),
    "the seed of the split": (KERNEL, "seed: 0", "seed: 1", ["split.seed"]),
    "a share of the split": (KERNEL, "dev: 0.2, ", "dev: 0.3, ", ["split.dev"]),
    "another kind of split": (KERNEL, "dev: 0.2, test", "cv: 5, repeats: 1, test", ["split.dev", "split.cv", "split.repeats"]),
    "a parameter of a function": (OWN, "window: 30", "window: 31", ["python__parameters__window"]),
    "another function": (OWN, "pkg.fit:model", "pkg.fit:other", ["python__function"]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_declared_value_that_was_edited_after_the_run_is_found(edit: str) -> None:
    text, before, after, names = EDITS[edit]
    assert before in text
    records = ran(read(text), code="c" * 64 if text is OWN else "")
    assert told(read(text), records) == []
    differences = told(read(text.replace(before, after, 1)), records)
    assert {kind for kind, _ in differences} == {"value"}
    assert names is None or [name for _, name in differences] == names


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("gamma: [scale, 0.1]", "gamma: [scale, 0.2]", "point"),
        ("gamma: [scale, 0.1]", "gamma: [scale]", "point"),
        ("grid:\n", "x-grid:\n", "point"),
        ("seeds: [0, 1]", "seeds: [0, 2]", "seed"),
        ("seeds: [0, 1]\n", "", "seed"),
    ],
)
def test_a_grid_or_seeds_that_shrank_are_found(before: str, after: str, kind: str) -> None:
    assert before in SEARCH
    differences = told(read(SEARCH.replace(before, after, 1)), ran(read(SEARCH)))
    assert {one for one, _ in differences} == {kind}


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (SEARCH, "title: x", "title: y"),
        (SEARCH, "gamma: [scale, 0.1]", "gamma: [scale, 0.1, 0.5]"),
        (SEARCH, "gamma: [scale, 0.1]", "gamma: [1e-1, scale]"),
        (SEARCH, "seeds: [0, 1]", "seeds: 5"),
        (SEARCH, "C: 10,", "C: 10.0, coef0: 0.0, verbose: true,"),
        (SEARCH, "kernel: [rbf, poly]", "kernel: [poly, rbf, linear]"),
        (SEARCH, "n_estimators: $many, many: 20", "n_estimators: 20"),
        (SEARCH, "- BaggingClassifier", "- sklearn.ensemble.BaggingClassifier"),
        (SEARCH, "- tabular", "- passthrough\n  - tabular"),
        (SEARCH, "max_samples: 0.5", "max_samples: 150"),
        (KERNEL, '";"', '";", encoding: utf-8'),
        (KERNEL, "path: a.csv", "path: elsewhere/b.csv"),
        (NETWORK, "rate: 0.2", "rate: 0.2, name: drop"),
        (NETWORK, "units: 32, activation: relu", "activation: relu, units: 32.0"),
        (OWN, "code: [pkg/a.sql]", "code: []"),
        (OWN, "depth: [1, 2]", "depth: [1, 2, 3]"),
    ],
)
def test_what_means_the_same_is_left_alone(text: str, before: str, after: str) -> None:
    assert before in text
    assert told(read(text.replace(before, after, 1)), ran(read(text), code="c" * 64 if text is OWN else "")) == []


def test_a_point_that_is_written_otherwise_is_the_same_point() -> None:
    text = SEARCH.partition("procedure:")[0] + "procedure: [tabular, clf: SVC]\ngrid: {clf: [SVC, LinearSVC]}\n"
    records = ran(read(text))
    assert told(read(text.replace("[SVC, LinearSVC]", "[{SVC: {C: 1.0}}, {LinearSVC: {}}]")), records) == []
    assert [kind for kind, _ in told(read(text.replace("[SVC, LinearSVC]", "[SVC]")), records)] == ["point"]
    # in JSON keys are words, and what is no number is null
    odd = (
        HEAD % ("0" * 64, TABLE)
        + "procedure: [SimpleImputer, SVC]\ngrid: {svc__class_weight: [{0: 1, 1: 2}], simpleimputer__missing_values: [.nan, 0]}\n"
    )
    assert told(read(odd), ran(read(odd))) == []


def test_a_look_at_the_test_part_is_one_record_of_all_seeds() -> None:
    records = ran(read(SEARCH))
    look = msgspec.structs.replace(records[0], status="final", seed=None, seeds=[0, 1])
    assert told(read(SEARCH), [*records, look]) == []
    assert told(read(SEARCH), [*records, msgspec.structs.replace(look, seeds=[0, 7])]) == [("seed", "7")]


def test_a_forged_record_is_found() -> None:
    text = KERNEL.partition("procedure:")[0] + "procedure: [tabular, SVC]\ngrid: {svc__C: [1, 10]}\n"
    first, second = ran(read(text))
    foreign = ran(read(text.replace("[1, 10]", "[1, 99]")))[1]
    forged = msgspec.structs.replace(second, fingerprint=foreign.fingerprint, canonical=foreign.canonical)
    assert told(read(text), [first, forged]) == [("value", "svc__C")]
    assert told(read(text), [first, foreign]) == [("point", "{'svc__C': 99}")]
    assert told(read(text), [msgspec.structs.replace(first, grid=second.grid)]) == [("value", "svc__C")]
    assert told(read(text), [msgspec.structs.replace(first, grid={"svc__C": 7})]) == [("label", "{'svc__C': 7}")]
    assert told(read(text), [msgspec.structs.replace(first, grid={"no__such": 7})]) == [("label", "{'no__such': 7}")]
    assert told(read(text), [msgspec.structs.replace(first, seed=3)]) == [("seed", "3")]
    taken = Record(run="t", fingerprint=first.fingerprint, from_="20261101-other-bbbb", grid=first.grid)
    assert told(read(text), [taken]) == []
    assert told(read(text), [msgspec.structs.replace(taken, fingerprint=foreign.fingerprint)]) == [("taken", "None")]


def test_what_cannot_be_told_is_left_alone() -> None:
    records = ran(read(KERNEL))
    assert disagreements(read(KERNEL.replace(f", facts: {TABLE}", "")), records) is None
    assert disagreements(read(KERNEL.replace("GaussianProcessClassifier", "NewestClassifier")), records) is None
    later = json.dumps({**json.loads(records[0].canonical or ""), "schema": 2})
    of_later = msgspec.structs.replace(records[0], canonical=later, fingerprint=canonical_text.fingerprint(later))
    assert told(read(KERNEL), [of_later]) == []
    for text in ("", "[]", "{", '{"schema":1}', '{"schema":1,"procedure":[[]],"data":[],"split":1}', "[" * 5000):
        disagreements(read(KERNEL), [msgspec.structs.replace(records[0], canonical=text, fingerprint=canonical_text.fingerprint(text))])
