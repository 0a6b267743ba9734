"""Preparing the `expect` of an entry: the entries that it names are found, and checked to be comparable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from gitjournal.entry import expectation
from gitjournal.entry.changes import advise_new_entry
from gitjournal.entry.expectation import BASELINE, Expectation
from gitjournal.entry.model import Entry, FrontMatter
from gitjournal.entry.record import Record
from gitjournal.errors import EntryError, GitjournalError, UsageError, nearest
from gitjournal.journal.journal import Journal
from gitjournal.run.plan import Plan
from gitjournal.stats.gain import Baseline
from gitjournal.stats.judge import Draw, Judgeable, Judgement, digest_of, judge


@dataclass(frozen=True)
class EntryExpectations:
    """What an entry expects, and the entries that it is compared with, as `expect` names them."""

    expectations: Sequence[Expectation] = ()
    others: Mapping[str, Baseline] = field(default_factory=dict)


def judge_entry(
    own: Judgeable, expected: EntryExpectations, whole: Callable[[Sequence[Record]], Sequence[Record]], draw: Draw | None = None
) -> Judgement:
    """Judge an entry whose runs are done. `whole` gives records that were taken from other entries as their owners have them."""

    def with_owners(entry: Judgeable) -> Judgeable:
        return replace(entry, records=whole(entry.records))

    compared = {name: Judgeable(one.id, one.front, one.records) for name, one in expected.others.items() if one.front}
    judgements = judge(with_owners(own), expected.expectations, {name: with_owners(one) for name, one in compared.items()}, draw)
    return Judgement(judgements, list({one.id: one for one in compared.values()}.values()))


def prepare_expectations(journal: Journal, plan: Plan, *, final: bool) -> EntryExpectations:
    """Read what an entry expects before anything is run.

    With `final` the entries that it names must have results by now. Raises EntryError with line and column for what is not
    understood, cannot be measured, or cannot be compared.
    """
    entry = plan.entry
    expectations = expectation.read(entry)
    files = msgspec.to_builtins(entry.front.data.files) if entry.front.data.files else {}
    parts = expectation.parts_of(plan.declared.split, files)
    own = entry.front.own_function is not None
    entries: dict[str, Baseline] = {}
    for expected in expectations:
        expectation.check(expected, metrics=plan.declared.metrics, parts=parts, own_metrics=own)
        name = expected.other
        if name == BASELINE and not entry.front.baseline:
            continue  # not judged: the entry may be written, and run, before there is one
        if name and name not in entries:
            compared = _find_entry(journal, entry, expected, name)
            if compared is not None:
                entries[name] = compared
                _check_comparable(plan.full_entry.front, compared, expected, name)
        if name and final:
            _check_result(entries.get(name), expected, name)
    return EntryExpectations(expectations, entries)


def find_moved_entries(journal: Journal, against: Mapping[str, str]) -> list[str]:
    """Return the entries whose results have changed since the verdict was reached with them."""
    changed = []
    for name, digest in against.items():
        try:
            entry = journal.baseline(name)
        except GitjournalError:
            entry = None
        if entry is None or entry.retracted or digest_of(entry.records) != digest:
            changed.append(name)
    return changed


def _find_entry(journal: Journal, entry: Entry, expected: Expectation, name: str) -> Baseline | None:
    part = (entry.front.baseline if name == BASELINE else name) or ""
    if part in (entry.id, entry.short_id):
        raise EntryError(f"`expect`: `{name}` is this entry itself", place=expected.place)
    try:
        return journal.baseline(part)
    except UsageError as fault:
        meant = nearest(name, [BASELINE])
        raise EntryError(f"`expect`: {fault.message}{meant}", hint="" if meant else fault.hint, place=expected.place) from None


def _check_comparable(front: FrontMatter, compared: Baseline, expected: Expectation, name: str) -> None:
    declared = compared.front
    if declared is None:
        return
    if declared.retracted:
        hint = "name another, or leave it out of `expect`"
        raise EntryError(f"`expect`: {compared.id} is retracted: {declared.retracted}", hint=hint, place=expected.place)
    hint = advise_new_entry(compared.id[-4:], "expect a number instead", ask=f"run {name} on the same")
    if declared.data.hash and declared.data.hash != front.data.hash:
        raise EntryError(f"`expect`: {compared.id} was run on other data", hint=hint, place=expected.place)
    if declared.data.hash and declared.data.target != front.data.target:
        raise EntryError(f"`expect`: {compared.id} predicts another target", hint=hint, place=expected.place)
    if declared.data.hash and declared.split != front.split:
        raise EntryError(f"`expect`: {compared.id} was run on another split", hint=hint, place=expected.place)


def _check_result(compared: Baseline | None, expected: Expectation, name: str) -> None:
    best = compared.summary.best if compared else None
    if compared is None or best is None:
        entry_id = compared.id if compared else name
        raise EntryError(
            f"`expect`: {entry_id} has no result yet", hint=f"run it first: gitjournal exec {entry_id[-4:]}", place=expected.place
        )
    for measured in expected.sum:
        if measured.entry == name and measured.name not in best.scores:
            hint = f"it measured {', '.join(sorted(best.scores))}"
            raise EntryError(f"`expect`: {compared.id} did not measure {measured.name}", hint=hint, place=expected.place)
