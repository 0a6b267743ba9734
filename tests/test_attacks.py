"""A stranger's entry, from the pull request to the terminal: nothing of it is executed, nothing else is read."""

from __future__ import annotations

import os
from pathlib import Path

import joblib
import pytest

from tests.support.helpers import done, git, gitjournal, snapshot, write_entry

SECRET = "s3cret-token-of-mine"
IRIS = "data: {sklearn: iris}\n"


class Bomb:
    """Unpickled, it leaves a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.fixture
def journal(repo: Path) -> Path:
    done(repo, "init")
    (repo / ".env").write_text(f"TOKEN={SECRET}\n")
    (repo.parent / "outside.csv").write_text(f"a,y\n{SECRET},1\n")
    (repo / "link.csv").symlink_to(repo.parent / "outside.csv")
    (repo / "folder").symlink_to(repo.parent)
    os.mkfifo(repo / "pipe.csv")
    (repo / "words.csv").write_text("text,y\n" + f"{repo / '.env'},1\nharmless,0\n" * 30)
    joblib.dump(Bomb(repo.parent / "trace"), repo / "model.pkl")
    (repo / "cache/joblib").mkdir(parents=True)
    return repo


ATTACKS = {
    "a-joblib-cache": (IRIS + "procedure: [{Pipeline: {steps: [{a: StandardScaler}], memory: cache}}, SVC]", "memory"),
    "a-file-by-its-name": (
        "data: {path: words.csv, features: text, target: y}\nprocedure: [{CountVectorizer: {input: filename}}, SVC]",
        "input",
    ),
    "a-vocabulary-file": (
        "data: {path: words.csv, features: text, target: y}\nprocedure: [{CountVectorizer: {vocabulary: .env}}, SVC]",
        "vocabulary",
    ),
    "a-class-outside-the-list": (IRIS + "procedure: [os.system]", "os.system"),
    "a-class-by-import": (IRIS + "procedure: [{subprocess.Popen: {args: [touch, ../trace]}}]", "subprocess.Popen"),
    "a-function-outside-the-list": (IRIS + "procedure: [{FunctionTransformer: {func: os.system}}, SVC]", "os.system"),
    "a-callback": (IRIS + "procedure: [{KernelPCA: {kernel: os.system}}, SVC]", "os.system"),
    "a-path-as-a-value": (IRIS + "procedure: [{SVC: {kernel: ../../etc/passwd}}]", "kernel"),
    "a-path-upwards": ("data: {path: ../outside.csv, target: y}\nprocedure: [tabular, SVC]", "`..` is not followed"),
    "an-absolute-path": ("data: {path: /etc/passwd, target: y}\nprocedure: [tabular, SVC]", "begin at the top of the repository"),
    "a-dot-file": ("data: {path: .env, target: y}\nprocedure: [tabular, SVC]", "dot file"),
    "git-itself": ("data: {path: .git/config, target: y}\nprocedure: [tabular, SVC]", "dot"),
    "a-link": ("data: {path: link.csv, target: y}\nprocedure: [tabular, SVC]", "is a symlink"),
    "a-linked-folder": ("data: {path: folder/outside.csv, target: y}\nprocedure: [tabular, SVC]", "is a symlink"),
    "a-pipe": ("data: {path: pipe.csv, target: y}\nprocedure: [tabular, SVC]", "not a regular file"),
    "a-url": ("data: {path: 'https://user:pw@example.org/x.csv', target: y}\nprocedure: [tabular, SVC]", "is no path"),
    "a-pickle": ("data: {path: model.pkl, target: y}\nprocedure: [tabular, SVC]", "model.pkl"),
    "a-yaml-tag": (IRIS + "procedure: !!python/object/apply:os.mkdir [../trace]", "tags"),
    "an-alias-bomb": ("a: &a [x, x]\nb: &b [*a, *a]\n" + IRIS + "procedure: *b", "anchors and aliases"),
    "a-deep-nest": (IRIS + "procedure: " + "[" * 500 + "]" * 500, "nested more than"),
    "an-endless-value": (IRIS + "procedure: [SVC]\nx-long: " + "x" * 300_000, "longer than"),
    "a-number-too-large": (IRIS + "procedure: [{SVC: {C: 1" + "0" * 5000 + "}}]", "beyond 64 bits"),
    "too-large-a-grid": (IRIS + "procedure: [SVC]\ngrid: {svc__C: {lin: [1, 2, 1000000000]}}", "grid"),
}


@pytest.mark.parametrize("name", list(ATTACKS))
def test_it_is_refused_and_reads_and_runs_nothing(journal: Path, name: str) -> None:
    front, says = ATTACKS[name]
    write_entry(journal / "lab", f"20261121-{name}-e111", f"title: {name}\n{front}\n")
    tip, before = git(journal, "rev-parse", "journal"), snapshot(journal, without=(".git", "lab"))
    for command in (["ls"], ["show", "e111"], ["diff", "e111"], ["exec", "--dry-run", "e111"], ["exec", "e111"]):
        ended = gitjournal(journal, *command)
        said = ended.stdout + ended.stderr
        assert SECRET not in said
        assert "Traceback" not in said
        assert "a fault in gitjournal itself" not in said
    assert ended.returncode == 1
    assert says in said
    assert "user:pw" not in said
    assert git(journal, "rev-parse", "journal") == tip
    assert snapshot(journal, without=(".git", "lab")) == before
    assert not (journal.parent / "trace").exists()


def test_the_bomb_of_these_tests_would_go_off(tmp_path: Path) -> None:
    joblib.dump(Bomb(tmp_path / "trace"), tmp_path / "model.pkl")
    joblib.load(tmp_path / "model.pkl")
    assert (tmp_path / "trace").exists()


def test_a_page_that_is_a_link_is_not_followed(journal: Path) -> None:
    page = journal / "lab/entries/2026/20261121-linked-e111.md"
    page.parent.mkdir(parents=True)
    page.symlink_to(journal / ".env")
    for command in (["ls"], ["show", "e111"], ["exec", "e111"]):
        ended = gitjournal(journal, *command)
        assert SECRET not in ended.stdout + ended.stderr
    assert ended.returncode == 1


def test_a_hostile_title_does_not_move_the_cursor_in_any_message(journal: Path) -> None:
    write_entry(journal / "lab", "20261121-hostile-e111", f'title: "a\\u001b[2Jb"\nbaseline: "\\u001b[31mx"\n{IRIS}procedure: [SVC]\n')
    ended = gitjournal(journal, "exec", "e111")
    assert "\x1b" not in ended.stdout + ended.stderr
