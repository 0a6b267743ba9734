"""`exec` by the state of the entry: what it does, what it writes, and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.helpers import done, git, gitjournal, half_merge, write_entry

SVM = "title: SVM on iris\nhypothesis: it works\ndata: {sklearn: iris}\nprocedure: [SVC]\n"
SLOW = "title: slow\ndata: {sklearn: digits}\nprocedure: [{MLPClassifier: {max_iter: 60, hidden_layer_sizes: [400, 400]}}]\nseeds: 12\n"


@pytest.fixture
def journal(repo: Path) -> Path:
    done(repo, "init")
    return repo


def entry(journal: Path, suffix: str, front: str = SVM) -> Path:
    return write_entry(journal / "lab", f"20261121-an-entry-{suffix}", front)


def tip(journal: Path) -> str:
    return git(journal, "rev-parse", "journal")


def records(journal: Path, suffix: str, ref: str = "journal") -> list[dict[str, Any]]:
    text = git(journal, "show", f"{ref}:entries/2026/20261121-an-entry-{suffix}.runs.jsonl")
    return [json.loads(line) for line in text.splitlines()]


def clean(journal: Path) -> bool:
    return git(journal / "lab", "status", "--porcelain") == "" and not list((journal / ".git/gitjournal/spool").glob("*"))


@pytest.mark.fresh_processes
def test_new_is_planned_run_and_recorded(journal: Path) -> None:
    page = entry(journal, "aaaa")
    before = tip(journal)
    said = done(journal, "exec", "aaaa")
    assert "1 to do" in said
    assert "best   dev.accuracy 0.9" in said
    plan, run = git(journal, "log", "--reverse", "--format=%s", f"{before}..journal").splitlines()
    assert plan == "plan: SVM on iris"
    assert run.startswith("run: SVM on iris · dev.accuracy 0.9")
    (record,) = records(journal, "aaaa")
    assert record["plan"] == git(journal, "rev-parse", "journal~1:entries/2026/20261121-an-entry-aaaa.md")
    assert "seed" not in record  # nothing draws
    assert record["rows"] == {"train": 90, "dev": 30, "test": 30}
    assert "test" not in record["metrics"]
    assert record["code"] == git(journal, "rev-parse", "HEAD")
    assert json.loads((journal / f"lab/environments/{record['environment']}.json").read_text())["versions"]["scikit-learn"]
    assert "<!-- gitjournal:results 20261121-an-entry-aaaa -->" in page.read_text()
    assert clean(journal)


def test_the_message_is_for_people_and_its_trailers_for_queries(journal: Path) -> None:
    entry(journal, "aaaa")
    done(journal, "exec", "aaaa")
    trailers = dict(line.split(": ", 1) for line in git(journal, "log", "-1", "--format=%(trailers:only)", "journal").splitlines() if line)
    assert trailers["Entry"] == "20261121-an-entry-aaaa"
    assert trailers["Data"].startswith("sha256:")
    assert trailers["Metric"].startswith("dev.accuracy=0.9")
    assert trailers["Run"] == records(journal, "aaaa")[0]["run"]
    assert "it works" in git(journal, "log", "-1", "--format=%b", "journal")


def test_done_by_itself_shows_the_result_and_writes_nothing(journal: Path) -> None:
    entry(journal, "aaaa")
    done(journal, "exec", "aaaa")
    before = tip(journal)
    said = done(journal, "exec", "aaaa")
    assert "nothing to do" in said
    assert "best   dev.accuracy" in said
    assert tip(journal) == before


def test_a_grid_that_has_grown_runs_only_what_is_new(journal: Path) -> None:
    page = entry(journal, "aaaa", SVM + "grid: {svc__C: [1, 10]}\n")
    done(journal, "exec", "aaaa")
    page.write_text(page.read_text().replace("[1, 10]", "[1, 10, 100]"))
    assert "2 done before · 1 to do" in done(journal, "exec", "aaaa")
    assert [record["grid"]["svc__C"] for record in records(journal, "aaaa")] == [1, 10, 100]


def test_values_that_mean_the_same_are_one_run(journal: Path) -> None:
    entry(journal, "aaaa", SVM + "grid: {svc__C: [1, 1.0], svc__kernel: [rbf], svc__degree: [2, 3]}\nseeds: 3\n")
    said = done(journal, "exec", "aaaa")
    assert "3 the same as others · 1 to do" in " ".join(said.split())
    assert len(records(journal, "aaaa")) == 1


def test_seeds_count_where_something_draws(journal: Path) -> None:
    entry(journal, "aaaa", SVM.replace("SVC", "{RandomForestClassifier: {n_estimators: 5}}") + "seeds: [3, 5]\n")
    assert "SD over 2 seeds" in done(journal, "exec", "aaaa")
    assert [record["seed"] for record in records(journal, "aaaa")] == [3, 5]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("hypothesis: it works", "hypothesis: it never works", "hypothesis"),
        ("procedure: [SVC]", "procedure: [{SVC: {C: 2}}]", "procedure"),
        ("title: SVM on iris", "title: Another", "title"),
        ("dev: 0.2", "dev: 0.3", "split"),
    ],
)
def test_a_declaration_is_not_changed_after_results(journal: Path, old: str, new: str, key: str) -> None:
    page = entry(journal, "aaaa")
    done(journal, "exec", "aaaa")
    before = tip(journal)
    text = page.read_text()
    assert old in text
    page.write_text(text.replace(old, new))
    ended = gitjournal(journal, "exec", "aaaa")
    assert ended.returncode == 1
    assert f"`{key}` was changed after results came in" in ended.stderr
    assert "--from aaaa" in ended.stderr
    assert (tip(journal), page.read_text()) == (before, text.replace(old, new))


def test_a_grid_is_not_shrunk_after_results(journal: Path) -> None:
    page = entry(journal, "aaaa", SVM + "grid: {svc__C: [1, 10]}\n")
    done(journal, "exec", "aaaa")
    page.write_text(page.read_text().replace("[1, 10]", "[1]"))
    ended = gitjournal(journal, "exec", "aaaa")
    assert ended.returncode == 1
    assert "1 runs on record are no longer declared" in ended.stderr


def test_prose_and_tags_may_change_after_results(journal: Path) -> None:
    page = entry(journal, "aaaa")
    done(journal, "exec", "aaaa")
    page.write_text(
        page.read_text()
        .replace("---\n\n<!--", "tags: [svm]\n---\n\nMy own words.\n\n<!--")
        .replace("---\n<!--", "tags: [svm]\n---\nMy own words.\n<!--")
    )
    assert "tags: [svm]" in page.read_text()
    assert "nothing to do" in done(journal, "exec", "aaaa")


def test_retracted_does_not_run(journal: Path) -> None:
    entry(journal, "aaaa", SVM + "retracted: the labels were wrong\n")
    ended = gitjournal(journal, "exec", "aaaa")
    assert ended.returncode == 1
    assert "retracted: the labels were wrong" in ended.stderr


def test_what_another_entry_has_done_is_a_duplicate_that_is_named(journal: Path) -> None:
    entry(journal, "aaaa")
    done(journal, "exec", "aaaa")
    entry(journal, "bbbb", SVM.replace("title: SVM on iris", "title: Again").replace("[SVC]", "[{clf: {SVC: {C: 1.0, coef0: 5}}}]"))
    before = tip(journal)
    ended = gitjournal(journal, "exec", "bbbb")
    assert ended.returncode == 3
    assert 'duplicate: the same data, split, procedure and parameters were run\n  20261121-an-entry-aaaa "SVM on iris"' in ended.stdout
    assert "on journal" in ended.stdout
    assert "gitjournal show aaaa" in ended.stdout
    assert tip(journal) == before

    assert "1 to do" in done(journal, "exec", "bbbb", "--force", "to see whether it repeats")
    (record,) = records(journal, "bbbb")
    assert (record["status"], record["reason"]) == ("again", "to see whether it repeats")
    assert record["repeats"] == records(journal, "aaaa")[0]["run"]
    assert record["metrics"] == records(journal, "aaaa")[0]["metrics"]


def test_what_was_retracted_is_no_duplicate(journal: Path) -> None:
    page = entry(journal, "aaaa")
    done(journal, "exec", "aaaa")
    page.write_text(page.read_text().replace("title: SVM", "retracted: wrong labels\ntitle: SVM"))
    git(journal / "lab", "commit", "-qam", "Retract")
    entry(journal, "bbbb")
    assert "1 to do" in done(journal, "exec", "bbbb")


def test_the_repository_may_have_no_commit_yet(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    git(folder, "init", "-q")
    done(folder, "init")
    entry(folder, "aaaa")
    done(folder, "exec", "aaaa")
    assert "code" not in records(folder, "aaaa")[0]
    assert git(folder, "status", "--porcelain") == ""


def test_what_the_code_was_is_on_record(journal: Path) -> None:
    (journal / "train.py").write_text("changed\n")
    entry(journal, "aaaa")
    done(journal, "exec", "aaaa")
    (record,) = records(journal, "aaaa")
    assert (record["code"], record["dirty"]) == (git(journal, "rev-parse", "HEAD"), True)
    assert f"Code: {record['code']} (dirty)" in git(journal, "log", "-1", "--format=%b", "journal")


def test_a_declared_replicate_runs_again(journal: Path) -> None:
    entry(journal, "aaaa")
    done(journal, "exec", "aaaa")
    entry(journal, "bbbb", SVM + "replicates: aaaa\n")
    assert "1 to do" in done(journal, "exec", "bbbb")
    assert records(journal, "bbbb")[0]["status"] == "again"


def test_what_others_did_in_part_is_reused(journal: Path) -> None:
    entry(journal, "aaaa")
    done(journal, "exec", "aaaa")
    entry(journal, "bbbb", SVM + "grid: {svc__C: [1, 10]}\n")
    said = done(journal, "exec", "bbbb")
    assert "1 already in the journal, reused · 1 to do" in said
    by_value = {record["grid"]["svc__C"]: record for record in records(journal, "bbbb")}
    assert by_value[1]["from"] == "20261121-an-entry-aaaa"
    assert "metrics" not in by_value[1]
    assert by_value[10]["metrics"]["dev"]["accuracy"] > 0.9
    assert "2 configurations" not in said
    assert "(best of 2)" in said


def test_a_run_that_fails_is_recorded_skipped_and_retried_on_demand(journal: Path) -> None:
    entry(journal, "aaaa", SVM.replace("SVC", "KNeighborsClassifier") + "grid: {kneighborsclassifier__n_neighbors: [3, 500]}\n")
    ended = gitjournal(journal, "exec", "aaaa")
    assert ended.returncode == 4
    assert "1 failed" in ended.stdout
    assert "best   dev.accuracy" in ended.stdout
    again = gitjournal(journal, "exec", "aaaa")
    assert again.returncode == 4
    assert "1 failed before, skipped · 0 to do" in again.stdout
    retried = gitjournal(journal, "exec", "aaaa", "--retry", "failed")
    assert retried.returncode == 4
    assert "1 to do" in retried.stdout
    assert [record["status"] for record in records(journal, "aaaa")].count("failed") == 2


def test_what_a_failing_model_printed_is_shown_on_demand(journal: Path) -> None:
    front = SVM.replace("SVC", "{KNeighborsClassifier: {n_neighbors: 500}}")
    entry(journal, "aaaa", front)
    assert "Traceback" not in gitjournal(journal, "exec", "aaaa").stderr
    assert "n_neighbors" in gitjournal(journal, "-v", "exec", "aaaa", "--retry", "failed").stderr


def test_an_id_that_fits_none_or_several_is_a_usage_error(journal: Path) -> None:
    entry(journal, "aaaa")
    entry(journal, "bbbb")
    ended = gitjournal(journal, "exec", "an-entry")
    assert ended.returncode == 2
    assert "fits 2 entries" in ended.stderr
    assert "20261121-an-entry-bbbb" in ended.stderr
    assert gitjournal(journal, "exec", "zzzz").returncode == 2


def test_a_dry_run_says_the_plan_and_writes_nothing(journal: Path) -> None:
    page = entry(journal, "aaaa", SVM + "grid: {svc__C: [1, 10]}\n")
    before = (tip(journal), page.read_text(), git(journal, "count-objects"))
    assert "grid of 2, 2 runs · 2 to do" in done(journal, "exec", "--dry-run", "aaaa")
    assert (tip(journal), page.read_text(), git(journal, "count-objects")) == before


def test_several_entries_run_in_one_call_and_one_that_is_refused_does_not_stop_the_rest(journal: Path) -> None:
    entry(journal, "aaaa", "title: [\n")
    entry(journal, "bbbb")
    entry(journal, "cccc", SVM.replace("SVC", "GaussianNB"))
    ended = gitjournal(journal, "exec", "aaaa", "bbbb", "cccc")
    assert ended.returncode == 1
    assert ended.stderr.count("not YAML") == 1
    assert records(journal, "bbbb")
    assert records(journal, "cccc")


def test_json_says_how_it_ended(journal: Path) -> None:
    entry(journal, "aaaa")
    told = json.loads(done(journal, "exec", "aaaa", "--json"))
    assert (told["id"], told["state"], told["metric"]) == ("20261121-an-entry-aaaa", "done", "dev.accuracy")
    assert told["best"] == records(journal, "aaaa")[0]["metrics"]["dev"]["accuracy"]
    assert told["commit"] == tip(journal)


def test_a_missing_lab_folder_does_not_stop_a_run(journal: Path) -> None:
    entry(journal, "aaaa", SVM + "grid: {svc__C: [1]}\n")
    done(journal, "exec", "aaaa")
    page = journal / "lab/entries/2026/20261121-an-entry-aaaa.md"
    page.write_text(page.read_text().replace("svc__C: [1]", "svc__C: [1, 10]"))
    git(journal / "lab", "commit", "-qam", "grow")
    git(journal, "worktree", "remove", "--force", "lab")
    assert "1 to do" in done(journal, "exec", "aaaa")
    assert len(records(journal, "aaaa")) == 2
    done(journal, "init")
    assert clean(journal)


def test_a_merge_in_progress_makes_results_wait_and_the_next_command_commits_them(journal: Path) -> None:
    lab = journal / "lab"
    entry(journal, "aaaa")
    half_merge(lab)
    assert (journal / ".git/worktrees/lab/MERGE_HEAD").exists()

    before = tip(journal)
    said = done(journal, "exec", "aaaa")
    assert "committed by the next command once this has ended" in said
    assert tip(journal) == before

    (lab / "README.md").write_text("both\n")
    git(lab, "commit", "-qam", "merged")
    assert "results of an earlier call committed" in gitjournal(journal, "exec", "aaaa").stdout
    assert len(records(journal, "aaaa")) == 1


@pytest.mark.fresh_processes
def test_an_entry_that_is_running_here_is_busy(journal: Path) -> None:
    entry(journal, "aaaa", SLOW)
    running = subprocess.Popen(
        [sys.executable, "-m", "gitjournal", "exec", "aaaa"], cwd=journal, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: list((journal / ".git/gitjournal/spool").glob("*.json")))
        ended = gitjournal(journal, "exec", "aaaa")
        assert ended.returncode == 1
        assert f"is running here already: process {running.pid}" in ended.stderr
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(60)


@pytest.mark.fresh_processes
def test_ctrl_c_keeps_what_is_finished_and_the_rest_runs_later(journal: Path) -> None:
    entry(journal, "aaaa", SLOW)
    running = subprocess.Popen(
        [sys.executable, "-m", "gitjournal", "exec", "aaaa"], cwd=journal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: list((journal / ".git/gitjournal/spool").glob("*.json")))
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130, out + err
    assert "interrupted: what had finished is kept" in out
    finished = len(records(journal, "aaaa"))
    assert 1 <= finished < 12
    assert clean(journal)
    assert f"{finished} done before · {12 - finished} to do" in done(journal, "exec", "--dry-run", "aaaa")


@pytest.mark.fresh_processes
def test_a_killed_call_loses_no_finished_run(journal: Path) -> None:
    entry(journal, "aaaa", SLOW)
    running = subprocess.Popen(
        [sys.executable, "-m", "gitjournal", "exec", "aaaa"],
        cwd=journal,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: len(list((journal / ".git/gitjournal/spool").glob("*.json"))) >= 2)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait(60)
    spooled = len(list((journal / ".git/gitjournal/spool").glob("*.json")))
    said = done(journal, "exec", "--dry-run", "aaaa")
    assert "results of an earlier call committed" in said
    assert len(records(journal, "aaaa")) == spooled
    assert f"{spooled} done before" in said


def test_a_run_that_takes_too_long_ends_alone(journal: Path) -> None:
    entry(
        journal,
        "aaaa",
        SLOW.replace("seeds: 12", "grid: {mlpclassifier__max_iter: [1, 100000]}\nseeds: 1").replace(
            "max_iter: 60, ", "tol: 0.0, n_iter_no_change: 100000, "
        ),
    )
    ended = gitjournal(journal, "exec", "aaaa", "--timeout", "8")
    assert ended.returncode == 4
    assert [record["status"] for record in records(journal, "aaaa")] == ["done", "failed"]
    assert records(journal, "aaaa")[1]["failure"]["kind"] == "timeout"


def test_a_protected_journal_takes_results_by_branches_alone(journal: Path) -> None:
    lab = journal / "lab"
    (lab / "journal.yaml").write_text((lab / "journal.yaml").read_text().replace("protect: false", "protect: true"))
    git(lab, "commit", "-qam", "protect")
    entry(journal, "aaaa")
    ended = gitjournal(journal, "exec", "aaaa")
    assert ended.returncode == 1
    assert "protected" in ended.stderr
    git(lab, "switch", "-qc", "exp/svm")
    done(journal, "exec", "aaaa")
    assert len(records(journal, "aaaa", "exp/svm")) == 1


def test_without_a_name_for_the_commit_nothing_is_half_done(journal: Path) -> None:
    page = entry(journal, "aaaa")
    before = (tip(journal), page.read_text())
    nobody = {f"GIT_{role}_{what}": "" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    ended = gitjournal(journal, "exec", "aaaa", env={**nobody, "EMAIL": ""})
    assert ended.returncode == 1
    assert "git config" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (tip(journal), page.read_text()) == before


def test_several_workers_give_the_same_records(journal: Path) -> None:
    front = SVM + "grid: {svc__C: [0.1, 1, 10, 100]}\n"
    entry(journal, "aaaa", front)
    done(journal, "exec", "aaaa")
    entry(journal, "bbbb", front + "replicates: aaaa\n")
    done(journal, "exec", "bbbb", "--jobs", "2")
    numbers = [{r["fingerprint"]: (r["metrics"], r["predictions"]) for r in records(journal, suffix)} for suffix in ("aaaa", "bbbb")]
    assert numbers[0] == numbers[1]


def wait_for(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
