from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gitjournal.data import splits
from gitjournal.data.loading import Table
from gitjournal.errors import DataError, EntryError

FROZEN_PLAIN = ([2, 12, 16, 19], [0, 4, 8, 14])
FROZEN_STRATIFIED = ([2, 3, 12, 19], [0, 5, 9, 10])
FROZEN_FOLDS = [[0, 3, 5], [1, 2, 4], [6, 7, 8]]


def table(y: Any, *, task: str = "classification", **columns: Any) -> Table:
    y = np.asarray(y)
    classes = [f"c{code}" for code in np.unique(y)] if task == "classification" else None
    return Table(np.zeros((len(y), 1)), y, task, {"number": ["x"]}, "sha256:0", {}, classes, **columns)


def rows(n: int, task: str = "regression", **columns: Any) -> Table:
    return table(np.arange(n, dtype=float), task=task, **columns)


def draw(of: Table, split: dict[str, Any] | None, seed: int | None = None) -> list[splits.Parts]:
    return splits.divide_rows(of, splits.effective_split(split, of.task), seed)


def sizes(parts: splits.Parts) -> dict[str, int]:
    return {part: len(numbers) for part, numbers in parts.items()}


def test_every_default_is_written_out() -> None:
    assert splits.effective_split(None, "classification") == {"dev": 0.2, "test": 0.2, "seed": 0, "shuffle": True, "stratify": True}
    assert splits.effective_split({"dev": 0.1}, "regression") == {"dev": 0.1, "seed": 0, "shuffle": True, "stratify": False}
    assert splits.effective_split({"test": 0.1}, "regression")["dev"] == 0.2
    assert splits.effective_split({"cv": 5}, "classification") == {"cv": 5, "repeats": 1, "seed": 0, "shuffle": True, "stratify": True}
    assert splits.effective_split({"time": "date"}, "regression") == {"dev": 0.2, "test": 0.2, "time": "date", "gap": 0}
    assert splits.effective_split({"given": True}, "classification") == {"given": True}
    assert splits.effective_split({"dev": 0.2, "group": "g"}, "classification")["stratify"] is False
    assert splits.effective_split({"shuffle": False}, "classification")["stratify"] is False


def test_effective_is_its_own_effective() -> None:
    for split in (None, {"cv": 3, "test": 0.1}, {"time": "t", "gap": 3}, {"given": True, "train_dev": 0.1}, {"group": "g", "seed": "each"}):
        once = splits.effective_split(split, "classification")
        assert splits.effective_split(once, "classification") == once


def test_stratify_needs_classes_and_goes_with_groups_under_cv_only() -> None:
    with pytest.raises(EntryError, match="the task is regression"):
        splits.effective_split({"stratify": True}, "regression")
    with pytest.raises(EntryError, match="with `cv` only"):
        splits.effective_split({"stratify": True, "group": "g"}, "classification")


@pytest.mark.parametrize(
    "split",
    [
        {"dev": 0.2, "test": 0.2},
        {"dev": 0.2, "test": 0.2, "train_dev": 0.1},
        {"dev": 0.2, "shuffle": False},
        {"cv": 4, "repeats": 2, "test": 0.1},
        {"cv": 3, "train_dev": 0.1},
    ],
)
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_each_row_is_in_one_part_of_a_fold(split: dict[str, Any], task: str) -> None:
    of = table(np.arange(103) % 3 if task == "classification" else np.arange(103.0), task=task)
    for parts in draw(of, split):
        together = np.concatenate(list(parts.values()))
        assert sorted(together) == list(range(103))
        assert all((np.diff(numbers) > 0).all() for numbers in parts.values())


def test_shares_are_of_all_rows_rounded_half_up() -> None:
    (parts,) = draw(rows(10), {"dev": 0.25, "test": 0.25, "train_dev": 0.1})
    assert sizes(parts) == {"train": 3, "dev": 3, "test": 3, "train_dev": 1}


def test_classes_keep_their_shares() -> None:
    y = np.repeat([0, 1, 2], [70, 20, 10])
    (parts,) = draw(table(y), {"dev": 0.2, "test": 0.2})
    assert np.bincount(y[parts["test"]]).tolist() == [14, 4, 2]
    assert np.bincount(y[parts["dev"]]).tolist() == [14, 4, 2]
    for fold in draw(table(y), {"cv": 5}):
        assert np.bincount(y[fold["dev"]]).tolist() == [14, 4, 2]


def test_quotas_go_by_largest_remainder_and_leave_every_class_a_row() -> None:
    assert splits.class_quotas(np.array([5, 3, 2]), 5) == [3, 1, 1]  # 2.5, 1.5, 1.0: the tie goes to the first class
    assert splits.class_quotas(np.array([97, 3]), 20) == [19, 1]
    assert splits.class_quotas(np.array([2, 98]), 90) == [1, 89]
    with pytest.raises(DataError, match="cannot hold 3 classes"):
        splits.class_quotas(np.array([5, 5, 5]), 2)


def test_each_row_is_validated_once_a_repeat_and_repeats_differ() -> None:
    folds = draw(rows(23), {"cv": 4, "repeats": 3})
    assert len(folds) == 12
    for start in (0, 4, 8):
        assert sorted(np.concatenate([fold["dev"] for fold in folds[start : start + 4]])) == list(range(23))
        assert {len(fold["dev"]) for fold in folds[start : start + 4]} == {5, 6}
    assert folds[0]["dev"].tolist() != folds[4]["dev"].tolist()


def test_the_same_seed_draws_the_same_rows_and_another_draws_others() -> None:
    same = [draw(rows(50), {"dev": 0.2, "seed": seed})[0]["dev"].tolist() for seed in (0, 0, 1)]
    assert same[0] == same[1] != same[2]


def test_the_draw_is_fixed_for_ever() -> None:
    # these rows are part of the identity of every run in every journal: they may never change under schema 1
    (parts,) = draw(rows(20), {"dev": 0.2, "test": 0.2})
    assert (parts["test"].tolist(), parts["dev"].tolist()) == FROZEN_PLAIN
    (parts,) = draw(table(np.arange(20) % 2), {"dev": 0.2, "test": 0.2})
    assert (parts["test"].tolist(), parts["dev"].tolist()) == FROZEN_STRATIFIED
    folds = draw(rows(9), {"cv": 3, "seed": 7})
    assert [fold["dev"].tolist() for fold in folds] == FROZEN_FOLDS
    assert splits.rows_digest([np.array([1, 2, 3])]) == "e2e2033ae7e19d680599d4eb0a1359a2b48ec5baac75066c317fbf85159c54ef"


def test_neither_dev_nor_folds_nor_seed_each_move_the_test_rows() -> None:
    variants: list[dict[str, Any]] = [{"dev": 0.1}, {"dev": 0.3, "train_dev": 0.1}, {"cv": 5}, {"cv": 3, "repeats": 2}, {"seed": "each"}]
    tests = {tuple(draw(rows(60), {**variant, "test": 0.2}, seed)[0]["test"]) for variant in variants for seed in (0, 3)}
    assert len(tests) == 1


def test_seed_each_follows_the_seed_of_the_run() -> None:
    split = {"dev": 0.2, "seed": "each"}
    assert draw(rows(50), split, 3)[0]["dev"].tolist() == draw(rows(50), {"dev": 0.2, "seed": 3}, 9)[0]["dev"].tolist()
    assert draw(rows(50), split, 3)[0]["dev"].tolist() != draw(rows(50), split, 4)[0]["dev"].tolist()


def test_without_shuffle_the_last_rows_are_test_and_those_before_them_dev() -> None:
    (parts,) = draw(rows(10), {"dev": 0.2, "test": 0.2, "shuffle": False})
    assert (parts["dev"].tolist(), parts["test"].tolist()) == ([6, 7], [8, 9])


GROUPS = np.repeat(np.arange(30), 5)


@pytest.mark.parametrize(
    "split", [{"dev": 0.2, "test": 0.2, "train_dev": 0.1}, {"cv": 5, "repeats": 2, "test": 0.2}, {"cv": 4, "stratify": True}]
)
def test_no_group_is_in_two_parts(split: dict[str, Any]) -> None:
    of = table(np.arange(150) % 3, groups=GROUPS)
    for parts in draw(of, {**split, "group": "g"}):
        groups = [set(GROUPS[numbers]) for numbers in parts.values()]
        assert sum(map(len, groups)) == 30
        for part, share in (("dev", 0.2 if "dev" in split else None), ("test", 0.2)):
            if part in parts and share:
                assert abs(len(parts[part]) - share * 150) <= 5


def test_folds_of_groups_are_even_in_rows_and_classes() -> None:
    groups = np.repeat(np.arange(40), np.arange(1, 41) % 7 + 1)
    y = (groups % 2 == 0).astype(int)
    folds = draw(table(y, groups=groups), {"cv": 4, "group": "g", "stratify": True})
    shares = [y[fold["dev"]].mean() for fold in folds]
    assert max(shares) - min(shares) < 0.25
    assert max(len(fold["dev"]) for fold in folds) - min(len(fold["dev"]) for fold in folds) <= 14


def test_as_many_groups_as_folds_fill_each_fold() -> None:
    folds = draw(rows(10, groups=np.repeat([0, 1, 2], [8, 1, 1])), {"cv": 3, "group": "g"})
    assert sorted(len(fold["dev"]) for fold in folds) == [1, 1, 8]


def test_too_few_groups_are_an_error() -> None:
    with pytest.raises(DataError, match="3 groups cannot fill 5 folds"):
        draw(rows(9, groups=np.repeat([0, 1, 2], 3)), {"cv": 5, "group": "g"})
    with pytest.raises(DataError, match="one group only"):
        draw(rows(9, groups=np.zeros(9, int)), {"dev": 0.2, "group": "g"})


def test_in_time_the_last_rows_are_test_whatever_their_order_in_the_file() -> None:
    times = np.arange(20.0)[::-1]
    (parts,) = draw(rows(20, times=times), {"time": "t", "dev": 0.2, "test": 0.1})
    assert (times[parts["test"]].tolist(), times[parts["dev"]].tolist()) == ([19, 18], [17, 16, 15, 14])
    assert times[parts["train"]].max() == 13


def test_what_happened_at_once_stays_together_in_the_later_part() -> None:
    times = np.array([1, 2, 3, 4, 5, 5, 5, 6, 6, 6.0])
    (parts,) = draw(rows(10, times=times), {"time": "t", "dev": 0.2, "test": 0.2})
    assert (times[parts["test"]].tolist(), times[parts["dev"]].tolist()) == ([6, 6, 6], [5, 5, 5])


def test_a_gap_leaves_rows_out_before_each_part() -> None:
    (parts,) = draw(rows(20, times=np.arange(20.0)), {"time": "t", "dev": 0.2, "test": 0.2, "gap": 2})
    assert (parts["train"].tolist(), parts["dev"].tolist(), parts["test"].tolist()) == (list(range(8)), [10, 11, 12, 13], [16, 17, 18, 19])


def test_given_parts_are_taken_as_they_are_and_train_dev_comes_from_train() -> None:
    of = rows(10, given={"train": np.arange(6), "dev": np.arange(6, 8), "test": np.arange(8, 10)})
    (parts,) = draw(of, {"given": True, "train_dev": 0.2})
    assert sizes(parts) == {"train": 4, "train_dev": 2, "dev": 2, "test": 2}
    assert set(parts["train_dev"]) < set(range(6))


def test_a_given_split_needs_dev() -> None:
    with pytest.raises(DataError, match="`files` has no `dev`"):
        draw(rows(4, given={"train": np.arange(3), "test": np.arange(3, 4)}), {"given": True})


def test_a_class_smaller_than_the_parts_is_named_with_its_count() -> None:
    y = np.repeat([0, 1], [20, 2])
    for split, parts in (({"dev": 0.2, "test": 0.2}, 3), ({"cv": 5}, 5), ({"cv": 5, "test": 0.2}, 6)):
        with pytest.raises(DataError, match=f"the class `c1` has 2 rows, fewer than the {parts} parts"):
            draw(table(y), split)


def test_a_part_or_a_fold_left_empty_is_an_error() -> None:
    with pytest.raises(DataError, match="left empty"):
        draw(rows(3), {"dev": 0.1})
    with pytest.raises(DataError, match="cannot fill 5 folds"):
        draw(rows(3), {"cv": 5})
    with pytest.raises(DataError, match="train part is empty"):
        draw(rows(3, times=np.zeros(3)), {"time": "t", "dev": 0.3})


def test_a_train_part_of_one_class_is_an_error() -> None:
    with pytest.raises(DataError, match="one class only"):
        draw(table(np.repeat([0, 1], [8, 2])), {"dev": 0.2, "shuffle": False})


def test_a_seed_beyond_32_bits_is_refused() -> None:
    with pytest.raises(EntryError, match="below 4294967296"):
        draw(rows(9), {"dev": 0.3, "seed": 2**32})
