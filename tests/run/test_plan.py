"""From an entry to its runs: what is asked of a worker, what is written in, what must stay the same."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gitjournal.data.hashing import hash_source
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.errors import DataError, EntryError
from gitjournal.run import draft
from gitjournal.run import plan as planning
from gitjournal.worker.jobs import Inspection, InspectJob

FOUND = {
    "hash": "sha256:" + "ab" * 32,
    "facts": {"n_rows": 150, "n_features": 4, "classes": [0, 1, 2], "columns": {"number": 4}},
    "data": {},
    "task": "classification",
    "split": {"dev": 0.2, "test": 0.2, "seed": 0, "shuffle": True, "stratify": True},
    "metrics": ["accuracy"],
    "sealed": "sha256:1",
}
TEXT = "---\ntitle: x  # mine\ndata: {sklearn: iris}\nprocedure: [SVC]\n---\n\nProse.\n"


def read(text: str) -> Entry:
    return parse(text, entry_id="20261121-x-aaaa", file="e.md")


class Worker:
    """Answers an inspection as a worker does, and counts how often it was asked."""

    def __init__(self, inspection: dict[str, Any] = FOUND) -> None:
        self.inspection = inspection
        self.asked = 0

    def ask(self, job: Any) -> Any:
        assert isinstance(job, InspectJob)
        self.asked += 1
        return Inspection(**self.inspection)


def plan(text: str, tmp_path: Path, worker: Worker | None = None) -> planning.Plan:
    return planning.make_plan(read(text), planning.Workplace(tmp_path, tmp_path / "cache", (worker or Worker()).ask))


def test_hash_facts_and_every_default_are_written_in_and_the_rest_stays(tmp_path: Path) -> None:
    text = plan(TEXT, tmp_path).text
    assert text.startswith("---\ntitle: x  # mine\n")
    assert text.endswith("---\n\nProse.\n")
    front = read(text).front
    assert (front.data.hash, front.task, front.metrics) == (FOUND["hash"], "classification", ["accuracy"])
    assert front.split is not None
    assert front.split.stratify is True
    assert plan(text, tmp_path).text == text  # nothing is left to write


def test_a_split_keeps_what_was_said_and_gains_what_was_not(tmp_path: Path) -> None:
    text = plan(TEXT.replace("procedure", "split: {dev: 0.2}  # small\nprocedure"), tmp_path).text
    assert "split: {dev: 0.2, test: 0.2, seed: 0, shuffle: true, stratify: true}  # small\n" in text


def test_data_that_are_not_those_of_the_entry_are_refused_at_their_hash(tmp_path: Path) -> None:
    text = TEXT.replace("{sklearn: iris}", "{sklearn: iris, hash: 'sha256:" + "00" * 32 + "'}")
    with pytest.raises(DataError, match=r"e\.md:3:29: iris is not what this entry names"):
        plan(text, tmp_path)


def test_a_save_between_plan_and_commit_is_noticed() -> None:
    planned = read(TEXT)
    assert planning.require_same(planned, read(TEXT.replace("Prose.", "Other prose."))).body == "\nOther prose.\n"
    with pytest.raises(EntryError, match="was saved while its plan was made"):
        planning.require_same(planned, read(TEXT.replace("[SVC]", "[LinearSVC]")))


def test_what_was_asked_of_a_worker_once_is_not_asked_again(tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_text("a,y\n1,2\n")
    text = TEXT.replace("{sklearn: iris}", "{path: iris.csv, target: y}")
    digest = hash_source({"path": "iris.csv"}, tmp_path, tmp_path / "cache")
    worker = Worker(FOUND | {"hash": digest})
    plan(text, tmp_path, worker)
    plan(text.replace("title: x", "title: another question"), tmp_path, worker)
    assert worker.asked == 1
    plan(text.replace("target: y", "target: y, na: [x]"), tmp_path, worker)
    assert worker.asked == 2


def test_seeds_are_one_run_where_nothing_draws_and_several_where_something_does(tmp_path: Path) -> None:
    seeded = TEXT.replace("procedure", "seeds: 3\nprocedure")
    assert [run.seed for run in plan(seeded, tmp_path).runs] == [None]
    forest = seeded.replace("SVC", "RandomForestClassifier")
    assert [run.seed for run in plan(forest, tmp_path).runs] == [0, 1, 2]


def test_ids_never_share_their_four_letters() -> None:
    half = draft.SUFFIX_LETTERS[:15]
    taken = ["20261120-x-" + "".join(four) for four in itertools.product(half, *[draft.SUFFIX_LETTERS] * 3)]
    ids = {draft.new_id("Ünïcode, 3 words!", date(2026, 11, 21), taken) for _ in range(10)}
    assert all(one.startswith("20261121-unicode-3-words-") for one in ids)
    assert not {one[-4:] for one in ids} & {one[-4:] for one in taken}
    assert draft.new_id("日本", date(2026, 1, 2), []).startswith("20260102-entry-")
