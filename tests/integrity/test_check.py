"""What `check` finds: each code by the fault that it is for, and nothing where nothing is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gitjournal.entry.record import Record, decode_lines, encode
from gitjournal.git.lab import find_lab
from gitjournal.git.trees import compute_merge, merge_in_index
from gitjournal.integrity.check import Question, ask_range, check_tree
from gitjournal.integrity.findings import CODES
from gitjournal.integrity.rejudge import check_in_depth
from gitjournal.integrity.secret_scan import find_leaks
from tests.support.guarded import FIRST, LATER, UNGUARDED, begin, checked, codes, page, put, repeat, run, save, tried
from tests.support.helpers import git, gitjournal

PAGE = f"entries/2026/{FIRST}.md"
RECORDS = f"entries/2026/{FIRST}.runs.jsonl"
DRAWS = "SVC: {probability: true}"


@pytest.fixture
def lab(repo: Path) -> Path:
    return begin(repo)


def edit(lab: Path, path: str, before: str, after: str) -> None:
    file = lab / path
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def recorded(lab: Path) -> list[Record]:
    return decode_lines((lab / RECORDS).read_bytes(), file=RECORDS)


def markers(lab: Path) -> None:
    edit(lab, PAGE, "What I saw.", "<<<<<<< HEAD\nWhat I saw.\n=======\nWhat they saw.\n>>>>>>> theirs")


def record_markers(lab: Path) -> None:
    edit(lab, RECORDS, "{", "<<<<<<< HEAD\n{")


def other_results(lab: Path) -> None:
    put(lab, FIRST, page("First", c=[10, 3]), [*recorded(lab), run(3, at="2026-11-05T10:00:00+00:00")])
    edit(lab, PAGE, "Records: `", "Records: `0")


def other_plan(lab: Path) -> None:
    edit(lab, PAGE, "task:", "expect: dev.accuracy > 0.5\ntask:")


def judged(lab: Path) -> None:
    edit(lab, PAGE, "## Results\n", "## Results\n\n**Supported**: expected `dev.accuracy > 0.5` (0.970).\n")


def without_page(lab: Path) -> None:
    (lab / PAGE).unlink()


def other_year(lab: Path) -> None:
    (lab / "entries/2025").mkdir()
    (lab / PAGE).rename(lab / f"entries/2025/{FIRST}.md")
    (lab / RECORDS).rename(lab / f"entries/2025/{FIRST}.runs.jsonl")


def link(lab: Path) -> None:
    (lab / "data").mkdir()
    (lab / "data/digits.md").symlink_to("/etc/passwd")


def bad_sheet(lab: Path) -> None:
    (lab / "data").mkdir()
    (lab / "data/digits.md").write_text("---\nname: digits\nhash: md5:123\n---\n")


FAULTS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "the same run": (repeat, ["GJ101"]),
    "another configuration under the same fingerprint": (
        lambda lab: edit(lab, RECORDS, '{\\"C\\":10}', '{\\"C\\":11}'),
        ["GJ102", "GJ105"],
    ),
    "no text for a fingerprint": (lambda lab: put(lab, LATER, page("X", c=5), [run(5, at="2", canonical=None)]), ["GJ102"]),
    "another split": (lambda lab: put(lab, LATER, page("X", c=5).replace("dev: 0.2", "dev: 0.3"), [run(5, at="2")]), ["GJ103"]),
    "another estimator": (lambda lab: put(lab, LATER, page("X", c=5).replace("- SVC", "- LinearSVC"), [run(5, at="2")]), ["GJ103"]),
    "another data set": (lambda lab: put(lab, LATER, page("X", c=5).replace("sha256:0", "sha256:1"), [run(5, at="2")]), ["GJ103"]),
    "another value": (lambda lab: put(lab, LATER, page("X", c=5, step="SVC: {tol: 0.5}"), [run(5, at="2")]), ["GJ103"]),
    "a point that is not in the grid": (lambda lab: put(lab, LATER, page("X", c=4), [run(5, at="2")]), ["GJ103"]),
    "a seed that is not declared": (
        lambda lab: put(lab, LATER, page("X", c=5, step=DRAWS), [run(5, at="2", step=DRAWS, seed=1)]),
        ["GJ103"],
    ),
    "markers in a page": (markers, ["GJ104"]),
    "markers in records": (record_markers, ["GJ104"]),
    "a run twice in one file": (lambda lab: (lab / RECORDS).write_text((lab / RECORDS).read_text() * 2), ["GJ104", "GJ106"]),
    "no entry": (lambda lab: edit(lab, PAGE, "procedure:", "procedures:"), ["GJ104"]),
    "an edited record": (lambda lab: edit(lab, RECORDS, "0.97", "0.99"), ["GJ105", "GJ106"]),
    "a deleted record": (lambda lab: (lab / RECORDS).unlink(), ["GJ105"]),
    "a block of other records": (other_results, ["GJ106"]),
    "no block": (lambda lab: (lab / PAGE).write_text(page("First")), ["GJ106"]),
    "records without an entry": (without_page, ["GJ107"]),
    "a verdict on what nobody expected": (judged, ["GJ108"]),
    "a changed expectation": (other_plan, ["GJ120"]),
    "a changed title": (lambda lab: edit(lab, PAGE, "title: First", "title: Best"), ["GJ120"]),
    "a hash that is none": (lambda lab: edit(lab, PAGE, "'sha256:0", "'sha512:0"), ["GJ130"]),
    "a datasheet whose hash is none": (bad_sheet, ["GJ130"]),
    "a key in prose": (lambda lab: edit(lab, PAGE, "What I saw.", "ghp_" + "a1B2" * 9), ["GJ140"]),
    "a key in a record": (
        lambda lab: put(lab, LATER, page("X", c=5), [run(5, at="2", flags={"url": "https://ada:hunter22@host/x"})]),
        ["GJ140"],
    ),
    "a link": (link, ["GJ150"]),
    "another year": (other_year, ["GJ150"]),
    "another file": (lambda lab: (lab / "entries/2026/notes.txt").write_text("x"), ["GJ150"]),
}


def test_a_sound_journal_has_no_finding(lab: Path) -> None:
    put(lab, "20261103-draft-cccc", page("A draft", c=1))
    assert checked(lab).findings == []
    assert checked(lab).entries == 2
    edit(lab, PAGE, "What I saw.", "What I saw later. num_tokens: 512, secret: sauce. <<<<<<< is how a conflict begins.")
    edit(lab, PAGE, "task:", "tags: [svm]\nseeds: [0, 1]\ntask:")
    assert codes(lab) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_no_other(lab: Path, fault: str) -> None:
    make, expected = FAULTS[fault]
    make(lab)
    assert codes(lab) == expected
    for one in checked(lab).findings:
        assert one.hint
        assert (lab / one.file).exists() or one.code == "GJ105"


def test_every_code_has_a_fault() -> None:
    assert {code for _, expected in FAULTS.values() for code in expected} == set(CODES)


def test_a_finding_has_its_line(lab: Path) -> None:
    other_plan(lab)
    (one,) = checked(lab).findings
    assert (lab / one.file).read_text().splitlines()[(one.line or 0) - 1].startswith("expect:")


@pytest.mark.parametrize(
    ("text", "record", "words", "line"),
    [
        (page("X", step="SVC: {tol: 0.5}"), run(at="2"), "`svc__tol` is 0.5 here, and 0.001 in what record 1 ran", "  - SVC: {tol"),
        (page("X", c=4), run(at="2"), "the grid has no svc__C 10, which record 1 ran", "grid:"),
        (page("X", step=DRAWS), run(at="2", step=DRAWS, seed=3), "`seeds` has no 3, which record 1 ran", "title:"),
        (page("X").replace("dev: 0.2", "dev: 0.3"), run(at="2"), "`split.dev` is 0.3 here, and 0.2 in what record 1 ran", "split:"),
        (page("X", c=[10, 3]), run(at="2", grid={"svc__C": 3}), "`svc__C` is 3 here, and 10 in what record 1 ran", "grid:"),
    ],
)
def test_what_is_declared_and_was_not_run_is_named_with_its_line(lab: Path, text: str, record: Record, words: str, line: str) -> None:
    put(lab, LATER, text, [record])
    (one,) = [one for one in checked(lab).findings if one.code == "GJ103"]
    assert one.message == words
    assert (lab / one.file).read_text().splitlines()[(one.line or 0) - 1].startswith(line)


def test_a_plan_that_git_has_let_go_is_no_finding(lab: Path) -> None:
    put(lab, LATER, page("X", c=5), [run(5, at="2", plan="1" * 40)])
    assert [(one.code, one.note) for one in checked(lab).findings] == [("GJ120", True)]


def test_a_range_names_only_what_it_brings(lab: Path) -> None:
    edit(lab, PAGE, "title: First", "title: Best")
    before = save(lab)
    put(lab, LATER, page("X", c=5).replace("dev: 0.2", "dev: 0.3"), [run(5, at="2")])
    after = save(lab)
    repository = find_lab(lab).repository
    found = check_tree(repository, ask_range(before, after), {}, check_in_depth)
    assert [(one.code, one.file[-7:-3]) for one in found.findings] == [("GJ103", "bbbb")]


EDITED, RESTORED, OTHER, DELETED, LONGER = "edited", "restored", "edited otherwise", "deleted", "appended"


def history(lab: Path, *states: str) -> None:
    """Commit the records of the first entry in one state after another, past every hook."""
    text = (lab / RECORDS).read_text()
    more = encode(run(3, at="2026-11-05T10:00:00+00:00", plan="1" * 40)).decode()
    contents = {EDITED: text.replace("0.97", "0.99"), RESTORED: text, OTHER: text.replace("0.97", "0.98"), LONGER: text + more}
    for state in states:
        (lab / RECORDS).unlink() if state == DELETED else (lab / RECORDS).write_text(contents[state])
        save(lab, state)


@pytest.mark.parametrize(
    ("states", "found"),
    [
        ([EDITED], True),
        ([EDITED, RESTORED], False),
        ([EDITED, RESTORED, EDITED], True),
        ([EDITED, OTHER, RESTORED], False),
        ([EDITED, OTHER], True),
        ([EDITED, RESTORED, OTHER, RESTORED], False),
        ([DELETED], True),
        ([DELETED, RESTORED], False),
        ([DELETED, EDITED], True),
        ([LONGER], False),
        ([LONGER, RESTORED], True),
        ([LONGER, EDITED, LONGER], False),
        ([EDITED, LONGER], False),
    ],
)
def test_records_that_were_edited_or_deleted_are_found_until_they_are_back(lab: Path, states: list[str], found: bool) -> None:
    history(lab, *states)
    assert ("GJ105" in codes(lab)) == found
    repository = find_lab(lab).repository
    # all of it, and the last step alone as a hook sees it (to which what was deleted before and comes anew is new)
    for base in (f"journal~{len(states)}", "journal~1")[: 1 if states == [DELETED, EDITED] else 2]:
        asked = check_tree(repository, ask_range(git(lab, "rev-parse", base), git(lab, "rev-parse", "journal")), {})
        assert ("GJ105" in {one.code for one in asked.findings}) == found, base


def test_a_line_that_was_edited_past_the_hooks_can_be_put_back_through_them(lab: Path) -> None:
    text = (lab / RECORDS).read_text()
    history(lab, EDITED)
    assert tried(lab, "commit", "-q", "-a", "--allow-empty", "-m", "prose").returncode == 0
    (lab / RECORDS).write_text(text.replace("0.97", "0.98"))
    assert "GJ105" in tried(lab, "commit", "-q", "-a", "-m", "better still").stderr
    (lab / RECORDS).write_text(text)
    git(lab, "add", "--all")
    assert "GJ105" not in gitjournal(lab, "check", "--staged").stdout
    put_back = tried(lab, "commit", "-q", "-m", "as it was measured")
    assert put_back.returncode == 0, put_back.stderr
    assert codes(lab) == []


def test_an_edit_is_found_through_a_rename_and_on_either_side_of_a_merge(lab: Path) -> None:
    text = (lab / RECORDS).read_text()
    git(lab, "mv", PAGE, PAGE.replace("first", "renamed"))
    git(lab, "mv", RECORDS, RECORDS.replace("first", "renamed"))
    save(lab, "renamed")
    assert "GJ105" not in codes(lab)
    (lab / RECORDS.replace("first", "renamed")).write_text(text.replace("0.97", "0.99"))
    save(lab, "edited")
    assert "GJ105" in codes(lab)
    git(lab, *UNGUARDED, "reset", "-q", "--hard", "journal~2")
    git(lab, *UNGUARDED, "switch", "-q", "-c", "side")
    history(lab, EDITED, RESTORED)
    git(lab, *UNGUARDED, "switch", "-q", "journal")
    repeat(lab, front="replicates: aaaa\n")
    save(lab)
    git(lab, *UNGUARDED, "merge", "-q", "--no-edit", "side")
    assert codes(lab) == []
    git(lab, *UNGUARDED, "switch", "-q", "side")
    history(lab, OTHER)
    git(lab, *UNGUARDED, "switch", "-q", "journal")
    git(lab, *UNGUARDED, "merge", "-q", "--no-edit", "side")
    assert "GJ105" in codes(lab)


def test_an_entry_whose_runs_others_have_done_may_go(lab: Path) -> None:
    repeat(lab)
    save(lab)
    git(lab, "rm", "-q", "-r", f"entries/2026/{LATER}.md", f"entries/2026/{LATER}.runs.jsonl")
    save(lab)
    assert codes(lab) == []


def test_the_same_run_on_another_branch_is_found_by_the_later_one_only(lab: Path) -> None:
    git(lab, *UNGUARDED, "switch", "-q", "-c", "exp/later", "journal~1")
    repeat(lab)
    save(lab)
    (one,) = checked(lab).findings
    assert (one.code, "on journal" in one.message) == ("GJ101", True)
    git(lab, "switch", "-q", "journal")
    assert codes(lab) == []
    edit(lab, PAGE, "task:", "retracted: wrong data\ntask:")
    save(lab)
    git(lab, "switch", "-q", "exp/later")
    assert codes(lab) == []


def test_a_merge_is_computed_alike_by_old_and_new_git(lab: Path, tmp_path: Path) -> None:
    git(lab, "switch", "-q", "-c", "side", "journal")
    put(lab, FIRST, page("First", c=[10, 2, 3]), [run(at="2026-11-01T10:00:00+00:00"), run(2, at="2026-11-05T10:00:00+00:00")])
    repeat(lab)
    save(lab)
    git(lab, "switch", "-q", "journal")
    put(lab, FIRST, page("First", c=[10, 2, 3]), [run(at="2026-11-01T10:00:00+00:00"), run(3, at="2026-11-04T10:00:00+00:00")])
    save(lab)
    repository = find_lab(lab).repository
    new, old = compute_merge(repository, "journal", "side"), merge_in_index(repository, "journal", "side", tmp_path)
    assert new.conflicts == old.conflicts == [PAGE]
    for merged in (new, old):
        found = check_tree(repository, Question(merged.tree, base="journal", parents=("journal", "side")), {})
        assert "GJ101" in {one.code for one in found.findings}
    assert git(lab, "show", f"{new.tree}:{RECORDS}").count("\n") == 2
    assert git(lab, "status", "--porcelain") == ""


def test_the_command_says_what_it_found_for_people_and_for_programs(lab: Path) -> None:
    other_plan(lab)
    said = gitjournal(lab.parent, "check")
    assert said.returncode == 1
    assert said.stdout.startswith(f"{PAGE}\n  GJ120 `expect` was changed after the plan (line ")
    assert said.stdout.endswith("1 finding in 1 of 1 entry\n")
    told = json.loads(gitjournal(lab.parent, "check", "--json").stdout)
    assert told["findings"][0]["code"] == "GJ120"
    assert gitjournal(lab.parent, "check", "journal").returncode == 0
    assert gitjournal(lab.parent, "check", "no-such-branch").returncode == 1
    assert gitjournal(lab.parent, "check", "--staged", "a..b").returncode == 2


@pytest.mark.parametrize(
    "text",
    [
        "AKIAABCDEFGHIJKLMNOP",
        "password: hunter2hunter",
        "API_KEY=abcd1234efgh",
        "-----BEGIN RSA PRIVATE KEY-----",
        "hf_" + "abcdeFGHIJ" * 4,
    ],
)
def test_a_secret_is_seen(text: str) -> None:
    assert [leak.line for leak in find_leaks(f"one\n{text} more\n")] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "num_tokens: 512",
        f"sha256:{'0a' * 32}",
        "password: $PASSWORD",
        "max_tokens=4096",
        "secret: the sauce",
        "https://host/a:b@c",
        "token_1: 12345678",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert list(find_leaks(text)) == []


def test_a_token_that_is_the_value_of_a_key_is_one_secret() -> None:
    text = f"words\napi_key: sk-{'a1' * 15}\nPA\u017f\u017fWORD = hunter2hunter and https://ada:hunter22@host/x\n"
    assert [(leak.line, leak.kind) for leak in find_leaks(text)] == [
        (2, "a password or key"),
        (3, "a password or key"),
        (3, "a password in a URL"),
    ]
