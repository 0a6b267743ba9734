"""Every way in which a commit can enter the journal from lab/, tried with an experiment that was run before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gitjournal.entry.record import Failure
from gitjournal.git.setup.hooks import install_server_hook
from gitjournal.git.setup.init import init
from tests.support.guarded import FIRST, LATER, UNGUARDED, begin, codes, page, put, repeat, run, save, tried
from tests.support.helpers import git, gitjournal

pytestmark = pytest.mark.slow

OTHER = "20261103-other-cccc"


@pytest.fixture
def lab(repo: Path) -> Path:
    """Return a lab on `journal`, with a branch `side` beside it and a branch `ahead` of it that both hold a duplicate."""
    lab = begin(repo)
    git(lab, "switch", "-q", "-c", "side", "journal~1")
    repeat(lab)
    save(lab, "run: Later")
    git(lab, "switch", "-q", "journal")
    put(lab, OTHER, page("Other", c=1), [run(1, at="2026-11-03T10:00:00+00:00")])
    save(lab, "run: Other")
    git(lab, "switch", "-q", "-c", "ahead")
    repeat(lab)
    save(lab, "run: Later")
    git(lab, "switch", "-q", "journal")
    return lab


def write_and_stage(lab: Path) -> None:
    repeat(lab)
    git(lab, "add", "--all")


def squash(lab: Path) -> None:
    git(lab, "merge", "-q", "--squash", "side")


def on_side(lab: Path) -> None:
    git(lab, "switch", "-q", "side")


def patch(lab: Path) -> None:
    (lab.parent / "later.patch").write_text(git(lab, "format-patch", "-1", "side", "--stdout") + "\n")


def other_branch(lab: Path) -> None:
    git(lab, "branch", "other", "journal")


def nothing(lab: Path) -> None:
    pass


def declare(lab: Path, *commands: Sequence[str]) -> None:
    """Say in the later entry that it replicates, as `check --fix` does, and go on."""
    later = lab / "entries/2026" / f"{LATER}.md"
    later.write_text(later.read_text().replace("task:", "replicates: aaaa\ntask:", 1))
    git(lab, "add", "--all")
    for command in commands:
        ended = tried(lab, *command)
        assert ended.returncode == 0, ended.stderr
    assert "replicates: aaaa" in git(lab, "show", f"HEAD:entries/2026/{LATER}.md")


def give_up(lab: Path, *command: str) -> None:
    git(lab, *command)


def quit_rebase(lab: Path) -> None:
    git(lab, "rebase", "--quit")
    git(lab, "switch", "-q", "side")
    assert git(lab, "status", "--porcelain") == ""


def go_on_rebasing(lab: Path) -> None:
    declare(lab, COMMIT, ["rebase", "--continue"])
    assert git(lab, "symbolic-ref", "--short", "HEAD") == "side"


COMMIT = ["commit", "-q", "-m", "by hand"]
NO_EDIT = ["commit", "-q", "--no-edit"]

WAYS: dict[str, tuple[Callable[[Path], None], list[str], str, Callable[[Path], None]]] = {
    "commit": (write_and_stage, COMMIT, "journal", lambda lab: declare(lab, COMMIT)),
    "commit --only": (write_and_stage, [*COMMIT, "--only", "entries"], "journal", lambda lab: declare(lab, COMMIT)),
    "squash and commit": (squash, COMMIT, "journal", lambda lab: declare(lab, COMMIT)),
    "commit --no-verify": (write_and_stage, [*COMMIT, "--no-verify"], "journal", lambda lab: declare(lab, COMMIT)),
    "commit -a --amend": (write_and_stage, [*COMMIT, "--amend", "-a"], "journal", lambda lab: declare(lab, COMMIT)),
    "merge --no-verify": (nothing, ["merge", "--no-edit", "--no-verify", "side"], "journal", lambda lab: declare(lab, NO_EDIT)),
    "merge": (nothing, ["merge", "--no-edit", "side"], "journal", lambda lab: declare(lab, NO_EDIT)),
    "pull --no-rebase": (nothing, ["pull", "-q", "--no-rebase", "--no-edit", ".", "side"], "journal", lambda lab: declare(lab, NO_EDIT)),
    "rebase": (on_side, ["rebase", "journal"], "side", go_on_rebasing),
    "pull --rebase": (on_side, ["pull", "-q", "--rebase", ".", "journal"], "side", go_on_rebasing),
    "cherry-pick": (nothing, ["cherry-pick", "side"], "journal", lambda lab: declare(lab, ["cherry-pick", "--continue"])),
    "merge --ff": (nothing, ["merge", "-q", "--ff-only", "ahead"], "journal", lambda lab: give_up(lab, "reset", "-q", "--hard", "HEAD")),
    "rebase --apply": (on_side, ["rebase", "--apply", "journal"], "side", quit_rebase),
    "am": (patch, ["am", "-q", "../later.patch"], "journal", lambda lab: give_up(lab, "am", "--abort")),
    "fetch a:b": (other_branch, ["fetch", "-q", ".", "ahead:other"], "other", nothing),
    "fetch into a new branch": (nothing, ["fetch", "-q", ".", "ahead:fresh"], "fresh", nothing),
    "reset --hard": (nothing, ["reset", "-q", "--hard", "ahead"], "journal", lambda lab: give_up(lab, "reset", "-q", "--hard", "HEAD")),
    "update-ref": (nothing, ["update-ref", "refs/heads/journal", "ahead"], "journal", nothing),
}


def tip(lab: Path, branch: str) -> str:
    return tried(lab, "rev-parse", "--quiet", "--verify", f"refs/heads/{branch}").stdout


def prose_can_be_committed(lab: Path) -> None:
    tried(lab, "switch", "-q", "journal")
    with (lab / "entries/2026" / f"{FIRST}.md").open("a") as file:
        file.write("\nA thought.\n")
    ended = tried(lab, "commit", "-q", "-a", "-m", "a thought")
    assert ended.returncode == 0, ended.stderr
    assert git(lab, "status", "--porcelain") == ""


@pytest.mark.parametrize("way", WAYS)
def test_a_duplicate_is_refused_and_the_person_can_go_on(lab: Path, way: str) -> None:
    prepare, command, branch, go_on = WAYS[way]
    prepare(lab)
    before = tip(lab, branch)
    ended = tried(lab, *command)
    assert ended.returncode != 0
    assert f"{LATER} repeats what was run before" in ended.stderr
    assert f'{FIRST} "First"' in ended.stderr
    assert tip(lab, branch) == before
    go_on(lab)
    prose_can_be_committed(lab)


def test_a_duplicate_by_fast_import_is_refused(lab: Path) -> None:
    files = git(lab, "diff-tree", "-r", "--no-commit-id", "ahead").splitlines()
    lines = "".join(f"M {one.split()[1]} {one.split()[3]} {one.split()[5]}\n" for one in files)
    stream = f"commit refs/heads/journal\ncommitter A <a@b> 1 +0000\ndata 2\nx\nfrom refs/heads/journal^0\n{lines}\ndone\n"
    before = tip(lab, "journal")
    ended = tried(lab, "fast-import", "--quiet", "--done", stdin=stream)
    assert ended.returncode != 0
    assert "repeats what was run before" in ended.stderr
    assert tip(lab, "journal") == before
    prose_can_be_committed(lab)


def bare(lab: Path) -> Path:
    remote = lab.parent.parent / "remote.git"
    git(lab.parent, "init", "-q", "--bare", str(remote))
    git(lab, "remote", "add", "origin", str(remote))
    git(lab, "push", "-q", "-u", "origin", "journal")
    return remote


def test_a_push_is_refused_here_and_by_the_remote(lab: Path) -> None:
    remote = bare(lab)
    place = install_server_hook(remote)
    before = git(remote, "rev-parse", "journal")
    git(lab, *UNGUARDED, "merge", "-q", "--ff-only", "ahead")
    here = tried(lab, "push", "-q")
    assert here.returncode != 0
    assert "repeats what was run before" in here.stderr
    assert "remote:" not in here.stderr
    there = tried(lab, "push", "-q", "--no-verify")
    assert there.returncode != 0
    assert "remote: gitjournal: duplicate" in there.stderr
    assert git(remote, "rev-parse", "journal") == before
    declare(lab, COMMIT, ["push", "-q"])
    assert git(remote, "rev-parse", "journal") == git(lab, "rev-parse", "journal")
    # a branch of code is none of its business, and neither is one that goes away
    git(lab.parent, "push", "-q", "origin", "main", "main:gone")
    git(lab.parent, "push", "-q", "origin", ":gone")
    assert place.name == "update"


def test_records_that_are_edited_or_deleted_and_secrets_are_refused(lab: Path) -> None:
    records = lab / "entries/2026" / f"{FIRST}.runs.jsonl"
    text = records.read_text()
    records.write_text(text.replace("0.97", "0.99"))
    said = tried(lab, "commit", "-q", "-a", "-m", "better").stderr
    assert "GJ105" in said
    records.unlink()
    assert "GJ105" in tried(lab, "commit", "-q", "-a", "-m", "gone").stderr
    git(lab, "rm", "-q", "--cached", f"entries/2026/{FIRST}.md", f"entries/2026/{FIRST}.runs.jsonl")
    assert "GJ105" in tried(lab, "commit", "-q", "-m", "all of it gone").stderr
    git(lab, "reset", "-q", "--hard")
    with (lab / "entries/2026" / f"{FIRST}.md").open("a") as file:
        file.write("\nkey AKIAABCDEFGHIJKLMNOP\n")
    said = tried(lab, "commit", "-q", "-a", "-m", "a key").stderr
    assert "GJ140" in said
    assert "AKIA" not in said


def test_what_no_hook_can_stop_is_found_by_check_and_said_by_the_next_command(lab: Path) -> None:
    ended = tried(lab, *UNGUARDED, "merge", "-q", "--ff-only", "ahead")
    assert ended.returncode == 0
    assert codes(lab) == ["GJ101"]
    assert gitjournal(lab, "check").returncode == 3
    said = gitjournal(lab.parent, "ls")
    assert said.returncode == 0
    assert f"{LATER} did the same run as {FIRST}; see: gitjournal check" in said.stderr
    assert LATER not in gitjournal(lab.parent, "-q", "ls").stderr


def test_a_merge_in_a_bare_repository_without_any_tool_is_found(lab: Path) -> None:
    remote = bare(lab)
    git(lab, "push", "-q", "--no-verify", "origin", "side")
    tree = git(remote, "merge-tree", "--write-tree", "journal", "side")
    commit = git(remote, "commit-tree", "-p", "journal", "-p", "side", "-m", "merge", tree)
    git(remote, "update-ref", "refs/heads/journal", commit)
    (found,) = [line for line in gitjournal(remote, "check", "journal").stdout.splitlines() if "GJ101" in line]
    assert FIRST in found
    asked = gitjournal(lab, "check", "--merge", "journal..side")
    assert asked.returncode == 3
    assert "GJ101" in asked.stdout
    # a pull is refused, with the way out; in a fresh clone the next command says it, and it can be mended for everyone
    pulled = tried(lab, "pull", "-q")
    assert pulled.returncode != 0
    assert f"{LATER} repeats what was run before" in pulled.stderr
    git(lab, "reset", "-q", "--hard", "HEAD")
    git(lab.parent.parent, "clone", "-q", str(remote), "clone")
    clone = lab.parent.parent / "clone"
    assert gitjournal(clone, "init").returncode == 0
    assert f"{LATER} did the same run as {FIRST}" in gitjournal(clone, "show", "bbbb").stderr
    assert gitjournal(clone, "check", "--fix").returncode == 0
    git(clone / "lab", "commit", "-q", "-a", "-m", "a replicate")
    git(clone / "lab", "push", "-q")
    passes(lab, "pull", "-q")
    assert codes(lab) == []


# ---- what must pass


def passes(lab: Path, *command: str) -> None:
    ended = tried(lab, *command)
    assert ended.returncode == 0, ended.stderr
    assert "gitjournal" not in ended.stderr


def test_replicates_retries_and_repetitions_with_a_reason_pass(lab: Path) -> None:
    repeat(lab, front="replicates: aaaa\n")
    again = run(at="2026-11-04T10:00:00+00:00", status="again", repeats="x", reason="to be sure")
    put(lab, "20261104-again-dddd", page("Again"), [again])
    failed = run(at="2026-11-03T09:00:00+00:00", status="failed", failure=Failure("memory", "too large"), metrics={})
    put(lab, "20261103-failed-9999", page("Failed"), [failed])
    tried_again = [run(2, at="2026-11-03T09:30:00+00:00", status="failed", failure=Failure("timeout", "too long"), metrics={})]
    put(lab, "20261103-retried-8888", page("Retried", c=2), [*tried_again, run(2, at="2026-11-03T09:40:00+00:00")])
    borrowed = run(at="2026-11-01T10:00:00+00:00", from_=FIRST, canonical=None, metrics={})
    put(lab, "20261105-borrowed-eeee", page("Borrowed"), [borrowed])
    for seed, name in ((0, "20261106-seed-ffff"), (1, "20261107-seed-gggg")):
        draws = "SVC: {probability: true}"
        text = page("Seed", front=f"seeds: [{seed}]\n", step=draws)
        put(lab, name, text, [run(at=f"2026-11-0{6 + seed}T10:00:00+00:00", seed=seed, step=draws)])
    git(lab, "add", "--all")
    passes(lab, *COMMIT)
    assert codes(lab) == []


def test_an_entry_that_is_picked_merged_twice_squashed_or_rebased_is_no_duplicate(lab: Path) -> None:
    git(lab, "switch", "-q", "-c", "exp/mine")
    put(lab, "20261107-mine-abcd", page("Mine", c=3), [run(3, at="2026-11-07T10:00:00+00:00")])
    git(lab, "add", "--all")
    passes(lab, *COMMIT)
    git(lab, "switch", "-q", "journal")
    passes(lab, "cherry-pick", "exp/mine")
    passes(lab, "merge", "-q", "--no-edit", "exp/mine")
    passes(lab, "merge", "-q", "--no-edit", "exp/mine")
    git(lab, "switch", "-q", "-c", "exp/squashed", "journal~2")
    git(lab, "merge", "-q", "--squash", "exp/mine")
    passes(lab, "commit", "-q", "-m", "squashed")
    git(lab, "switch", "-q", "-c", "exp/rebased", "exp/mine")
    passes(lab, "rebase", "-q", "exp/squashed")
    git(lab, "switch", "-q", "journal")
    prose_can_be_committed(lab)
    passes(lab, "gc", "--quiet", "--prune=now")
    passes(lab, "pack-refs", "--all")
    passes(lab, "branch", "-q", "-D", "exp/rebased")
    passes(lab, "reset", "-q", "--hard", "HEAD~1")
    assert codes(lab) == []


def test_two_journals_begun_apart_can_be_merged(lab: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "second")
    git(tmp_path / "second", "commit", "-q", "--allow-empty", "-m", "code")
    other = init(tmp_path / "second").lab.path
    put(other, "20261107-theirs-abcd", page("Theirs", c=3), [run(3, at="2026-11-07T10:00:00+00:00")])
    git(other, "add", "--all")
    passes(other, *COMMIT)
    passes(lab, "fetch", "-q", str(tmp_path / "second"), "journal")
    passes(lab, "merge", "-q", "--no-edit", "FETCH_HEAD")
    assert codes(lab) == []
