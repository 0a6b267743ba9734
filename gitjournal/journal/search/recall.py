"""Which entries are near an idea, and what did not work among them. Reading alone: nothing of an entry is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gitjournal.errors import EntryError, UsageError
from gitjournal.journal.entries import read_entry
from gitjournal.journal.entry_ids import PAGE, match_id
from gitjournal.journal.journal import AT_ONCE, Journal, Listed
from gitjournal.journal.search import features, structure, words
from gitjournal.journal.search.features import Idea

ENOUGH = 0.5  # of the nearest one's nearness
SHORTEST_ID = 4
AGAINST = ("refuted", "failed", "retracted")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Near:
    """An entry that is near, from 0 to 1, and why, each reason in a few words."""

    listed: Listed
    score: float
    reasons: list[str]


@dataclass(frozen=True)
class Recalled:
    """What is near what was asked, the first of as many as `of`. `entry` is the one that was asked about, where it was one."""

    asked: str
    near: list[Near]
    of: int
    entry: Listed | None


def recall(
    journal: Journal, asked: str, every: Sequence[Listed], among: Sequence[Listed], *, limit: int | None, progress: Progress
) -> Recalled:
    """Return the entries of `among` that are near what was asked: at least half as near as the nearest of them.

    What was refuted, failed or was retracted comes first; in each of the two parts the nearer, and of equals the order of `among`.
    `progress` is told how many of how many pages were read that were never looked at before. Raises UsageError for a question without a
    word or number, EntryError where the procedure of the entry asked about cannot be read.
    """
    entry = _entry(every, asked)
    query = words.read(asked)
    if entry is None and not query.words and not query.settings:
        raise UsageError(
            f"--like `{asked}` asks for nothing", hint='name words and numbers: --like "dropout 0.5"; or an entry: --like k3f9'
        )
    others = {one.row.id: one for one in among if one is not entry}
    about = _about(journal, [*others.values(), *([entry] if entry else [])], progress)
    known = {name: about[name] for name in others}
    if entry is None:
        scores = words.scores(query, known)
    else:
        mine = about[entry.row.id]
        if not features.ways(mine.key):
            raise EntryError(f"the procedure of {entry.row.id} cannot be read", hint=f"why: gitjournal exec {entry.row.id[-4:]} --dry-run")
        scores = {name: score for name, idea in known.items() if (score := structure.nearness(mine, idea)) > 0}
    scores = {name: round(score, 9) for name, score in scores.items()}  # sums in another order are the same
    least = ENOUGH * max(scores.values(), default=0.0)
    listed = [name for name in others if name in scores and scores[name] >= least]
    listed.sort(key=lambda name: (outcome(others[name]) not in AGAINST, -scores[name]))  # what is equally near stays in order
    near = []
    for name in listed[:limit]:
        why = words.reasons(query, known[name]) if entry is None else [*_unlike(entry, about[entry.row.id], others[name], known[name])]
        near.append(Near(others[name], scores[name], why))
    return Recalled(asked, near, len(listed), entry)


def outcome(one: Listed) -> str:
    """Return in a word what came of an entry: its verdict, where its state says nothing worse."""
    return one.row.verdict if one.row.verdict and one.row.state != "failed" else one.row.state


def _entry(every: Sequence[Listed], asked: str) -> Listed | None:
    """Return the entry that is meant by its id, the end of it or its file; any other part of an id is words."""
    name = PurePosixPath(asked.strip()).name.removesuffix(PAGE).lower()
    ids = [one.row.id for one in every if one.row.id == name or one.row.id.endswith(f"-{name}")]
    if len(name) < SHORTEST_ID or not ids:
        return None
    meant = match_id(name, ids)
    return next(one for one in every if one.row.id == meant)


def _unlike(entry: Listed, mine: Idea, other: Listed, theirs: Idea) -> Iterator[str]:
    differences = structure.reasons(mine, theirs)
    yield from differences or ["the same procedure"]
    if other.row.data != entry.row.data:
        yield f"on {other.row.data}"


def _about(journal: Journal, listed: Sequence[Listed], progress: Progress) -> dict[str, Idea]:
    """Return what entries are about, by their ids; an edited one by its draft. One that cannot be read is about nothing."""
    found = {one.row.id: _idea(one.draft.text, one) for one in listed if one.draft}
    committed = [one for one in listed if not one.draft]
    kept = journal.index.ideas(one.row.page for one in committed)
    new = list({one.row.page: one for one in committed if one.row.page not in kept}.values())
    for at in range(0, len(new), AT_ONCE):
        progress(at, len(new))
        chunk = new[at : at + AT_ONCE]
        blobs = journal.lab.repository.blobs(one.row.page for one in chunk if one.row.page)
        made = {one.row.page: features.encode(_idea(blobs.get(one.row.page, b"").decode(errors="replace"), one)) for one in chunk}
        journal.index.keep_ideas(made)
        kept |= made
    progress(len(new), len(new))
    return found | {one.row.id: features.decode(kept[one.row.page]) for one in committed}


def _idea(text: str, one: Listed) -> Idea:
    entry, _ = read_entry(text, entry_id=one.row.id, file=one.row.path)
    return features.of_entry(entry) if entry else Idea()
