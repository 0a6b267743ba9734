"""A whole journal as the pages see it: cards in their order, data sets with their leaderboards, who follows whom."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from gitjournal.entry.metrics import direction
from gitjournal.entry.record import read_time
from gitjournal.journal.authorship import CommitSummary
from gitjournal.journal.index.results import Result
from gitjournal.journal.lineage import Links
from gitjournal.render.charts.chart_data import ProgressEntry, ProgressStep, progress
from gitjournal.render.site.cards import Card
from gitjournal.render.site.templates import slug
from gitjournal.stats.calibration import Calibration, Prediction, calibrate
from gitjournal.stats.looks import Look

_FORWARD = {"from": "made from", "replicates": "repeats", "baseline": "measured against"}
_BACKWARD = {"from": "led to", "replicates": "repeated by", "baseline": "baseline of"}


@dataclass(frozen=True)
class Board:
    """The entries on one data set that are decided by one metric, best first; what was retracted is left out."""

    metric: str
    rows: list[Card]

    @property
    def lower(self) -> bool:
        """Whether lower is better."""
        return direction(self.metric) < 0

    @property
    def spread(self) -> bool:
        """Whether any of them has a spread over seeds."""
        return any(card.sd is not None for card in self.rows)

    @property
    def slug(self) -> str:
        """Its HTML anchor in the page."""
        return "by-" + "".join(letter if letter.isalnum() else "-" for letter in self.metric)

    @cached_property
    def moments(self) -> dict[str, datetime]:
        """When each entry had its last run, where its record says so."""
        moments = {card.id: read_time(card.at) for card in self.rows}
        return {name: at for name, at in moments.items() if at}

    @cached_property
    def steps(self) -> list[ProgressStep]:
        """The running best: the entries that beat all before them."""
        dated = [(card, self.moments[card.id]) for card in self.rows if card.id in self.moments]
        entries = [ProgressEntry(card.id, card.title, at.isoformat(), card.best) for card, at in dated if card.best is not None]
        return progress(entries, direction(self.metric))


@dataclass(frozen=True)
class SiteDataSet:
    """One data set, by its hash, and the entries on it, newest first."""

    slug: str
    cards: list[Card]

    @property
    def name(self) -> str:
        """Its name."""
        return self.cards[0].data_name

    @property
    def source(self) -> str:
        """Where it is from, as the newest entry says."""
        return self.cards[0].data

    @property
    def hash(self) -> str:
        """The hash of its content, "" where nobody has computed it."""
        return self.cards[0].data_hash

    @property
    def facts(self) -> str:
        """Its size, in words."""
        return next((card.facts for card in self.cards if card.facts), "")

    @cached_property
    def boards(self) -> list[Board]:
        """A leaderboard for each metric that decides, the commonest first."""
        by_metric: dict[str, list[Card]] = {}
        for card in self.cards:
            if card.best is not None and card.metric and card.state != "retracted":
                by_metric.setdefault(card.metric, []).append(card)
        boards = [Board(metric, sorted(rows, key=lambda one: -direction(metric) * (one.best or 0.0))) for metric, rows in by_metric.items()]
        return sorted(boards, key=lambda one: -len(one.rows))

    @property
    def unranked(self) -> list[Card]:
        """The entries that are on no leaderboard."""
        on = {card.id for board in self.boards for card in board.rows}
        return [card for card in self.cards if card.id not in on]


@dataclass(frozen=True)
class SiteJournal:
    """A journal as the pages need it.

    `cards` come newest first; `near` names the nearest entries of each, `results` reads the runs on the data of a hash.
    """

    name: str
    branch: str
    commit: str
    cards: list[Card]
    links: Mapping[str, Links]
    near: Mapping[str, Sequence[str]]
    texts: Mapping[str, str]
    history: Mapping[str, Sequence[CommitSummary]]
    sheets: Mapping[str, str] = field(default_factory=dict)
    looks: Mapping[str, Sequence[Look]] = field(default_factory=dict)
    results: Callable[[str], Sequence[Result]] = lambda _: ()

    @cached_property
    def by_id(self) -> dict[str, Card]:
        """The cards by id."""
        return {card.id: card for card in self.cards}

    @cached_property
    def sets(self) -> list[SiteDataSet]:
        """The data sets, that of the newest entry first."""
        by_slug: dict[str, list[Card]] = {}
        for card in self.cards:
            if card.data:
                by_slug.setdefault(slug(card), []).append(card)
        return [SiteDataSet(name, cards) for name, cards in by_slug.items()]

    @cached_property
    def _followers(self) -> dict[str, list[tuple[str, str]]]:
        followers: dict[str, list[tuple[str, str]]] = {}
        for entry_id, links in self.links.items():
            for relation, target in links.relations.items():
                if target:
                    followers.setdefault(target, []).append((relation, entry_id))
        return followers

    def lineage(self, entry_id: str, most: int = 50) -> list[tuple[str, Card]]:
        """Return what an entry follows and what follows it, each with the relation in words."""
        named = self.links[entry_id].relations if entry_id in self.links else {}
        relations = [(_FORWARD[relation], other) for relation, other in named.items() if other and other != entry_id]
        relations += [(_BACKWARD[relation], one) for relation, one in self._followers.get(entry_id, [])[:most] if one != entry_id]
        return [(said, self.by_id[other]) for said, other in relations if other in self.by_id]

    @cached_property
    def calibration(self) -> Calibration | None:
        """How sure people were and how often they were right; None where there are too few verdicts to say."""
        judged = [card for card in self.cards if card.verdict in ("supported", "refuted") and card.state != "retracted"]
        confidences = [(card.declared.get("confidence"), card.verdict == "supported") for card in judged]
        calibration = calibrate([Prediction(confidence, true) for confidence, true in confidences if isinstance(confidence, float | int)])
        return calibration if calibration and calibration.brier is not None else None

    def looks_of(self, card: Card) -> Sequence[Look]:
        """Return every look at the test part of an entry's data, whoever took it."""
        return self.looks.get(card.data_hash, ())

    def around(self, entry_id: str) -> tuple[Card | None, Card | None]:
        """Return the entries that are next newer and next older."""
        at = self._places[entry_id]
        readable = self._readable
        return (readable[at - 1] if at else None), (readable[at + 1] if at + 1 < len(readable) else None)

    @cached_property
    def _readable(self) -> list[Card]:
        return [card for card in self.cards if not card.error]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {card.id: at for at, card in enumerate(self._readable)}

    def entry_key(self, card: Card, stamp: str) -> str:
        """Return the cache key of an entry's page: a hash of all that it shows."""
        related = [*self.lineage(card.id), *(("near", self.by_id[one]) for one in self.near.get(card.id, []))]
        parts = [stamp, self.name, card.key, *(f"{said} {one.key}" for said, one in related)]
        parts += [str(len(self.looks_of(card)))] if card.looks else []
        parts += [one.id if one else "" for one in self.around(card.id)]
        parts += [one.commit for path in paths(card) for one in self.history.get(path, [])]
        return digest(parts)


def paths(card: Card) -> list[str]:
    """Return the files of an entry on the journal branch."""
    stem = f"entries/{card.id[:4]}/{card.id}"
    return [f"{stem}.md", f"{stem}.runs.jsonl"]


def digest(parts: Iterable[str]) -> str:
    """Return a hash of several texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
