from __future__ import annotations

import json
import os
import time

import pytest

from gitjournal.errors import GitError
from gitjournal.git.lab import find_lab
from gitjournal.git.results_commit import commit_spool
from gitjournal.git.spool import list_pending, spool_results
from gitjournal.git.transaction import PATIENCE
from tests.support.helpers import git
from tests.support.journals import (
    ENTRY,
    ID,
    RECORDS,
    SMALL,
    TEXT,
    at,
    finish,
    has_block,
    journal,
    on_disk,
    plan,
    planned,
    record,
    results,
    status,
    write,
)


def finish_all(lab, plan_entry) -> list[str]:
    spool_results(lab, results(plan_entry))
    return [outcome.state for outcome in commit_spool(lab)]


def test_without_an_identity_nothing_is_committed_and_results_wait(repo, monkeypatch):
    lab, plan_entry = planned(repo)
    write(lab, TEXT + "more\n")
    git(repo, "config", "user.useConfigOnly", "true")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    with pytest.raises(GitError, match="does not know who you are"):
        plan(lab)
    assert "does not know who you are" in finish(lab, plan_entry).why
    assert git(lab.path, "rev-parse", "journal") == plan_entry.commit


def test_a_commit_is_signed_where_the_person_signs_commits(repo, tmp_path):
    lab = journal(repo)
    program = tmp_path / "gpg"
    program.write_text('#!/bin/sh\ncat >/dev/null\necho "[GNUPG:] SIG_CREATED " >&2\necho "-----BEGIN PGP SIGNATURE-----"\n')
    program.chmod(0o755)
    git(repo, "config", "gpg.program", str(program))
    write(lab)
    assert "gpgsig" not in git(lab.path, "cat-file", "commit", plan(lab).tip)
    git(repo, "config", "commit.gpgSign", "true")
    lab = find_lab(repo)  # the next command reads the settings again
    write(lab, TEXT + "more\n")
    assert "gpgsig" in git(lab.path, "cat-file", "commit", plan(lab).tip)


def test_everything_in_the_spool_of_one_entry_becomes_one_commit_with_the_newest_block(repo):
    lab, plan_entry = planned(repo)
    for number in range(3):
        spool_results(
            lab, results(plan_entry, record(f"r{number}"), block=f"accuracy 0.{number}", figures={f"figures/{number}.svg": b"<svg/>\n"})
        )
    spool_results(lab, results(plan_entry, record("r1"), block="accuracy 0.978", files={"environments/e.json": b"{}\n"}))
    (outcome,) = commit_spool(lab)
    assert (outcome.path, outcome.state, outcome.why) == (ENTRY, "committed", "")
    assert git(lab.path, "rev-parse", "journal") == outcome.commit
    assert git(lab.path, "rev-parse", "journal~1") == plan_entry.commit
    assert [json.loads(line)["run"] for line in at(lab, RECORDS).splitlines()] == ["r0", "r1", "r2"]
    assert has_block(at(lab, ENTRY))
    assert sorted(path.name for path in (lab.path / "figures").iterdir()) == ["0.svg", "1.svg", "2.svg"]
    assert (lab.path / "environments" / "e.json").read_bytes() == b"{}\n"
    assert git(lab.path, "log", "-1", "--format=%B") == "run: RBF beats linear\n\nEntry: k3f9\n"
    assert status(lab) == ""
    assert list_pending(lab) == []
    assert commit_spool(lab) == []


def test_two_entries_are_two_commits(repo):
    lab, plan_entry = planned(repo)
    other = "entries/2026/20261121-other-zzzz.md"
    write(lab, path=other)
    spool_results(lab, results(plan_entry))
    spool_results(lab, results(plan(lab, other)))
    assert [(outcome.path, outcome.state) for outcome in commit_spool(lab)] == [(ENTRY, "committed"), (other, "committed")]
    assert git(lab.path, "rev-list", "--count", f"{plan_entry.commit}..journal") == "3"


def test_a_run_that_stands_there_already_makes_no_commit(repo):
    lab, plan_entry = planned(repo)
    first = finish(lab, plan_entry, record("r1"))
    again = finish(lab, plan_entry, record("r1"), block="accuracy 0.5")
    assert (again.state, again.commit) == ("nothing new", None)
    assert git(lab.path, "rev-parse", "journal") == first.commit
    assert list_pending(lab) == []


def test_an_entry_without_a_place_for_the_block_still_gets_its_records_and_says_why(repo):
    lab, plan_entry = planned(repo)
    write(lab, TEXT + f"<!-- gitjournal:end {ID} -->\n")
    git(lab.path, "commit", "-q", "-a", "-m", "a stray marker")
    outcome = finish(lab, plan_entry, record("r1"))
    assert outcome.state == "committed"
    assert f"{ID}.md:14: the marker `gitjournal:end` stands before" in outcome.why
    assert '"r1"' in at(lab, RECORDS)
    assert "gitjournal:results" not in at(lab, ENTRY)
    assert status(lab) == ""


def test_a_staged_text_without_a_place_for_the_block_is_left_as_it_is(repo):
    lab, plan_entry = planned(repo)
    write(lab, TEXT + "```\nhalf done\n")
    git(lab.path, "add", ENTRY)
    assert finish(lab, plan_entry).why == ""
    assert has_block(at(lab, ENTRY))
    assert on_disk(lab) == TEXT + "```\nhalf done\n"
    assert status(lab) == f"M  {ENTRY}"


def test_records_that_a_person_edited_get_the_new_lines_too(repo):
    lab, plan_entry = planned(repo)
    finish(lab, plan_entry, record("r1"))
    write(lab, "by hand\n", RECORDS)
    git(lab.path, "add", RECORDS)
    write(lab, "by hand again", RECORDS)
    finish(lab, plan_entry, record("r2"), block="accuracy 0.979")
    assert [json.loads(line)["run"] for line in at(lab, RECORDS).splitlines()] == ["r1", "r2"]
    assert git(lab.path, "show", f":{RECORDS}").splitlines() == ["by hand", record("r2").decode().strip()]
    assert on_disk(lab, RECORDS).splitlines() == ["by hand again", record("r2").decode().strip()]


def test_a_figure_is_replaced_unless_the_person_changed_it(repo):
    lab, plan_entry = planned(repo)
    for name in ("ours", "theirs"):
        spool_results(lab, results(plan_entry, figures={f"figures/{name}.svg": b"1\n" for name in ("ours", "theirs")}))
    commit_spool(lab)
    write(lab, "drawn over\n", "figures/theirs.svg")
    spool_results(lab, results(plan_entry, figures={f"figures/{name}.svg": b"2\n" for name in ("ours", "theirs")}))
    commit_spool(lab)
    assert on_disk(lab, "figures/ours.svg") == "2\n"
    assert on_disk(lab, "figures/theirs.svg") == "drawn over\n"
    assert at(lab, "figures/theirs.svg") == "2"
    assert status(lab) == " M figures/theirs.svg"


def test_no_file_is_written_through_a_link_out_of_the_lab(repo, tmp_path):
    lab, plan_entry = planned(repo)
    (tmp_path / "outside").mkdir()
    (lab.path / "figures").symlink_to(tmp_path / "outside")
    spool_results(lab, results(plan_entry, figures={"figures/a.svg": b"<svg/>\n"}))
    assert commit_spool(lab)[0].state == "committed"
    assert list((tmp_path / "outside").iterdir()) == []


def test_an_entry_that_became_a_link_gets_its_records_only(repo, tmp_path):
    lab, plan_entry = planned(repo)
    (tmp_path / "secret").write_text("secret\n")
    (lab.path / ENTRY).unlink()
    (lab.path / ENTRY).symlink_to(tmp_path / "secret")
    git(lab.path, "commit", "-q", "-a", "-m", "a link")
    outcome = finish(lab, plan_entry)
    assert outcome.state == "committed"
    assert "not a plain file" in outcome.why
    assert (tmp_path / "secret").read_text() == "secret\n"
    assert status(lab) == ""


def test_a_spool_file_that_cannot_be_read_waits_and_stops_nothing(repo):
    lab, plan_entry = planned(repo)
    broken = spool_results(lab, results(plan_entry))
    broken.write_bytes(b'{"half')
    assert finish_all(lab, plan_entry) == ["waiting", "committed"]
    assert broken.exists()
    assert [waiting.runs for waiting in list_pending(lab)] == [0]


def test_the_journal_has_no_stray_objects_after_many_commits(repo):
    lab, plan_entry = planned(repo)
    for _ in range(3):
        finish(lab, plan_entry)
    assert git(lab.path, "fsck", "--strict", "--no-dangling") == ""
    assert list(lab.repository.private.glob("build-*")) == []


def test_an_edit_that_git_can_only_see_by_reading_the_file_is_still_seen(repo):
    """Same size, same time stamp as the index: git reads such files, by the index's own time stamp."""
    lab, plan_entry = planned(repo)
    assert lab.git_dir
    for name, value in (("core.trustctime", "false"), ("core.checkStat", "minimal")):
        git(repo, "config", name, value)
    then = time.time() - 100
    file = write(lab, "aaaa\n", "notes.md")
    os.utime(file, (then, then))
    git(lab.path, "add", "notes.md")
    git(lab.path, "commit", "-q", "-m", "notes")
    os.utime(lab.git_dir / "index", (then, then))
    file.write_text("bbbb\n")
    os.utime(file, (then, then))
    finish(lab, plan_entry)
    assert status(lab) == " M notes.md"


def test_results_wait_no_longer_than_the_patience_given(repo):
    lab, plan_entry = planned(repo)
    assert lab.git_dir
    (lab.git_dir / "index.lock").touch()
    spool_results(lab, results(plan_entry))
    start = time.monotonic()
    assert commit_spool(lab, patience=SMALL)[0].state == "waiting"
    assert time.monotonic() - start < PATIENCE
