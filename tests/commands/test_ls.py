from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, TREES, begin, commit, failed, gitjournal, page, record, three_entries, write


def listed(repo: Path, *arguments: str) -> list[str]:
    """Return the ids that `ls` lists, in its order."""
    return [one["id"] for one in json.loads(gitjournal(repo, "ls", "--json", *arguments))]


def on_a_terminal(repo: Path, *arguments: str, columns: int, **environment: str) -> str:
    """Return what a command prints on a terminal of this width."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gitjournal", *arguments],
        cwd=repo,
        stdout=follower,
        stdin=follower,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm", **environment},
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(leader)
    assert process.wait(30) == 0
    return shown.decode().replace("\r\n", "\n")


def test_the_list_says_best_gain_runs_and_state(repo: Path) -> None:
    three_entries(repo)
    lines = gitjournal(repo, "ls").splitlines()
    assert lines[0].split("  ")[0] == "id"
    assert "best dev.accuracy ± SD" in lines[0]
    rbf = next(line for line in lines if line.startswith("k3f9"))
    assert rbf.split()[1:4] == ["RBF", "beats", "linear"]
    assert "0.978 ± 0.003" in rbf
    assert "+0.006" in rbf
    assert rbf.split()[8:10] == ["5", "partly"]
    assert "baseline" in next(line for line in lines if line.startswith("p2m1"))
    assert "planned" in next(line for line in lines if line.startswith("m2c8"))


def test_the_newest_comes_first(repo: Path) -> None:
    three_entries(repo)
    assert listed(repo) == [RBF, TREES, LOGISTIC]
    assert listed(repo, "--sort", "-age") == [LOGISTIC, TREES, RBF]


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["--where", "dev.accuracy>0.975"], [RBF]),
        (["--where", "dev.accuracy>0.9 and tag == linear"], [LOGISTIC]),
        (["--where", "dev.accuracy>0.9", "--where", "runs>1"], [RBF]),
        (["--tag", "kernel methods"], [RBF]),
        (["--tag", "svm", "--tag", "linear"], []),
        (["--data", "digits", "--state", "planned"], [TREES]),
        (["--data", "iris"], []),
        (["--sort", "-dev.accuracy"], [RBF, LOGISTIC, TREES]),
        (["--sort", "dev.accuracy"], [LOGISTIC, RBF, TREES]),  # what has no score comes last whichever way
        (["--sort", "title", "-n", "2"], [LOGISTIC, RBF]),
        (["--sort", "-runs"], [RBF, LOGISTIC, TREES]),
        (["--sort", "id"], [LOGISTIC, RBF, TREES]),
    ],
)
def test_filters_and_order(repo: Path, arguments: list[str], ids: list[str]) -> None:
    three_entries(repo)
    assert listed(repo, *arguments) == ids


@pytest.mark.parametrize(
    "arguments", [["--where", "dev.acuracy>3"], ["--where", "nonsense"], ["--sort", "colour"], ["-n", "0"], ["--where", "test.accuracy>0"]]
)
def test_a_question_that_is_not_understood_has_exit_code_2(repo: Path, arguments: list[str]) -> None:
    three_entries(repo)
    gitjournal(repo, "ls", *arguments, code=2)


def test_a_limit_says_how_many_there_are(repo: Path) -> None:
    three_entries(repo)
    assert gitjournal(repo, "ls", "-n", "1").splitlines()[-1] == "1 of 3 entries"


def test_where_lower_is_better_the_heading_says_so(repo: Path) -> None:
    lab = begin(repo)
    write(lab, "20261121-ridge-aaaa", page("Ridge", metrics="rmse"), [record("a" * 64, 54.123, metric="rmse")])
    commit(lab)
    text = gitjournal(repo, "ls")
    assert "best dev.rmse (lower is better)" in text
    assert "54.1" in text
    write(lab, "20261121-svm-bbbb", page("SVM"), [record("b" * 64, 0.9)])
    commit(lab)
    text = gitjournal(repo, "ls")
    assert "dev.rmse 54.1 (lower is better)" in text
    assert "dev.accuracy 0.900" in text


def test_drafts_are_shown_and_an_edited_entry_says_so(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-a-draft-zzzz", page("A draft"))
    write(lab, TREES, page("Trees, said otherwise"))
    lines = {line.split()[0]: line for line in gitjournal(repo, "ls").splitlines()}
    assert " draft " in lines["zzzz"]
    assert "planned, edited" in lines["m2c8"]
    found = {one["id"]: one for one in json.loads(gitjournal(repo, "ls", "--json"))}
    assert found["20261122-a-draft-zzzz"]["state"] == "draft"
    assert found["20261122-a-draft-zzzz"]["branch"] is None
    assert found[TREES]["edited"]
    assert listed(repo, "--state", "draft") == ["20261122-a-draft-zzzz"]


def test_an_entry_that_cannot_be_read_breaks_nothing(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-broken-bbbb", "---\ntitle: [\n---\n")
    write(lab, TREES, page("x").replace("title", "titel"))
    commit(lab)
    write(lab, "20261123-typo-tttt", page("x").replace("procedure", "procedur"))
    text = gitjournal(repo, "ls")
    assert "did you mean `procedure`?" in text
    assert "unreadable" in text
    assert "0.978" in text


def test_an_empty_journal_says_what_to_do(repo: Path) -> None:
    begin(repo)
    assert gitjournal(repo, "ls") == 'The journal has no entries yet. Write the first: gitjournal new "my first question"\n'
    assert gitjournal(repo, "ls", "--json") == "[]\n"


def test_a_filter_that_nothing_passes_says_so(repo: Path) -> None:
    three_entries(repo)
    assert gitjournal(repo, "ls", "--tag", "none") == "No entry matches. All 3: gitjournal ls\n"


def test_no_journal_is_refused_with_the_way_out(repo: Path) -> None:
    assert "gitjournal init" in gitjournal(repo, "ls", code=1)


def test_the_objects_have_full_ids_and_iso_dates(repo: Path) -> None:
    three_entries(repo)
    rbf = json.loads(gitjournal(repo, "ls", "--json"))[0]
    assert rbf["id"] == RBF
    assert datetime.fromisoformat(rbf["at"]).isoformat() == "2026-11-21T09:04:00+00:00"
    assert (rbf["metric"], rbf["higher_is_better"], rbf["runs"], rbf["failed"]) == ("dev.accuracy", True, 5, 1)
    assert rbf["best"] == pytest.approx(0.978)
    assert rbf["gain"] == pytest.approx(0.006)
    assert rbf["tags"] == ["svm", "kernel methods"]
    assert rbf["branch"] == "journal"


def test_other_branches_are_listed_only_when_asked_for(repo: Path) -> None:
    lab = three_entries(repo)
    git(lab, "checkout", "-q", "-b", "exp/x")
    write(lab, "20261122-there-tttt", page("There"), [record("e" * 64, 0.9)])
    commit(lab)
    git(lab, "checkout", "-q", "journal")
    assert "tttt" not in gitjournal(repo, "ls")
    lines = gitjournal(repo, "ls", "--all").splitlines()
    assert "exp/x" in next(line for line in lines if line.startswith("tttt"))
    assert " journal " in next(line for line in lines if line.startswith("k3f9"))
    assert listed(repo, "--all").count(RBF) == 1


def test_a_metric_that_was_asked_for_gets_a_column(repo: Path) -> None:
    three_entries(repo)
    lines = gitjournal(repo, "ls", "--sort", "-train.accuracy").splitlines()
    assert "train.accuracy" in lines[0]
    assert "0.988" in lines[1]


def test_a_hostile_title_cannot_move_the_cursor(repo: Path) -> None:
    lab = begin(repo)
    hostile = page("x").replace('"x"', '"a\\x1b[2J\\x1b]0;owned\\x07b\\u202ec"').replace("accuracy]", '"acc\\x1b[31m"]')
    bad = "\x1b[2J\x07\u202e"
    runs = [
        record(
            f"a{bad}", 0.9, metric="acc\x1b[31m", run=bad, grid={f"k{bad}": f"v{bad}"}, findings=[bad], environment=bad, kernel=bad, at=bad
        ),
        record(f"b{bad}", 0.8, metric="acc\x1b[31m", run=bad, grid={f"k{bad}": 3}, canonical=bad),
        failed(f"c{bad}", f"no{bad}", from_=bad),
    ]
    write(lab, "20261121-hostile-hhhh", hostile + f"\n{bad}\n", runs)
    write(lab, "20261121-second-ssss", page("Second", front='tags: ["\\e[2J"]\nbaseline: "\\e[2J"\nparameters: {"a\\e[2J": "\\e[2J"}'))
    write(lab, f"20261121-{bad}-tttt", page("A name"))
    commit(lab, f"run: {bad}")
    write(lab, f"20261121-{bad}-uuuu", page("A draft's name"))
    for command in (
        ["ls"],
        ["ls", "--all"],
        ["show", "hhhh", "--runs"],
        ["show", "hhhh", "--identity"],
        ["show", "ssss"],
        ["log"],
        ["diff", "hhhh"],
        ["diff", "hhhh", "ssss"],
        ["show", "uuuu"],
        ["diff", "uuuu"],
    ):
        text = on_a_terminal(repo, *command, columns=100, NO_COLOR="1")  # where no terminal is, click itself strips some
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
    for command in (["ls"], ["show", "hhhh", "--runs"], ["diff", "hhhh"]):
        assert "\u202e" not in gitjournal(repo, *command, "--json")
    titles = [one["title"] for one in json.loads(gitjournal(repo, "ls", "--json"))]
    assert any(title.startswith("a\x1b[2J") for title in titles)  # programs get what was written


def test_on_a_terminal_the_table_fits_it(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-long-llll", page("A title that goes on and on, much longer than any terminal is wide, and then goes on some more"))
    commit(lab)
    for columns in (70, 90, 200):
        text = on_a_terminal(repo, "ls", columns=columns, NO_COLOR="1")
        assert all(len(line) <= min(columns, 100) for line in text.splitlines())
        assert "…" in text
        assert "\x1b" not in text
    assert "some more" in gitjournal(repo, "ls")


def test_colour_is_for_terminals_and_only_for_meaning(repo: Path) -> None:
    three_entries(repo)
    assert "\x1b[33mpartly\x1b[0m" in on_a_terminal(repo, "ls", columns=100)
    assert "\x1b" not in gitjournal(repo, "ls")


def test_it_works_from_the_lab_from_below_and_without_the_lab(repo: Path) -> None:
    lab = three_entries(repo)
    (repo / "deep").mkdir()
    expected = gitjournal(repo, "ls")
    assert gitjournal(lab, "ls") == gitjournal(repo / "deep", "ls") == expected
    lab.rename(repo.parent / "away")
    assert gitjournal(repo, "ls") == expected


def test_a_reader_that_goes_away_is_no_fault(repo: Path) -> None:
    lab = begin(repo)
    for number in range(300):
        write(lab, f"20261121-many-{number:04}", page("Many " * 30))
    commit(lab)
    command = f"{sys.executable} -m gitjournal ls | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=repo, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("verb", ["ls", "show", "diff", "log"])
def test_no_command_that_looks_imports_a_heavy_library(repo: Path, verb: str) -> None:
    three_entries(repo)
    arguments = {"ls": ["ls"], "show": ["show", "k3f9"], "diff": ["diff", "k3f9", "p2m1"], "log": ["log"]}[verb]
    heavy = ["sklearn", "pandas", "numpy", "scipy", "keras", "tensorflow", *(["git"] if verb != "log" else [])]
    code = (
        "import sys\nfrom gitjournal.cli import group\n"
        f"group.main({arguments!r}, standalone_mode=False)\n"
        f"print('LOADED', [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repo, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_the_baseline_may_be_named_by_any_part_of_its_id(repo: Path) -> None:
    lab = begin(repo)
    write(lab, LOGISTIC, page("Logistic"), [record("a" * 64, 0.972)])
    for number, part in enumerate(["p2m1", LOGISTIC, "logistic", "nothing"]):
        write(lab, f"20261121-user-{number}aaa", page("User", front=f"baseline: {part}"), [record("b" * 64, 0.978)])
    commit(lab)
    found = {one["id"][-4:]: one["gain"] for one in json.loads(gitjournal(repo, "ls", "--json"))}
    assert found["0aaa"] == found["1aaa"] == found["2aaa"] == pytest.approx(0.006)
    assert found["3aaa"] is None
    assert found["p2m1"] is None
