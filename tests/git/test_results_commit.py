from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from gitjournal.errors import BusyError, EntryError, GitError
from gitjournal.git import transaction
from gitjournal.git.lab import find_lab
from gitjournal.git.results_commit import PATIENCE, Results, commit_spooled, pending, plan_commit, spool
from gitjournal.git.transaction import Commit, Intent, holder, index_lock, recover
from gitjournal.git.working_files import Addition, blob_id, renamed, replace_file, runs_of
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

# ---- plan


def test_a_plan_tells_commit_mode_blob_and_the_text_that_git_has(repo):
    lab = journal(repo)
    write(lab).chmod(0o755)
    made = plan_commit(lab, ENTRY, accept=len, message=lambda length: f"plan of {length}\n\nEntry: k3f9")
    assert made.accepted == len(TEXT)
    assert made.mode == "100755"
    assert made.text == TEXT == git(lab.path, "cat-file", "blob", made.blob) + "\n"
    assert made.commit == made.tip == git(lab.path, "rev-parse", "journal")
    assert git(lab.path, "log", "-1", "--format=%an|%B") == f"Ada|plan of {len(TEXT)}\n\nEntry: k3f9\n"
    assert git(lab.path, "reflog", "-1", "--format=%gs", "journal") == f"plan of {len(TEXT)}"


def test_a_save_between_accepting_and_committing_cannot_separate_plan_and_text(repo):
    lab = journal(repo)
    write(lab)

    def accept(text: str) -> str:
        write(lab, "something else\n")
        return text

    made = plan_commit(lab, ENTRY, accept=accept, message=lambda text: "plan")
    assert made.accepted == made.text == TEXT == at(lab, ENTRY) + "\n"
    assert status(lab) == f" M {ENTRY}"


def test_git_at_work_between_accepting_and_committing_makes_the_plan_begin_again(repo):
    lab = journal(repo)
    write(lab)
    write(lab, "notes\n", "notes.md")
    seen = []

    def accept(text: str) -> str:
        if not seen:
            git(lab.path, "add", "notes.md")
            git(lab.path, "commit", "-q", "-m", "by hand", "--", "notes.md")
        seen.append(text)
        return text

    plan_commit(lab, ENTRY, accept=accept, message=lambda text: "plan")
    assert git(lab.path, "log", "-2", "--format=%s", "journal").splitlines() == ["plan", "by hand"]
    assert seen == [TEXT], "the same text is not judged twice"
    assert status(lab) == ""


def test_what_is_staged_between_accepting_and_committing_stays_staged(repo):
    lab = journal(repo)
    write(lab)
    write(lab, "notes\n", "notes.md")

    def accept(text: str) -> None:
        git(lab.path, "add", "notes.md")

    plan_commit(lab, ENTRY, accept=accept, message=lambda _: "plan")
    assert status(lab) == "A  notes.md"


@pytest.mark.parametrize("what", ["missing", "folder", "link", "linked folder", "latin-1"])
def test_what_is_no_text_file_is_refused(what, repo):
    lab = journal(repo)
    file = lab.path / ENTRY
    file.parent.mkdir(parents=True)
    if what == "folder":
        file.mkdir()
    elif what == "link":
        file.symlink_to(repo / "train.py")
    elif what == "linked folder":
        shutil.rmtree(lab.path / "entries")
        (repo / "away" / "2026").mkdir(parents=True)
        (repo / "away" / "2026" / file.name).write_text(TEXT)
        (lab.path / "entries").symlink_to(repo / "away")
    elif what == "latin-1":
        file.write_bytes("---\ntitle: für\n".encode("latin-1"))
    tip = git(lab.path, "rev-parse", "journal")
    with pytest.raises((EntryError, GitError)) as caught:
        plan(lab)
    if what == "latin-1":
        assert str(caught.value).startswith(f"{ENTRY}:2: not UTF-8 text")
    assert git(lab.path, "rev-parse", "journal") == tip


def test_a_plan_needs_a_journal_branch_in_the_lab(repo):
    lab = journal(repo)
    write(lab)
    git(lab.path, "checkout", "-q", "--detach")
    with pytest.raises(GitError, match="no branch checked out"):
        plan(lab)
    git(lab.path, "switch", "-q", "-c", "code", "main")
    write(lab)
    with pytest.raises(GitError, match=r"code, which .* is no journal"):
        plan(lab)
    shutil.rmtree(lab.path)
    with pytest.raises(GitError, match="is missing") as caught:
        plan(find_lab(repo))
    assert "gitjournal init" in caught.value.hint


def test_without_an_identity_nothing_is_committed_and_results_wait(repo, monkeypatch):
    lab, made = planned(repo)
    write(lab, TEXT + "more\n")
    git(repo, "config", "user.useConfigOnly", "true")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    with pytest.raises(GitError, match="does not know who you are"):
        plan(lab)
    assert "does not know who you are" in finish(lab, made).why
    assert git(lab.path, "rev-parse", "journal") == made.commit


def test_a_commit_is_signed_where_the_person_signs_commits(repo, tmp_path):
    lab = journal(repo)
    program = tmp_path / "gpg"
    program.write_text('#!/bin/sh\ncat >/dev/null\necho "[GNUPG:] SIG_CREATED " >&2\necho "-----BEGIN PGP SIGNATURE-----"\n')
    program.chmod(0o755)
    git(repo, "config", "gpg.program", str(program))
    write(lab)
    assert "gpgsig" not in git(lab.path, "cat-file", "commit", plan(lab).tip)
    git(repo, "config", "commit.gpgSign", "true")
    write(lab, TEXT + "more\n")
    assert "gpgsig" in git(lab.path, "cat-file", "commit", plan(lab).tip)


# ---- results


def test_the_spool_gives_back_what_was_put_in(repo):
    lab, made = planned(repo)
    put = results(made, record("a"), record("b"), figures={"figures/a.svg": b"\xff\x00"}, files={"environments/e.json": b"{}"})
    file = spool(lab, put)
    assert msgspec.json.decode(file.read_bytes(), type=Results) == put
    assert [(waiting.path, waiting.branch, waiting.runs, waiting.file) for waiting in pending(lab)] == [(ENTRY, "journal", 2, file)]


def test_everything_in_the_spool_of_one_entry_becomes_one_commit_with_the_newest_block(repo):
    lab, made = planned(repo)
    for number in range(3):
        spool(lab, results(made, record(f"r{number}"), block=f"accuracy 0.{number}", figures={f"figures/{number}.svg": b"<svg/>\n"}))
    spool(lab, results(made, record("r1"), block="accuracy 0.978", files={"environments/e.json": b"{}\n"}))
    (outcome,) = commit_spooled(lab)
    assert (outcome.path, outcome.state, outcome.why) == (ENTRY, "committed", "")
    assert git(lab.path, "rev-parse", "journal") == outcome.commit
    assert git(lab.path, "rev-parse", "journal~1") == made.commit
    assert [json.loads(line)["run"] for line in at(lab, RECORDS).splitlines()] == ["r0", "r1", "r2"]
    assert has_block(at(lab, ENTRY))
    assert sorted(path.name for path in (lab.path / "figures").iterdir()) == ["0.svg", "1.svg", "2.svg"]
    assert (lab.path / "environments" / "e.json").read_bytes() == b"{}\n"
    assert git(lab.path, "log", "-1", "--format=%B") == "run: RBF beats linear\n\nEntry: k3f9\n"
    assert status(lab) == ""
    assert pending(lab) == []
    assert commit_spooled(lab) == []


def test_two_entries_are_two_commits(repo):
    lab, made = planned(repo)
    other = "entries/2026/20261121-other-zzzz.md"
    write(lab, path=other)
    spool(lab, results(made))
    spool(lab, results(plan(lab, other)))
    assert [(outcome.path, outcome.state) for outcome in commit_spooled(lab)] == [(ENTRY, "committed"), (other, "committed")]
    assert git(lab.path, "rev-list", "--count", f"{made.commit}..journal") == "3"


def test_a_run_that_stands_there_already_makes_no_commit(repo):
    lab, made = planned(repo)
    first = finish(lab, made, record("r1"))
    again = finish(lab, made, record("r1"), block="accuracy 0.5")
    assert (again.state, again.commit) == ("nothing new", None)
    assert git(lab.path, "rev-parse", "journal") == first.commit
    assert pending(lab) == []


def test_an_entry_without_a_place_for_the_block_still_gets_its_records_and_says_why(repo):
    lab, made = planned(repo)
    write(lab, TEXT + f"<!-- gitjournal:end {ID} -->\n")
    git(lab.path, "commit", "-q", "-a", "-m", "a stray marker")
    outcome = finish(lab, made, record("r1"))
    assert outcome.state == "committed"
    assert f"{ID}.md:14: the marker `gitjournal:end` stands before" in outcome.why
    assert '"r1"' in at(lab, RECORDS)
    assert "gitjournal:results" not in at(lab, ENTRY)
    assert status(lab) == ""


def test_a_staged_text_without_a_place_for_the_block_is_left_as_it_is(repo):
    lab, made = planned(repo)
    write(lab, TEXT + "```\nhalf done\n")
    git(lab.path, "add", ENTRY)
    assert finish(lab, made).why == ""
    assert has_block(at(lab, ENTRY))
    assert on_disk(lab) == TEXT + "```\nhalf done\n"
    assert status(lab) == f"M  {ENTRY}"


def test_records_that_a_person_edited_get_the_new_lines_too(repo):
    lab, made = planned(repo)
    finish(lab, made, record("r1"))
    write(lab, "by hand\n", RECORDS)
    git(lab.path, "add", RECORDS)
    write(lab, "by hand again", RECORDS)
    finish(lab, made, record("r2"), block="accuracy 0.979")
    assert [json.loads(line)["run"] for line in at(lab, RECORDS).splitlines()] == ["r1", "r2"]
    assert git(lab.path, "show", f":{RECORDS}").splitlines() == ["by hand", record("r2").decode().strip()]
    assert on_disk(lab, RECORDS).splitlines() == ["by hand again", record("r2").decode().strip()]


def test_a_figure_is_replaced_unless_the_person_changed_it(repo):
    lab, made = planned(repo)
    for name in ("ours", "theirs"):
        spool(lab, results(made, figures={f"figures/{name}.svg": b"1\n" for name in ("ours", "theirs")}))
    commit_spooled(lab)
    write(lab, "drawn over\n", "figures/theirs.svg")
    spool(lab, results(made, figures={f"figures/{name}.svg": b"2\n" for name in ("ours", "theirs")}))
    commit_spooled(lab)
    assert on_disk(lab, "figures/ours.svg") == "2\n"
    assert on_disk(lab, "figures/theirs.svg") == "drawn over\n"
    assert at(lab, "figures/theirs.svg") == "2"
    assert status(lab) == " M figures/theirs.svg"


def test_no_file_is_written_through_a_link_out_of_the_lab(repo, tmp_path):
    lab, made = planned(repo)
    (tmp_path / "outside").mkdir()
    (lab.path / "figures").symlink_to(tmp_path / "outside")
    spool(lab, results(made, figures={"figures/a.svg": b"<svg/>\n"}))
    assert commit_spooled(lab)[0].state == "committed"
    assert list((tmp_path / "outside").iterdir()) == []


def test_an_entry_that_became_a_link_gets_its_records_only(repo, tmp_path):
    lab, made = planned(repo)
    (tmp_path / "secret").write_text("secret\n")
    (lab.path / ENTRY).unlink()
    (lab.path / ENTRY).symlink_to(tmp_path / "secret")
    git(lab.path, "commit", "-q", "-a", "-m", "a link")
    outcome = finish(lab, made)
    assert outcome.state == "committed"
    assert "not a plain file" in outcome.why
    assert (tmp_path / "secret").read_text() == "secret\n"
    assert status(lab) == ""


def test_a_spool_file_that_cannot_be_read_waits_and_stops_nothing(repo):
    lab, made = planned(repo)
    broken = spool(lab, results(made))
    broken.write_bytes(b'{"half')
    assert finish_all(lab, made) == ["waiting", "committed"]
    assert broken.exists()
    assert [waiting.runs for waiting in pending(lab)] == [0]


def finish_all(lab, made) -> list[str]:
    spool(lab, results(made))
    return [outcome.state for outcome in commit_spooled(lab)]


def test_the_journal_has_no_stray_objects_after_many_commits(repo):
    lab, made = planned(repo)
    for _ in range(3):
        finish(lab, made)
    assert git(lab.path, "fsck", "--strict", "--no-dangling") == ""
    assert list(lab.repository.private.glob("build-*")) == []


def test_an_edit_that_git_can_only_see_by_reading_the_file_is_still_seen(repo):
    """Same size, same time stamp as the index: git reads such files, by the index's own time stamp."""
    lab, made = planned(repo)
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
    finish(lab, made)
    assert status(lab) == " M notes.md"


# ---- locks


def test_the_lock_of_a_person_is_never_removed_and_ours_always(repo):
    lab = journal(repo)
    assert lab.git_dir
    lock, token = lab.git_dir / "index.lock", lab.git_dir / "gitjournal-token"
    with index_lock(lab.git_dir, patience=0):
        assert lock.samefile(token)
        with pytest.raises(AssertionError, match=r"index\.lock"):
            git(lab.path, "add", "README.md")
    assert not lock.exists()
    lock.write_text("a person's")
    token.write_text("left by a dead writer")
    with pytest.raises(BusyError, match="git is at work"), index_lock(lab.git_dir, patience=0):
        pass
    token.write_text("left by a dead writer")
    recover(lab.repository, patience=0)
    assert lock.read_text() == "a person's"
    assert not token.exists()


def test_a_lock_that_a_dead_writer_left_is_removed(repo):
    lab = journal(repo)
    assert lab.git_dir
    (lab.git_dir / "gitjournal-token").write_text("left by a dead writer")
    (lab.git_dir / "index.lock").hardlink_to(lab.git_dir / "gitjournal-token")
    recover(lab.repository, patience=0)
    git(lab.path, "add", "README.md")


@pytest.mark.parametrize("gone", [False, True], ids=["lab", "no lab"])
@pytest.mark.parametrize("said", ["", "new", "another"])
def test_a_lock_of_the_branch_that_our_killed_git_left_is_removed_and_no_other(said, gone, repo):
    lab, made = planned(repo)
    assert lab.git_dir
    if gone:
        shutil.rmtree(lab.path)
    notes = lab.repository.private if gone else lab.git_dir
    commit = Commit("journal", made.tip, "a" * 40, "run", [], Addition())
    (notes / "gitjournal-intent").write_bytes(msgspec.json.encode(Intent(commit, "")))
    lock = repo / ".git" / "refs" / "heads" / "journal.lock"
    lock.write_text({"": "", "new": "a" * 40 + "\n", "another": "b" * 40 + "\n"}[said])
    outcome = finish(find_lab(repo), made)
    assert outcome.state == ("waiting" if said == "another" else "committed")
    assert lock.exists() == (said == "another")


def test_an_interruption_between_branch_and_index_is_finished_by_the_next_command(repo, monkeypatch):
    lab, made = planned(repo)
    update_ref = transaction._update_ref

    def interrupted(cwd: Path, commit: Commit) -> None:
        update_ref(cwd, commit)
        raise KeyboardInterrupt

    spool(lab, results(made))
    monkeypatch.setattr(transaction, "_update_ref", interrupted)
    with pytest.raises(KeyboardInterrupt):
        commit_spooled(lab)
    monkeypatch.undo()
    assert not has_block(on_disk(lab))
    assert [outcome.state for outcome in commit_spooled(lab)] == ["nothing new"]
    assert has_block(on_disk(lab))
    assert status(lab) == ""


def test_a_note_of_a_commit_that_is_over_does_not_make_busy(repo):
    lab, made = planned(repo)
    assert lab.git_dir
    over = subprocess.Popen(["true"])
    over.wait()
    for note in (str(over.pid), str(os.getpid()), "nonsense", ""):
        (lab.git_dir / "gitjournal-committing").write_text(note)
        assert finish(lab, made, block=f"by {note or 'none'}").state == "committed", note


def test_the_holder_of_a_branch_is_a_worktree_that_is_really_ours(repo, tmp_path):
    lab = journal(repo)
    found = holder(lab.repository, "journal")
    assert found
    assert (found.path, found.git_dir) == (lab.path, lab.git_dir)
    assert holder(lab.repository, "nothing") is None
    copy = tmp_path / "copy"
    shutil.copytree(repo, copy, symlinks=True)
    assert holder(type(lab.repository)(copy / ".git"), "journal") is None


# ---- the pieces


def test_records_are_added_once_and_end_with_a_line_end():
    addition = Addition(lines=[record("a"), record("b").rstrip()])
    assert addition.to_records(b"") == record("a") + record("b")
    assert addition.to_records(record("b").rstrip()) == record("b") + record("a")
    once = addition.to_records(b"<<<<<<< ours")
    assert once == b"<<<<<<< ours\n" + record("a") + record("b")
    assert addition.to_records(once) == once
    assert runs_of([b"", b"{}", b"\xff", record("x")]) == {"x"}


def test_a_renamed_entry_is_known_by_day_and_letters_unless_two_could_be_it():
    others = ["entries/2026/20261121-b-k3f9.md", "entries/2026/20261121-b-k3f9.runs.jsonl", "entries/2026/20261122-a-k3f9.md"]
    assert renamed("entries/2026/20261121-a-k3f9.md", others) == others[0]
    assert renamed("entries/2026/20261121-a-k3f9.runs.jsonl", others) == others[1]
    assert renamed("entries/2026/20261121-a-zzzz.md", others) is None
    assert renamed("entries/2026/20261121-a-k3f9.md", [*others, "entries/2026/20261121-c-k3f9.md"]) is None


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_blob_id_is_the_one_git_gives(form, tmp_path):
    git(tmp_path, "init", "-q", f"--object-format={form}")
    told = git(tmp_path, "hash-object", "--stdin", stdin="some bytes\n")
    assert blob_id(b"some bytes\n", told) == told


def test_a_text_saved_into_the_old_file_after_it_was_replaced_comes_back(tmp_path):
    file = tmp_path / "a.md"
    file.write_bytes(b"one\n")
    _settled(file)
    held = file.open("r+b")  # an editor that has the file open
    calls = []

    def edit(before: bytes) -> bytes:
        calls.append(before)
        if len(calls) == 1:
            held.write(b"two\n")
            held.flush()
        return before if before.endswith(b"ours\n") else before + b"ours\n"

    replace_file(file, edit)
    held.close()
    assert file.read_bytes() == b"two\nours\n"
    assert calls == [b"one\n", b"two\n"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_a_text_saved_by_rename_while_it_was_edited_wins(tmp_path):
    file = tmp_path / "a.md"
    file.write_bytes(b"one\n")
    _settled(file)
    calls = []

    def edit(before: bytes) -> bytes:
        calls.append(before)
        if len(calls) == 1:
            (tmp_path / "swap").write_bytes(b"two\n")
            (tmp_path / "swap").replace(file)
        return before + b"ours\n"

    replace_file(file, edit)
    assert file.read_bytes() == b"two\nours\n"


def test_a_file_deleted_while_it_was_edited_stays_deleted(tmp_path):
    file = tmp_path / "a.md"
    file.write_bytes(b"one\n")
    _settled(file)

    def edit(before: bytes) -> bytes:
        file.unlink()
        return before + b"ours\n"

    replace_file(file, edit)
    assert list(tmp_path.iterdir()) == []


def _settled(file: Path) -> None:
    past = time.time() - 1
    os.utime(file, (past, past))


def test_results_wait_no_longer_than_the_patience_given(repo):
    lab, made = planned(repo)
    assert lab.git_dir
    (lab.git_dir / "index.lock").touch()
    spool(lab, results(made))
    start = time.monotonic()
    assert commit_spooled(lab, patience=SMALL)[0].state == "waiting"
    assert time.monotonic() - start < PATIENCE
