"""What `show` prints of one entry: its declaration, the verdict, the best configurations, the small print, the person's notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec

from gitjournal.entry import verdict
from gitjournal.entry.metrics import direction
from gitjournal.entry.record import read_time
from gitjournal.entry.summary import Summary
from gitjournal.entry.verdict import Verdict
from gitjournal.journal.journal import Opened
from gitjournal.render import entry as words
from gitjournal.render import text
from gitjournal.render.forecast import skips_line
from gitjournal.render.identity import identity_as_plain
from gitjournal.render.looks import look_as_plain, look_count, look_meaning, look_number, look_score
from gitjournal.render.overlaps import finding_meaning
from gitjournal.render.score import gain_words, no_baseline
from gitjournal.run.explain import ConfigurationIdentity
from gitjournal.stats.gain import Baseline, Gain, gain_over
from gitjournal.stats.looks import Look, is_look, look_of_entry

LABEL = 12


@dataclass(frozen=True)
class EntryView:
    """One entry with all that is shown of it.

    `baseline` is in words why there is none, where one was named; `looks` are all at the test part of its data; `environments` are
    those of its runs, in words.
    """

    opened: Opened
    summary: Summary
    baseline: Baseline | str | None
    looks: Sequence[Look]
    environments: Sequence[str] = ()

    @property
    def short_id(self) -> str:
        """The last four characters of the id."""
        return self.opened.listed.row.id[-4:]

    @cached_property
    def gain(self) -> Gain | None:
        """The gain over the baseline; None where there is none to compare with."""
        if not isinstance(self.baseline, Baseline):
            return None
        return gain_over(self.summary, self.opened.records, self.baseline)

    @property
    def look(self) -> Look | None:
        """The last look that the entry took at the test part."""
        return look_of_entry(self.looks, self.opened.listed.row.id)

    @property
    def verdict(self) -> Verdict | None:
        """What the results block says of what was expected; what is retracted says nothing any more."""
        entry = self.opened.entry
        return verdict.read_page(entry.text, entry.id) if self.opened.listed.row.verdict else None

    @property
    def notes(self) -> str:
        """The person's prose."""
        return words.prose(self.opened.entry).strip("\n")


def entry_lines(view: EntryView, *, with_runs: bool, color: bool) -> Iterator[str]:
    """Yield an entry line by line; `with_runs` adds a table of every run."""
    opened = view.opened
    yield from _head_lines(view, color=color)
    for word, content in [*words.declaration_rows(opened.entry.front), *_baseline_rows(view)]:
        yield _label_line(word, content, color=color)
        if word == "expect" and view.verdict:
            for outcome in view.verdict.outcomes:
                yield _label_line("", f"{outcome.verdict}: {text.clean(outcome.words)}", color=color)
    yield from _result_lines(view, color=color)
    if with_runs and opened.records:
        yield from ("", text.paint("every run", "bold", color=color))
        runs = [record for record in opened.records if not is_look(record)]
        yield words.runs_table(runs, view.summary, width=text.terminal_width(), color=color, when=lambda at: _age_words(at, short=True))
    if view.notes:
        yield ""
        yield text.clean_lines(view.notes)


def _head_lines(view: EntryView, *, color: bool) -> Iterator[str]:
    listed = view.opened.listed
    yield text.paint(text.wrap(text.clean(view.opened.entry.front.title)), "bold", color=color)
    when = _age_words(view.summary.last_at)
    yield " · ".join(filter(None, [text.clean(listed.row.id), listed.state, text.clean(listed.branch), when]))
    if listed.draft and listed.ref:
        yield f"edited since: gitjournal diff {view.short_id}"
    yield ""


def _baseline_rows(view: EntryView) -> list[tuple[str, str]]:
    baseline, summary = view.baseline, view.summary
    if baseline is None or isinstance(baseline, str):
        return [("baseline", baseline or no_baseline(view.opened.entry.front))] if baseline or _lacks_baseline(view.opened) else []
    name = f'{baseline.id} "{text.clean(baseline.title)}"'
    if baseline.retracted:
        return [("baseline", f"{name}, which is retracted")]
    best = baseline.summary.best
    score = best.scores.get(summary.deciding or "") if best else None
    reached = f": {text.clean(summary.deciding or '')} {text.number(score.mean)}" if score else ""
    return [("baseline", f"{name}{reached}{f', gain {gain_words(view.gain, summary.direction)}' if view.gain else ''}")]


def _lacks_baseline(opened: Opened) -> bool:
    """Whether the entry has results, and nothing to compare them with."""
    return bool(opened.records) and not opened.listed.row.estimator.startswith("Dummy")


def _result_lines(view: EntryView, *, color: bool) -> Iterator[str]:
    summary = view.summary
    if not view.opened.records:
        yield ""
        yield f"not run yet; next: gitjournal exec {view.short_id}"
        return
    yield ""
    yield text.wrap(words.best_words(summary))
    yield words.best_table(summary, width=text.terminal_width(), color=color, baseline=view.gain.score if view.gain else None)
    left = len(summary.configurations) - words.BEST
    if left > 0:
        yield f"{text.count(left, 'more configuration')}: gitjournal show {view.short_id} --runs"
    yield ""
    sections = [
        ("test set", list(_look_lines(view))),
        ("parameters", words.effects_lines(summary)),
        ("failures", words.failure_lines(summary)),
        ("skipped", [skips_line(summary.gated)]),
        ("findings", [f"{finding_meaning(code)}, in {text.count(amount, 'run')}" for code, amount in summary.findings.items()]),
        ("cost", [words.cost_words(summary)]),
        ("environment", _environment_lines(view)),
    ]
    for word, lines in sections:
        for number, line in enumerate(filter(None, lines)):
            yield _label_line("" if number else word, line, color=color)


def _look_lines(view: EntryView) -> Iterator[str]:
    """Yield the entry's last look at the test part, which of how many it was, and what that many mean."""
    split, data = view.opened.entry.front.split, view.opened.entry.front.data
    if not data.hash or not split or not (split.test or (split.given and data.files and data.files.test)):
        return
    look, looks, metric = view.look, view.looks, view.summary.metric
    if look is None:
        yield look_count(looks).removeprefix("test set: ")
        return
    of = f", of {settings}" if (settings := text.settings(look.record.grid)) else ""
    yield f"{look_score(look.record, metric, len(looks))}{of}, {look_number(look, looks)}"
    yield look_meaning(look, looks, metric)


def _environment_lines(view: EntryView) -> list[str]:
    lines = list(view.environments)
    if not lines and view.summary.kernels:
        lines.append(f"kernel {text.clean(', '.join(view.summary.kernels))}")
    flags = {tuple(record.flags.items()): None for record in view.opened.records if record.flags}
    return lines + [text.clean(", ".join(f"{name} {value}" for name, value in pairs)) for pairs in flags]


def _label_line(word: str, content: str, *, color: bool) -> str:
    wrapped = text.wrap(content, indent=" " * LABEL) or " " * LABEL
    return text.paint(word.ljust(LABEL), "dim", color=color) + wrapped[LABEL:]


def _age_words(at: str | None, *, short: bool = False) -> str:
    return text.age(read_time(at), datetime.now(UTC), short=short)


def view_as_plain(view: EntryView, identities: Sequence[ConfigurationIdentity] | None, *, with_runs: bool) -> dict[str, Any]:
    """Return an entry as plain values for JSON; `identities` are what identifies its configurations, where that was asked for."""
    opened, summary, look = view.opened, view.summary, view.look
    listed = opened.listed
    plain: dict[str, Any] = {
        "id": listed.row.id,
        "title": opened.entry.front.title,
        "state": listed.row.state,
        "edited": listed.draft is not None and listed.ref is not None,
        "branch": listed.branch or None,
        "path": listed.row.path,
        "declared": msgspec.to_builtins(opened.entry.front),
        "metric": summary.deciding,
        "higher_is_better": direction(summary.metric) > 0 if summary.metric else None,
        "summary": msgspec.to_builtins(summary),
        "verdict": listed.row.verdict or None,
        "expected": verdict.as_plain(view.verdict),
        "gain": _gain_as_plain(view.gain),
        "notes": view.notes,
    }
    if with_runs:
        plain["runs"] = [msgspec.to_builtins(record) for record in opened.records]
    if identities is not None:
        plain["identity"] = identity_as_plain(identities)
    return {**plain, "test": look_as_plain(look, view.looks) if look else None}


def _gain_as_plain(gain: Gain | None) -> dict[str, Any] | None:
    if gain is None:
        return None
    interval = [gain.interval.low, gain.interval.high] if gain.interval else None
    return {"baseline": gain.baseline, "score": gain.score, "difference": gain.difference, "interval": interval}
