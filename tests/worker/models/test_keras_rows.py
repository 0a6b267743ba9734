"""Rows in batches: nothing but a batch is asked for at once, an order for each epoch, and faults that are told as they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from gitjournal.worker.models.keras_rows import Batches, dense, from_table
from gitjournal.worker.models.sklearn_models import ParameterError

X = np.arange(10.0).reshape(5, 2)


class Rows:
    """Rows that are read when they are asked for, and note what was."""

    def __init__(self, broken: int = -1, width: int = 2) -> None:
        self.shape = (1000, width)
        self.broken = broken
        self.asked: list[int] = []

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        self.asked.append(len(rows))
        if self.broken in rows:
            raise OSError("picture.png is broken")
        return np.zeros((len(rows), self.shape[1]))


def walk(batches: Batches) -> list[Any]:
    return list(batches._walk())


def test_a_walk_gives_every_row_once_in_batches_with_target_and_weight() -> None:
    first, *_, last = walk(Batches([X], np.arange(5), np.ones(5), size=2))
    assert [part.tolist() for part in first] == [X[:2].tolist(), [0, 1], [1.0, 1.0]]
    assert [part.tolist() for part in last] == [X[4:].tolist(), [4], [1.0]]
    assert first[0].dtype == np.float32
    ((both, _),) = walk(Batches([X, X[:, :1]], np.arange(5), size=5))
    assert [part.shape for part in both] == [(5, 2), (5, 1)]


def test_a_seed_gives_another_order_in_each_epoch_and_the_same_ones_again() -> None:
    def orders(seed: int | None) -> list[list[int]]:
        batches = Batches([X], np.arange(5), size=5, seed=seed)
        return [walk(batches)[0][1].tolist() for _ in range(3)]

    assert orders(None) == [[0, 1, 2, 3, 4]] * 3
    assert orders(1) == orders(1) != orders(2)
    assert len({tuple(order) for order in orders(1)}) > 1
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders(1))


def test_where_nothing_is_learned_a_batch_is_as_large_as_its_rows_allow() -> None:
    assert Batches([Rows()]).size == 256
    assert Batches([Rows(width=2**20)]).size == 4  # of 4 MiB each
    assert Batches([Rows(width=2**24)]).size == 1


def test_only_a_batch_is_asked_for_at_once() -> None:
    rows = Rows()
    walk(Batches([rows], size=300))
    assert rows.asked == [300, 300, 300, 100]


def test_what_goes_wrong_while_rows_are_read_is_raised_as_it_was() -> None:
    batches = Batches([Rows(broken=700)], size=300)

    def learn() -> None:
        with batches.own_faults():
            try:
                walk(batches)
            except OSError:
                raise RuntimeError("Graph execution error") from None  # as TensorFlow does

    with pytest.raises(OSError, match=r"picture\.png is broken"):
        learn()

    def fail() -> None:
        with Batches([Rows()]).own_faults():
            raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        fail()


def test_arrays_come_as_keras_takes_them() -> None:
    assert dense(np.array([[1, 2]], dtype=np.uint8)).dtype == np.float32
    assert dense(np.array([[1, 2]])).dtype == np.int64
    assert dense(np.array(["a"], dtype=object)).dtype == object
    assert dense(sparse.csr_matrix([[0.0, 1.0]])).tolist() == [[0.0, 1.0]]


def test_a_table_is_numbers_or_text_and_never_both() -> None:
    assert from_table(pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]}), "net").tolist() == [[1.0, 0.5], [2.0, 1.5]]
    words = pd.DataFrame({"a": ["x", "y"]}, dtype=object)
    assert from_table(words, "net").tolist() == [["x"], ["y"]]
    with pytest.raises(ParameterError, match="column `b` holds no numbers; put `tabular` before the network"):
        from_table(pd.DataFrame({"a": [1], "b": ["x"]}), "net")
