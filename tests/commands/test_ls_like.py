from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gitjournal.cli import group
from gitjournal.git.lab import find_lab
from tests.commands.test_ls import on_a_terminal
from tests.support.helpers import git
from tests.support.networks import sequential
from tests.support.pages import RBF, begin, commit, failed, gitjournal, page, record, three_entries, write

PLAIN = "procedure:\n  - StandardScaler\n  - SVC: {kernel: rbf}"
NET = sequential("[{Dense: {units: 64, activation: relu}}, {Dropout: {rate: 0.5}}, {Dense: {units: 10}}]")
HALF, LESS, SOME, SVM = "20261101-half-aaaa", "20261102-less-bbbb", "20261103-some-cccc", "20261104-svm-dddd"
VERDICT = """
<!-- gitjournal:results {id} -->
**{word}**: expected `dev.accuracy >= 0.9` (0.8 [0.7, 0.85] over 360 rows).
<!-- gitjournal:end {id} -->
"""


def written(lab: Path, entry_id: str, title: str, procedure: str, *, verdict: str = "", notes: str = "", front: str = "") -> None:
    """Write an entry with one run, which failed where the verdict is `failed`."""
    text = page(title, front=front).replace(PLAIN, procedure) + notes
    fingerprint = entry_id[-1] * 64
    if verdict == "failed":
        write(lab, entry_id, text, [failed(fingerprint)])
    else:
        judged = VERDICT.format(id=entry_id, word=verdict) if verdict else ""
        write(lab, entry_id, text + judged, [record(fingerprint, 0.8)])


@pytest.fixture
def networks(repo: Path) -> Path:
    """Return a lab with three networks and something else: supported, refuted, failed, and not judged."""
    lab = begin(repo)
    written(lab, HALF, "Half of it dropped", NET, verdict="Supported")
    written(lab, LESS, "Less dropped", NET.replace("0.5", "0.4"), verdict="Refuted")
    written(lab, SOME, "Wide", NET.replace("0.5", "0.45").replace("units: 64", "units: 128"), verdict="failed")
    written(lab, SVM, "A margin", PLAIN, notes="Not that dropouts matter here.\n")
    commit(lab)
    return lab


def near(repo: Path, *arguments: str) -> list[tuple[str, float, list[str]]]:
    """Return id, nearness and reasons of what is listed; in this process, which is faster."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        group.main(["-C", str(repo), "ls", "--json", "--like", *arguments], standalone_mode=False)
    return [(one["id"], one["near"], one["why"]) for one in json.loads(said.getvalue())]


def test_what_did_not_work_comes_first_then_the_nearest(repo: Path, networks: Path) -> None:
    assert near(repo, "dropout 0.5") == [
        (SOME, pytest.approx(0.977, abs=0.001), ["Dropout rate 0.45 for 0.5"]),
        (LESS, pytest.approx(0.952, abs=0.001), ["Dropout rate 0.4 for 0.5"]),
        (HALF, 1, ["Dropout rate 0.5"]),
        (SVM, 0.5, ["in the notes: dropout"]),
    ]
    lines = gitjournal(repo, "ls", "--like", "dropout 0.5").splitlines()
    assert lines[0].split() == ["id", "title", "best", "outcome", "near", "why"]
    assert lines[1].startswith("cccc  Wide")
    assert " ".join(lines[2].split()) == "bbbb Less dropped dev.accuracy 0.800 refuted 0.95 Dropout rate 0.4 for 0.5"


def test_on_a_terminal_the_reasons_fit_it(repo: Path, networks: Path) -> None:
    lines = on_a_terminal(repo, "ls", "--like", "dropout 0.5", columns=70, NO_COLOR="1").splitlines()
    assert len(lines) == 5
    assert all(len(line) <= 70 for line in lines)


def test_an_entry_is_asked_about_by_its_id(repo: Path, networks: Path) -> None:
    found = near(repo, HALF)
    assert found == near(repo, f"lab/entries/2026/{HALF}.md")
    assert [(one, why) for one, _, why in found] == [
        (LESS, ["dropout rate 0.5 -> 0.4"]),
        (SOME, ["dense-1 units 64 -> 128", "dropout rate 0.5 -> 0.45"]),
    ]
    assert all(0.9 < score < 1 for _, score, _ in found)
    assert gitjournal(repo, "ls", "--like", "aaaa").splitlines()[0] == "near the procedure of aaaa, whose title is Half of it dropped"


def test_retracted_ones_come_first_too(repo: Path, networks: Path) -> None:
    written(networks, "20261105-early-eeee", "Early", NET.replace("0.5", "0.3"), front="retracted: rows were lost")
    commit(networks)
    assert [one for one, _, _ in near(repo, "dropout 0.5")][:4] == [SOME, LESS, "20261105-early-eeee", HALF]
    assert near(repo, "lost rows")[0][2] == ["in why it was retracted: lost, rows"]


def test_other_filters_count(repo: Path, networks: Path) -> None:
    assert [one for one, _, _ in near(repo, "dropout 0.5", "--verdict", "supported")] == [HALF]
    assert [one for one, _, _ in near(repo, "dropout 0.5", "--state", "failed")] == [SOME]
    assert [one for one, _, _ in near(repo, "dropout 0.5", "-n", "2")] == [SOME, LESS]
    assert near(repo, "aaaa", "--data", "iris") == []
    assert gitjournal(repo, "ls", "--like", "dropout", "-n", "1").splitlines()[-1] == "1 of 4 entries that are near; more: -n 4"


def test_only_what_is_at_least_half_as_near_as_the_nearest_is_listed(repo: Path, networks: Path) -> None:
    assert [one for one, _, _ in near(repo, "dropped half")] == [HALF]  # another has one of the two


def test_a_draft_is_compared_as_it_stands_now(repo: Path, networks: Path) -> None:
    write(networks, "20261122-idea-zzzz", page("An idea").replace(PLAIN, NET.replace("0.5", "0.4")))
    assert near(repo, "zzzz")[0] == (LESS, 1, ["the same procedure"])
    write(networks, "20261122-idea-zzzz", page("An idea").replace("digits", "wine"))
    assert near(repo, "zzzz")[0] == (SVM, 1, ["the same procedure", "on digits"])


def test_nothing_near_is_a_sentence_and_no_fault(repo: Path, networks: Path) -> None:
    assert gitjournal(repo, "ls", "--like", "xyzzy") == "Nothing is similar to `xyzzy`. All 4: gitjournal ls\n"
    assert gitjournal(repo, "ls", "--like", "dddd") == "Nothing is similar to the procedure of dddd. All 4: gitjournal ls\n"
    assert near(repo, "xyzzy") == []


def test_an_empty_journal_says_what_to_do(repo: Path) -> None:
    begin(repo)
    assert gitjournal(repo, "ls", "--like", "dropout").startswith("The journal has no entries yet.")


@pytest.mark.parametrize("arguments", [["--like", " "], ["--like", "dropout", "--sort", "age"]])
def test_a_question_that_is_none_is_refused(repo: Path, networks: Path, arguments: list[str]) -> None:
    gitjournal(repo, "ls", *arguments, code=2)


def test_an_entry_whose_procedure_cannot_be_read_is_refused(repo: Path, networks: Path) -> None:
    write(networks, "20261122-idea-zzzz", page("An idea").replace("SVC", "SVX"))
    assert "the procedure of 20261122-idea-zzzz cannot be read" in gitjournal(repo, "ls", "--like", "zzzz", code=1)
    write(networks, "20261122-idea-zzzz", "---\ntitle: [\n---\n")
    assert "cannot be read" in gitjournal(repo, "ls", "--like", "zzzz", code=1)
    assert near(repo, "dropout")  # and breaks no other question


def test_ids_that_end_alike_are_told(repo: Path, networks: Path) -> None:
    written(networks, "20261106-other-aaaa", "Another", NET)
    commit(networks)
    assert "fits 2 entries" in gitjournal(repo, "ls", "--like", "aaaa", code=2)


def test_what_was_read_once_is_kept_until_it_is_gone(repo: Path, networks: Path) -> None:
    def kept() -> int:
        connection = sqlite3.connect(find_lab(repo).repository.private / "index.sqlite")
        try:
            (number,) = connection.execute("SELECT count(*) FROM ideas").fetchone()
        finally:
            connection.close()
        return int(number)

    before = near(repo, "dropout 0.5")
    assert kept() == 4
    written(networks, LESS, "Less dropped", NET.replace("0.5", "0.49"))
    commit(networks)
    after = near(repo, "dropout 0.5")
    assert kept() == 4
    assert after != before
    git(networks, "checkout", "-q", "--detach")  # the index has nothing that could be out of date
    (find_lab(repo).repository.private / "index.sqlite").unlink()
    assert near(repo, "dropout 0.5") == after


def test_other_branches_are_asked_only_where_they_are_meant(repo: Path, networks: Path) -> None:
    git(networks, "checkout", "-q", "-b", "exp/x")
    written(networks, "20261122-there-tttt", "There", NET)
    commit(networks)
    git(networks, "checkout", "-q", "journal")
    assert "20261122-there-tttt" not in [one for one, _, _ in near(repo, "dropout 0.5")]
    assert "20261122-there-tttt" in [one for one, _, _ in near(repo, "dropout 0.5", "--all")]


def test_text_of_strangers_is_only_text(repo: Path, networks: Path) -> None:
    bad = "\x1b[2J\u202e"
    hostile = NET.replace("relu", '"\\e[2J"')
    write(networks, "20261122-h-hhhh", page("x").replace('"x"', '"drop\\x1b[2J"').replace(PLAIN, hostile) + f"dropout {bad}\n")
    write(networks, "20261122-h-iiii", page("y", front='tags: ["dropout\\e[2J"]').replace(PLAIN, "procedure: {python: 'a:b\\e'}"))
    commit(networks)
    for asked in ("dropout \x1b[2J 0.5", "hhhh"):
        done = subprocess.run([sys.executable, "-m", "gitjournal", "ls", "--like", asked], cwd=repo, capture_output=True, check=False)
        assert done.returncode in (0, 1)
        assert b"\x1b" not in done.stdout + done.stderr
        assert "\u202e" not in done.stdout.decode()
    assert b"Traceback" not in done.stderr


def test_no_heavy_library_is_imported(repo: Path) -> None:
    three_entries(repo)
    for asked in ("svc C 10", RBF):
        code = (
            "import sys\nfrom gitjournal.cli import group\n"
            f"group.main(['ls', '--like', {asked!r}], standalone_mode=False)\n"
            "print('LOADED', [m for m in ('sklearn', 'pandas', 'numpy', 'scipy', 'keras', 'tensorflow', 'git') if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=repo, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "LOADED []"
