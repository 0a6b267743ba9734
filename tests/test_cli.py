"""The door: help, typos, bugs, pipes and Ctrl-C."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gitjournal.cli import COMMANDS
from tests.support.helpers import done, git, gitjournal, snapshot

pytestmark = pytest.mark.fresh_processes


def test_help_lists_every_command_the_everyday_ones_first(tmp_path: Path) -> None:
    output = done(tmp_path, "--help")
    places = [output.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)
    assert max(map(len, output.splitlines())) <= 100


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_and_every_option_has_help(tmp_path: Path, command: str) -> None:
    output = done(tmp_path, command, "--help")
    options = output.partition("Options:")[2]
    lines = [line.strip() for line in options.splitlines() if re.match(r"  -", line)]
    for line in lines:
        described = len(line.split("  ")) > 1 or options.split(line)[1].splitlines()[1].startswith("    ")
        assert described, f"{command}: {line} has no help"


def test_a_mistyped_command_gets_the_nearest(tmp_path: Path) -> None:
    ended = gitjournal(tmp_path, "exce")
    assert ended.returncode == 2
    assert "no command `exce`; did you mean `exec`?" in ended.stderr


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    assert gitjournal(tmp_path, "-C", "nowhere", "ls").returncode == 2


def test_outside_a_repository_the_way_out_is_named(tmp_path: Path) -> None:
    ended = gitjournal(tmp_path, "ls")
    assert ended.returncode == 1
    assert "no git repository" in ended.stderr
    assert "git init" in ended.stderr


def test_without_a_journal_the_way_out_is_named(repo: Path) -> None:
    before = snapshot(repo)
    for command in (["ls"], ["show", "x"], ["log"], ["exec", "x"], ["new", "x", "--data", "sklearn:iris"]):
        ended = gitjournal(repo, *command)
        assert ended.returncode == 1, ended.stdout
        assert "gitjournal init" in ended.stderr
    assert snapshot(repo) == before


def test_an_error_can_be_had_as_json(tmp_path: Path) -> None:
    ended = gitjournal(tmp_path, "ls", "--json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["error"] == "git"


def test_git_finds_it_as_a_command_of_its_own(repo: Path) -> None:
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    assert git(repo, "journal", "--version", env=env).startswith("gitjournal ")


def test_a_reader_that_goes_away_is_no_error(repo: Path) -> None:
    done(repo, "init")
    command = f"{sys.executable} -m gitjournal config schema | head -1"
    ended = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=repo, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "{\n", "")


def test_a_bug_leaves_a_log_and_no_traceback(tmp_path: Path) -> None:
    code = "import gitjournal.cli as c\nc.COMMANDS['broken'] = 'x'\nimport sys; sys.argv = ['gitjournal', 'broken']; c.main()"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env={"TMPDIR": str(tmp_path), "PATH": ""}
    )
    assert ended.returncode == 1
    assert "a fault in gitjournal itself: ModuleNotFoundError" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Traceback" in next(tmp_path.glob("gitjournal-*.log")).read_text()
