"""What `exec` prints while a network learns."""

from __future__ import annotations

import pytest

from gitjournal.render.exec_output import epoch_line
from gitjournal.run.messages import Epoch
from gitjournal.worker.jobs import RunProgress


@pytest.mark.parametrize(
    ("finished", "total", "progress", "line"),
    [
        (1, 3, RunProgress(1, 5, 7, 30, 0.4312, 0.502), "run 2/3 · fold 1/5 · epoch 7/30 · loss 0.431 · val_loss 0.502"),
        (0, 1, RunProgress(1, 1, 7, 30, 0.4312), "epoch 7/30 · loss 0.431"),
        (0, 1, RunProgress(1, 1, 7, 30, None), "epoch 7/30 · loss -"),
    ],
)
def test_an_epoch_is_one_line_of_what_there_is_to_tell(finished: int, total: int, progress: RunProgress, line: str) -> None:
    assert epoch_line(Epoch(finished, total, progress), width=100) == line
