"""What one run costs besides its compute: git processes, refreshes of the index, readings of the same text."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.helpers import done

NEW = ("new", "lines", "--hypothesis", "h", "--data", "sklearn:digits", "-e", "{LogisticRegression: {max_iter: 50}}", "--no-edit", "--json")
GIT_PROCESSES = 25
REFRESHES = 1
ENTRY_READINGS = 1
YAML_READINGS = 4

# counts the calls of functions while the program runs as it is; threads are left out
_COUNTER = """
import json, os, sys
from gitjournal.cli import main
from gitjournal import yaml_text
from gitjournal.entry import parse
from gitjournal.journal.index.cache import Index
watched = {parse.parse.__code__: "entry", Index.refresh.__code__: "refresh", yaml_text.load.__code__: "yaml"}
counts = dict.fromkeys(watched.values(), 0)
def count(frame, event, _):
    if event == "call" and frame.f_code in watched:
        counts[watched[frame.f_code]] += 1
sys.setprofile(count)
try:
    main()
finally:
    sys.setprofile(None)
    with open(os.environ["CALLS"], "w") as file:
        json.dump(counts, file)
"""


def counting_git(folder: Path) -> Path:
    """Write a `git` that notes each of its calls in `folder`, and hands on to the real one; return what to put first on PATH."""
    real = shutil.which("git")
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    script = bin_folder / "git"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{folder}/git"\nexec "{real}" "$@"\n')
    script.chmod(0o755)
    return bin_folder


def exec_counted(top: Path, notes: Path, entry_id: str) -> tuple[list[str], dict[str, int]]:
    """Run an entry as a person does. Returns the command lines of all git processes, and how often watched functions were called."""
    path = f"{counting_git(notes)}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        [sys.executable, "-c", _COUNTER, "exec", entry_id],
        cwd=top,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path, "CALLS": str(notes / "calls")},
    )
    assert ended.returncode == 0, ended.stderr
    assert "1/1 done" in ended.stdout
    return (notes / "git").read_text().splitlines(), json.loads((notes / "calls").read_text())


def test_a_first_run_starts_few_git_processes_and_reads_nothing_twice(repo: Path, tmp_path: Path) -> None:
    done(repo, "init")
    entry_id = json.loads(done(repo, *NEW))["id"]
    notes = tmp_path / "notes"
    notes.mkdir()
    commands, calls = exec_counted(repo, notes, entry_id)
    assert len(commands) <= GIT_PROCESSES, "\n".join(commands)
    assert calls["refresh"] <= REFRESHES
    assert calls["entry"] <= ENTRY_READINGS
    assert calls["yaml"] <= YAML_READINGS
