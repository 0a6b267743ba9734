"""Suggestions: what was run here is never among them, and they say what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitjournal.journal.journal import Journal, open_journal
from gitjournal.suggest import collect
from gitjournal.suggest.collect import RunHistory
from gitjournal.suggest.suggest import Suggestions, suggest
from gitjournal.suggest.target import find_target
from tests.support.guarded import FIRST
from tests.support.past_runs import refuse, result, two_data_sets


@pytest.fixture
def journal(repo: Path) -> Iterator[Journal]:
    with open_journal(repo, two_data_sets(repo)) as journal:
        yield journal


@pytest.fixture
def found(journal: Journal, repo: Path) -> Suggestions:
    return suggest(find_target(journal, repo, "digits", column=None, ask=refuse), [collect.read_own(journal)], 200)


def test_they_say_what_they_rest_on(found: Suggestions) -> None:
    assert (found.own, found.past_trials, [data.label for data in found.past]) == (1, 3, ["wine"])
    assert found.best
    assert (found.best.entry, found.best.score) == (FIRST, 0.97)
    assert found.width == 2, "a scaler and a model"
    assert len(found.proposals) > 50
    keys = [one.candidate.key for one in found.proposals]
    assert keys == [one.advice.key for one in found.proposals]
    assert len(set(keys)) == len(keys)


def test_what_ran_or_failed_on_these_data_is_not_suggested_again(found: Suggestions, repo: Path) -> None:
    first, second = found.proposals[:2]
    ran = RunHistory("", [result(first.candidate.canonical, 0.9), result(second.candidate.canonical, None, status="failed")], {})
    after = {one.candidate.key for one in suggest(found.target, [ran], 200).proposals}
    assert len(after) > 50
    assert not after & {first.candidate.key, second.candidate.key}


def test_lower_is_better_where_the_metric_says_so(found: Suggestions) -> None:
    losses = zip(found.proposals, (0.3, 0.1, 0.2), strict=False)
    runs = RunHistory("", [result(one.candidate.canonical, None, log_loss=loss) for one, loss in losses], {})
    target = found.target
    target.declared.metrics[:] = ["log_loss"]
    best = suggest(target, [runs], 1).best
    assert best
    assert best.score == 0.1
