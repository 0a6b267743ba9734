"""The hooks of the lab: in, out, and beside the hooks of others, none of which is changed and all of which still run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitjournal.errors import GitError
from gitjournal.git.lab import find_lab
from gitjournal.git.setup.hooks import install_hooks, install_server_hook, read_hook_state, uninstall_hooks, uninstall_server_hook
from gitjournal.git.setup.init import init
from tests.support.guarded import LATER, begin, repeat, save, tried
from tests.support.helpers import git, gitjournal, snapshot

RAN = '#!/bin/sh\necho "$(basename "$0")" >>"$(git rev-parse --path-format=absolute --git-common-dir)/../../ran"\n'
NAMES = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "reference-transaction", "pre-push")


def own_hooks(repo: Path) -> None:
    for name in NAMES:
        (repo / ".git/hooks" / name).write_text(RAN)
        (repo / ".git/hooks" / name).chmod(0o755)


def husky(repo: Path) -> None:
    (repo / ".husky").mkdir()
    for name in NAMES:
        (repo / ".husky" / name).write_text(RAN)
        (repo / ".husky" / name).chmod(0o755)
    git(repo, "config", "core.hooksPath", ".husky")


def pre_commit_framework(repo: Path) -> None:
    entry = "sh -c 'echo pre-commit >>../ran'"
    hook = f"{{id: x, name: x, language: system, entry: {entry}, always_run: true, pass_filenames: false}}"
    (repo / ".pre-commit-config.yaml").write_text(f"repos:\n- repo: local\n  hooks:\n  - {hook}\n")
    git(repo, "add", ".pre-commit-config.yaml")
    git(repo, "commit", "-qm", "pre-commit")
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=repo, check=True, capture_output=True)


@pytest.mark.parametrize("others", [own_hooks, husky, pre_commit_framework])
def test_the_hooks_of_others_stay_and_run_and_so_do_ours(repo: Path, others: Callable[[Path], None]) -> None:
    others(repo)
    before = snapshot(repo, without=(".git/objects", ".git/index", ".git/logs", ".git/COMMIT_EDITMSG", ".git/config", ".git/info"))
    lab = begin(repo)
    ran = repo.parent / "ran"
    ran.unlink(missing_ok=True)
    repeat(lab)
    git(lab, "add", "--all")
    refused = tried(lab, "commit", "-m", "again")
    assert f"{LATER} repeats" in refused.stderr
    assert not ran.exists()
    git(repo, "commit", "-q", "--allow-empty", "-m", "code")
    assert "pre-commit" in ran.read_text()
    after = snapshot(repo, without=(".git/objects", ".git/index", ".git/logs"))
    changed = {name for name, value in before.items() if after.get(name) != value}
    assert changed == {".git/refs/heads/main"}


def test_signed_commits_submodules_and_other_worktrees(repo: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key)), ("commit.gpgSign", "true")):
        git(repo, "config", name, value)
    git(tmp_path, "init", "-q", "library")
    git(tmp_path / "library", "commit", "-q", "--allow-empty", "-m", "x")
    git(repo, "submodule", "--quiet", "add", str(tmp_path / "library"), "library")
    git(repo, "worktree", "add", "-q", "-b", "feature", str(tmp_path / "feature"))
    lab = begin(repo)
    (lab / "README.md").write_text("mine\n")
    git(lab, "commit", "-q", "-a", "-m", "prose")
    assert "gpgsig" in git(lab, "cat-file", "commit", "HEAD")
    repeat(lab)
    git(lab, "add", "--all")
    assert f"{LATER} repeats" in tried(lab, "commit", "-m", "again").stderr
    for other in (repo, tmp_path / "feature", repo / "library"):
        assert tried(other, "commit", "-q", "--allow-empty", "-m", "code").stderr == ""
        assert "gitjournal" not in tried(other, "config", "core.hooksPath").stdout


def test_taken_out_they_stay_out_until_they_are_put_back(repo: Path) -> None:
    lab = begin(repo)
    assert gitjournal(repo, "config", "hooks", "status").returncode == 0
    assert gitjournal(repo, "config", "hooks", "uninstall").returncode == 0
    init(repo)
    assert read_hook_state(find_lab(repo)).off
    repeat(lab)
    git(lab, "add", "--all")
    git(lab, "commit", "-q", "-m", "nobody looked")
    git(lab, "reset", "-q", "--soft", "HEAD~1")
    told = gitjournal(repo, "config", "hooks", "install", "--json")
    assert json.loads(told.stdout)["state"] == "installed"
    assert tried(lab, "commit", "-m", "again").returncode != 0
    uninstall_hooks(find_lab(repo))
    install_hooks(find_lab(repo))
    state = read_hook_state(find_lab(repo))
    assert (state.off, set(state.problems.values())) == (False, {""})


@pytest.mark.parametrize("gone", ["/no/such/python", "/bin/false"])
def test_a_hook_whose_python_is_gone_lets_pass_and_says_so(repo: Path, gone: str) -> None:
    lab = begin(repo)
    (repo / ".git/gitjournal/hooks/_python").write_text(f"{gone}\n")
    repeat(lab)
    git(lab, "add", "--all")
    ended = tried(lab, "commit", "-m", "again")
    assert ended.returncode == 0
    assert "its Python does not answer; see: gitjournal doctor" in ended.stderr
    assert gitjournal(repo, "config", "hooks", "status").returncode == 1


def test_code_in_the_journal_is_never_imported(repo: Path) -> None:
    lab = begin(repo)
    for name in ("gitjournal.py", "msgspec.py", "sqlite3.py"):
        (lab / name).write_text("raise SystemExit('a stranger ran')\n")
    repeat(lab)
    git(lab, "add", "--all")
    ended = tried(lab, "commit", "-m", "again")
    assert f"{LATER} repeats" in ended.stderr
    assert "stranger" not in ended.stderr


def test_a_server_keeps_its_own_hook(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    remote = tmp_path / "remote.git"
    place = install_server_hook(remote)
    assert place.is_file()
    uninstall_server_hook(remote)
    assert not place.exists()
    place.write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(GitError, match="is not from gitjournal"):
        install_server_hook(remote)
    uninstall_server_hook(remote)
    assert place.read_text() == "#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize(("forge", "path"), [("github", ".github/workflows/gitjournal.yml"), ("gitlab", ".gitlab-ci.yml")])
def test_a_forge_is_told_to_check_what_a_merge_would_give(repo: Path, tmp_path: Path, forge: str, path: str) -> None:
    said = gitjournal(repo, "init", "--ci", forge)
    assert said.returncode == 0
    assert f"written: lab/{path}" in said.stdout
    written = (repo / "lab" / path).read_text()
    assert "$version" not in written
    (command,) = [line.partition("gitjournal check")[2].strip() for line in written.splitlines() if "gitjournal check --merge" in line]
    (repo / "lab" / path).write_text("mine\n")
    assert "already" in gitjournal(repo, "init", "--ci", forge).stdout
    assert (repo / "lab" / path).read_text() == "mine\n"
    # what the forge runs, in a clone of the pull request's branch that nobody has begun a journal in
    lab = begin(repo)
    git(lab, "switch", "-q", "-c", "exp/later", "journal~1")
    repeat(lab)
    save(lab)
    git(tmp_path, "clone", "-q", "--branch", "exp/later", str(repo), "clone")
    clone = tmp_path / "clone"
    git(clone, "fetch", "-q", "origin", "journal")
    env = {"BASE": git(clone, "rev-parse", "origin/journal"), "HEAD": git(clone, "rev-parse", "HEAD")}
    env["base"] = env["BASE"]  # as the template for GitLab calls it
    script = f"exec '{sys.executable}' -m gitjournal check {command}"
    ended = subprocess.run(["sh", "-c", script], cwd=clone, capture_output=True, text=True, check=False, env={**os.environ, **env})
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert "GJ101" in ended.stdout
