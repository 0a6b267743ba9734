"""One entry in words: its declaration, its results, its runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from gitjournal.entry.labels import data_label
from gitjournal.entry.model import Data, Entry, Files, FrontMatter, Split
from gitjournal.entry.parse import split_text
from gitjournal.entry.record import Record
from gitjournal.entry.results_block import strip_block
from gitjournal.entry.summary import ConfigurationResult, Effect, Summary
from gitjournal.errors import EntryError
from gitjournal.render.score import difference_as_gain, direction_words
from gitjournal.render.text import (
    Column,
    clean,
    count,
    duration,
    number,
    settings,
    short_spread,
    spread,
    table,
    value,
)

BEST = 10
NO_RESULT_KEYS = ("hash", "facts", "sklearn", "path", "images", "python", "files")


def declaration_rows(front: FrontMatter) -> list[tuple[str, str]]:
    """Return what an entry declares as (word, text), in the order in which one asks; what it does not say is left out."""
    expected = front.expectations
    rows = [
        ("hypothesis", clean(front.hypothesis or "")),
        ("expect", "; ".join(map(clean, expected))),
        ("confidence", f"{front.confidence:g}" if front.confidence is not None else ""),
        ("retracted", clean(front.retracted or "")),
        ("replicates", clean(front.replicates or "")),
        ("from", clean(front.from_ or "")),
        ("data", data_words(front.data)),
        ("split", split_words(front.split) if front.split else ""),
        ("task", front.task or ""),
        ("procedure", procedure_words(front.procedure)),
        ("parameters", settings(front.parameters)),
        ("grid", grid_words(front.grids)),
        ("seeds", seeds_words(front.seeds)),
        ("metrics", metrics_words(front.metric_names)),
        ("levels", settings(front.levels or {})),
        ("tags", ", ".join(map(clean, front.tags))),
    ]
    return [(word, text) for word, text in rows if text]


def data_words(data: Data) -> str:
    """Return the source with its size, and how it is read where that was declared."""
    facts = data.facts
    sizes = []
    if facts:
        sizes += [count(facts.n_rows, "row")] if facts.n_rows is not None else []
        sizes += [count(facts.n_features, "feature")] if facts.n_features is not None else []
        sizes += [count(len(facts.classes), "class", "classes")] if facts.classes else []
    source = _files_words(data.files) if data.files else clean(data_label(data))
    options = {key: one for key, one in msgspec.to_builtins(data).items() if key not in NO_RESULT_KEYS}
    return "; ".join(filter(None, [f"{source} ({', '.join(sizes)})" if sizes else source, settings(options)]))


def _files_words(files: Files) -> str:
    return settings(msgspec.to_builtins(files))


def split_words(split: Split) -> str:
    """Return a split as a phrase: `dev 20 %, test 20 %, stratified, seed 0`."""
    if split.given:
        return "as the files give it"
    words = [f"{split.cv}-fold cross-validation" + (f", {split.repeats} times" if (split.repeats or 1) > 1 else "")] if split.cv else []
    words += [
        f"{name} {share * 100:g} %" for name, share in (("dev", split.dev), ("test", split.test), ("train_dev", split.train_dev)) if share
    ]
    words += [f"rows that share {clean(split.group)} stay together"] if split.group else []
    words += [f"in the order of {clean(split.time)}, the last rows are test"] if split.time else []
    words += [f"{split.gap} rows left out between parts"] if split.gap else []
    words += {True: ["stratified"], False: ["not stratified"]}.get(split.stratify, []) if split.stratify is not None else []
    words += ["not shuffled"] if split.shuffle is False else []
    words += [{"each": "a new split for each seed"}.get(str(split.seed), f"seed {split.seed}")] if split.seed is not None else []
    return ", ".join(words)


def procedure_words(procedure: list[Any] | dict[str, Any]) -> str:
    """Return the steps, one after the other."""
    if isinstance(procedure, dict):
        return value(procedure)
    return " -> ".join(_step_words(step) for step in procedure)


def _step_words(step: Any) -> str:
    if not isinstance(step, dict) or len(step) != 1:
        return value(step)
    ((name, inner),) = step.items()
    if isinstance(inner, str):
        return f"{clean(inner)} ({clean(str(name))})"
    if isinstance(inner, dict):
        return f"{clean(str(name))}({', '.join(f'{clean(str(key))}={value(one)}' for key, one in inner.items())})"
    return clean(str(name)) if inner is None else value(step)


def grid_words(grids: list[dict[str, Any]]) -> str:
    """Return the grid: the values to try of each parameter."""
    return "; or ".join(", ".join(f"{clean(name)} {value(values)}" for name, values in one.items()) for one in grids if one)


def seeds_words(seeds: list[int] | int | None) -> str:
    """Return the seeds that are run: a number n means 0 to n - 1."""
    if seeds is None:
        return ""
    if isinstance(seeds, int):
        return "0" if seeds == 1 else f"0 to {seeds - 1}"
    return ", ".join(map(str, seeds))


def metrics_words(names: list[str]) -> str:
    """Return the metrics, each with its direction; the first decides."""
    return ", ".join(f"{clean(name)} ({direction_words(name)})" for name in names)


def deciding_words(summary: Summary) -> str:
    """Return the deciding metric with its direction."""
    return f"{clean(summary.deciding or '')} ({direction_words(summary.metric or '')})"


def best_words(summary: Summary) -> str:
    """Return the best configuration in a sentence, or that there is none."""
    score = summary.best_score
    if summary.best is None or score is None:
        return "nothing was scored yet" if summary.done == 0 else "no run has the metric that decides"
    of = f", the best of {summary.scored} configurations" if summary.scored > 1 else ""
    return f"{deciding_words(summary)} {spread(score.mean, score.sd, score.n)}{of}"


def best_table(summary: Summary, *, width: int | None, color: bool, baseline: float | None = None) -> str:
    """Return the best ten configurations, with their spread over seeds and their gain."""
    shown = summary.configurations[:BEST]
    deciding = summary.deciding or ""
    several = any(len(one.seeds) > 1 for one in shown)
    further = [name for name in (summary.best.scores if summary.best else {}) if name != deciding and name.startswith(("dev.", "test."))]
    columns = [
        Column("configuration", shrinks=True),
        Column(f"{clean(deciding)}{' ± SD' if several else ''}", right=True),
        Column("n", right=True),
        Column("gain", right=True),
        Column("train", right=True, spare=True),
        Column("train_dev", right=True, spare=True),
        *(Column(clean(name), right=True, spare=True) for name in further[:3]),
        Column("failed", right=True),
    ]
    rows = [_best_row(one, summary, baseline, further[:3], several=several) for one in shown]
    return table(columns, rows, width=width, color=color)


def _best_row(
    configuration: ConfigurationResult, summary: Summary, baseline: float | None, further: Sequence[str], *, several: bool
) -> list[str]:
    score = configuration.scores.get(summary.deciding or "")
    train, train_dev = (configuration.scores.get(f"{part}.{summary.metric}") for part in ("train", "train_dev"))
    gained = difference_as_gain(score.mean - baseline, summary.direction, score.mean) if score and baseline is not None else ""
    return [
        settings(configuration.grid) or "as declared",
        short_spread(score.mean, score.sd) if score else "-",
        str(score.n) if score and several else "",
        gained,
        number(train.mean) if train else "",
        number(train_dev.mean) if train_dev else "",
        *(number(configuration.scores[name].mean) if name in configuration.scores else "-" for name in further),
        str(configuration.failed) if configuration.failed else "",
    ]


def effects_lines(summary: Summary) -> list[str]:
    """Return a line for each grid parameter: the best score reached with its best value, and with its worst."""
    return [_effect_line(one) for one in summary.effects]


def _effect_line(effect: Effect) -> str:
    if number(effect.best_score) == number(effect.worst_score):
        return f"{clean(effect.parameter)}: {number(effect.best_score)} with the best of each of {effect.values} values"
    best = f"best {value(effect.best)} ({number(effect.best_score)})"
    return f"{clean(effect.parameter)}: {best}, worst {value(effect.worst)} ({number(effect.worst_score)}), of {effect.values} values"


def failure_lines(summary: Summary) -> list[str]:
    """Return a line for each kind of failure."""
    return [f"{count(amount, 'run')}: {kind}: {clean(summary.messages.get(kind, ''))}" for kind, amount in summary.failures.items()]


def cost_words(summary: Summary) -> str:
    """Return what the entry's own runs took."""
    own = summary.runs - summary.borrowed
    words = [f"{count(own, 'run')} in {duration(summary.seconds)}"] if own else []
    words += [f"{summary.memory_mb:,} MB of memory at most"] if summary.memory_mb else []
    words += [f"{count(summary.borrowed, 'run')} taken from other entries"] if summary.borrowed else []
    words += [f"{count(summary.repeated, 'run')} repeated"] if summary.repeated else []
    return ", ".join(words)


def environment_words(environment: Mapping[str, Any] | None, name: str) -> str:
    """Return an environment as its file describes it; where there is none, its name."""
    if environment is None:
        return f"{clean(name)[:12]} (not described)"
    versions = environment.get("versions")
    words = [f"Python {environment['python']}"] if "python" in environment else []
    words += [f"{name} {version}" for name, version in versions.items()] if isinstance(versions, dict) else []
    words += [str(environment[key]) for key in ("system", "machine", "kernel") if environment.get(key)]
    words += [count(environment["threads"], "thread")] if isinstance(environment.get("threads"), int) else []
    return clean(", ".join(words))


def _status_words(record: Record) -> str:
    if record.failure:
        return f"failed: {record.failure.kind}"
    return f"{record.status}, as a control" if record.gate and record.is_run else record.status


def runs_table(records: Sequence[Record], summary: Summary, *, width: int | None, color: bool, when: Callable[[str | None], str]) -> str:
    """Return every run, a line each."""
    columns = [
        Column("run"),
        Column("configuration", shrinks=True),
        Column("seed", right=True),
        Column("status", marked=True),
        Column(clean(summary.deciding or "score"), right=True),
        Column("seconds", right=True, spare=True),
        Column("from"),
        Column("age", right=True, spare=True),
    ]
    rows = []
    for record in records:
        score = record.metrics.get("dev", {}).get(summary.metric or "")
        seconds = f"{record.seconds:.2f}" if record.seconds is not None else ""
        rows.append(
            [
                clean(record.run)[:8],
                settings(record.grid) or "as declared",
                "" if record.seed is None else str(record.seed),
                _status_words(record),
                number(score),
                seconds,
                clean(record.from_ or ""),
                when(record.at),
            ]
        )
    return table(columns, rows, width=width, color=color, roles=["bad" if one.status == "failed" else "" for one in records])


def prose(entry: Entry) -> str:
    """Return the person's words in an entry, without the results block."""
    try:
        return split_text(strip_block(entry.text, entry.id), file=entry.id)[1]
    except EntryError:
        return entry.body
