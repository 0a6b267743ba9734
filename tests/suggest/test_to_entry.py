"""How suggestions are written down: an entry that runs as it is, with a grid where they are several."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.journal.journal import Journal, open_journal
from gitjournal.suggest import collect, to_entry
from gitjournal.suggest.suggest import Suggestions, suggest
from gitjournal.suggest.target import find_target
from tests.support.guarded import FIRST, LATER, page, put, run, save
from tests.support.past_runs import look_at_digits, refuse, two_data_sets


@pytest.fixture
def journal(repo: Path) -> Iterator[Journal]:
    with open_journal(repo, two_data_sets(repo)) as journal:
        yield journal


@pytest.fixture
def found(journal: Journal, repo: Path) -> Suggestions:
    return suggest(find_target(journal, repo, "digits", column=None, ask=refuse), [collect.read_own(journal)], 200)


def written(journal: Journal, suggestions: Suggestions, *, whole: bool = False, **changed: Any) -> FrontMatter:
    drafted = to_entry.draft(journal, dataclasses.replace(suggestions, **changed), title="Next", ask=look_at_digits, whole=whole)
    return parse(drafted.text, entry_id=drafted.id, file="").front


def test_one_suggestion_is_an_entry_with_its_procedure_and_the_best_as_its_baseline(journal: Journal, found: Suggestions) -> None:
    front = written(journal, found, proposals=found.proposals[:1])
    assert (front.title, front.baseline, front.tags, front.metric_names) == ("Next", FIRST, ["suggested"], ["accuracy"])
    assert front.procedure == found.proposals[0].candidate.steps
    assert front.grid is None
    assert front.data.sklearn == "digits"
    assert str(front.hypothesis).startswith("gitjournal suggest expects dev.accuracy ")


def test_several_are_a_grid_over_steps_of_which_the_shorter_ones_pass_through(journal: Journal, found: Suggestions) -> None:
    steps = [one.candidate.steps for one in found.proposals]
    two = [next(at for at, own in enumerate(steps) if len(own) == many) for many in (1, 2)]
    front = written(journal, found, proposals=[found.proposals[at] for at in two])
    short, long = (steps[at] for at in two)
    assert front.procedure == [{"prepare": "passthrough"}, {"model": short[0]}]
    assert front.grid == [{"prepare": ["passthrough"], "model": short}, {"prepare": [long[0]], "model": [long[1]]}]


def test_a_grid_that_will_grow_has_room_for_the_longest_from_the_first(journal: Journal, found: Suggestions) -> None:
    short = [one for one in found.proposals if len(one.candidate.steps) == 1][:1]
    front = written(journal, found, proposals=short, best=None, whole=True)
    assert front.grid == [{"prepare": ["passthrough"], "model": short[0].candidate.steps}]
    assert front.baseline is None


def test_points_of_a_declared_space_keep_the_rest_of_its_entry(journal: Journal, repo: Path) -> None:
    text = page("Where", c=10, front="space: {svc__C: [1, 5]}\nparameters: {svc__C: 3, svc__gamma: 0.5}\n")
    put(journal.lab.path, LATER, text, [run(10, at="2026-11-03T10:00:00+00:00")])
    save(journal.lab.path)
    journal.refresh()
    target = find_target(journal, repo, LATER, column=None, ask=refuse)
    found = suggest(target, [collect.read_own(journal)], 5)
    declared = to_entry.declare_candidates(target, [one.candidate for one in found.proposals])
    assert declared["procedure"] == ["SVC"]
    assert declared["parameters"] == {"svc__gamma": 0.5}
    assert sorted(declared["grid"], key=json.dumps) == [{"svc__C": [1]}, {"svc__C": [5]}]
