"""What an entry expects, made ready to be judged: the entries it names found, and whether they can be compared with."""

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
class Expected:
    """What an entry expects, and the entries that it is compared with, as `expect` names them."""

    expectations: Sequence[Expectation] = ()
    others: Mapping[str, Baseline] = field(default_factory=dict)


NOTHING = Expected()


def judged(
    own: Judgeable, expected: Expected, whole: Callable[[Sequence[Record]], Sequence[Record]], draw: Draw | None = None
) -> Judgement:
    """Judge an entry whose runs are done. `whole` gives records that were taken from other entries as their owners have them."""

    def with_owners(one: Judgeable) -> Judgeable:
        return replace(one, records=whole(one.records))

    others = {name: Judgeable(one.id, one.front, one.records) for name, one in expected.others.items() if one.front}
    found = judge(with_owners(own), expected.expectations, {name: with_owners(one) for name, one in others.items()}, draw)
    return Judgement(found, list({one.id: one for one in others.values()}.values()))


def prepare(journal: Journal, plan: Plan, *, final: bool) -> Expected:
    """Read what an entry expects before anything is run.

    With `final` the entries that it names must have results by now. Raises EntryError with line and column for what is not
    understood, cannot be measured, or cannot be compared.
    """
    entry = plan.entry
    expectations = expectation.read(entry)
    files = msgspec.to_builtins(entry.front.data.files) if entry.front.data.files else {}
    parts = expectation.parts_of(plan.declared.split, files)
    own = entry.front.own_function is not None
    others: dict[str, Baseline] = {}
    for one in expectations:
        expectation.check(one, metrics=plan.declared.metrics, parts=parts, own_metrics=own)
        name = one.other
        if name == BASELINE and not entry.front.baseline:
            continue  # not judged: the entry may be written, and run, before there is one
        if name and name not in others:
            found = _found(journal, entry, one, name)
            if found is not None:
                others[name] = found
                _check_comparable(plan.completed.front, found, one, name)
        if name and final:
            _check_scored(others.get(name), one, name)
    return Expected(expectations, others)


def changed_since(journal: Journal, against: Mapping[str, str]) -> list[str]:
    """Return the entries whose results are not those any more that a verdict was reached with."""
    moved = []
    for name, known in against.items():
        try:
            found = journal.baseline(name)
        except GitjournalError:
            found = None
        if found is None or found.retracted or digest_of(found.records) != known:
            moved.append(name)
    return moved


def _found(journal: Journal, entry: Entry, one: Expectation, name: str) -> Baseline | None:
    part = (entry.front.baseline if name == BASELINE else name) or ""
    if part in (entry.id, entry.short_id):
        raise EntryError(f"`expect`: `{name}` is this entry itself", place=one.place)
    try:
        return journal.baseline(part)
    except UsageError as fault:
        meant = nearest(name, [BASELINE])
        raise EntryError(f"`expect`: {fault.message}{meant}", hint="" if meant else fault.hint, place=one.place) from None


def _check_comparable(front: FrontMatter, other: Baseline, one: Expectation, name: str) -> None:
    theirs = other.front
    if theirs is None:
        return
    if theirs.retracted:
        hint = "name another, or leave it out of `expect`"
        raise EntryError(f"`expect`: {other.id} is retracted: {theirs.retracted}", hint=hint, place=one.place)
    hint = advise_new_entry(other.id[-4:], "expect a number instead", ask=f"run {name} on the same")
    if theirs.data.hash and theirs.data.hash != front.data.hash:
        raise EntryError(f"`expect`: {other.id} was run on other data", hint=hint, place=one.place)
    if theirs.data.hash and theirs.data.target != front.data.target:
        raise EntryError(f"`expect`: {other.id} predicts another target", hint=hint, place=one.place)
    if theirs.data.hash and theirs.split != front.split:
        raise EntryError(f"`expect`: {other.id} was run on another split", hint=hint, place=one.place)


def _check_scored(other: Baseline | None, one: Expectation, name: str) -> None:
    best = other.summary.best if other else None
    if other is None or best is None:
        known = other.id if other else name
        raise EntryError(f"`expect`: {known} has no result yet", hint=f"run it first: gitjournal exec {known[-4:]}", place=one.place)
    for measured in one.sum:
        if measured.entry == name and measured.name not in best.scores:
            hint = f"it measured {', '.join(sorted(best.scores))}"
            raise EntryError(f"`expect`: {other.id} did not measure {measured.name}", hint=hint, place=one.place)
