"""A pull request into the journal, rehearsed in a bare repository with the commands of the CI templates."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitjournal.entry.record import decode_lines
from gitjournal.errors import GitError
from gitjournal.git.lab import Lab, find_lab
from gitjournal.integrity.review import parse_range, review
from gitjournal.journal.branches import journal_refs
from gitjournal.render.reports.pull_request import MARKER, inert
from tests.support.guarded import FIRST, LATER, begin, page, put, run, save
from tests.support.helpers import done, git, gitjournal
from tests.support.places import ROOT

TEMPLATES = ROOT / "templates" / "ci"
STRANGER = "closes #12, says @octocat <img src=http://evil.example/x> `x` | <!-- hidden --> GH-3 www.evil.example"


@pytest.fixture
def clone(repo: Path, tmp_path: Path) -> Path:
    """Return what a forge checks out: the branch of a pull request with a duplicate, a moved goal post and a third look."""
    git(tmp_path, "init", "-q", "--bare", "remote")
    git(repo, "remote", "add", "origin", str(tmp_path / "remote"))
    done(repo, "init")
    lab = repo / "lab"
    done(repo, "new", "A line", "--data", "sklearn:iris", "--hypothesis", "a line is enough")
    done(repo, "exec", "a-line")
    git(lab, "push", "-q", "-u", "origin", "journal")
    expected = ["--baseline", "a-line", "--expect", "dev.accuracy >= baseline + 0.2", "--hypothesis", STRANGER]
    done(repo, "new", "A kernel", "--data", "sklearn:iris", "-e", "SVC", "-g", "svc__C=1,10", *expected, "--branch", "exp/kernel")
    done(repo, "exec", "a-kernel")
    done(repo, "exec", "a-line", "--final", "to begin with")
    done(repo, "exec", "a-kernel", "--final", "for the paper")
    done(repo, "new", "Trees", "--data", "sklearn:iris", "-e", "DecisionTreeClassifier", "--hypothesis", "thresholds")
    done(repo, "exec", "trees")
    done(repo, "exec", "trees", "--final", "once more")
    # meanwhile somebody runs the same elsewhere, and it is merged first
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", "--branch", "journal", str(tmp_path / "remote"), str(other))
    git(other, "switch", "-q", "-c", "main")
    done(other, "init")
    done(other, "new", "The same kernel", "--data", "sklearn:iris", "-e", "SVC", "-p", "svc__C=10", "--hypothesis", "h")
    done(other, "exec", "the-same")
    git(other / "lab", "push", "-q", "origin", "journal")
    # the goal post moves after the result, where no hook looks
    (page,) = (lab / "entries").glob("*/*-a-kernel-*.md")
    page.write_text(page.read_text().replace("baseline + 0.2", "baseline - 0.2", 1))
    git(lab, "-c", "core.hooksPath=/dev/null", "commit", "-qam", "more modest")
    git(lab, "push", "-q", "origin", "exp/kernel")
    checkout = tmp_path / "checkout"
    git(tmp_path, "clone", "-q", "--branch", "exp/kernel", str(tmp_path / "remote"), str(checkout))
    return checkout


def shell(script: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a step as a forge does."""
    path = f"{env.get('PATH', '')}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = {**os.environ, **env, "PATH": path}
    return subprocess.run(["bash", "-e", "-c", script], cwd=cwd, env=ended, capture_output=True, text=True, check=False)


def steps_of(forge: str) -> dict[str, str]:
    """Return the scripts of the template by name."""
    told: dict[str, Any] = yaml.safe_load((TEMPLATES / f"{forge}.yml").read_text())
    return {step.get("name", ""): step["run"] for step in told["jobs"]["check"]["steps"] if "run" in step}


def _report_says_the_same_to_programs(clone: Path) -> None:
    found = json.loads(done(clone, "report", "origin/journal..HEAD", "--json"))
    assert [(one["title"], one["verdict"], one["new"]) for one in found["entries"]] == [
        ("A kernel", "refuted", True),
        ("A line", None, False),
        ("Trees", None, True),
    ]
    assert {one["code"] for one in found["findings"] if not one["note"]} == {"GJ101", "GJ120"}
    refused = gitjournal(clone, "report", "origin/nothing..HEAD")
    assert refused.returncode == 1
    assert "git knows no `origin/nothing`" in refused.stderr
    typo = gitjournal(clone, "report", "calibratoin")
    assert typo.returncode == 2
    assert "did you mean `calibration`" in typo.stderr
    assert gitjournal(clone, "report", "origin/journal..HEAD", "--link", "https://x").returncode == 2


def test_the_report_shows_a_duplicate_a_moved_goal_post_and_a_third_look(clone: Path, tmp_path: Path) -> None:
    steps = steps_of("github")
    env = {
        "BASE": git(clone, "rev-parse", "origin/journal"),
        "HEAD": git(clone, "rev-parse", "HEAD"),
        "LINK": "https://forge.example/blob/abc/{path}?raw=true",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    _report_says_the_same_to_programs(clone)
    checked = shell(steps["Check the merge result"], clone, env)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert {"GJ101", "GJ120"} <= set(re.findall(r"GJ\d+", checked.stdout))
    told = shell(steps["Report for the reviewer"], clone, env)
    assert told.returncode == 0, told.stderr
    report = (tmp_path / "report.md").read_text()
    assert (tmp_path / "summary.md").read_text() == report
    assert report.startswith(f"{MARKER}\n## 3 entries, 3 new runs into ")
    assert re.search(r"\| GJ101 \| `entries/\S+` \| the same run as ", report)
    assert "- **after the plan**: \\`expect\\` was changed after the plan" in report
    assert "look 3 of 3" in report
    assert "- **finding** in 2 runs: GJ311 a row that is in two parts" in report
    assert re.search(r"<details><summary>svc\\_\\_C .*</summary>\n\n```text\ndev.accuracy, higher is better, by svc__C\n  1 ", report)
    assert "- **refuted**: expected `dev.accuracy >= baseline + 0.2`" in report
    assert "- [ ] no run was done twice" in report
    assert "- [ ] question and expectation are as in the plan" in report
    assert "- [x] no entry was removed" in report
    assert "\\<img" in report
    assert "@octocat" not in report
    assert "#12" not in report
    assert "://evil" not in report
    assert report.replace("\\<", "").count("<!--") == 1
    # the comment is written once, and then renewed
    forge = tmp_path / "bin"
    forge.mkdir()
    (forge / "gh").write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/called\ncase "$*" in *--paginate*) cat {tmp_path}/there 2>/dev/null; true;; esac\n'
    )
    (forge / "gh").chmod(0o755)
    more = {**env, "PATH": str(forge), "COMMENTS": "repos/a/b/issues/7/comments", "GH_TOKEN": "x"}
    assert shell(steps["Comment"], clone, more).returncode == 0
    (tmp_path / "there").write_text("https://api.example/comments/5\n")
    assert shell(steps["Comment"], clone, more).returncode == 0
    calls = [line for line in (tmp_path / "called").read_text().splitlines() if "--paginate" not in line]
    assert calls == [
        f"api --silent repos/a/b/issues/7/comments --field body=@{tmp_path}/report.md",
        f"api --silent --method PATCH https://api.example/comments/5 --field body=@{tmp_path}/report.md",
    ]


def test_what_a_stranger_writes_calls_nobody() -> None:
    said = inert("@ada and a@b.example, GH-1, #1, https://x.example ![x](y) <b> **bold**\n# head")
    for live in ("@ada", "#1", "GH-1", "://", " ![", " <b>", " **", "\n"):
        assert live not in said
    assert "\\<b\\>" in said
    assert inert("plain words, 3 < 4") == "plain words, 3 \\< 4"


@pytest.fixture
def branch(repo: Path) -> Lab:
    """Return a journal whose branch exp/kernel runs an entry further, brings one that is better and one that cannot be read."""
    folder = begin(repo)
    (first,) = decode_lines((folder / f"entries/2026/{FIRST}.runs.jsonl").read_bytes(), file="x")
    git(folder, "switch", "-q", "-c", "exp/kernel")
    put(folder, FIRST, page("First", c=[10, 3]), [first, run(3, at="2026-11-02T10:00:00+00:00", seconds=4.0)])
    put(folder, LATER, page("Later", c=5, front="baseline: aaaa\n"), [run(5, at="2026-11-03T10:00:00+00:00", dev=0.99)])
    (folder / "entries/2026/20261104-third-cccc.md").write_text("no entry\n")
    save(folder)
    return find_lab(repo)


def test_each_entry_that_a_branch_changes_is_told_with_what_it_did_itself(branch: Lab) -> None:
    found = review(branch, "journal", "exp/kernel", journal_refs(branch, "refs/heads/journal"))
    assert (found.into, found.branch, found.gone, found.conflicts) == ("journal", "exp/kernel", [], [])
    first, later, third = found.entries
    assert (first.id, first.is_new, first.runs, first.seconds) == (FIRST, False, 1, 4.0)
    assert (later.id, later.is_new, later.runs) == (LATER, True, 1)
    assert later.gain
    assert (later.gain.baseline, later.gain.difference) == (FIRST, pytest.approx(0.02))
    assert (third.entry, third.is_new, "front matter" in third.fault) == (None, True, True)
    assert {one.code for one in found.checked.findings} >= {"GJ104"}


def test_an_entry_that_is_taken_away_is_told(branch: Lab) -> None:
    git(branch.path, "rm", "-q", f"entries/2026/{FIRST}.md", f"entries/2026/{FIRST}.runs.jsonl")
    save(branch.path)
    found = review(branch, "journal", "exp/kernel", journal_refs(branch, "refs/heads/journal"))
    assert found.gone == [FIRST]
    assert FIRST not in [one.id for one in found.entries]


def test_a_range_is_two_names_or_a_branch_and_what_it_goes_into(branch: Lab) -> None:
    assert parse_range(branch, "a..b") == ("a", "b")
    assert parse_range(branch, "a...b") == ("a", "b")
    assert parse_range(branch, "..") == ("journal", "HEAD")
    assert parse_range(branch, "exp/kernel") == ("journal", "exp/kernel")
    with pytest.raises(GitError, match="is the journal itself"):
        parse_range(branch, "journal")
    with pytest.raises(GitError, match="not a branch of a journal"):
        review(branch, "journal", "main", {})
