"""The summary of an entry's records: configurations best first, effects of parameters, failures, skipped runs, costs.

Shared by what is printed and by the results block, so that both always say the same.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gitjournal.entry.metrics import default_metrics, direction
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.record import GateForecast, Record, Scores, runs_among, skipped_among

Key = tuple[str, int | None]
COUNTS = ("done", "again")  # the states of a record that holds metrics


@dataclass(frozen=True)
class Score:
    """A metric of one configuration: its mean over `n` seeds, and their sample standard deviation (None for n = 1)."""

    mean: float
    sd: float | None
    n: int


@dataclass(frozen=True)
class ConfigurationResult:
    """The runs of one fingerprint. `scores` is keyed by PART.METRIC."""

    fingerprint: str
    grid: dict[str, Any]
    scores: dict[str, Score]
    seeds: list[int | None]
    failed: int


@dataclass(frozen=True)
class Effect:
    """The effect of a grid parameter: the best score reached with its best value, and with its worst."""

    parameter: str
    values: int
    best: Any
    best_score: float
    worst: Any
    worst_score: float


@dataclass(frozen=True)
class Control:
    """A configuration that was unlikely to beat `best` and was run all the same: its score, None where it failed."""

    best: float
    score: float | None
    runs: int
    beat: bool


@dataclass(frozen=True)
class Skips:
    """Runs that were `skipped`, of how many configurations, the seconds they would have taken (None: not known), and the control."""

    skipped: int
    configurations: int
    seconds: float | None
    controls: Sequence[Control]

    @property
    def beat(self) -> int:
        """How many of the control did beat the best as it was then."""
        return sum(one.beat for one in self.controls)


@dataclass(frozen=True)
class Summary:
    """The summary of one entry. `configurations` is sorted by `dev.<metric>` in the direction of the metric, unscored ones last.

    `gated` tells of runs that were skipped as unlikely to beat the best; None where there were none.
    """

    metric: str | None
    direction: int
    configurations: list[ConfigurationResult]
    effects: list[Effect]
    runs: int
    done: int
    failed: int
    borrowed: int
    repeated: int
    gated: Skips | None
    failures: dict[str, int]
    messages: dict[str, str]
    findings: dict[str, int]
    seconds: float
    memory_mb: int | None
    environments: list[str]
    kernels: list[str]
    first_at: str | None
    last_at: str | None

    @property
    def deciding(self) -> str | None:
        """The PART.METRIC that decides."""
        return f"dev.{self.metric}" if self.metric else None

    @property
    def best(self) -> ConfigurationResult | None:
        """The configuration with the best deciding score, or None where nothing was scored."""
        first = self.configurations[0] if self.configurations else None
        return first if first and self.deciding in first.scores else None

    @property
    def scored(self) -> int:
        """How many configurations the best one was chosen from: those that have the deciding score."""
        return sum(self.deciding in one.scores for one in self.configurations)

    @property
    def best_score(self) -> Score | None:
        """The deciding score of the best configuration."""
        return self.best.scores[self.deciding] if self.best and self.deciding else None


def summarise(front: FrontMatter, records: Sequence[Record]) -> Summary:
    """Summarise the records of one entry; those with `from` must have been given their owner's metrics (`join`)."""
    every, records = records, runs_among(records)
    counted = _record_of_each_run(records)
    metric = deciding_metric(front, counted)
    sign = direction(metric) if metric else 1
    configurations = _configurations(counted, f"dev.{metric}", sign)
    failed = [record for record in counted if record.status == "failed"]
    ats = sorted(record.at for record in records if record.at)
    owned = [record for record in records if record.owned]
    memories = [record.memory_mb for record in owned if record.memory_mb is not None]
    return Summary(
        metric=metric,
        direction=sign,
        configurations=configurations,
        effects=_effects(configurations, f"dev.{metric}", sign),
        runs=len(counted),
        done=len(counted) - len(failed),
        failed=len(failed),
        borrowed=sum(not record.owned for record in counted),
        repeated=len(records) - len(counted),
        gated=count_skips(every, metric, sign),
        failures=dict(Counter(record.failure.kind for record in failed if record.failure).most_common()),
        messages={record.failure.kind: record.failure.message for record in reversed(failed) if record.failure},
        findings=dict(Counter(code for record in counted for code in record.findings).most_common()),
        seconds=math.fsum(record.seconds or 0.0 for record in owned),
        memory_mb=max(memories, default=None),
        environments=_distinct(record.environment for record in owned),
        kernels=_distinct(record.kernel for record in owned),
        first_at=ats[0] if ats else None,
        last_at=ats[-1] if ats else None,
    )


def join(records: Iterable[Record], owners: Mapping[Key, Scores]) -> list[Record]:
    """Give each record with `from` the metrics of its owner, where they are known."""
    return [
        record if record.owned or record.metrics else msgspec.structs.replace(record, metrics=owners.get(record.key, {}))
        for record in records
    ]


def deciding_metric(front: FrontMatter, records: Iterable[Record] = ()) -> str | None:
    """Return the metric that decides: the first declared, else the task's, else the first that was measured."""
    if front.metric_names:
        return front.metric_names[0]
    if front.task and default_metrics(front.task):
        return default_metrics(front.task)[0]
    return next((name for record in records for name in record.metrics.get("dev", {})), None)


def state(front: FrontMatter, records: Sequence[Record]) -> str:
    """Return planned, done, failed, partly or retracted.

    Partly: some runs failed, or a declared value or seed occurs in no run. The number of combinations alone does not
    tell, since combinations that mean the same are one run.
    """
    settled = skipped_among(records)
    records = runs_among(records)
    if front.retracted:
        return "retracted"
    if not records:
        return "planned"
    counted = _record_of_each_run(records)
    failed = sum(record.status == "failed" for record in counted)
    if failed == len(counted):
        return "failed"
    return "partly" if failed or lacks_runs(front, [*counted, *settled]) else "done"


def count_skips(records: Sequence[Record], metric: str | None, sign: int) -> Skips | None:
    """Return what was skipped and how the control did in `dev.<metric>`; None where nothing was ever skipped."""
    skipped = skipped_among(records)
    control_runs: dict[str, list[Record]] = defaultdict(list)
    for record in runs_among(records):
        if record.gate is not None:
            control_runs[record.fingerprint].append(record)
    if not skipped and not control_runs:
        return None
    times = [record.gate.seconds for record in skipped if record.gate and record.gate.seconds is not None]
    seconds = sum(times) if len(times) == len(skipped) else None
    controls = [_control(runs, metric, sign) for runs in control_runs.values()]
    return Skips(len(skipped), len({record.fingerprint for record in skipped}), seconds, [control for control in controls if control])


def _control(runs: Sequence[Record], metric: str | None, sign: int) -> Control | None:
    gate: GateForecast | None = runs[0].gate
    if gate is None:
        return None
    values = [run.metrics.get("dev", {}).get(metric or "") for run in runs]
    scores = [value for value in values if value is not None]
    score = statistics.fmean(scores) if scores else None
    return Control(gate.best, score, len(runs), score is not None and sign * score > sign * gate.best)


def _record_of_each_run(records: Sequence[Record]) -> list[Record]:
    """Keep one record for each fingerprint and seed: the first that is done, else a repeat, else the last failure."""
    by_run: dict[Key, Record] = {}
    rank = {"done": 2, "again": 1, "failed": 0}
    for record in records:
        earlier = by_run.get(record.key)
        if earlier is None or rank[record.status] > rank[earlier.status] or record.status == earlier.status == "failed":
            by_run[record.key] = record
    return list(by_run.values())


def _configurations(records: Sequence[Record], deciding: str, sign: int) -> list[ConfigurationResult]:
    grouped: dict[str, list[Record]] = {}
    for record in records:
        grouped.setdefault(record.fingerprint, []).append(record)
    configurations = [_configuration(fingerprint, group) for fingerprint, group in grouped.items()]
    return sorted(configurations, key=lambda one: -sign * one.scores[deciding].mean if deciding in one.scores else math.inf)


def _configuration(fingerprint: str, records: Sequence[Record]) -> ConfigurationResult:
    values: dict[str, list[float]] = {}
    for record in records:
        if record.status in COUNTS:
            for part, metrics in record.metrics.items():
                for name, value in metrics.items():
                    if value is not None and math.isfinite(value):
                        values.setdefault(f"{part}.{name}", []).append(value)
    return ConfigurationResult(
        fingerprint=fingerprint,
        grid=records[0].grid,
        scores={name: _score(numbers) for name, numbers in values.items()},
        seeds=[record.seed for record in records if record.status in COUNTS],
        failed=sum(record.status == "failed" for record in records),
    )


def _score(values: Sequence[float]) -> Score:
    if len(values) == 1:
        return Score(values[0], None, 1)
    return Score(math.fsum(values) / len(values), statistics.stdev(values), len(values))


def _effects(configurations: Sequence[ConfigurationResult], deciding: str, sign: int) -> list[Effect]:
    """Return one effect for each parameter that took at least two values; `configurations` come best first."""
    best_with: dict[str, dict[str, tuple[Any, float]]] = {}
    for configuration in configurations:
        if deciding in configuration.scores:
            for name, value in configuration.grid.items():
                best_with.setdefault(name, {}).setdefault(repr(value), (value, configuration.scores[deciding].mean))
    effects = []
    for name, by_value in best_with.items():
        ordered = sorted(by_value.values(), key=lambda pair: -sign * pair[1])
        if len(ordered) > 1:
            (best, best_score), (worst, worst_score) = ordered[0], ordered[-1]
            effects.append(Effect(name, len(ordered), best, best_score, worst, worst_score))
    return effects


def lacks_runs(front: FrontMatter, records: Sequence[Record]) -> bool:
    """Whether a declared value of the grid, or a declared seed, occurs in no run."""
    seeds = set(front.seed_values) if front.seeds else set()
    grouped: dict[str, set[int | None]] = {}
    for record in records:
        grouped.setdefault(record.fingerprint, set()).add(record.seed)
    if any(None not in ran and not seeds <= ran for ran in grouped.values()):
        return True
    for grid in front.grids:
        for name, values in grid.items():
            ran = [record.grid.get(name) for record in records]
            # only plain values: an object may be recorded in another spelling
            if isinstance(values, list) and any(value not in ran for value in values if isinstance(value, (int, float, str))):
                return True
    return False


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value is not None))
