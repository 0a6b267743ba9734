"""Every way in which a model can end its process, for real: one run is lost, its kind is recorded, the others go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitjournal.trust import store
from gitjournal.trust.code_files import find_code
from tests.support.helpers import done, git, gitjournal, write_entry

pytestmark = pytest.mark.fresh_processes

OWN = """
import ctypes, os, resource, signal, sys, time
from pathlib import Path
from sklearn.naive_bayes import GaussianNB

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

def fit(train, dev, *, seed, how):
    if Path("mended").exists() or how == "well":
        return GaussianNB().fit(*train)
    print("about to:", how, flush=True)
    if how == "os._exit":
        os._exit(7)
    if how == "segfault":
        ctypes.string_at(0)
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does where memory is short
    if how == "memory":
        return bytearray(2 << 30)
    if how == "a child stays":
        if os.fork() == 0:
            time.sleep(100)
        os._exit(0)
    if how == "garbled":
        for number in range(3, 12):
            try:
                os.write(number, b"nonsense\\n")
            except OSError:
                pass
        return GaussianNB().fit(*train)
    if how == "sys.exit":
        sys.exit("enough")
"""
KINDS = {
    "os._exit": ("crash", "the process ended itself with exit code 7: about to: os._exit"),
    "segfault": ("crash", "the process was ended by SIGSEGV"),
    "killed": ("memory", "the system killed the process, most likely for want of memory"),
    "memory": ("memory", "out of memory"),
    "a child stays": ("crash", "the process ended itself with exit code 0: about to: a child stays"),
    "garbled": ("crash", "the process wrote something else where its answer was expected"),
    "sys.exit": ("exception", "SystemExit: enough"),
}


@pytest.mark.slow
def test_each_way_of_dying_ends_one_run_and_is_recorded_with_its_kind(repo: Path) -> None:
    (repo / "own.py").write_text(OWN)
    done(repo, "init")
    store.grant(repo / ".git/gitjournal", find_code("own:fit", [], repo, ("procedure", "python")))
    front = "title: t\nhypothesis: h\ndata: {sklearn: iris}\nprocedure: {python: own:fit}\ngrid: {how: [memory]}\n"
    page = write_entry(repo / "lab", "20261121-an-entry-aaaa", front)
    assert gitjournal(repo, "exec", "aaaa", "--memory", "1000").returncode == 4
    page.write_text(page.read_text().replace("[memory]", f"[well, {', '.join(KINDS)}]"))
    ended = gitjournal(repo, "exec", "aaaa", "--jobs", "2")
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert "1/8 done · 7 failed" in ended.stdout
    assert "best   dev.accuracy 0.933   how well\n" in ended.stdout  # and not the best of eight
    assert "gitjournal exec aaaa --retry failed" in ended.stdout
    path = "journal:entries/2026/20261121-an-entry-aaaa.runs.jsonl"
    records = {one["grid"]["how"]: one for one in map(json.loads, git(repo, "show", path).splitlines())}
    assert records["well"].get("status", "done") == "done"
    assert {how: (one["failure"]["kind"], one["failure"]["message"]) for how, one in records.items() if how != "well"} == KINDS
    block = git(repo, "show", "journal:entries/2026/20261121-an-entry-aaaa.md")
    assert "| segfault | - | - | 1 failed |" in block
    assert "failed (crash)" in block

    again = gitjournal(repo, "exec", "aaaa")
    assert (again.returncode, again.stdout.splitlines()[0]) == (
        4,
        "nothing to do: grid of 8, 8 runs · 1 done before · 7 failed before, skipped · 0 to do",
    )
    (repo / "mended").touch()
    assert "8/8 done · 0 failed" in done(repo, "exec", "aaaa", "--retry", "failed")
    assert len(git(repo, "show", path).splitlines()) == 15
    assert done(repo, "check") != ""
    assert git(repo, "fsck", "--no-dangling") == ""
