"""`gitjournal suggest`, as its user calls it: real journals, real runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest

from tests.support.helpers import done, git, gitjournal, snapshot, write_entry
from tests.support.searches import MIXED, kept, study

SPACE = """\
title: Which neighbours, which prior
data: {sklearn: DATA}
procedure: [StandardScaler, {clf: KNeighborsClassifier}]
space:
  - {clf: [KNeighborsClassifier], clf__n_neighbors: [1, 5, 9], clf__p: [1, 2]}
  - {clf: [GaussianNB], clf__var_smoothing: {log: [1.0e-9, 1]}}
"""
GRID = """\
title: SVM on DATA
hypothesis: it works
data: {sklearn: DATA}
procedure: [StandardScaler, SVC]
grid: {svc__C: [0.01, 10], svc__gamma: [0.001, 0.01]}
"""


def begin(repo: Path, *fronts: tuple[str, str]) -> Path:
    done(repo, "init")
    for suffix, front in fronts:
        write_entry(repo / "lab", f"20261121-an-entry-{suffix}", front)
    return repo


def told(repo: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done(repo, "suggest", *arguments, "--json"))
    return found


def records(repo: Path) -> list[dict[str, Any]]:
    names = git(repo, "ls-tree", "-r", "--name-only", "journal").splitlines()
    return [
        json.loads(line) for name in names if name.endswith(".runs.jsonl") for line in git(repo, "show", f"journal:{name}").splitlines()
    ]


def test_without_evidence_it_says_so_offers_strong_defaults_and_writes_nothing(repo: Path) -> None:
    begin(repo)
    before = snapshot(repo, without=(".git/gitjournal",))
    said = done(repo, "suggest", "sklearn:iris", "-n", "2")
    assert said.splitlines()[0] == "iris, dev.accuracy · nothing run here yet, no other data sets known"
    assert said.count("no evidence for a number yet") == 2
    assert "expected" not in said
    assert snapshot(repo, without=(".git/gitjournal",)) == before
    assert max(map(len, said.splitlines())) <= 100


def test_history_speaks_with_its_entries_in_numbers_and_in_words(repo: Path) -> None:
    begin(repo, ("aaaa", GRID.replace("DATA", "wine")), ("bbbb", GRID.replace("DATA", "digits")))
    done(repo, "exec", "aaaa", "bbbb")
    found = told(repo, "sklearn:breast_cancer", "-n", "30")
    assert found["evidence"] == {"own": 0, "data_sets": ["digits", "wine"], "past": 8}
    first = found["suggestions"][0]
    assert first["procedure"] == ["StandardScaler", {"SVC": {"C": 10, "gamma": 0.01}}]
    assert {why["entry"] for why in first["because"]} == {"20261121-an-entry-aaaa", "20261121-an-entry-bbbb"}
    assert first["because"][0]["rank"] == 1
    low, high = first["interval"]
    assert 0 <= low <= first["expected"] <= high <= 1
    assert first["chance"] is None
    assert len({one["fingerprint"] for one in found["suggestions"]}) == 30
    said = done(repo, "suggest", "sklearn:breast_cancer", "-n", "1")
    assert "   on other data: " in said
    assert "best of 4 (" in said
    assert "unlikely" not in said


def test_what_is_written_runs_as_it_is_and_is_not_suggested_again(repo: Path) -> None:
    begin(repo, ("aaaa", GRID.replace("DATA", "wine")))
    done(repo, "exec", "aaaa")
    first = told(repo, "wine", "-n", "3", "--write", "--title", "Three more")
    plan = done(repo, "suggest", "wine", "-n", "1", "--write", "--dry-run")
    assert plan.startswith("---\ntitle: Suggested for wine")
    ran = json.loads(done(repo, "exec", first["entry"][-4:], "--json"))
    assert ran["runs"]["runs"] == 3
    made = {one["fingerprint"] for one in records(repo) if "from" not in one}
    assert {one["fingerprint"] for one in first["suggestions"]} <= made
    assert len(made) == 7
    again = told(repo, "wine", "-n", "50")
    assert not made & {one["fingerprint"] for one in again["suggestions"]}
    assert again["best"]["value"] == max(one["metrics"]["dev"]["accuracy"] for one in records(repo))
    page = git(repo, "show", f"journal:entries/{first['entry'][:4]}/{first['entry']}.md")
    assert "gitjournal suggest expects dev.accuracy" in page
    assert "baseline: 20261121-an-entry-aaaa" in page


def test_one_after_another_in_a_declared_conditional_space_until_nothing_is_left(repo: Path) -> None:
    space = SPACE.replace("DATA", "iris").replace("{log: [1.0e-9, 1]}", "[1.0e-9, 0.01]")
    begin(repo, ("aaaa", space))
    first = told(repo, "aaaa", "--exec", "--max-runs", "5")
    assert len(first["runs"]) == 5
    assert all(0.5 < one["value"] <= one["best"] <= 1 for one in first["runs"])
    assert git(repo, "log", "-1", "--format=%s", "journal").startswith("run: Suggested for iris")
    last = done(repo, "suggest", "aaaa", "--exec", "-n", "9")
    assert "nothing is left to suggest" in last
    made = records(repo)
    assert len(made) == len({one["fingerprint"] for one in made}) == 8
    assert {one["grid"].get("clf") for one in made} == {"KNeighborsClassifier", "GaussianNB"}
    assert not git(repo / "lab", "status", "--porcelain", "--", "entries/2026/*suggested*")
    assert "nothing is left" in done(repo, "suggest", "aaaa")


def test_another_journal_is_read_and_not_touched(repo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    git(other, "commit", "-q", "--allow-empty", "-m", "first")
    begin(other, ("aaaa", GRID.replace("DATA", "wine")))
    done(other, "exec", "aaaa")
    (other / ".git/gitjournal/index.sqlite").unlink()
    begin(repo)
    before = snapshot(other)
    found = told(repo, "sklearn:iris", "-n", "1", "--from", str(other))
    assert snapshot(other) == before
    assert found["evidence"]["data_sets"] == ["wine"]
    assert found["suggestions"][0]["because"][0]["entry"] == "other:20261121-an-entry-aaaa"
    assert "(other:aaaa)" in done(repo, "suggest", "sklearn:iris", "-n", "1", "--from", str(other))


def test_lower_is_better_and_retracted_runs_say_nothing(repo: Path) -> None:
    front = "title: Ridge\ndata: {sklearn: diabetes}\nprocedure: [StandardScaler, Ridge]\ngrid: {ridge__alpha: [0.1, 10, 100000]}\n"
    begin(repo, ("aaaa", front))
    done(repo, "exec", "aaaa")
    found = told(repo, "aaaa", "-n", "3")
    scores = [one["metrics"]["dev"]["rmse"] for one in records(repo)]
    assert found["direction"] == "lower"
    assert found["best"]["value"] == min(scores)
    assert "rmse (lower is better)" in done(repo, "suggest", "diabetes")
    page = repo / "lab/entries/2026/20261121-an-entry-aaaa.md"
    page.write_text(page.read_text().replace("title: Ridge", "title: Ridge\nretracted: wrong file"))
    git(repo / "lab", "commit", "-qam", "retract")
    assert told(repo, "sklearn:diabetes", "-n", "1")["evidence"]["own"] == 0


def test_a_table_takes_its_target_and_gets_what_goes_with_its_columns(repo: Path) -> None:
    begin(repo, ("aaaa", GRID.replace("DATA", "wine")))
    done(repo, "exec", "aaaa")
    rows = "".join(f"{'red' if i % 3 else 'blue'},{'' if i % 7 == 0 else i % 5},{i % 2}\n" for i in range(60))
    (repo / "shop.csv").write_text("color,size,bought\n" + rows)
    refused = gitjournal(repo, "suggest", "shop.csv")
    assert refused.returncode == 1
    assert "target" in refused.stderr
    found = told(repo, "shop.csv", "--target", "bought", "-n", "40")
    assert all(one["procedure"][0] == "tabular" for one in found["suggestions"])
    assert ["tabular", {"SVC": {"C": 10, "gamma": 0.01}}] in [one["procedure"] for one in found["suggestions"]]
    ran = told(repo, "shop.csv", "--target", "bought", "--exec", "-n", "2")
    assert all(one["value"] is not None for one in ran["runs"])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing-like-it"], 2, "no entry fits"),
        ([], 2, "nothing was run yet"),
        (["aaaa", "--write", "--exec"], 2, "exclude each other"),
        (["aaaa", "--max-runs", "3"], 2, "go with --exec"),
        (["aaaa"], 1, "20261121-an-entry-aaaa.md:6:"),
        (["bbbb"], 1, "SVC has no parameter `gama`"),
        (["cccc"], 1, "no built-in space"),
        (["sklearn:iris", "--from", ".."], 1, "no git repository"),
    ],
)
def test_what_cannot_be_done_is_said(repo: Path, arguments: list[str], code: int, said: str) -> None:
    wrong = "title: t\ndata: {sklearn: iris}\nprocedure: [SVC]\n\nspace: {svc__C: {lgo: [1, 2]}}\n"
    begin(repo, ("aaaa", wrong), ("bbbb", wrong.replace("svc__C: {lgo: [1, 2]}", "svc__gama: [1]")))
    split = "split: {dev: 0.2, seed: 0, shuffle: true, stratify: true}"
    picture = f"title: t\ndata: {{images: photos}}\nprocedure: [SVC]\ntask: classification\n{split}\n"
    facts = (
        f"data: {{images: photos, hash: 'sha256:{'0' * 64}', facts: {{n_rows: 9, shape: [8, 8, 3], classes: [a, b]}}}}\nmetrics: [accuracy]"
    )
    write_entry(repo / "lab", "20261121-an-entry-cccc", picture.replace("data: {images: photos}", facts))
    ended = gitjournal(repo, "suggest", *arguments)
    assert (ended.returncode, said in ended.stderr) == (code, True), ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_suggesting_imports_no_scikit_learn(repo: Path) -> None:
    begin(repo, ("aaaa", GRID.replace("DATA", "wine")))
    done(repo, "exec", "aaaa")
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gitjournal", "suggest", "wine"], cwd=repo, capture_output=True, text=True, check=True
    )
    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if line.startswith("import time:")}
    assert "gitjournal.suggest.surrogate" in loaded
    assert not {"sklearn", "pandas", "scipy", "keras", "matplotlib"} & loaded


WIDE = """\
title: Where to look
data: {sklearn: DATA}
procedure: [StandardScaler, {clf: SVC}]
space:
  - {clf: [SVC], clf__C: {log: [0.001, 1000]}, clf__gamma: {log: [1.0e-5, 10]}}
  - {clf: [KNeighborsClassifier], clf__n_neighbors: {int: [1, 50]}, clf__weights: [uniform, distance]}
  - {clf: [DecisionTreeClassifier], clf__max_depth: {int: [1, 20]}, clf__min_samples_leaf: {int: [1, 30]}}
"""


@pytest.mark.slow
def test_three_data_sets_as_history_lift_the_runs_on_a_fourth(repo: Path) -> None:
    names = {"aaaa": "wine", "bbbb": "iris", "cccc": "digits", "dddd": "breast_cancer"}
    begin(repo, *((suffix, WIDE.replace("DATA", name)) for suffix, name in names.items()))
    alone = repo.parent / "alone"
    git(repo.parent, "clone", "-q", str(repo), str(alone))
    begin(alone, ("dddd", WIDE.replace("DATA", "breast_cancer")))
    for suffix in ("aaaa", "bbbb", "cccc"):
        told(repo, suffix, "--exec", "-n", "5")
    with_history, without = (told(where, "dddd", "--exec", "-n", "5")["runs"] for where in (repo, alone))
    assert with_history[0]["reason"] == "past"
    assert sum(one["best"] for one in with_history) > sum(one["best"] for one in without)


SVM = "title: S\ndata: {sklearn: wine}\nprocedure: [StandardScaler, SVC]\nspace: {svc__C: {log: [0.01, 100]}, svc__kernel: [rbf, linear]}\n"


def test_a_study_speaks_as_another_data_set_unless_it_is_said_to_be_of_these(repo: Path) -> None:
    begin(repo, ("aaaa", SVM))
    path = study(repo / "study.log")
    before = (path.read_bytes(), snapshot(repo, without=(".git/gitjournal",)))
    found = told(repo, "aaaa", "--from", "study.log", "-n", "2")
    assert found["evidence"] == {"own": 0, "data_sets": ["study.log"], "past": 3}
    assert found["studies"] == [
        {"from": "study.log", "study": "svm", "trials": 5, "data_sets": ["study.log"], "assumed": "another data set", "left_out": {}}
    ]
    assert found["suggestions"][0]["because"][0]["entry"] == "study.log:trial 2"
    same = told(repo, "aaaa", "--from", "study.log", "--same-data", "-n", "2")
    assert same["evidence"] == {"own": 3, "data_sets": [], "past": 0}
    assert same["best"] == {"value": 0.98, "entry": "study.log:trial 2"}
    said = done(repo, "suggest", "aaaa", "--from", "study.log", "-n", "1")
    assert said.startswith("study.log: 5 trials, taken as runs on another data set (it names none; --same-data for these)\n")
    assert "(study.log:trial 2)" in said
    assert (path.read_bytes(), snapshot(repo, without=(".git/gitjournal",))) == before


def test_an_exported_study_speaks_for_its_own_data_and_what_optuna_added_as_well(repo: Path) -> None:
    begin(repo, ("aaaa", GRID.replace("DATA", "wine")))
    done(repo, "exec", "aaaa")
    done(repo, "export", "aaaa", "-o", "study.log", "--study-name", "s")
    other = repo.parent / "other"
    other.mkdir()
    git(other, "init", "-q")
    begin(other, ("bbbb", GRID.replace("DATA", "wine") + "space: {svc__C: {log: [0.01, 100]}, svc__gamma: [0.001, 0.01]}\n"))
    path = str(repo / "study.log")
    found = told(other, "sklearn:breast_cancer", "--from", path)
    assert (found["evidence"], found["studies"][0]["assumed"]) == ({"own": 0, "data_sets": ["wine"], "past": 4}, None)
    assert found["suggestions"][0]["because"][0]["entry"] == "study.log:20261121-an-entry-aaaa"
    assert told(other, "bbbb", "--from", path)["evidence"]["own"] == 4
    more = optuna.load_study(study_name="s", storage=kept(repo / "study.log"))
    more.add_trial(optuna.create_trial(value=0.5, params={"svc__C": 10, "svc__gamma": 0.001}, distributions=more.trials[0].distributions))
    forged = {**more.trials[0].user_attrs, "fingerprint": "0" * 64, "canonical": '{"data":{"hash":"x"}}'}
    strange = optuna.distributions.FloatDistribution(0, 1)
    more.add_trial(optuna.create_trial(value=0.1, params={"x": 0.5}, distributions={"x": strange}, user_attrs=forged))
    found = told(other, "bbbb", "--from", path)
    assert (found["evidence"]["own"], found["best"]["value"] < 1.01) == (4, True)
    assert found["studies"][0]["left_out"] == {"their parameters are not those of the entry's `space`": 1}
    assert found["studies"][0]["trials"] == 5


def test_a_study_that_says_nothing_here_is_refused_with_the_reason(repo: Path) -> None:
    begin(repo, ("aaaa", SVM))
    study(repo / "low.log", direction="minimize")
    study(repo / "other.log", [({"clf__C": 1.0}, 0.5)], MIXED)
    study(repo / "percent.log", [({"svc__C": 1.0, "svc__kernel": "rbf"}, 97.0)])
    study(repo / "none.log", [])
    study(repo / "fine.log")
    optuna.create_study(storage=kept(repo / "two.log"), directions=["maximize", "minimize"])
    for name, said in [
        ("low", "low.log says nothing about this: the study minimises, and dev.accuracy goes the other way"),
        ("other", "other.log says nothing about this: their parameters are not those of the entry's `space`"),
        ("percent", "percent.log says nothing about this: dev.accuracy cannot have such a value"),
        ("none", "none.log says nothing about this: it has no trial that ended"),
        ("two", "two.log says nothing about this: the study has 2 objectives"),
    ]:
        ended = gitjournal(repo, "suggest", "aaaa", "--from", f"{name}.log")
        assert (ended.returncode, ended.stderr.splitlines()[0]) == (2, said)
    ended = gitjournal(repo, "suggest", "sklearn:wine", "--from", "fine.log")
    assert ended.stderr.splitlines() == [
        "fine.log says nothing about this: its trials are points of no space that is known here",
        "  name an entry whose `space` has the parameters of the study: gitjournal suggest ID --from STUDY",
    ]
    assert gitjournal(repo, "suggest", "aaaa", "--same-data").returncode == 2
    assert gitjournal(repo, "suggest", "aaaa", "--from", "redis://host").returncode == 2


def test_what_is_pursued_learns_from_a_study(repo: Path) -> None:
    begin(repo, ("aaaa", SVM))
    study(repo / "study.log")
    ran = told(repo, "aaaa", "--from", "study.log", "--exec", "-n", "1")
    assert ran["runs"][0]["because"][0]["entry"] == "study.log:trial 2"
    assert len(records(repo)) == 1
