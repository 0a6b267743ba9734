"""`trust`: exactly these bytes, here alone, by a person at a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from gitjournal.trust import store
from gitjournal.trust.code_files import Code
from tests.support.helpers import done, git, gitjournal, write_entry

ID = "20261121-hand-made-features-k3f9"
FRONT = """\
title: Hand-made features
hypothesis: "a mean beats nothing"
data: {sklearn: iris}
procedure: {python: own.fit:fit}
"""
FIT = """\
from own.helper import most
class Most:
    def predict(self, X): return [most()] * len(X)
def fit(train, dev, *, seed): return Most()
"""


def code(**files: str) -> Code:
    return Code("own.fit:fit", {f"own/{name}.py": text.encode() for name, text in files.items()}, {})


def test_trust_holds_for_exactly_these_bytes(tmp_path: Path) -> None:
    first = code(fit="a", helper="b")
    assert not store.is_trusted(tmp_path, first)
    store.grant(tmp_path, first)
    assert store.is_trusted(tmp_path, first)
    second = code(fit="c", helper="d")
    store.grant(tmp_path, second)
    assert store.is_trusted(tmp_path, first)
    # two files that were trusted, though never together
    assert not store.is_trusted(tmp_path, code(fit="a", helper="d"))
    assert not store.is_trusted(tmp_path, Code("own.fit:other", first.files, {}))
    assert [one.function for one in store.revoke(tmp_path, ["own.fit:fit"])] == ["own.fit:fit"] * 2
    assert not store.is_trusted(tmp_path, first)
    assert not list((tmp_path / "trusted").iterdir())


def test_what_changed_since_is_shown_against_what_was_trusted_last(tmp_path: Path) -> None:
    (new,) = store.list_changes(tmp_path, code(fit="one\ntwo\n"))
    assert (new.state, new.lines[-2:]) == ("new", ("+one", "+two"))
    store.grant(tmp_path, code(fit="one\ntwo\n", helper="x"))
    fit, more, helper = store.list_changes(tmp_path, code(fit="one\n2\n", more="y"))
    assert (fit.state, fit.lines[-3:]) == ("changed", (" one", "-two", "+2"))
    assert (more.state, helper.path, helper.state) == ("new", "own/helper.py", "gone")
    (tmp_path / "trusted" / store.read(tmp_path)[0].files["own/fit.py"]).write_text("one\n2\n")  # a copy that was tampered with
    assert store.list_changes(tmp_path, code(fit="one\n2\n"))[0].state == "changed"


@pytest.mark.parametrize("damaged", ["", "{", "[1]", '[{"function": 1}]', "\xff"])
def test_a_damaged_list_trusts_nothing(tmp_path: Path, damaged: str) -> None:
    store.grant(tmp_path, code(fit="a"))
    (tmp_path / "trust.json").write_bytes(damaged.encode("latin-1"))
    assert not store.is_trusted(tmp_path, code(fit="a"))


@pytest.fixture
def journal(repo: Path) -> Path:
    (repo / "own").mkdir()
    (repo / "own/fit.py").write_text(FIT)
    (repo / "own/helper.py").write_text("def most(): return 1\n")
    done(repo, "init")
    write_entry(repo / "lab", ID, FRONT)
    return repo


def at_terminal(cwd: Path, *arguments: str, says: str) -> tuple[int, str]:
    """Run gitjournal at a terminal, and type."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gitjournal", *arguments], cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    os.write(ours, says.encode())
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        said += part
    os.close(ours)
    return process.wait(60), said.decode()


def test_nothing_runs_before_a_person_said_so_and_not_after_a_change(journal: Path) -> None:
    before = git(journal, "rev-parse", "journal")
    refused = gitjournal(journal, "exec", "k3f9")
    assert refused.returncode == 1
    assert f"lab/entries/2026/{ID}.md:5:21: own.fit:fit runs only after you trusted it" in refused.stderr
    assert "gitjournal trust k3f9" in refused.stderr
    shown = gitjournal(journal, "trust", "k3f9")
    assert shown.returncode == 1
    assert "new     own/helper.py" in shown.stdout
    assert "+def most(): return 1" in shown.stdout
    assert "run it at a terminal: gitjournal trust k3f9" in shown.stderr
    assert git(journal, "rev-parse", "journal") == before

    assert at_terminal(journal, "trust", "k3f9", says="n\n")[0] == 1
    assert done(journal, "trust", "--list") == "nothing is trusted here\n"
    code, said = at_terminal(journal, "trust", "k3f9", says="y\n")
    assert (code, said.split()[-1]) == (0, "trusted")
    assert "own/helper.py" in done(journal, "trust", "--list")
    assert "1/1 done" in done(journal, "exec", "k3f9")
    (record,) = [json.loads(line) for line in git(journal, "show", f"journal:entries/2026/{ID}.runs.jsonl").splitlines()]
    (step,) = json.loads(record["canonical"])["procedure"]
    assert step == {"python": {"function": "own.fit:fit", "code": store.read(journal / ".git/gitjournal")[0].digest, "parameters": {}}}

    # a helper that changed after trust
    (journal / "own/helper.py").write_text("def most(): return 2\n")
    refused = gitjournal(journal, "exec", "k3f9")
    assert (refused.returncode, "has changed since it was trusted here" in refused.stderr) == (1, True)
    changed = json.loads(done(journal, "trust", "k3f9", "--dry-run", "--json"))
    assert [file["state"] for file in changed["files"]] == ["same", "changed"]
    assert changed["files"][1]["diff"][-2:] == ["-def most(): return 1", "+def most(): return 2"]
    assert at_terminal(journal, "trust", "k3f9", says="y\n")[0] == 0
    assert "the code of own.fit:fit has changed since 1 runs on record" in gitjournal(journal, "exec", "k3f9").stderr
    (journal / "own/helper.py").write_text("def most(): return 1\n")
    assert "nothing to do" in done(journal, "exec", "k3f9")
    assert "no longer trusted: own.fit:fit" in done(journal, "trust", "--revoke", "k3f9")
    assert gitjournal(journal, "exec", "k3f9").returncode == 1


def test_hostile_code_is_shown_and_cannot_paint_the_terminal(journal: Path) -> None:
    (journal / "own/helper.py").write_text("def most(): return 1  # \x1b[2K\u202e safe\n")
    shown = gitjournal(journal, "trust", "own.fit:fit").stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "+def most(): return 1" in shown


def test_what_is_no_use_of_trust_says_so(journal: Path) -> None:
    for arguments, code, words in (
        ([], 2, "name an entry or a function"),
        (["--list", "k3f9"], 2, "--list takes no name"),
        (["own.fit:none"], 1, "own/fit.py defines no `none`"),
        (["k3f9", "--json"], 2, "trust is given by a person"),
        (["k3f9", "--code", "own/q.sql"], 2, "--code goes with a function"),
    ):
        ended = gitjournal(journal, "trust", *arguments)
        assert (ended.returncode, words in ended.stderr + ended.stdout) == (code, True)
