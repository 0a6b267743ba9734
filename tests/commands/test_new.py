"""`new` writes an entry that runs as written, and asks nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gitjournal.entry.parse import parse
from tests.support.helpers import done, git, gitjournal
from tests.support.places import PENGUINS


@pytest.fixture
def journal(repo: Path) -> Path:
    done(repo, "init")
    (repo / "data").mkdir()
    (repo / "data/penguins.csv").write_bytes(PENGUINS.read_bytes())
    return repo


def new(journal: Path, *arguments: str) -> str:
    """Return the text of the entry that was written."""
    return (journal / done(journal, "new", *arguments).strip()).read_text()


def test_without_options_it_lists_the_data_that_it_sees_and_writes_nothing(journal: Path) -> None:
    (journal / ".hidden").mkdir()
    (journal / ".hidden/x.csv").write_text("a\n1\n")
    said = done(journal, "new")
    assert (
        said == 'data files here:\n  data/penguins.csv\nnext: gitjournal new "my first question" --data data/penguins.csv --target COLUMN\n'
    )
    assert json.loads(done(journal, "new", "--json")) == {"data": ["data/penguins.csv"]}
    assert not (journal / "lab/entries").exists()


def test_a_csv_and_a_target_suffice(journal: Path) -> None:
    text = new(journal, "Which penguin?", "--data", "data/penguins.csv", "--target", "species")
    front = parse(text, entry_id="x", file="x.md").front
    assert front.procedure == ["tabular", {"LogisticRegression": {"max_iter": 1000}}]
    assert front.data.hash is not None
    assert front.data.facts is not None
    assert front.data.facts.classes == ["Adelie", "Chinstrap", "Gentoo"]
    assert front.data.facts.columns is not None
    assert front.data.facts.columns["category"] == ["island", "sex"]
    assert front.task == "classification"
    assert front.split is not None
    assert (front.split.dev, front.split.test, front.split.seed, front.split.stratify) == (0.2, 0.2, 0, True)
    assert front.metrics == ["accuracy"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--data", "sklearn:digits"],
        ["--data", "sklearn:diabetes"],
        ["--data", "data/penguins.csv", "--target", "island"],
        [
            "--data",
            "sklearn:iris",
            "-e",
            "StandardScaler",
            "-e",
            "SVC: {kernel: linear}",
            "-p",
            "svc__C=10",
            "--seeds",
            "2",
            "--metric",
            "balanced_accuracy",
        ],
        [
            "--data",
            "sklearn:iris",
            "-e",
            "SVC",
            "-g",
            "svc__C=1,10",
            "-g",
            "svc__gamma={log: [0.01, 1, 3]}",
            "--tag",
            "svm",
            "--tag",
            "grid",
        ],
    ],
)
def test_what_it_writes_runs_as_written(journal: Path, arguments: list[str]) -> None:
    path = done(journal, "new", "A question: what's `up`?", *arguments).strip()
    written = (journal / path).read_text()
    done(journal, "exec", path)
    assert (journal / path).read_text().startswith(written.rstrip("\n"))  # nothing was left to fill in


def test_every_key_has_a_short_comment_and_unused_ones_are_commented_out(journal: Path) -> None:
    front = new(journal, "x", "--data", "sklearn:iris").split("---\n")[1]
    lines = front.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"(# )?[a-z]+:", line):
            assert "  # " in line or lines[number - 1].startswith("# "), line
    assert re.search(r"^# expect: ", front, re.MULTILINE)
    assert not re.search(r"[ ]$", front, re.MULTILINE)


def test_the_id_is_date_words_and_four_letters(journal: Path) -> None:
    path = done(journal, "new", "Äpfel & Birnen: 100 % sure?!", "--data", "sklearn:iris").strip()
    assert re.fullmatch(r"lab/entries/\d{4}/\d{8}-apfel-birnen-100-sure-[a-km-np-z2-9]{4}\.md", path)
    long = done(journal, "new", "word " * 40, "--data", "sklearn:iris").strip()
    assert len(Path(long).name) < 70


def test_nothing_is_committed_by_it(journal: Path) -> None:
    before = git(journal, "rev-parse", "journal")
    new(journal, "x", "--data", "sklearn:iris")
    assert git(journal, "rev-parse", "journal") == before


def test_a_dry_run_prints_the_entry_and_writes_nothing(journal: Path) -> None:
    said = done(journal, "new", "x", "--data", "sklearn:iris", "--dry-run")
    assert parse(said, entry_id="x", file="x.md").front.title == "x"
    assert not (journal / "lab/entries").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--data", "sklearn:iris", "-e", "SCV"], 1, "did you mean `SVC`?"),
        (["--data", "sklearn:iris", "-e", "SVC: {gama: 1}"], 1, "SVC has no parameter `gama`; did you mean `gamma`?"),
        (["--data", "sklearn:iris", "-e", "SVC", "-p", "svc__C"], 2, "--parameter takes NAME=VALUE"),
        (["--data", "sklearn:iris", "-e", "SVC", "-p", "svc__C=010"], 2, "write 10"),
        (["--data", "data/penguin.csv", "--target", "species"], 1, "did you mean `penguins.csv`?"),
        (["--data", "data/penguins.csv", "--target", "specie"], 1, "did you mean `species`?"),
        (["--data", "sklearn:iris", "--baseline", "nope"], 2, "no entry fits `nope`"),
        (["--data", "sklearn:iris", "--template", "sklaern"], 2, "did you mean `sklearn`?"),
        (["--data", "sklearn:iris", "--template", "../x"], 2, "not a template's name"),
        (["--data", "../x.csv", "--target", "y"], 1, "`..` is not followed"),
        (["--data", "/etc/passwd", "--target", "y"], 1, "begin at the top of the repository"),
        (["--data", "sklearn:iris", "-g", "svc__C={log: [0, 1, 3]}", "-e", "SVC"], 1, "log"),
    ],
)
def test_what_would_not_run_is_refused_before_anything_is_written(journal: Path, arguments: list[str], code: int, message: str) -> None:
    ended = gitjournal(journal, "new", "x", *arguments)
    assert ended.returncode == code, ended.stderr
    assert message in ended.stderr
    assert not (journal / "lab/entries").exists()


def test_a_template_of_the_journal_comes_before_the_built_in_ones(journal: Path) -> None:
    (journal / "lab/templates").mkdir()
    (journal / "lab/templates/ours.md").write_text(
        "---\ntitle: $title\ndata: $data\nprocedure: $procedure\ntags: [ours]\nx-price: $$5\n---\n\n## Our heading\n"
    )
    text = new(journal, "x", "--data", "sklearn:iris", "--template", "ours")
    assert "tags: [ours]\nx-price: $5\n" in text
    assert "## Our heading" in text


def test_a_template_with_an_unknown_field_names_its_line(journal: Path) -> None:
    (journal / "lab/templates").mkdir()
    (journal / "lab/templates/ours.md").write_text("---\ntitle: $titel\n---\n")
    ended = gitjournal(journal, "new", "x", "--data", "sklearn:iris", "--template", "ours")
    assert ended.returncode == 1
    assert "2: no field `$titel`; did you mean `title`?" in ended.stderr


def test_an_entry_can_begin_with_what_another_declares(journal: Path) -> None:
    first = done(journal, "new", "First", "--data", "sklearn:iris", "-e", "SVC", "-p", "svc__C=7", "--tag", "a").strip()
    front = parse(new(journal, "Second", "--from", Path(first).stem[-4:], "-p", "svc__C=8"), entry_id="x", file="x").front
    assert (front.from_, front.parameters, front.tags, front.procedure) == (Path(first).stem, {"svc__C": 8}, ["a"], ["SVC"])


def test_a_branch_is_begun_from_the_journal_and_drafts_come_along(journal: Path) -> None:
    path = done(journal, "new", "x", "--data", "sklearn:iris", "--branch", "exp/x").strip()
    assert git(journal / "lab", "branch", "--show-current") == "exp/x"
    assert git(journal, "rev-parse", "exp/x") == git(journal, "rev-parse", "journal")
    assert (journal / path).exists()
    assert git(journal, "branch", "--show-current") == "main"


def test_on_a_terminal_the_editor_opens(journal: Path, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    editor.chmod(0o755)
    command = f"{sys.executable} -m gitjournal new x --data sklearn:iris"
    subprocess.run(
        ["script", "-qec", command, "/dev/null"], cwd=journal, check=True, capture_output=True, env={**os.environ, "EDITOR": str(editor)}
    )
    assert (tmp_path / "opened").read_text().strip().endswith(".md")
