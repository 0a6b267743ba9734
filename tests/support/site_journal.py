"""A journal to make pages of: three entries that follow one another, and one that means harm wherever it can."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from gitjournal.entry.results_block import splice
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, commit, failed, gitjournal, page, record, three_entries, write

EVIL = "20261123-evil-zzzz"
ELSEWHERE = "20261124-elsewhere-yyyy"
BRANCH = "exp/<svg/onload=document.title='hacked'>"  # git allows it
SCRIPT = "<script>document.title='hacked'</script>"
PICTURE = "<img src=x onerror=\"document.title='hacked'\">"
HEX = "f" * 64
PROSE = f"""
{SCRIPT}{PICTURE}
<iframe src="https://example.com"></iframe><style>body{{display:none}}</style><form action="https://example.com"><input></form>
<a href="javascript:document.title='hacked'" onclick="document.title='hacked'">raw</a> <svg onload="document.title='hacked'"></svg>

# A heading

[link](javascript:document.title='hacked') [data](data:text/html,{SCRIPT}) [page](https://example.org/x) [file](../../etc/passwd)
![a picture](https://example.com/track.png) <b onmouseover="document.title='hacked'">bold</b> <!-- {SCRIPT} -->
"""


def project(folder: Path) -> Path:
    """Return a repository with the journal below, its pages in `pages`, and in `everywhere` those of all branches.

    For a fixture of a whole module, which the guards of a single test do not cover.
    """
    repo = folder / "project"
    names = {
        f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}.items():
            patch.setenv(name, value)
        repo.mkdir()
        git(repo, "init", "-q", "-b", "main")
        git(repo, "commit", "-q", "--allow-empty", "-m", "first")
        lab = journal(repo)
        gitjournal(repo, "site", "build", "-q", "-o", "pages")
        patch.setenv("GIT_AUTHOR_NAME", f'x" onfocus={SCRIPT}')
        elsewhere(lab)
        gitjournal(repo, "site", "build", "-q", "-o", "everywhere", "--all", "--name", f"{SCRIPT}project")
    return repo


def elsewhere(lab: Path) -> None:
    """Commit an entry to a branch whose name means harm, and a datasheet that does."""
    git(lab, "-c", "core.hooksPath=/dev/null", "switch", "-q", "-c", BRANCH)
    (lab / "data").mkdir(exist_ok=True)
    (lab / "data" / "evil.md").write_text(f"---\nhash: sha256:{'cd' * 32}\n---\n{PROSE}")
    write(lab, ELSEWHERE, on_data(page("Elsewhere")).replace("ab" * 32, "cd" * 32))
    commit(lab, f"plan: {SCRIPT}")
    git(lab, "-c", "core.hooksPath=/dev/null", "switch", "-q", "journal")


def canonical(step: str) -> str:
    """Return a canonical text with one step, on the data of `on_data`."""
    data = '{"format":"sklearn","hash":"sha256:' + "ab" * 32 + '","task":"classification"}'
    return f'{{"data":{data},"procedure":[{step}],"schema":1,"split":{{"dev":0.2,"seed":0}}}}'


def on_data(text: str) -> str:
    """Return an entry's text with the hash and facts of its data."""
    known = f'hash: "sha256:{"ab" * 32}", facts: {{n_rows: 1797, n_features: 64}}'
    return text.replace("data: {sklearn: digits}", f"data: {{sklearn: digits, {known}}}")


def quoted(text: str) -> str:
    """Return text as YAML keeps it, control characters as escapes."""
    return json.dumps(text)


def journal(repo: Path) -> Path:
    """Return a lab with a baseline, a grid, a plan without runs, and the evil one; each with its data hash."""
    lab = three_entries(repo)
    baseline = [record("a" * 64, 0.972, at="2026-11-08T09:00:00Z", canonical=canonical('{"a.Logistic":{}}'), rows={"dev": 360})]
    write(lab, LOGISTIC, on_data(page("Logistic regression", front="tags: [linear]")), baseline)
    front = "baseline: p2m1\nhypothesis: pixels interact\nexpect: dev.accuracy >= baseline + 0.01\ntags: [svm]\n"
    runs = [
        record(
            name * 64, score, grid={"svc__C": c, "svc__gamma": gamma}, at=f"2026-11-21T09:0{at}:00Z", seconds=1.5, rows={"dev": 360}, **more
        )
        for at, (name, score, c, gamma, more) in enumerate(
            [
                ("b", 0.970, 1, 0.01, {}),
                ("c", 0.978, 10, 0.001, {"canonical": canonical('{"a.SVC":{"C":10}}')}),
                ("d", 0.974, 1, 0.001, {}),
                ("e", 0.600, 10, 0.1, {}),
            ]
        )
    ]
    seen = {"test": {"accuracy": 0.96}}
    look = {"at": "2026-11-22T09:00:00Z", "metrics": seen, "rows": {"test": 360}, "look": 1, "reason": "the end"}
    runs.append(record("c" * 64, run="a-look", status="final", grid={"svc__C": 10}, canonical=runs[1].canonical, **look))
    grid = front + "grid: {svc__C: [1, 10], svc__gamma: [0.001, 0.01, 0.1]}"
    judged = "**Refuted**: expected `dev.accuracy >= baseline + 0.01` (+0.006 [-0.008, +0.009] over 360 rows).\n"
    write(lab, RBF, splice(on_data(page("RBF beats linear", front=grid)), RBF, judged), runs)
    evil = f"hypothesis: {quoted(PICTURE)}\ntags: [{quoted(SCRIPT)}]\nexpect: {quoted('dev.accuracy > 0 ' + SCRIPT)}\nbaseline: p2m1"
    harm = {f"</script>{SCRIPT}": PICTURE}
    records = [
        record(
            HEX,
            0.9,
            run=f'x" onfocus="{SCRIPT}',
            grid=harm,
            at="2026-11-23T09:00:00Z",
            canonical=canonical('{"a.Evil":{}}'),
            rows={"dev": 360},
        ),
        record("9" * 64, 0.8, grid={f"</script>{SCRIPT}": "b"}, at="2026-11-23T09:01:00Z", code=SCRIPT, findings=[SCRIPT]),
        failed("8" * 64, message=PICTURE, at="2026-11-23T09:02:00Z"),
    ]
    measured = {"dev": {"accuracy": 0.9, SCRIPT: 0.5}, f"dev{PICTURE}": {SCRIPT: 1.0}}
    records[0] = msgspec.structs.replace(records[0], metrics=measured)
    title = f"Harm {SCRIPT} {PICTURE} ' \" ]]> \x07\u202e" + "long" * 15
    text = on_data(page("TITLE", front=evil, metrics="accuracy, " + quoted(SCRIPT))).replace('"TITLE"', quoted(title))
    text = text.replace("sklearn: digits", f"path: {quoted(PICTURE + '.csv')}").replace("ab" * 32, "cd" * 32)
    write(lab, EVIL, text.replace("What I saw.\n", PROSE), records)
    commit(lab, f"run: {SCRIPT}{PICTURE}")
    return lab
