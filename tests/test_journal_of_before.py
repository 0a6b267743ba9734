"""A journal that the code of 2026-12-01 wrote, and what it said of it: today's code reads it, says the same, and runs nothing twice.

`repository.fast-export` is that repository as `git fast-export --all` writes it; the entry that ends in tsj2 was not committed.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from gitjournal.entry.parse import parse
from gitjournal.entry.record import decode_lines
from gitjournal.procedure.agreement import disagreements
from gitjournal.procedure.canonical_text import fingerprint
from gitjournal.trust import store
from gitjournal.trust.code_files import find_code
from tests.support.helpers import git, gitjournal

BEFORE = Path(__file__).parent / "support/journal_of_before"
ANSWERS: dict[str, Any] = json.loads((BEFORE / "answers.json").read_text())
AGAIN = "20261201-the-forest-again-elsewhere-tsj2"
OWN = "20261130-the-dummy-of-ours-dddd"


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before")
    git(folder, "init", "-q")
    git(folder, "fast-import", "--quiet", stdin=(BEFORE / "repository.fast-export").read_text())
    git(folder, "reset", "-q", "--hard", "main")
    tips = git(folder, "show-ref")
    ended = gitjournal(folder, "init")
    assert ended.returncode == 0, ended.stderr
    assert git(folder, "show-ref") == tips  # the journal is adopted as it is
    (folder / f"lab/entries/2026/{AGAIN}.md").write_text((BEFORE / f"{AGAIN}.md").read_text())
    return folder


def answer(journal: Path, *arguments: str, code: int = 0) -> Any:
    ended = gitjournal(journal, *arguments, "--json")
    assert ended.returncode == code, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def differences(before: Any, now: Any, place: str = "") -> list[str]:
    """Return where the two differ. What is said now may have more keys, and floats their last digits from another machine."""
    if isinstance(before, dict) and isinstance(now, dict):
        lost = [f"{place}.{key} is gone" for key in before.keys() - now.keys()]
        return lost + [found for key in before.keys() & now.keys() for found in differences(before[key], now[key], f"{place}.{key}")]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [found for number, pair in enumerate(zip(before, now, strict=True)) for found in differences(*pair, f"{place}[{number}]")]
    if isinstance(before, float) and isinstance(now, float) and math.isclose(before, now, rel_tol=1e-9):
        return []
    return [] if type(before) is type(now) and before == now else [f"{place}: {before!r} is now {now!r}"]


def test_check_finds_nothing(journal: Path) -> None:
    assert answer(journal, "check") == {**ANSWERS["check"], "findings": []}  # that version took a look over several seeds for one of none


def test_ls_says_the_same(journal: Path) -> None:
    entries = answer(journal, "ls")
    written = [entry.pop("at") for entry in entries if entry["id"] == AGAIN]
    assert len(written) == 1  # the file's time
    before = [{key: value for key, value in entry.items() if entry["id"] != AGAIN or key != "at"} for entry in ANSWERS["ls"]]
    assert differences(before, entries) == []


def test_log_says_the_same(journal: Path) -> None:
    assert differences(ANSWERS["log"], answer(journal, "log")) == []


@pytest.mark.parametrize("entry_id", ANSWERS["show"])
def test_show_says_the_same(journal: Path, entry_id: str) -> None:
    assert differences(ANSWERS["show"][entry_id], answer(journal, "show", entry_id)) == []


@pytest.mark.parametrize("entry_id", [entry_id for entry_id in ANSWERS["exec"] if entry_id != OWN])
def test_what_is_done_is_shown_and_not_run_again(journal: Path, entry_id: str) -> None:
    before = written(journal)
    failed = ANSWERS["exec"][entry_id]["runs"]["failed"]
    assert differences(ANSWERS["exec"][entry_id], answer(journal, "exec", entry_id, code=4 if failed else 0)) == []
    assert written(journal) == before


def test_a_function_of_ones_own_is_trusted_anew_on_this_clone_and_then_shown(journal: Path) -> None:
    before = written(journal)
    refused = gitjournal(journal, "exec", OWN)
    assert refused.returncode == 1
    assert "gitjournal trust" in refused.stderr
    store.grant(journal / ".git/gitjournal", find_code("lib.own:fit", ["lib/own.py"], journal, ("procedure", "python")))
    assert differences(ANSWERS["exec"][OWN], answer(journal, "exec", OWN)) == []
    assert written(journal) == before


def test_the_same_procedure_in_another_entry_is_known(journal: Path) -> None:
    before = written(journal)
    ended = gitjournal(journal, "exec", AGAIN)
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert "aaaa" in ended.stdout
    assert written(journal) == before


@pytest.mark.parametrize("branch", ["journal", "exp/deep"])
def test_every_fingerprint_is_worked_out_as_it_was(journal: Path, branch: str) -> None:
    pages = [path for path in git(journal, "ls-tree", "-r", "--name-only", branch, "entries").splitlines() if path.endswith(".md")]
    assert len(pages) == {"journal": 6, "exp/deep": 7}[branch]
    for page in pages:
        entry = parse(git(journal, "show", f"{branch}:{page}") + "\n", entry_id=Path(page).stem, file=page)
        lines = page.removesuffix(".md") + ".runs.jsonl"
        records = decode_lines(git(journal, "show", f"{branch}:{lines}").encode(), file=lines)
        assert records
        assert [fingerprint(record.canonical or "") for record in records] == [record.fingerprint for record in records]
        runs = [record for record in records if record.status != "final"]  # a look at the test set has no seed
        assert disagreements(entry, runs) == []


def written(journal: Path) -> list[str]:
    """Return all that a run would change."""
    return [git(journal, "show-ref"), git(journal / "lab", "status", "--porcelain"), git(journal, "status", "--porcelain")]
