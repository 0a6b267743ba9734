"""The tables of `ls`: a row an entry, with its best score, its gain, its looks at the test part and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from gitjournal.entry.metrics import direction
from gitjournal.journal.entry_ids import short_ids
from gitjournal.journal.index.rows import Row
from gitjournal.journal.journal import Listed
from gitjournal.journal.listing import lacks_baseline, last_change
from gitjournal.journal.search.recall import SearchResult, SimilarEntry, outcome_word
from gitjournal.render import text
from gitjournal.render.score import difference_as_gain, lower_note
from gitjournal.render.verdict import ROLES as VERDICT_ROLES
from gitjournal.stats.looks import Look

STATE_ROLES = {"failed": "bad", "unreadable": "bad", "partly": "look", "retracted": "dim", "draft": "dim", "planned": "dim"}
REASONS = 4  # of one entry that are told
NONE_YET = 'The journal has no entries yet. Write the first: gitjournal new "my first question"'


@dataclass(frozen=True)
class EntryList:
    """All entries there are to list, with their gains (by id) and the looks at their test parts (by the hash of their data)."""

    entries: Sequence[Listed]
    gains: Mapping[str, float | None]
    looks: Mapping[str, Sequence[Look]]

    @cached_property
    def short_ids(self) -> dict[str, str]:
        """The shortest id that means each entry alone."""
        return short_ids([listed.row.id for listed in self.entries])

    @cached_property
    def baselines(self) -> set[str]:
        """The baselines that entries name, each by a part of its id."""
        return {listed.row.baseline for listed in self.entries if listed.row.baseline}

    def looks_at(self, row: Row) -> Sequence[Look]:
        """Return every look at the test part of an entry's data."""
        return self.looks.get(row.data_hash, ())

    def look(self, row: Row) -> Look | None:
        """Return the look that an entry took; None where it took none."""
        return next((look for look in self.looks_at(row) if look.record.run == row.look), None)

    def short_id(self, row: Row) -> str:
        """Return an entry's short id for people."""
        return text.clean(self.short_ids[row.id])


def entries_table(shown: Sequence[Listed], every: EntryList, scores: Sequence[str], *, branches: bool, color: bool) -> str:
    """Return the entries as a table. `scores` are names such as ``test.accuracy`` that have a column beside the best."""
    now = datetime.now(UTC)
    metrics = {listed.row.metric for listed in shown if listed.row.best is not None}
    metric = metrics.pop() if len(metrics) == 1 else None
    spread = " ± SD" if any(listed.row.sd is not None for listed in shown) else ""
    heading = f"best dev.{text.clean(metric)}{spread}{lower_note(direction(metric))}" if metric else f"best{spread}"
    scores = [name for name in scores if metric is None or name != f"dev.{metric}"]
    judged = any(listed.row.verdict for listed in shown)
    columns = [
        text.Column("id"),
        text.Column("title", shrinks=True),
        text.Column(heading, right=bool(metric)),
        *(text.Column(name, right=True) for name in scores),
        text.Column("gain", right=True),
        text.Column("test") if any(listed.row.look for listed in shown) else text.Column(""),
        text.Column("runs", right=True, spare=True),
        text.Column("state", marked=True),
        text.Column("verdict", words=VERDICT_ROLES),
        text.Column("branch") if branches else text.Column(""),
        text.Column("age", right=True, spare=True),
    ]
    rows = [
        [
            every.short_id(listed.row),
            text.clean(listed.row.title or listed.row.error),
            _best(listed.row, with_name=metric is None),
            *(text.number(listed.row.values.get(name)) for name in scores),
            _gain(listed.row, every),
            _test_score(listed.row, every),
            str(listed.row.runs) if listed.row.runs else "-",
            listed.state,
            listed.row.verdict or ("-" if judged else ""),
            text.clean(listed.branch) if branches else "",
            text.age(last_change(listed), now, short=True),
        ]
        for listed in shown
    ]
    roles = [STATE_ROLES.get(listed.row.state, "") for listed in shown]
    return text.table(columns, rows, width=text.terminal_width(), roles=roles, color=color)


def _best(row: Row, *, with_name: bool) -> str:
    if row.best is None or row.metric is None:
        return "-"
    shown = text.short_spread(row.best, row.sd)
    return f"dev.{text.clean(row.metric)} {shown}{lower_note(direction(row.metric))}" if with_name else shown


def _gain(row: Row, every: EntryList) -> str:
    if row.id in every.gains:
        return difference_as_gain(every.gains[row.id], direction(row.metric or ""), row.best or 0.0)
    # a baseline may be named by any part of its id: the usual two are looked for
    return "baseline" if every.baselines & {row.id, row.id[-4:]} else ""


def _test_score(row: Row, every: EntryList) -> str:
    """Return a test score, and which of how many looks it is from."""
    look, value = every.look(row), row.values.get(f"test.{row.metric}")
    return f"{text.number(value)} (look {look.number} of {len(every.looks_at(row))})" if look and value is not None else ""


def expectations_table(shown: Sequence[Listed], every: EntryList, *, color: bool) -> str:
    """Return a table of what was expected and what came out, a line for each expectation."""
    now = datetime.now(UTC)
    columns = [text.Column("id"), text.Column("title", shrinks=True), text.Column("expected"), text.Column("came out")]
    columns += [text.Column("age", right=True, spare=True)]
    rows = []
    for listed in shown:
        head = [every.short_id(listed.row), text.clean(listed.row.title)]
        age = text.age(last_change(listed), now, short=True)
        for expected, came_out in zip(listed.row.expect, listed.row.came_out, strict=False):
            rows.append([*head, text.clean(expected), text.clean(came_out), age])
            head, age = ["", ""], ""
    return text.table(columns, rows, width=text.terminal_width(), color=color)


def no_baseline_line(shown: Sequence[Listed], every: EntryList) -> str:
    """Return which entries have no baseline, and how to make the usual ones; "" where all have one."""
    alone = [listed.row for listed in shown if listed.row.best is not None and lacks_baseline(listed.row, every.baselines)]
    if not alone:
        return ""
    which = text.clean(alone[0].id[-4:]) if len(alone) == 1 else text.count(len(alone), "entry", "entries")
    sources = {row.source for row in alone}
    data = text.clean(sources.pop()) if len(sources) == 1 else "DATA"
    return f"no baseline: {which}; the usual ones: gitjournal new --baselines {data}"


def entry_as_plain(listed: Listed, every: EntryList) -> dict[str, Any]:
    """Return an entry as plain values for JSON: full id, ISO dates, numbers as they are."""
    row, changed = listed.row, last_change(listed)
    look = every.look(row)
    return {
        "id": row.id,
        "title": row.title,
        "state": row.state,
        "edited": listed.draft is not None and listed.ref is not None,
        "branch": listed.branch or None,
        "path": row.path,
        "metric": f"dev.{row.metric}" if row.metric else None,
        "higher_is_better": direction(row.metric) > 0 if row.metric else None,
        "best": row.best,
        "sd": row.sd,
        "seeds": row.seeds,
        "gain": every.gains.get(row.id),
        "baseline": row.baseline,
        "expect": row.expect,
        "confidence": row.confidence,
        "verdict": row.verdict or None,
        "came_out": row.came_out,
        "values": row.values,
        "runs": row.runs,
        "failed": row.failed,
        "data": row.data,
        "look": {"number": look.number, "of": len(every.looks_at(row))} if look else None,
        "estimator": row.estimator,
        "tags": row.tags,
        "at": changed.isoformat() if changed else None,
        "error": row.error or None,
    }


# what --like finds


def similar_entries(recalled: SearchResult, every: EntryList, *, color: bool) -> str:
    """Return what is near as a table, each with the reason."""
    entry = recalled.entry
    about = f"the procedure of {every.short_id(entry.row)}" if entry else f"`{text.clean(recalled.asked)}`"
    if not recalled.near:
        return f"Nothing is similar to {about}. All {len(every.entries)}: gitjournal ls" if every.entries else NONE_YET
    columns = [
        text.Column("id"),
        text.Column("title", shrinks=True),
        text.Column("best"),
        text.Column("outcome", words=STATE_ROLES | VERDICT_ROLES),
        text.Column("near", right=True),
        text.Column("why", shrinks=True),
    ]
    rows = [
        [
            every.short_id(near.listed.row),
            text.clean(near.listed.row.title or near.listed.row.error),
            _best(near.listed.row, with_name=True),
            outcome_word(near.listed),
            f"{near.score:.2f}",
            text.clean(_first_reasons(near.reasons)),
        ]
        for near in recalled.near
    ]
    lines = [f"near {about}, whose title is {text.clean(entry.row.title)}"] if entry else []
    lines.append(text.table(columns, rows, width=text.terminal_width(), color=color))
    if len(recalled.near) < recalled.of:
        lines.append(f"{len(recalled.near)} of {text.count(recalled.of, 'entry', 'entries')} that are near; more: -n {recalled.of}")
    return "\n".join(lines)


def _first_reasons(reasons: Sequence[str]) -> str:
    more = [f"{len(reasons) - REASONS} more"] if len(reasons) > REASONS else []
    return "; ".join([*reasons[:REASONS], *more])


def similar_as_plain(near: SimilarEntry, every: EntryList) -> dict[str, Any]:
    """Return an entry that is near as plain values for JSON."""
    return {**entry_as_plain(near.listed, every), "near": round(near.score, 4), "why": near.reasons}
