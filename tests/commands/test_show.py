from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitjournal.entry.results_block import splice
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, TREES, begin, commit, failed, gitjournal, page, record, three_entries, write


def test_it_says_what_was_asked_and_what_came_out(repo: Path) -> None:
    three_entries(repo)
    text = gitjournal(repo, "show", "k3f9")
    lines = text.splitlines()
    assert lines[0] == "RBF beats linear"
    assert lines[1].startswith(f"{RBF} · partly · journal · ")
    for expected in (
        "data        digits",
        "split       dev 20 %, test 20 %, stratified, seed 0",
        "procedure   StandardScaler -> SVC(kernel=rbf)",
        "grid        svc__C [1, 10, 100]",
        "seeds       0, 1",
        "metrics     accuracy (higher is better)",
        f'baseline    {LOGISTIC} "Logistic regression": dev.accuracy 0.972, gain +0.006',
        "dev.accuracy (higher is better) 0.978 ± 0.003 SD over 2 seeds, the best of 2 configurations",
        "parameters  svc__C: best 10 (0.978), worst 1 (0.972), of 2 values",
        "failures    1 run: exception: ValueError: no",
        "cost        5 runs in 6 s, 210 MB of memory at most",
        "What I saw.",
    ):
        assert expected in text
    best = next(line for line in lines if line.startswith("svc__C 10 "))
    assert best.split()[2:7] == ["0.978", "±", "0.003", "2", "+0.006"]
    assert all(len(line) <= 100 for line in lines)


def test_an_entry_without_runs_says_the_next_command(repo: Path) -> None:
    three_entries(repo)
    assert "not run yet; next: gitjournal exec m2c8" in gitjournal(repo, "show", "trees")


def test_a_draft_is_shown_and_an_edited_entry_as_committed(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-a-draft-zzzz", page("A draft", front="hypothesis: It will do."))
    write(lab, TREES, page("Trees, said otherwise"))
    draft = gitjournal(repo, "show", "zzzz")
    assert "20261122-a-draft-zzzz · draft" in draft
    assert "hypothesis  It will do." in draft
    edited = gitjournal(repo, "show", "m2c8")
    assert edited.startswith("Trees on digits\n")
    assert "edited since: gitjournal diff m2c8" in edited


def test_at_most_ten_configurations_are_shown_and_the_rest_is_counted(repo: Path) -> None:
    lab = begin(repo)
    runs = [record(f"{number:064}", 0.5 + number / 100, grid={"svc__C": number}) for number in range(24)]
    write(lab, RBF, page("Grid"), runs)
    commit(lab)
    text = gitjournal(repo, "show", "k3f9")
    assert text.count("\nsvc__C ") == 10
    assert "14 more configurations: gitjournal show k3f9 --runs" in text
    assert gitjournal(repo, "show", "k3f9", "--runs").count("svc__C ") >= 34


def test_every_run_is_listed_where_asked_for(repo: Path) -> None:
    three_entries(repo)
    text = gitjournal(repo, "show", "k3f9", "--runs")
    assert "every run" in text
    assert "failed: exception" in text
    assert "0.970" in text


def test_the_block_of_results_is_not_repeated_among_the_notes(repo: Path) -> None:
    lab = begin(repo)
    text = splice(page("With results"), RBF, "BLOCK OF RESULTS\n") + "\n## Conclusion\n\nIt holds.\n"
    write(lab, RBF, text, [record("a" * 64, 0.9)])
    commit(lab)
    shown = gitjournal(repo, "show", "k3f9")
    assert "BLOCK OF RESULTS" not in shown
    assert "What I saw." in shown
    assert "It holds." in shown


def test_the_text_that_was_hashed_is_printed_with_its_fingerprint(repo: Path) -> None:
    lab = begin(repo)
    canonical = '{"data":{"sklearn":"digits"},"schema":1}'
    write(lab, RBF, page("Identity"), [record("a" * 64, 0.9, canonical=canonical), record("a" * 64, 0.8, seed=1), failed("b" * 64)])
    write(lab, TREES, page("User"), [record("c" * 64, from_=RBF)])
    commit(lab)
    text = gitjournal(repo, "show", "k3f9", "--identity")
    assert f"fingerprint {'a' * 64}\nseeds 1\n{{\n" in text
    assert '  "schema": 1\n' in text
    assert text.count("fingerprint") == 2
    assert "no text recorded" in text
    assert json.loads(gitjournal(repo, "show", "k3f9", "--identity", "--json"))["identity"][0]["canonical"] == canonical
    assert f"gitjournal show {RBF} --identity" in gitjournal(repo, "show", "m2c8", "--identity")


def test_a_run_of_another_entry_has_its_owners_score(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, page("User"), [record("a" * 64, from_=LOGISTIC)])
    commit(lab)
    text = gitjournal(repo, "show", "m2c8")
    assert "dev.accuracy (higher is better) 0.972" in text
    assert "1 run taken from other entries" in text


def test_the_environment_is_told_from_its_file(repo: Path) -> None:
    lab = begin(repo)
    (lab / "environments").mkdir()
    found = {"python": "3.11.7", "versions": {"scikit-learn": "1.9.1"}, "machine": "x86_64", "kernel": "SkylakeX", "threads": 1}
    (lab / "environments" / f"{'e' * 64}.json").write_text(json.dumps(found))
    write(lab, RBF, page("Env"), [record("a" * 64, 0.9, environment="e" * 64), record("b" * 64, 0.8, environment="../../../etc/passwd")])
    commit(lab)
    text = gitjournal(repo, "show", "k3f9")
    assert "environment Python 3.11.7, scikit-learn 1.9.1, x86_64, SkylakeX, 1 thread" in text
    assert "(not described)" in text


@pytest.mark.parametrize("content", ["[1]", "{", '"x"', '{"python": "\\u001b[2J", "versions": [1], "threads": "x"}'])
def test_a_strange_environment_breaks_nothing(repo: Path, content: str) -> None:
    lab = begin(repo)
    (lab / "environments").mkdir()
    (lab / "environments" / f"{'e' * 64}.json").write_text(content)
    write(lab, RBF, page("Env"), [record("a" * 64, 0.9, environment="e" * 64)])
    commit(lab)
    text = gitjournal(repo, "show", "k3f9")
    assert "environment " in text
    assert "\x1b" not in text


def test_an_id_that_fits_several_or_none_has_exit_code_2(repo: Path) -> None:
    three_entries(repo)
    text = gitjournal(repo, "show", "20261121", code=2)
    assert RBF in text
    assert TREES in text
    assert "gitjournal ls" in gitjournal(repo, "show", "nothing", code=2)


def test_an_entry_that_cannot_be_read_is_refused_with_its_place(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, page("x").replace("procedure", "procedur"))
    commit(lab)
    assert f"entries/2026/{TREES}.md:6:1: unknown key `procedur`; did you mean `procedure`?" in gitjournal(repo, "show", "m2c8", code=1)


def test_an_entry_of_another_branch_is_found(repo: Path) -> None:
    lab = three_entries(repo)
    git(lab, "checkout", "-q", "-b", "exp/x")
    write(lab, "20261122-there-tttt", page("There"))
    commit(lab)
    git(lab, "checkout", "-q", "journal")
    assert "20261122-there-tttt · planned · exp/x" in gitjournal(repo, "show", "tttt")


def test_the_object_holds_everything(repo: Path) -> None:
    three_entries(repo)
    found = json.loads(gitjournal(repo, "show", "k3f9", "--json", "--runs"))
    assert found["id"] == RBF
    assert found["declared"]["grid"] == {"svc__C": [1, 10, 100]}
    assert found["summary"]["configurations"][0]["scores"]["dev.accuracy"]["n"] == 2
    assert found["summary"]["failures"] == {"exception": 1}
    assert len(found["runs"]) == 5
    assert "What I saw." in found["notes"]


def test_a_retracted_entry_says_why(repo: Path) -> None:
    lab = begin(repo)
    write(lab, RBF, page("Leak", front="retracted: the test rows leaked"), [record("a" * 64, 0.99)])
    commit(lab)
    text = gitjournal(repo, "show", "k3f9")
    assert "· retracted ·" in text
    assert "retracted   the test rows leaked" in text


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ("{cv: 5, repeats: 3, test: 0.2}", "5-fold cross-validation, 3 times, test 20 %"),
        ("{dev: 0.2, group: patient, seed: each}", "dev 20 %, rows that share patient stay together, a new split for each seed"),
        ("{dev: 0.2, time: day, gap: 7}", "dev 20 %, in the order of day, the last rows are test, 7 rows left out between parts"),
        ("{dev: 0.2, shuffle: false, stratify: false}", "dev 20 %, not stratified, not shuffled"),
    ],
)
def test_a_split_is_told_in_words(repo: Path, split: str, words: str) -> None:
    lab = begin(repo)
    write(lab, RBF, page("Split").replace("{dev: 0.2, test: 0.2, seed: 0, stratify: true}", split))
    assert f"split       {words}\n" in gitjournal(repo, "show", "k3f9")
