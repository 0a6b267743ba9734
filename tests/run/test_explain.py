"""The identity of configurations: as recorded, worked out before a run, and compared between two entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import GitjournalError
from gitjournal.journal.journal import open_journal
from gitjournal.run.explain import ConfigurationIdentity, compare_identities, explain_identity
from tests.support.pages import LOGISTIC, RBF, TREES, page, record, three_entries, write


def explain(repo: Path, entry_id: str) -> list[ConfigurationIdentity]:
    with open_journal(repo) as journal:
        return explain_identity(journal.lab, repo, journal.open(journal.find(entry_id)))


def identity(name: str, canonical: str, seeds: list[int | None]) -> ConfigurationIdentity:
    return ConfigurationIdentity(name, canonical, {"C": name}, seeds, [], [], None, None)


def test_an_entry_that_ran_is_told_by_its_records_a_configuration_each(repo: Path) -> None:
    three_entries(repo)
    assert [(one.fingerprint[0], one.seeds) for one in explain(repo, RBF)] == [("b", [0, 1]), ("c", [0, 1]), ("d", [0])]
    (logistic,) = explain(repo, LOGISTIC)
    assert (logistic.owner, logistic.written, logistic.values) == (None, None, [])


def test_a_configuration_of_another_entry_names_its_owner(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261123-user-uuuu", page("User"), [record("a" * 64, from_=LOGISTIC)])
    with open_journal(repo) as journal:
        opened = journal.open(journal.find(LOGISTIC))
        opened.records[:] = [record("a" * 64, from_=LOGISTIC)]
        (taken,) = explain_identity(journal.lab, repo, opened)
    assert (taken.owner, taken.canonical) == (LOGISTIC, None)


def test_before_its_data_were_looked_at_there_is_nothing_to_hash(repo: Path) -> None:
    three_entries(repo)
    with pytest.raises(GitjournalError, match="does not say yet what its data are") as caught:
        explain(repo, TREES)
    assert "gitjournal exec m2c8 --dry-run" in caught.value.hint


def test_two_entries_share_configurations_and_the_nearest_of_the_others_are_compared() -> None:
    text = '{"data":{"hash":"sha256:1"},"procedure":[{"sklearn.svm.SVC":{"C":%s}}],"schema":1,"split":{}}'
    left = [identity("a", text % 1, [0]), identity("b", text % 2, [None])]
    right = [identity("a", text % 1, [1, 2])]
    shared = compare_identities(left, right)
    assert [(one.fingerprint, one.seeds, one.otherwise) for one in shared.same] == [("a", ([0], [1, 2]), [])]
    assert ([one.fingerprint for one in shared.only_left], shared.only_right, shared.changes) == (["b"], [], [])
    apart = compare_identities(left[1:], right)
    assert (apart.same, [one.left for one in apart.changes], [one.right for one in apart.changes]) == ([], [2], [1])
