"""What is said before compute: duplicate, replicate, retry, the nearest earlier run. And what `--identity` says of one entry and of two."""

from __future__ import annotations

import importlib.metadata
import json
import os
from pathlib import Path
from typing import Any

import pytest

from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record
from gitjournal.git.lab import find_lab
from gitjournal.journal.index.cache import Index
from gitjournal.journal.index.results import configurations_on
from gitjournal.procedure import canonical_text, configuration, declaration
from gitjournal.procedure.canonical_text import read_header
from tests.support.helpers import done, git, gitjournal, write_entry
from tests.support.pages import begin, commit, record, write
from tests.support.pages import gitjournal as said

HASH = "sha256:" + "5" * 64
INSTALLED = importlib.metadata.version("scikit-learn")
IRIS = "title: {title}\nhypothesis: it works\ndata: {{sklearn: iris}}\nprocedure: {procedure}\n{more}"


def asked(journal: Path, suffix: str, title: str, procedure: str, more: str = "") -> str:
    write_entry(journal / "lab", f"20261121-an-entry-{suffix}", IRIS.format(title=title, procedure=procedure, more=more))
    return suffix


@pytest.fixture
def without_sklearn(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which whoever imports scikit-learn dies."""
    folder = tmp_path / "first"
    folder.mkdir()
    (folder / "sklearn.py").write_text("raise SystemExit('scikit-learn was imported')\n")
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


def test_a_duplicate_is_answered_in_full_and_starts_no_worker(repo: Path, without_sklearn: dict[str, str]) -> None:
    done(repo, "init")
    done(repo, "exec", asked(repo, "aaaa", "SVM on iris", "[{SVC: {C: 10}}]"), env={"GIT_AUTHOR_NAME": "Grace"})
    asked(repo, "bbbb", "Again", "[{SVC: {C: 10.0, coef0: 3}}]")
    before = git(repo, "rev-parse", "journal")
    ended = gitjournal(repo, "exec", "bbbb", env=without_sklearn)
    assert ended.returncode == 3
    assert ended.stdout.splitlines() == [
        "duplicate: the same data, split, procedure and parameters were run",
        '  20261121-an-entry-aaaa "SVM on iris", by Grace, just now, on journal',
        "  dev.accuracy 0.967, n = 30",
        "it is the same run, written differently: C 10.0 and 10; coef0 has no effect unless kernel is poly or",
        "sigmoid",
        "see it:        gitjournal show aaaa",
        'run it anyway: gitjournal exec bbbb --force "why"',
    ]
    assert git(repo, "rev-parse", "journal") == before

    plain = json.loads(gitjournal(repo, "exec", "bbbb", "--json", env=without_sklearn).stdout)
    assert plain["state"] == "duplicate"
    (twin,) = plain["twins"]
    assert (twin["author"], twin["n"], twin["branch"], twin["scikit_learn"]) == ("Grace", 30, "refs/heads/journal", None)
    assert twin["written_otherwise"] == ["C 10.0 and 10", "coef0 has no effect unless kernel is poly or sigmoid"]

    # where it was done with another version, that is said, and what to do
    (environment,) = (repo / "lab/environments").iterdir()
    environment.write_text(environment.read_text().replace(INSTALLED, "1.5.2"))
    commit(repo / "lab")
    text = gitjournal(repo, "exec", "bbbb", env=without_sklearn).stdout
    assert f"it was done with scikit-learn 1.5.2, you have {INSTALLED}; to do it again:" in text
    assert '  gitjournal new "SVM on iris, again" --replicate aaaa' in text

    # a new one does need a worker, so the proof above is one
    assert gitjournal(repo, "exec", asked(repo, "cccc", "Other", "[{SVC: {C: 3}}]"), env=without_sklearn).returncode == 1


def test_the_nearest_earlier_run_is_named_before_compute(repo: Path, without_sklearn: dict[str, str]) -> None:
    done(repo, "init")
    first = done(repo, "exec", asked(repo, "aaaa", "Forest", "[{RandomForestClassifier: {n_estimators: 5}}]", "seeds: [0, 1]\n"))
    assert "nearest" not in first
    asked(repo, "bbbb", "Other", "[StandardScaler, {RandomForestClassifier: {n_estimators: 5, max_depth: 2}}]")
    planned = done(repo, "exec", "--dry-run", "bbbb", env=without_sklearn)
    line = (
        "nearest earlier run: aaaa, differs by step 1 (StandardScaler put in), randomforestclassifier__max_depth (null -> 2), dev.accuracy"
    )
    assert line in " ".join(planned.split())
    nearest = json.loads(done(repo, "exec", "--dry-run", "--json", "bbbb", env=without_sklearn))["nearest"]
    assert nearest["entry"] == "20261121-an-entry-aaaa"
    assert nearest["changes"][0] == {"name": "step 1", "left": None, "right": "StandardScaler", "absent": "left"}
    assert line in " ".join(done(repo, "exec", "bbbb").split())

    # another seed of a known configuration is a replicate; a declared one says so too
    asked(repo, "cccc", "Seeds", "[{RandomForestClassifier: {n_estimators: 5}}]", "seeds: [1, 2]\n")
    said_ = done(repo, "exec", "--dry-run", "cccc", env=without_sklearn)
    assert "1 already in the journal, reused · 1 to do" in said_
    assert "replicate: aaaa ran the same configuration with seed 0, dev.accuracy" in said_
    asked(repo, "dddd", "On purpose", "[{RandomForestClassifier: {n_estimators: 5}}]", "replicates: aaaa\n")
    assert "1 done before, repeated on purpose · 1 to do" in done(repo, "exec", "--dry-run", "dddd", env=without_sklearn)

    # all seeds known: the answer offers one that is not
    asked(repo, "eeee", "Twice", "[{RandomForestClassifier: {n_estimators: 5}}]", "seeds: [0, 1]\n")
    ended = gitjournal(repo, "exec", "eeee", env=without_sklearn)
    assert ended.returncode == 3
    assert "(best of 2 runs)" in ended.stdout
    assert 'gitjournal exec eeee --force "why"      other seed: seeds: [2]' in ended.stdout


def test_what_failed_before_and_is_tried_again_is_called_that(repo: Path) -> None:
    done(repo, "init")
    asked(repo, "aaaa", "Too many", "[{KNeighborsClassifier: {n_neighbors: 500}}]")
    assert gitjournal(repo, "exec", "aaaa").returncode == 4
    assert "1 failed before, tried again · 1 to do" in done(repo, "exec", "--dry-run", "--retry", "failed", "aaaa")


# entries whose records were written by hand, with the texts that exec would have written

PAGE = """\
---
title: {title}
data:
  sklearn: digits
  hash: {hash}
  facts: {{n_rows: 1000, n_features: 16, classes: [0, 1], columns: {{number: 16}}}}
split: {{dev: 0.2, test: 0.2, seed: 0, shuffle: true, stratify: true}}
task: classification
procedure: {procedure}
{more}metrics: [accuracy]
---
"""


def page(title: str, procedure: str, more: str = "") -> str:
    return PAGE.format(title=title, hash=HASH, procedure=procedure, more=more)


def runs(text: str, *seeds: int | None, **more: Any) -> list[Record]:
    entry = parse(text, entry_id="20261121-x-aaaa", file="x.md")
    declared = declaration.written_out(entry)
    assert declared is not None
    expanded = configuration.configurations(entry, declared, declaration.Versions(INSTALLED))
    return [
        record(canonical_text.fingerprint(one.canonical), 0.9, seed=seed, canonical=one.canonical, grid=one.point, **more)
        for one in expanded
        for seed in seeds or (None,)
    ]


def put(lab: Path, suffix: str, text: str, records: list[Record] | None = None) -> None:
    write(lab, f"20261121-an-entry-{suffix}", text, records)


def test_each_value_of_a_run_is_shown_with_its_origin_and_what_was_left_out(repo: Path) -> None:
    lab = begin(repo)
    text = page(
        "Trees", "[{clf: {RandomForestClassifier: {max_features: 0.5, n_jobs: 2}}}]", "grid: {clf__max_depth: [2, 3]}\nseeds: [4]\n"
    )
    put(lab, "aaaa", text, runs(text, 4))
    commit(lab)
    shown = said(repo, "show", "aaaa", "--identity")
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    first = runs(text, 4)[0].fingerprint
    assert lines[:2] == [f"fingerprint {first}", "clf__max_depth 2, seeds 4"]
    for expected in (
        '"format": "sklearn", the data',
        '{"sklearn.ensemble.RandomForestClassifier": { the entry',
        '"max_depth": 2, the grid',
        '"max_features": 8 the entry: 0.5 of what it is fitted on',
        '"schema": 1, gitjournal',
        "clf__n_jobs 2 no effect on the result",
    ):
        assert expected in lines
    assert shown.count("fingerprint ") == 2
    plain = json.loads(said(repo, "show", "aaaa", "--identity", "--json"))["identity"]
    assert canonical_text.fingerprint(plain[0]["canonical"]) == plain[0]["fingerprint"] == first
    assert {"path": "procedure[0].max_depth", "value": 2, "origin": "the grid"} in plain[0]["values"]
    assert plain[0]["left_out"] == [{"path": "clf__n_jobs", "value": 2, "why": "no effect on the result"}]


def test_a_draft_is_explained_before_it_runs_and_a_large_grid_in_part(repo: Path) -> None:
    lab = begin(repo)
    put(lab, "aaaa", page("Grid", "[SVC]", "grid: {svc__C: [1, 2, 3, 4, 4.0, 5]}\n"))
    shown = said(repo, "show", "aaaa", "--identity")
    assert shown.count("fingerprint ") == 3
    assert "and 2 more configurations: add --json" in shown
    assert "svc__C     1.0    the default" not in shown
    assert "svc__C     1      the default" in shown
    assert len(json.loads(said(repo, "show", "aaaa", "--identity", "--json"))["identity"]) == 5


def test_a_draft_whose_data_were_not_read_yet_says_what_to_do(repo: Path, without_sklearn: dict[str, str]) -> None:
    done(repo, "init")
    asked(repo, "aaaa", "Draft", "[SVC]")
    ended = gitjournal(repo, "show", "aaaa", "--identity", env=without_sklearn)
    assert ended.returncode == 1
    assert "gitjournal exec aaaa --dry-run" in ended.stderr
    done(repo, "exec", "aaaa", "--dry-run")
    assert '"task": "classification"' in done(repo, "show", "aaaa", "--identity", env=without_sklearn)


def test_two_entries_that_are_the_same_run_say_how_they_were_written(repo: Path) -> None:
    lab = begin(repo)
    first = page("One", "[{SVC: {C: 10}}]")
    put(lab, "aaaa", first, runs(first))
    put(lab, "bbbb", page("Other", "[{clf: {SVC: {C: 10.0, degree: 4}}}]"))
    commit(lab)
    assert said(repo, "diff", "aaaa", "bbbb", "--identity").splitlines() == [
        "aaaa and bbbb are the same run",
        "written differently: the step names svc and clf; C 10 and 10.0; degree has no effect unless kernel",
        "is poly",
    ]
    plain = json.loads(said(repo, "diff", "aaaa", "bbbb", "--identity", "--json"))
    assert plain["same"][0]["written_otherwise"] == [
        "the step names svc and clf",
        "C 10 and 10.0",
        "degree has no effect unless kernel is poly",
    ]
    assert plain["only_left"] == plain["only_right"] == plain["changes"] == []


def test_two_entries_that_are_not_the_same_run_say_which_values_differ(repo: Path) -> None:
    lab = begin(repo)
    first, second = page("One", "[{SVC: {C: 10}}]"), page("Other", "[StandardScaler, {SVC: {C: 10, gamma: 0.1}}]")
    put(lab, "aaaa", first, runs(first))
    put(lab, "bbbb", second, runs(second))
    commit(lab)
    lines = [line.split() for line in said(repo, "diff", "aaaa", "bbbb", "--identity").splitlines()]
    assert lines[0] == ["aaaa", "and", "bbbb", "are", "not", "the", "same", "run:", "2", "values", "differ"]
    assert lines[2:] == [["step", "1", "-", "StandardScaler"], ["svc__gamma", "scale", "0.1"]]
    plain = json.loads(said(repo, "diff", "aaaa", "bbbb", "--identity", "--json"))
    assert plain["changes"][1] == {"name": "svc__gamma", "left": "scale", "right": 0.1, "absent": None}


def test_grids_and_seeds_that_overlap_are_counted(repo: Path) -> None:
    lab = begin(repo)
    first = page(
        "One", "[{RandomForestClassifier: {n_estimators: 5}}]", "grid: {randomforestclassifier__max_depth: [1, 2, 3]}\nseeds: [0, 1]\n"
    )
    second = page("Other", "[{RandomForestClassifier: {n_estimators: 5, max_depth: 3}}]", "seeds: [2]\n")
    put(lab, "aaaa", first, runs(first, 0, 1))
    put(lab, "bbbb", second, runs(second, 2))
    commit(lab)
    text = said(repo, "diff", "aaaa", "bbbb", "--identity")
    assert "aaaa and bbbb share 1 configuration\nonly in aaaa: 2 configurations\n" in text
    assert "seeds 0, 1 and 2: replicates, no run is in both" in text


def test_identity_alone_needs_two_entries(repo: Path) -> None:
    lab = begin(repo)
    put(lab, "aaaa", page("One", "[SVC]"))
    assert "gitjournal show aaaa --identity" in said(repo, "diff", "aaaa", "--identity", code=2)


def test_a_strangers_record_breaks_no_explanation(repo: Path) -> None:
    lab = begin(repo)
    text = page("One", "[SVC]", "grid: {svc__C: [2, 3]}\n")
    broken = [
        record("a" * 64, 0.9, canonical="[" * 3000),
        record("b" * 64, 0.9, canonical='{"data":3}'),
        record("c" * 64, canonical="\x1b[2J"),
    ]
    put(lab, "aaaa", text, [*broken, *runs(text)])
    put(lab, "bbbb", page("Other", "[{SVC: {C: 5}}]"))
    commit(lab)
    assert "\x1b" not in said(repo, "show", "aaaa", "--identity")
    assert "not the same run" in said(repo, "diff", "aaaa", "bbbb", "--identity")
    with Index.open(find_lab(repo).repository) as index:
        index.refresh({"refs/heads/journal": git(repo, "rev-parse", "journal")})
        assert len(configurations_on(index, HASH)) == 2
        assert read_header("[" * 100_000).hash == ""


def test_a_gain_in_show_has_its_interval(repo: Path) -> None:
    done(repo, "init")
    done(repo, "exec", asked(repo, "aaaa", "Base", "[{DecisionTreeClassifier: {max_depth: 1}}]"))
    exec_said = done(repo, "exec", asked(repo, "bbbb", "Better", "[SVC]", "baseline: aaaa\n"))
    gain = next(line for line in exec_said.splitlines() if line.startswith("gain")).split("over")[0].split(maxsplit=1)[1].strip()
    assert "[" in gain
    assert f"gain {gain}" in done(repo, "show", "bbbb")
    gain = json.loads(done(repo, "show", "bbbb", "--json"))["gain"]
    assert gain["interval"][0] < gain["difference"] < gain["interval"][1]
