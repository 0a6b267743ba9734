"""`gitjournal import`: a study becomes an entry, and what it reports no record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from gitjournal.entry.grid import expand
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from tests.support.helpers import done, git, gitjournal, snapshot, write_entry
from tests.support.places import ROOT
from tests.support.searches import MIXED, kept, study

STEPS = ("-e", "StandardScaler", "-e", "SVC")
WINE = ("--data", "sklearn:wine")
SVM = """\
title: SVM on wine
data: {sklearn: wine}
procedure: [StandardScaler, SVC]
parameters: {svc__C: 3, svc__gamma: 0.01}
tags: [kernels]
seeds: 2
metrics: [f1_macro]
"""


def begin(repo: Path) -> Path:
    done(repo, "init", "-q")
    return repo


def front(repo: Path, *arguments: str) -> FrontMatter:
    text = done(repo, "import", *arguments, "--dry-run")
    return parse(text, entry_id="20261121-x-aaaa", file="x.md").front


def test_space_and_best_configurations_become_an_entry_that_runs(repo: Path) -> None:
    study(begin(repo) / "study.log")
    before = (repo / "study.log").read_bytes()
    said = gitjournal(repo, "import", "study.log", *WINE, *STEPS)
    lines = said.stdout.splitlines()
    assert lines[0] == "study svm: 5 trials, best 0.980 · all 3 configurations taken"
    assert said.stderr.startswith("next: gitjournal exec ")
    made = parse((repo / lines[1]).read_text(), entry_id="20261121-x-aaaa", file="x.md")
    assert made.front.space == {"svc__C": {"log": [0.01, 100.0]}, "svc__kernel": ["rbf", "linear"]}
    assert expand(made) == [
        {"svc__C": 10.0, "svc__kernel": "rbf"},
        {"svc__C": 1.0, "svc__kernel": "linear"},
        {"svc__C": 0.01, "svc__kernel": "rbf"},
    ]
    assert (made.front.tags, made.front.title) == (["imported"], "Study svm")
    assert made.front.hypothesis == "a study reported 0.98 as its highest value (trials: 5); what did best there comes to that here too"
    assert not list((repo / "lab").rglob("*.runs.jsonl"))
    assert json.loads(done(repo, "exec", "study", "--json"))["runs"]["runs"] == 3
    records = git(repo, "show", f"journal:{Path(lines[1]).relative_to('lab').with_suffix('.runs.jsonl').as_posix()}")
    assert "0.98," not in records
    assert (repo / "study.log").read_bytes() == before
    assert git(repo, "status", "--porcelain") == "?? study.log"


def test_an_entry_gives_procedure_data_and_split_and_its_own_values_give_way(repo: Path) -> None:
    study(begin(repo) / "study.log")
    write_entry(repo / "lab", "20261121-svm-on-wine-aaaa", SVM)
    made = front(repo, "study.log", "--for", "aaaa", "--best", "1", "--title", "What the study says")
    assert (made.title, made.from_, made.data.sklearn) == ("What the study says", "20261121-svm-on-wine-aaaa", "wine")
    assert (made.parameters, made.seeds, made.metrics, made.tags) == ({"svc__gamma": 0.01}, 2, ["f1_macro"], ["kernels", "imported"])
    assert made.grid == [{"svc__C": [10.0], "svc__kernel": ["rbf"]}]


def test_any_name_is_asked_for_by_a_dollar(repo: Path) -> None:
    told = {"width": FloatDistribution(0.001, 1, log=True), "weights": CategoricalDistribution([None, "balanced"])}
    study(begin(repo) / "study.log", [({"width": 0.1, "weights": None}, 0.5)], told, direction="minimize")
    made = front(repo, "study.log", *WINE, "-e", "SVC: {gamma: $width, class_weight: $weights}")
    assert made.space == {"width": {"log": [0.001, 1.0]}, "weights": [None, "balanced"]}
    assert "as its lowest value (trials: 1)" in (made.hypothesis or "")


def test_parameters_that_depend_on_another_keep_together(repo: Path) -> None:
    tried = [({"clf": "SVC", "clf__C": 1.0}, 0.9), ({"clf": "KNeighborsClassifier", "clf__n_neighbors": 3}, 0.95)]
    study(begin(repo) / "study.log", tried, MIXED)
    made = front(repo, "study.log", *WINE, "-e", "StandardScaler", "-e", "clf: SVC")
    assert made.space == [
        {"clf": ["KNeighborsClassifier"], "clf__n_neighbors": {"int": [1, 30]}},
        {"clf": ["SVC"], "clf__C": {"log": [0.01, 100.0]}},
    ]
    assert made.grid == [{"clf": ["KNeighborsClassifier"], "clf__n_neighbors": [3]}, {"clf": ["SVC"], "clf__C": [1.0]}]


def test_a_study_comes_back_with_what_was_found_meanwhile_and_nothing_is_run_twice(repo: Path) -> None:
    begin(repo)
    entry = "title: T\nhypothesis: h\ndata: {sklearn: wine}\nprocedure: [{prepare: StandardScaler}, SVC]\n"
    grid = "grid: {prepare: [passthrough, {PCA: {n_components: 2}}], svc__C: {log: [0.1, 10, 2]}}\n"
    write_entry(repo / "lab", "20261121-an-entry-aaaa", entry + grid)
    done(repo, "exec", "aaaa")
    done(repo, "export", "aaaa", "-o", "study.log", "--study-name", "mine")
    more = optuna.load_study(study_name="mine", storage=kept(repo / "study.log"))
    assert {one.params["prepare"] for one in more.trials} == {"passthrough", '{"PCA": {"n_components": 2}}'}
    trial = more.ask(more.trials[0].distributions)
    more.tell(trial, 2.0)
    found = json.loads(done(repo, "import", "study.log", "--for", "aaaa", "--json"))
    assert (found["points"], found["study"]["trials"], found["study"]["best"]) == (5, 5, {"value": 2.0, "trial": 4})
    made = parse(found["text"], entry_id="20261121-x-aaaa", file="x.md").front
    assert made.space == {"prepare": ["passthrough", {"PCA": {"n_components": 2}}], "svc__C": {"log": [0.1, 10.0]}}
    said = done(repo, "exec", found["id"][-4:])
    assert "4 already in the journal, reused · 1 to do" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "say what to run the study's configurations on"),
        (("--target", "y", "--for", "x"), 2, "--target goes with --data"),
        (WINE, 2, "the study has the parameters `svc__C`, `svc__kernel`, and no step that takes them is named"),
        ((*WINE, "-e", "LogisticRegression"), 2, "the procedure has no place for `svc__C`, `svc__kernel` of the study"),
        ((*WINE, "-e", "svc: LogisticRegression"), 1, "LogisticRegression has no parameter `kernel`"),
        ((*WINE, *STEPS, "--study-name", "other"), 2, "study.log has no study `other`\n  svm"),
        (("--for", "zzzz"), 2, "no entry fits `zzzz`"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_written(repo: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    study(begin(repo) / "study.log")
    before = snapshot(repo, without=(".git/gitjournal",))
    ended = gitjournal(repo, "import", "study.log", *arguments)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert said in ended.stderr
    assert snapshot(repo, without=(".git/gitjournal",)) == before


def test_several_studies_and_odd_names_are_told_without_their_escape_codes(repo: Path) -> None:
    study(begin(repo) / "study.log", name="\x1b[2Ja\nb")
    study(repo / "study.log", name="c")
    ended = gitjournal(repo, "import", "study.log", *WINE, *STEPS)
    assert "study.log has 2 studies; say which: --study-name NAME" in ended.stderr
    assert "\x1b" not in ended.stderr
    said = done(repo, "import", "study.log", *WINE, *STEPS, "--study-name", "\x1b[2Ja\nb")
    assert said.startswith("study a b: ")
    (path,) = (repo / "lab").rglob("*-study-*.md")
    assert "\x1b" not in path.read_text()
    odd: Any = {"\x1b]0;x\x07svc": CategoricalDistribution(["\x1b[2J"])}
    study(repo / "odd.log", [({"\x1b]0;x\x07svc": "\x1b[2J"}, 1.0)], odd)
    ended = gitjournal(repo, "import", "odd.log", *WINE, *STEPS)
    assert ended.returncode == 2
    assert "\x1b" not in ended.stderr


def test_a_study_without_one_value_to_order_by_is_refused_with_a_sentence(repo: Path) -> None:
    study(begin(repo) / "empty.log", [])
    study(repo / "failed.log", [({"svc__C": 1.0}, None)])
    study(repo / "endless.log", [({"svc__C": 1.0}, float("inf")), ({"svc__C": 2.0}, float("-inf"))])
    optuna.create_study(storage=kept(repo / "two.log"), study_name="two", directions=["maximize", "minimize"])
    for name, said in [
        *[(one, "has no completed trial with parameters and a finite value") for one in ("empty", "failed", "endless")],
        ("two", "study `two` has 2 objectives; an entry is decided by one metric"),
    ]:
        ended = gitjournal(repo, "import", f"{name}.log", *WINE, *STEPS)
        assert (ended.returncode, said in ended.stderr) == (1, True), ended.stderr


def test_values_that_would_run_something_are_refused_as_in_any_entry(repo: Path) -> None:
    told = {"svc": CategoricalDistribution(["os.system", "FunctionTransformer"])}
    study(begin(repo) / "study.log", [({"svc": "os.system"}, 1.0)], told)
    ended = gitjournal(repo, "import", "study.log", *WINE, *STEPS)
    assert ended.returncode == 1
    assert "`os.system` is not among the classes that run without trust" in ended.stderr


def test_without_optuna_the_way_out_is_named(repo: Path) -> None:
    study(begin(repo) / "study.log")
    blocked = repo / "blocked"
    blocked.mkdir()
    (blocked / "optuna.py").write_text("raise ModuleNotFoundError('No module named optuna')\n")
    package = ROOT
    ended = gitjournal(repo, "import", "study.log", *WINE, *STEPS, env={"PYTHONPATH": f"{blocked}:{package}"})
    assert (ended.returncode, ended.stderr) == (1, "a study needs the library optuna\n  install it: pip install 'gitjournal[optuna]'\n")
