"""`gitjournal data split`: the rows of train and dev as they were run with, and of the test part nothing but its count and digest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from gitjournal.trust import store
from gitjournal.trust.code_files import find_code
from tests.support.helpers import done, git, gitjournal, snapshot, write_entry

NAME = "20261121-an-entry-aaaa"
N_ROWS = 40
TABLE = "x,y,who\n" + "".join(f"{row},{'ab'[row * row % 7 % 2]},p{row // 3}\n" for row in range(N_ROWS))
LOADER = """\
import pathlib
import numpy as np

def load():
    pathlib.Path("it-ran").write_text("")
    return np.arange(40.0).reshape(20, 2), np.arange(20) % 2
"""


def begin(repo: Path, split: str, more: str = "", data: str = "{path: rows.csv, target: y, drop: [who]}") -> None:
    done(repo, "init", "-q")
    (repo / "rows.csv").write_text(TABLE)
    write_entry(repo / "lab", NAME, f"title: t\nhypothesis: h\ndata: {data}\nsplit: {split}\nprocedure: [GaussianNB]\n{more}")


def record(repo: Path) -> dict[str, Any]:
    """Run the entry, and return the first of its records."""
    done(repo, "exec", "-q", "aaaa")
    line: dict[str, Any] = json.loads(git(repo, "show", f"journal:entries/2026/{NAME}.runs.jsonl").splitlines()[0])
    return line


def read_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def digest(rows: Iterable[int]) -> str:
    """Return the digest of row numbers as records hold it, by no code of gitjournal's."""
    return hashlib.sha256(b"".join(struct.pack("<q", row) for row in rows)).hexdigest()


def test_a_holdout_is_that_of_the_record_and_the_test_rows_are_those_that_are_missing(repo: Path) -> None:
    begin(repo, "{dev: 0.2, test: 0.2, train_dev: 0.1}")
    ended = gitjournal(repo, "data", "split", "aaaa")
    assert ended.returncode == 0
    rows = read_rows(ended.stdout)
    assert list(rows[0]) == ["row", "part"]
    assert [int(row["row"]) for row in rows] == sorted(int(row["row"]) for row in rows)
    parts = {part: [int(row["row"]) for row in rows if row["part"] == part] for part in ("train", "dev", "train_dev")}
    left_out = sorted(set(range(N_ROWS)) - {int(row["row"]) for row in rows})
    assert {part: len(numbers) for part, numbers in parts.items()} == {"train": 20, "dev": 8, "train_dev": 4}
    assert ended.stderr == (f"aaaa: train 20, dev 8, train_dev 4\ntest: 8 rows, not written; digest {digest(left_out)}\n")

    on_record = record(repo)
    assert {part: digest(numbers) for part, numbers in {**parts, "test": left_out}.items()} == on_record["parts"]
    assert f"rows: {digest(left_out)}" in (repo / "lab/data/rows.md").read_text()


def test_as_one_object_it_names_no_test_row_either(repo: Path) -> None:
    begin(repo, "{dev: 0.2, test: 0.2}")
    ended = gitjournal(repo, "data", "split", "aaaa", "--json")
    found = json.loads(ended.stdout)
    assert ended.stderr == ""
    assert list(found) == ["hash", "rows", "split", "seed", "test", "digests", "folds"]
    assert found["split"] == {"dev": 0.2, "test": 0.2, "seed": 0, "shuffle": True, "stratify": True}
    assert (found["rows"], found["seed"], found["test"]) == (N_ROWS, None, 8)
    (fold,) = found["folds"]
    assert list(fold) == ["repeat", "fold", "train", "dev"]
    assert (fold["repeat"], fold["fold"]) == (0, 0)
    assert (digest(fold["train"]), digest(fold["dev"])) == (found["digests"]["train"], found["digests"]["dev"])
    assert record(repo)["parts"] == found["digests"]


def test_folds_say_where_each_row_is_judged(repo: Path) -> None:
    begin(repo, "{cv: 3, repeats: 2, test: 0.2, group: who}", data="{path: rows.csv, target: y}")
    ended = gitjournal(repo, "data", "split", "aaaa")
    rows = [{name: int(cell) for name, cell in row.items()} for row in read_rows(ended.stdout)]
    assert list(rows[0]) == ["row", "repeat", "fold"]
    devs = [[row["row"] for row in rows if (row["repeat"], row["fold"]) == (repeat, fold)] for repeat in (0, 1) for fold in (0, 1, 2)]
    judged = sorted(row["row"] for row in rows if row["repeat"] == 0)
    assert judged == sorted(row["row"] for row in rows if row["repeat"] == 1) == sorted(set(judged))
    left_out = sorted(set(range(N_ROWS)) - set(judged))
    assert "the first of 6 folds\n" in ended.stderr
    assert f"test: {len(left_out)} rows, not written; digest {digest(left_out)}\n" in ended.stderr

    folds = json.loads(done(repo, "data", "split", "aaaa", "--json"))["folds"]
    assert [(fold["repeat"], fold["fold"]) for fold in folds] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert [fold["dev"] for fold in folds] == devs
    assert all(sorted(fold["train"] + fold["dev"]) == judged for fold in folds)
    trains = [row for fold in folds for row in fold["train"]]
    assert record(repo)["parts"] == {"train": digest(trains), "dev": digest(row for dev in devs for row in dev), "test": digest(left_out)}


def test_under_seed_each_the_seed_is_chosen_and_the_test_part_stays(repo: Path) -> None:
    begin(repo, "{dev: 0.2, test: 0.2, seed: each}", "seeds: [3, 4]")
    first, same, another = (
        json.loads(done(repo, "data", "split", "aaaa", "--json", *seed)) for seed in ([], ["--seed", "3"], ["--seed", "4"])
    )
    assert first == same
    assert (first["seed"], another["seed"]) == (3, 4)
    assert first["digests"]["test"] == another["digests"]["test"]
    assert first["digests"]["dev"] != another["digests"]["dev"]
    assert "dev 8, seed 4\n" in gitjournal(repo, "data", "split", "aaaa", "--seed", "4").stderr
    assert record(repo)["parts"] == first["digests"]
    too_large = gitjournal(repo, "data", "split", "aaaa", "--seed", str(2**32))
    assert (too_large.returncode, too_large.stdout) == (2, "")
    assert "4294967296 is not in the range" in too_large.stderr


def test_an_entry_with_an_empty_list_of_seeds_is_divided_by_seed_0(repo: Path) -> None:
    begin(repo, "{dev: 0.2, seed: each}", "seeds: []")
    assert json.loads(done(repo, "data", "split", "aaaa", "--json"))["seed"] == 0


def test_a_seed_that_changes_nothing_is_refused(repo: Path) -> None:
    begin(repo, "{dev: 0.2, seed: 3}")
    ended = gitjournal(repo, "data", "split", "aaaa", "--seed", "3")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--seed goes with `split: {seed: each}`" in ended.stderr


def test_a_file_holds_what_would_be_printed_and_nothing_else_is_written(repo: Path) -> None:
    begin(repo, "{dev: 0.2}")
    printed = done(repo, "data", "split", "-q", "aaaa")
    as_json = done(repo, "data", "split", "aaaa", "--json")
    before = snapshot(repo, without=(".git/gitjournal",))
    assert done(repo, "data", "split", "aaaa", "-o", "rows-of.csv") == "aaaa: train 32, dev 8\n"
    assert done(repo, "data", "split", "aaaa", "-q", "-o", "rows-of.json") == ""
    assert done(repo, "data", "split", "aaaa", "-q", "--json", "-o", "rows-of.txt") == ""
    assert gitjournal(repo, "data", "split", "-q", "aaaa").stderr == ""
    written = [(repo / f"rows-of.{ending}") for ending in ("csv", "json", "txt")]
    assert [path.read_text() for path in written] == [printed, as_json, as_json]
    for path in written:
        path.unlink()
    assert snapshot(repo, without=(".git/gitjournal",)) == before
    nowhere = gitjournal(repo, "data", "split", "aaaa", "-o", "no/where.csv")
    assert (nowhere.returncode, "its folder does not exist" in nowhere.stderr) == (2, True)


@pytest.mark.parametrize(
    ("split", "data", "message"),
    [
        ("{dev: 0.2}", f"{{path: rows.csv, target: y, drop: [who], hash: 'sha256:{'0' * 64}'}}", "rows.csv is not what the entry names"),
        ("{cv: 30}", "{path: rows.csv, target: y, drop: [who]}", "fewer than the 30 parts of the split"),
        ("{dev: 0.2, group: whose}", "{path: rows.csv, target: y, drop: [who]}", "whose"),
    ],
)
def test_what_cannot_be_divided_is_an_error_at_its_place(repo: Path, split: str, data: str, message: str) -> None:
    begin(repo, split, data=data)
    ended = gitjournal(repo, "data", "split", "aaaa")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"{NAME}.md:" in ended.stderr
    assert message in ended.stderr


def test_it_is_asked_about_an_entry(repo: Path) -> None:
    begin(repo, "{dev: 0.2}")
    ended = gitjournal(repo, "data", "split", "sklearn:iris")
    assert (ended.returncode, ended.stdout) == (2, "")


def test_a_function_that_gives_the_data_runs_only_after_trust(repo: Path) -> None:
    begin(repo, "{dev: 0.2}", data="{python: own:load}")
    (repo / "own.py").write_text(LOADER)
    ended = gitjournal(repo, "data", "split", "aaaa")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "runs only after you trusted it" in ended.stderr
    assert not list(repo.rglob("it-ran"))
    store.grant(repo / ".git/gitjournal", find_code("own:load", [], repo, ("data", "python")))
    assert len(read_rows(done(repo, "data", "split", "aaaa"))) == 20
