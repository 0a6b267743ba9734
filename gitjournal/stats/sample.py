"""A sample: the values of one configuration by seed and fold, and the rows they rest on. Pure.

Two samples are compared only where `require_alike` lets them: same metric, same data, same rows.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from gitjournal.entry.changes import advise_new_entry
from gitjournal.entry.metrics import direction
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.record import Record, hit_bits
from gitjournal.entry.summary import COUNTS, summarise
from gitjournal.errors import ComparisonError
from gitjournal.procedure import canonical_text

Seed = int | None


@dataclass(frozen=True)
class Sample:
    """One configuration of an entry in one PART.METRIC.

    `values` and `folds` are by seed (None where nothing draws; `folds` is empty on a holdout), `judged` is the digest of the
    rows that each was measured on. `rows` were judged and `trained` were learned from, on average over folds. `answers` are the
    right/wrong bits by seed, the first row highest, where accuracy on a holdout is their mean. `among` are the others, out of
    which this one was chosen as the best, or `named` by a person who could see them all.
    """

    entry: str
    fingerprint: str
    metric: str
    direction: int
    values: dict[Seed, float]
    folds: dict[Seed, tuple[float, ...]]
    judged: dict[Seed, str]
    runs: dict[Seed, Record] = field(repr=False)
    rows: int
    trained: int
    answers: dict[Seed, int]
    data: dict[str, Any]
    split: dict[str, Any]
    grid: dict[str, Any]
    among: tuple[Sample, ...] = ()
    named: bool = False

    @property
    def value(self) -> float:
        """The score: the mean over seeds."""
        return math.fsum(self.values.values()) / len(self.values)

    @property
    def k(self) -> int:
        """How many configurations it was chosen from."""
        return len(self.among) + 1

    @property
    def hits(self) -> int | None:
        """The right/wrong bits of a single run."""
        return next(iter(self.answers.values()), None) if len(self.values) == 1 else None

    @property
    def each(self) -> bool:
        """Whether each seed has a split of its own."""
        return self.split.get("seed") == "each"

    @property
    def draws(self) -> bool:
        """Whether a seed changes anything."""
        return None not in self.values

    @property
    def grouped(self) -> bool:
        """Whether rows hang together in groups."""
        return bool(self.split.get("group"))

    @property
    def ratio(self) -> float:
        """Rows judged over rows learned from; 1 where they are not known."""
        return self.rows / self.trained if self.rows > 0 and self.trained > 0 else 1.0

    @property
    def part(self) -> str:
        """The part that was judged."""
        return self.metric.partition(".")[0]

    @property
    def single(self) -> bool:
        """Whether it is one run on one holdout: then rows are all there is to count."""
        return len(self.values) == 1 and not self.folds


def sample_of(entry: str, front: FrontMatter, records: Sequence[Record], metric: str | None = None, *, named: str = "") -> Sample:
    """Return the best configuration of an entry, by its own first metric, in PART.METRIC (by default the one that decides).

    `named` is the fingerprint of the configuration that is taken instead of the best; it counts as chosen from as many.
    `records` must be whole: those taken from other entries replaced by their owners'. Raises ComparisonError, with what to do,
    where the entry is retracted, has no result, or never measured this.
    """
    short = entry[-4:]
    if front.retracted:
        raise ComparisonError(f"{short} is retracted: {front.retracted}", hint="what is retracted is no evidence; compare another entry")
    summary = summarise(front, records)
    wanted = metric or summary.deciding
    candidates = [candidate for candidate in summary.configurations if wanted in candidate.scores]
    if not summary.done:
        what = "every run failed" if records else "it was not run yet"
        raise ComparisonError(f"{short} has no result: {what}", hint=f"run it: gitjournal exec {short}")
    if wanted is None or not candidates:
        measured = ", ".join(sorted({name for one in summary.configurations for name in one.scores})) or "nothing"
        hint = f"compute it from kept predictions: --metric, as in gitjournal model score {short}"
        raise ComparisonError(f"{short} measured {measured}, and no {wanted}", hint=hint)
    if named and named not in {candidate.fingerprint for candidate in candidates}:
        raise ComparisonError(f"that configuration of {short} has no {wanted}", hint=f"see its runs: gitjournal show {short} --runs")
    candidates = sorted(candidates, key=lambda candidate: candidate.fingerprint != named)  # stable: without a name the best stays first
    chosen, *among = [configuration(entry, candidate.fingerprint, wanted, records, front) for candidate in candidates]
    return replace(chosen, among=tuple(among), named=bool(named))


def configuration(entry: str, fingerprint: str, metric: str, records: Sequence[Record], front: FrontMatter | None = None) -> Sample:
    """Return one configuration in a PART.METRIC that it measured; `front` serves where a record does not say what it declared."""
    part, _, name = metric.partition(".")
    runs: dict[Seed, Record] = {}
    for record in records:
        value = record.metrics.get(part, {}).get(name)
        if record.fingerprint == fingerprint and record.status in COUNTS and value is not None and math.isfinite(value):
            runs.setdefault(record.seed, record)
    first = next(iter(runs.values()))
    data, split = _data_and_split(front, first)
    return Sample(
        entry=entry,
        fingerprint=fingerprint,
        metric=metric,
        direction=direction(name),
        values={seed: _metric_value(record, part, name) for seed, record in runs.items()},
        folds=_folds(runs, part, name),
        judged={seed: one.parts.get(part, "") for seed, one in runs.items()},
        runs=runs,
        rows=first.rows.get(part, 0),
        trained=first.rows.get("train", 0),
        answers={seed: bits for seed, one in runs.items() if metric == "dev.accuracy" and (bits := _hits(one, data)) is not None},
        data=data,
        split=split,
        grid=first.grid,
    )


def _metric_value(record: Record, part: str, name: str) -> float:
    value = record.metrics[part][name]
    return math.nan if value is None else value


def _folds(runs: Mapping[Seed, Record], part: str, name: str) -> dict[Seed, tuple[float, ...]]:
    """Return the values of folds where every run has as many, and all are numbers: records may be a stranger's."""
    folds = {seed: tuple(value for value in one.folds.get(part, {}).get(name, []) if value is not None) for seed, one in runs.items()}
    counts = {len(one.folds.get(part, {}).get(name, [])) for one in runs.values()} | set(map(len, folds.values()))
    sound = len(counts) == 1 and min(counts) > 1 and all(math.isfinite(value) for values in folds.values() for value in values)
    return folds if sound else {}


def _data_and_split(front: FrontMatter | None, record: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return data and split as the record's identity has them; as the entry declares them where it cannot be read."""
    canonical = canonical_text.read_canonical(record.canonical)
    if canonical is not None:
        return canonical.data, canonical.split
    return (msgspec.to_builtins(front.data), msgspec.to_builtins(front.split) or {}) if front else ({}, {})


def _hits(record: Record, data: dict[str, Any]) -> int | None:
    """Return the right/wrong bits where accuracy is their mean: no row weighs more than another."""
    return hit_bits(record.hits, record.rows.get("dev", 0)) if record.hits and not data.get("weights") and not record.folds else None


def combine(terms: Sequence[tuple[float, Sample]], constant: float = 0.0) -> Sample:
    """Return a sum of weighted metrics of one configuration, such as dev.loss - train.loss, as a sample by seed and fold.

    Rows are not combined: a single run on a holdout keeps its value, and no interval. Raises ComparisonError for terms of several
    configurations.
    """
    first = terms[0][1]
    if any(one.fingerprint != first.fingerprint for _, one in terms):
        raise ComparisonError("these are values of several configurations")
    seeds = [seed for seed in first.values if all(seed in one.values for _, one in terms)]
    alone = len(terms) == 1 and terms[0][0] == 1 and constant == 0
    return replace(
        first,
        metric=first.metric if alone else " ".join(f"{weight:+g} {one.metric}" for weight, one in terms),
        values={seed: constant + math.fsum(weight * one.values[seed] for weight, one in terms) for seed in seeds},
        folds={
            seed: tuple(constant + math.fsum(w * v for w, v in zip((w for w, _ in terms), values, strict=True)) for values in by_fold)
            for seed in seeds
            if (by_fold := list(zip(*(one.folds.get(seed, ()) for _, one in terms), strict=False)))
        },
        answers=first.answers if alone else {},
        among=first.among if alone else (),
    )


def require_alike(a: Sample, b: Sample) -> None:
    """Raise ComparisonError, with what to do, where two samples were not measured on the same rows in the same way."""
    short_a, short_b = a.entry[-4:], b.entry[-4:]
    hint = advise_new_entry(short_b, ask="ask again alike")
    if a.metric != b.metric:
        raise ComparisonError(f"{short_a} measures {a.metric}, {short_b} {b.metric}", hint="name one that both have: --metric")
    if a.data.get("hash") != b.data.get("hash"):
        raise ComparisonError(f"{short_a} and {short_b} were run on different data: {_short_hash(a)} and {_short_hash(b)}", hint=hint)
    for key in ("target", "positive", "task", "weights"):
        if a.data.get(key) != b.data.get(key):
            both = f"{a.data.get(key, 'none')} and {b.data.get(key, 'none')}"
            raise ComparisonError(f"{short_a} and {short_b} differ in `{key}`: {both}", hint=hint)
    if a.split != b.split and not _same_rows(a, b):
        keys = dict.fromkeys(key for key in (*a.split, *b.split) if a.split.get(key) != b.split.get(key))
        differences = ", ".join(f"{key} {a.split.get(key, '-')} and {b.split.get(key, '-')}" for key in keys)
        raise ComparisonError(f"{short_a} and {short_b} were split differently: {differences}", hint=hint)
    if not _same_rows(a, b):
        raise ComparisonError(f"{short_a} and {short_b} were not measured on the same {a.part} rows", hint=hint)


def _short_hash(sample: Sample) -> str:
    return str(sample.data.get("hash"))[:19] + "…"


def _same_rows(a: Sample, b: Sample) -> bool:
    """Whether the parts that were judged are the same rows: of the seeds in common where each seed has its own."""
    if {len(values) for values in a.folds.values()} != {len(values) for values in b.folds.values()}:
        return False
    if a.each and b.each:
        common = common_seeds(a, b)
        return bool(common) and all(a.judged[seed] == b.judged[seed] for seed in common)
    rows = {*a.judged.values(), *b.judged.values()}
    return not (a.each or b.each) and len(rows) == 1 and "" not in rows and a.rows == b.rows


def common_seeds(a: Sample, b: Sample) -> list[Seed]:
    """Return the seeds that both have run."""
    return [seed for seed in a.values if seed in b.values]


# ---- what its runs hold, row by row and fold by fold


def row_shares(sample: Sample) -> list[float]:
    """Return for each row in how many of the runs it was right, from 0 to 1."""
    answers = list(sample.answers.values())
    return [sum(bits >> row & 1 for bits in answers) / len(answers) for row in range(sample.rows)]


def hits_of_all(sample: Sample) -> list[int] | None:
    """Return the right/wrong bits of all configurations, this one's first, where each has one run and all the same rows."""
    samples = [sample, *sample.among]
    alike = not sample.grouped and all(
        each.hits is not None and set(each.judged.values()) == set(sample.judged.values()) for each in samples
    )
    return [each.hits for each in samples if each.hits is not None] if alike else None


def row_shares_of_all(sample: Sample) -> list[list[float]] | None:
    """Return how often each configuration was right on each row, this one first, where several seeds share the rows."""
    samples = [sample, *sample.among]
    alike = not sample.grouped and not sample.each and len({digest for each in samples for digest in each.judged.values()}) == 1
    return [row_shares(each) for each in samples] if alike and all(len(each.answers) == len(each.values) for each in samples) else None


def mean_folds(sample: Sample) -> list[float]:
    """Return the value of each fold, averaged over seeds that share the folds."""
    return [statistics.fmean(values) for values in zip(*sample.folds.values(), strict=True)]
