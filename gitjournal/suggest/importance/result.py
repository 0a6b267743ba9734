"""The importance of hyper-parameters, as values. A share is of what was tried: a wider range has a larger one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Call = Literal["matters", "did not matter", "cannot be told"]


@dataclass(frozen=True)
class TriedConfiguration:
    """A configuration that was run: its canonical procedure, the mean of its scores over `seeds` and their sample standard deviation.

    Runs on different splits are kept apart by any text that names the `split`.
    """

    procedure: Sequence[Any]
    score: float
    sd: float | None = None
    seeds: int = 1
    split: str = ""


@dataclass(frozen=True)
class ValueScore:
    """The best score that was reached with a value, or with values from `value` to `to`."""

    value: Any
    to: Any
    score: float


@dataclass(frozen=True)
class Importance:
    """The importance of one hyper-parameter: among `runs` configurations that have it, with so many different `values`.

    `share` of the variance with the interval `low` to `high`, None where too few runs say anything; `why` says why nothing can be told,
    and `tied` which parameters it only ever varied together with.
    """

    name: str
    runs: int
    values: int
    best: ValueScore
    worst: ValueScore
    call: Call
    share: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""
    tied: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Algorithm:
    """The parameters of one algorithm that took several values, the most important first; `best` is its best score."""

    name: str
    runs: int
    best: float
    parameters: list[Importance]


@dataclass(frozen=True)
class Importances:
    """The importances on one data set: of the `choice` of algorithm (None where there is one only), and of each one's parameters."""

    metric: str
    runs: int
    choice: Importance | None
    algorithms: list[Algorithm]

    @property
    def is_conclusive(self) -> bool:
        """Whether any parameter is said to matter, or not to."""
        every = [self.choice] if self.choice else []
        every += [importance for algorithm in self.algorithms for importance in algorithm.parameters]
        return any(importance.call != "cannot be told" for importance in every)
