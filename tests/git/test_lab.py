from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gitjournal.errors import GitError
from gitjournal.git import lab as lab_module
from gitjournal.git import worktree as worktree_module
from gitjournal.git.lab import current_branch, find_lab, work_root
from gitjournal.git.process import run_git
from gitjournal.git.setup.init import init
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.journal.index.cache import Index
from gitjournal.journal.index.runs import find_runs
from tests.support.helpers import git, snapshot
from tests.support.journals import write


def everything(folder: Path) -> tuple[dict[str, str], str]:
    return snapshot(folder), git(folder, "for-each-ref")


# ---- made


def test_init_makes_a_branch_of_its_own_checked_out_at_lab_and_names_what_it_touched(repo):
    result = init(repo)
    assert result.created
    assert [line.partition(" (")[0] for line in result.touched] == [
        "the branch journal",
        "the folder lab/",
        ".git/info/exclude",
        ".git/config",
    ]
    assert result.lab == find_lab(repo)
    assert (result.lab.path, result.lab.branch, result.lab.top) == (repo / "lab", "journal", repo)
    assert sorted(git(repo, "ls-tree", "-r", "--name-only", "journal").splitlines()) == [".gitattributes", "README.md", "journal.yaml"]
    assert git(repo, "status", "--porcelain", "--ignored=no") == ""
    assert git(result.lab.path, "status", "--porcelain") == ""
    assert git(repo, "log", "--format=%an|%s", "journal").splitlines() == ["Ada|Begin the journal", "gitjournal|A journal begins"]


def test_attributes_keep_records_as_they_are_and_join_them(repo):
    lab = init(repo).lab.path
    told = git(
        lab, "check-attr", "text", "merge", "linguist-generated", "--", "entries/2026/x.runs.jsonl", "entries/2026/x.md", "figures/a.svg"
    )
    assert "x.runs.jsonl: text: unset" in told
    assert "x.runs.jsonl: merge: union" in told
    assert "x.md: text: set" in told
    assert "a.svg: linguist-generated: set" in told


def test_a_second_init_says_so_and_changes_nothing(repo):
    init(repo)
    before = everything(repo)
    again = init(repo)
    assert (again.created, again.touched) == (False, [])
    assert everything(repo) == before
    assert init(repo / "lab").created is False


def test_two_journals_begun_apart_have_one_root_and_can_be_merged(repo, tmp_path):
    git(tmp_path, "init", "-q", "other")
    other = init(tmp_path / "other").lab
    lab = init(repo).lab
    roots = {git(path, "rev-list", "--max-parents=0", "journal") for path in (lab.path, other.path)}
    assert len(roots) == 1
    write(other, "theirs\n", "a.md")
    git(other.path, "add", ".")
    git(other.path, "commit", "-q", "-m", "theirs")
    git(lab.path, "pull", "-q", "--no-rebase", str(tmp_path / "other"), "journal")
    assert (lab.path / "a.md").exists()


def test_other_names_are_kept(repo):
    result = init(repo, folder="notes/bench", branch="lab/journal")
    assert (result.lab.path, result.lab.branch) == (repo / "notes" / "bench", "lab/journal")
    assert git(repo, "status", "--porcelain") == ""
    assert init(repo).created is False
    with pytest.raises(GitError, match="has its journal on the branch lab/journal at notes/bench/ already"):
        init(repo, folder="elsewhere")


def test_a_dry_run_names_the_same_things_and_writes_nothing(repo):
    before = everything(repo)
    dry = init(repo, dry_run=True)
    assert everything(repo) == before
    assert dry.touched == init(repo).touched
    assert init(repo, dry_run=True).touched == []


@pytest.mark.parametrize("done", ["branch", "worktree", "exclude"])
def test_an_init_that_was_cut_off_goes_on(done, repo):
    first = init(repo).lab
    git(repo, "config", "--remove-section", "includeIf.gitdir:./worktrees/lab")
    shutil.rmtree(first.repository.private)
    if done != "exclude":
        (repo / ".git" / "info" / "exclude").write_text("")
    if done == "branch":
        git(repo, "worktree", "remove", "lab")
    if done != "branch":  # without our settings that worktree could be anybody's
        with pytest.raises(GitError, match="lab is in the way"):
            init(repo)
        git(repo, "worktree", "remove", "lab")
    assert init(repo).created
    assert find_lab(repo).git_dir


@pytest.mark.parametrize("where", [".git/hooks", ".husky"])
def test_the_persons_hooks_do_not_run_in_the_lab_and_still_run_elsewhere(where, repo):
    ran = repo.parent / "ran"
    (repo / where).mkdir(exist_ok=True)
    for name in ("post-checkout", "pre-commit"):
        (repo / where / name).write_text(f'#!/bin/sh\necho {name} >>"{ran}"\n')
        (repo / where / name).chmod(0o755)
    if where == ".husky":
        git(repo, "config", "core.hooksPath", str(repo / ".husky"))
    lab = init(repo).lab
    assert not ran.exists()
    write(lab, "x\n", "x.md")
    git(lab.path, "add", ".")
    git(lab.path, "commit", "-q", "-m", "x")
    assert not ran.exists()
    git(repo, "commit", "-q", "--allow-empty", "-m", "code")
    assert ran.read_text() == "pre-commit\n"


def test_our_hook_notes_who_commits_in_the_lab_and_only_there(repo):
    lab = init(repo).lab
    git(repo, "commit", "-q", "--allow-empty", "-m", "code")
    assert lab.git_dir
    note = lab.git_dir / "gitjournal-committing"
    run_git(["commit", "-q", "--allow-empty", "-m", "as the runner"], cwd=lab.path)
    assert git(lab.path, "log", "-1", "--format=%s") == "as the runner"
    assert not note.exists()
    git(lab.path, "commit", "-q", "--allow-empty", "-m", "left behind in a shell", env={"GITJOURNAL_RUNNER": str(os.getppid())})
    assert note.exists()
    note.unlink()
    git(lab.path, "commit", "-q", "--allow-empty", "-m", "by hand")
    assert note.read_text().strip().isdigit()
    note.unlink()
    git(lab.path, "switch", "-q", "--orphan", "something-else")
    git(lab.path, "commit", "-q", "--allow-empty", "-m", "no journal")
    assert not note.exists()


# ---- refused


def refused(start: Path, said: str, hint: str, folder: str = "lab", branch: str = "journal") -> None:
    with pytest.raises(GitError, match=said) as caught:
        init(start, folder=folder, branch=branch)
    assert hint in caught.value.hint


def test_no_repository_is_refused(tmp_path):
    refused(tmp_path, "no git repository", "git init")


def test_what_is_in_the_way_is_refused_before_anything_is_written(repo):
    (repo / "lab").mkdir()
    (repo / "lab" / "mine.txt").write_text("mine\n")
    git(repo, "branch", "taken")
    git(repo, "branch", "deep/er")
    (repo / "named").mkdir()
    before = everything(repo)
    refused(repo, "lab is in the way", "--folder NAME")
    refused(repo, "cannot both be called `same`", "--folder lab --branch journal", "same", "same")
    refused(repo, "branch taken already, and it is no journal", "--branch NAME", "free", "taken")
    refused(repo, "deep/er is in the way", "--branch NAME", "free", "deep")
    refused(repo, "taken is in the way", "--branch NAME", "free", "taken/deeper")
    refused(repo, "named is a file or folder here", "--branch NAME", "free", "named")
    refused(repo, "not a name for the folder", "letters", "../up")
    refused(repo, "not a name for the folder", "letters", ".git/x")
    refused(repo, "not a name for a branch", "", "free", "a..b")
    assert everything(repo) == before


def test_a_tracked_folder_is_refused_also_where_it_is_only_committed(repo):
    write_tracked(repo)
    refused(repo, "lab/ is tracked by your repository", "--folder NAME")
    git(repo, "rm", "-q", "-r", "--cached", "lab")
    shutil.rmtree(repo / "lab")
    refused(repo, "lab/ is tracked by your repository", "--folder NAME")


def write_tracked(repo: Path) -> None:
    (repo / "lab").mkdir()
    (repo / "lab" / "mine.txt").write_text("mine\n")
    git(repo, "add", "lab")
    git(repo, "commit", "-q", "-m", "lab")


def test_a_branch_of_the_remote_that_is_no_journal_is_refused(repo, tmp_path):
    git(repo, "branch", "journal")
    for number, options in enumerate(([], ["--single-branch"])):
        git(tmp_path, "clone", "-q", *options, f"file://{repo}", f"clone-{number}")
        before = git(tmp_path / f"clone-{number}", "config", "--list", "--local")
        refused(tmp_path / f"clone-{number}", "origin has a branch journal, and it is no journal", "--branch NAME")
        assert git(tmp_path / f"clone-{number}", "config", "--list", "--local") == before


def test_a_person_without_a_name_is_told_how_to_say_it_and_nothing_is_half_made(repo, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    before = everything(repo)
    refused(repo, "does not know who you are", 'git config --global user.name "Your Name"; git config --global user.email')
    assert everything(repo) == before


def test_a_journal_branch_that_is_checked_out_elsewhere_is_refused(repo, tmp_path):
    init(repo)
    git(tmp_path, "clone", "-q", f"file://{repo}", "clone")
    git(tmp_path / "clone", "worktree", "add", "-q", str(tmp_path / "mine"), "journal")
    refused(tmp_path / "clone", "journal is checked out at", "git worktree remove")


def test_a_remote_that_does_not_answer_is_a_note_and_no_obstacle(repo):
    git(repo, "remote", "add", "origin", str(repo.parent / "nowhere"))
    result = init(repo)
    assert result.created
    assert result.notes == ["origin did not answer; a journal that it has can be merged later"]


# ---- found


def test_the_lab_is_found_from_everywhere_in_the_repository(repo, tmp_path):
    lab = init(repo).lab
    (repo / "src").mkdir()
    (lab.path / "entries").mkdir()
    git(repo, "worktree", "add", "-q", "-b", "feature", str(tmp_path / "feature"))
    for start in (repo, repo / "src", lab.path, lab.path / "entries", tmp_path / "feature"):
        assert find_lab(start) == lab


def test_inside_a_hook_the_environment_of_git_leads_nowhere_else(repo, tmp_path, monkeypatch):
    lab = init(repo).lab
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other" / "index"))
    assert find_lab(repo) == lab


def test_without_a_journal_the_error_says_how_to_make_one(repo):
    with pytest.raises(GitError, match="no journal here") as caught:
        find_lab(repo)
    assert caught.value.hint == "make one with: gitjournal init"


def test_a_lab_that_is_gone_is_still_known_by_its_branch_until_that_is_gone_too(repo):
    first = init(repo).lab
    shutil.rmtree(first.path)
    lab = find_lab(repo)
    assert (lab.path, lab.git_dir, lab.branch) == (first.path, None, "journal")
    git(repo, "worktree", "prune")
    assert find_lab(repo) == lab
    git(repo, "branch", "-q", "-D", "journal")
    with pytest.raises(GitError, match="no journal here any more"):
        find_lab(repo)


@pytest.mark.parametrize("pruned", [False, True])
def test_init_brings_back_a_lab_that_was_removed_and_lets_go_of_no_other_worktree(pruned, repo, tmp_path):
    lab = init(repo).lab
    git(lab.path, "switch", "-q", "-c", "exp/x")
    git(repo, "worktree", "add", "-q", "-b", "feature", str(tmp_path / "usb"))
    shutil.rmtree(lab.path)
    if pruned:
        git(repo, "worktree", "prune")
    shutil.rmtree(tmp_path / "usb")
    result = init(repo)
    assert result.created
    assert git(lab.path, "status", "--porcelain") == ""
    assert current_branch(result.lab) == ("journal" if pruned else "exp/x")
    assert (repo / ".git" / "worktrees" / "usb").is_dir()


def test_a_lab_that_is_gone_and_locked_stays_as_it_is(repo):
    lab = init(repo).lab
    git(repo, "worktree", "lock", "lab")
    shutil.rmtree(lab.path)
    refused(repo, "gone, and locked", "git worktree unlock")


def test_a_lab_that_was_moved_by_git_is_found_and_needs_nothing(repo, tmp_path):
    init(repo)
    git(repo, "worktree", "move", "lab", str(tmp_path / "bench"))
    lab = find_lab(repo)
    assert lab.path == tmp_path / "bench"
    assert find_lab(lab.path / ".") == lab
    git(lab.path, "commit", "-q", "--allow-empty", "-m", "from there")
    assert init(repo).lab == lab


def test_a_copied_repository_is_refused_until_init_mends_it_and_the_original_is_left_alone(repo, tmp_path):
    original = init(repo).lab
    copy = tmp_path / "copy"
    shutil.copytree(repo, copy, symlinks=True)
    before = everything(repo)
    with pytest.raises(GitError, match="moved or copied") as caught:
        find_lab(copy)
    assert caught.value.hint == f"mend its link: cd {copy} && gitjournal init"
    with pytest.raises(GitError, match="is a copy") as caught:
        find_lab(copy / "lab")
    assert caught.value.hint == f"mend its link: cd {copy} && gitjournal init"
    result = init(copy)
    assert result.touched == ["lab/ (its link to this repository)"]
    assert result.lab == find_lab(copy / "lab") != original
    git(copy / "lab", "commit", "-q", "--allow-empty", "-m", "in the copy")
    assert everything(repo) == before
    assert find_lab(repo) == original


def test_a_copy_without_its_lab_gets_one_of_its_own(repo, tmp_path):
    init(repo)
    copy = tmp_path / "copy"
    shutil.copytree(repo, copy, symlinks=True, ignore=lambda folder, names: ["lab"] if folder == str(repo) else [])
    before = everything(repo)
    assert find_lab(copy).git_dir is None
    lab = init(copy).lab
    git(lab.path, "commit", "-q", "--allow-empty", "-m", "in the copy")
    assert everything(repo) == before
    assert lab.path == copy / "lab"


def test_a_moved_repository_is_mended_by_init(repo, tmp_path):
    init(repo)
    write(find_lab(repo), "draft\n", "draft.md")
    moved = tmp_path / "moved"
    repo.rename(moved)
    with pytest.raises(GitError, match="moved or copied"):
        find_lab(moved)
    lab = init(moved).lab
    assert git(lab.path, "status", "--porcelain") == "?? draft.md"
    assert git(lab.path, "config", "core.hooksPath") == "../.git/gitjournal/hooks"


# ---- branch and data


def test_the_current_branch_is_what_the_lab_has_checked_out_if_that_is_a_journal(repo):
    lab = init(repo).lab
    assert current_branch(lab) == "journal"
    git(lab.path, "switch", "-q", "-c", "exp/x")
    assert current_branch(lab) == "exp/x"
    git(lab.path, "checkout", "-q", "--detach")
    assert current_branch(lab) == "journal"
    git(lab.path, "switch", "-q", "-c", "code", "main")
    assert current_branch(lab) == "journal"


def test_data_are_looked_for_in_the_persons_own_worktree(repo, tmp_path):
    lab = init(repo).lab
    (repo / "src").mkdir()
    git(repo, "worktree", "add", "-q", "-b", "feature", str(tmp_path / "feature"))
    assert work_root(lab, repo / "src") == repo
    assert work_root(lab, lab.path) == repo
    assert work_root(lab, tmp_path / "feature") == tmp_path / "feature"


def test_beside_a_bare_repository_the_lab_lies_next_to_it(repo, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "desk"), "main")
    lab = init(tmp_path / "desk").lab
    assert (lab.path, lab.top) == (tmp_path / "lab", None)
    assert work_root(lab, tmp_path / "desk") == tmp_path / "desk"
    assert work_root(lab, lab.path) == tmp_path
    assert find_lab(tmp_path / "bare.git") == lab


def test_the_lab_never_lies_inside_a_linked_worktree(repo, tmp_path):
    git(repo, "worktree", "add", "-q", "-b", "feature", str(tmp_path / "feature"))
    assert init(tmp_path / "feature").lab.path == repo / "lab"


def test_a_worktree_under_a_path_with_odd_characters_works(tmp_path):
    folder = tmp_path / "a [b]* ü #c"
    git(tmp_path, "init", "-q", str(folder))
    lab = init(folder).lab
    assert find_lab(folder) == lab
    assert (lab.path / git(lab.path, "config", "core.hooksPath")).samefile(folder / ".git" / "gitjournal" / "hooks")


# ---- read from files where they are plain, asked of git where they are not


def detached(lab):
    git(lab, "checkout", "-q", "--detach")


def on_another_branch(lab):
    git(lab, "switch", "-q", "-c", "exp/x")


def head_as_link(lab):
    head = find_lab(lab).git_dir / "HEAD"
    head.unlink()
    head.symlink_to("refs/heads/journal")


def settings_in_quotes(lab):
    file = find_lab(lab).repository.private / "lab.config"
    file.write_text(file.read_text().replace("folder = lab", 'folder = "lab" # here'))


def settings_of_its_own(lab):
    git(lab.parent, "config", "extensions.worktreeConfig", "true")
    git(lab, "config", "--worktree", "user.name", "Ada")


def relative_link(lab):
    (lab / ".git").write_text("gitdir: ../.git/worktrees/lab\n")


@pytest.mark.parametrize(
    "state", [lambda lab: None, detached, on_another_branch, head_as_link, settings_in_quotes, settings_of_its_own, relative_link]
)
def test_what_the_files_say_is_what_git_says(repo, monkeypatch, state):
    state(init(repo).lab.path)
    found, branch = find_lab(repo), current_branch(find_lab(repo))
    for module, name in ((worktree_module, "_plain_worktree"), (worktree_module, "_plain_head"), (lab_module, "_plain_settings")):
        monkeypatch.setattr(module, name, lambda *told: None)
    assert (find_lab(repo), current_branch(find_lab(repo))) == (found, branch)
    assert (found.path, found.git_dir) == (repo / "lab", repo / ".git/worktrees/lab")


def test_four_processes_are_started_until_the_index_is_open(repo, monkeypatch):
    lab = init(repo).lab
    with Index.open(lab.repository) as index:
        index.refresh(journal_refs(lab, current_ref(lab)))
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: started.append(command) or popen(command, **more))
    lab = find_lab(repo)
    with Index.open(lab.repository) as index:
        index.refresh(journal_refs(lab, current_ref(lab)))
        assert find_runs(index, [("f" * 64, None)]) == []
    # each takes one or two milliseconds, and ten are all there is for "was this run done?"
    assert len(started) == 4, started
