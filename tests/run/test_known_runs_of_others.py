"""Runs of other entries, as they are looked at while runs are made: in the spool, on branches, and what was recorded beside them."""

from __future__ import annotations

from pathlib import Path

from gitjournal.entry.record import encode
from gitjournal.git.lab import find_lab
from gitjournal.git.spool import Results, spool_results
from gitjournal.journal.entry_ids import page_path
from gitjournal.journal.journal import open_journal
from gitjournal.run.entry_state import read_subject
from gitjournal.run.known_runs import OtherRuns, library_versions
from tests.support.pages import begin, commit, page, record, write


def test_runs_of_others_are_seen_in_the_spool_on_branches_and_where_they_come_meanwhile(repo: Path) -> None:
    lab = begin(repo)
    own, second, third = "20261122-own-aaaa", "20261122-other-bbbb", "20261122-third-cccc"
    write(lab, own, page("Own"), [record("a" * 64, 0.9)])
    write(lab, second, page("Other"), [record("b" * 64, 0.8), record("c" * 64, status="failed")])
    commit(lab)
    keys = [(letter * 64, None) for letter in "abcd"]
    with open_journal(repo) as journal:
        runs = OtherRuns(read_subject(journal, repo, own), keys)
        assert {key[0][0]: run.entry for key, run in runs.look_again().items()} == {"b": second}
        lines = [encode(record("c" * 64, 0.7)), encode(record("d" * 64, status="failed"))]
        results = Results(branch="journal", path=page_path(third), plan=None, mode="100644", blob="", lines=lines, block="", message="x")
        spooled = spool_results(journal.lab, results)
        assert {key[0][0]: run.entry for key, run in runs.look_again().items()} == {"b": second, "c": third}
        spooled.unlink()
        write(lab, third, page("Third"), [record("c" * 64, 0.7), record("d" * 64, 0.6)])
        commit(lab)
        assert {key[0][0]: run.entry for key, run in runs.look_again().items()} == {"b": second, "c": third, "d": third}


def test_the_word_of_a_retracted_entry_does_not_count(repo: Path) -> None:
    lab = begin(repo)
    write(lab, "20261122-own-aaaa", page("Own"))
    write(lab, "20261122-other-bbbb", page("Other", front="retracted: a leak"), [record("b" * 64, 0.8)])
    commit(lab)
    with open_journal(repo) as journal:
        assert OtherRuns(read_subject(journal, repo, "20261122-own-aaaa"), [("b" * 64, None)]).look_again() == {}


def test_versions_are_read_as_far_as_they_can_be(repo: Path) -> None:
    lab = begin(repo)
    (lab / "environments").mkdir()
    for name, text in (("aa", '{"versions": {"scikit-learn": "1.5", "odd": 3}}'), ("bb", "[1]"), ("cc", "{")):
        (lab / "environments" / f"{name}.json").write_text(text)
    commit(lab)
    repository = find_lab(repo).repository
    assert library_versions(repository, "journal", "aa") == {"scikit-learn": "1.5"}
    assert [library_versions(repository, "journal", name) for name in ("bb", "cc", "../aa", "dd", None)] == [{}] * 5
