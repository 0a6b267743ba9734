"""What was seen of configurations: the evidence that suggestions and forecasts go by. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trial:
    """One configuration on one data set: `score` is the mean over seeds and splits, None where it only failed."""

    data: str
    key: str
    score: float | None
    entry: str
    seconds: float | None = None


@dataclass(frozen=True)
class DataSet:
    """A data set as the journal knows it; sizes are None where nothing says them."""

    hash: str
    label: str
    rows: int | None = None
    columns: int | None = None


@dataclass(frozen=True)
class Evidence:
    """All trials of one metric and task, and the data set in question."""

    metric: str
    data: DataSet
    trials: Sequence[Trial]
    sets: Mapping[str, DataSet] = field(default_factory=dict)

    def own(self) -> list[Trial]:
        """Return the trials on the data in question that have a score."""
        return [one for one in self.trials if one.data == self.data.hash and one.score is not None]
