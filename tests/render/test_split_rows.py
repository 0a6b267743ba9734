"""The parts of a split as row numbers, as they are written."""

from __future__ import annotations

from typing import Any

import msgspec

from gitjournal.render.split_rows import rows_as_csv, rows_as_plain, split_lines
from gitjournal.worker.jobs import SplitRows

HOLDOUT = SplitRows(
    hash="sha256:d",
    rows=7,
    split={"dev": 0.2, "test": 0.2, "seed": 0},
    seed=None,
    test=1,
    digests={"train": "a", "dev": "b", "test": "c"},
    folds=[{"train": [0, 2, 5], "train_dev": [3], "dev": [1, 4]}],
)
FOLDS = msgspec.structs.replace(
    HOLDOUT,
    rows=4,
    split={"cv": 2, "repeats": 2, "seed": "each"},
    seed=5,
    test=None,
    digests={"train": "a", "dev": "b"},
    folds=[{"train": rest, "dev": dev} for rest, dev in (([0, 3], [1, 2]), ([1, 2], [0, 3]), ([2, 3], [0, 1]), ([0, 1], [2, 3]))],
)


def test_a_holdout_is_a_line_a_row_in_file_order() -> None:
    assert rows_as_csv(HOLDOUT) == "row,part\n0,train\n1,dev\n2,train\n3,train_dev\n4,dev\n5,train\n"


def test_folds_are_a_line_a_row_and_repeat_with_the_fold_that_judges_it() -> None:
    assert rows_as_csv(FOLDS) == "row,repeat,fold\n0,0,1\n1,0,0\n2,0,0\n3,0,1\n0,1,0\n1,1,0\n2,1,1\n3,1,1\n"


def test_for_programs_each_fold_says_which_it_is() -> None:
    plain: dict[str, Any] = rows_as_plain(FOLDS)
    assert [(fold["repeat"], fold["fold"], fold["dev"]) for fold in plain["folds"]] == [
        (0, 0, [1, 2]),
        (0, 1, [0, 3]),
        (1, 0, [0, 1]),
        (1, 1, [2, 3]),
    ]
    assert (plain["seed"], plain["test"], plain["digests"]) == (5, None, {"train": "a", "dev": "b"})


def test_a_person_reads_sizes_and_what_of_the_test_part_may_be_known() -> None:
    assert split_lines("k3f9", HOLDOUT) == ["k3f9: train 3, train_dev 1, dev 2", "test: 1 row, not written; digest c"]
    assert split_lines("k3\x1b[2Jf9", FOLDS) == ["k3f9: train 2, dev 2, the first of 4 folds, seed 5"]
