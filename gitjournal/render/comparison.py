"""How `compare` speaks: the fact, its evidence, what could have been seen, and the way to know more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gitjournal.render import text
from gitjournal.render.score import DIRECTIONS, difference_words, lower_note
from gitjournal.stats.evidence import Comparison, Evidence, turned
from gitjournal.stats.intervals import LEVEL, Interval
from gitjournal.stats.over_datasets import OverData
from gitjournal.stats.sample import Sample

BAR = 20  # cells of an interval drawn in text


def lines(one: Comparison, *, color: bool) -> Iterator[str]:
    """Return the comparison of two, the one that leads first."""
    one = one if one.evidence.value * one.a.direction >= 0 else turned(one)
    a, b, found = one.a, one.b, one.evidence
    yield text.paint(text.wrap(headline(one)), _role(one.verdict), color=color)
    values = f"{text.clean(a.metric)} {text.number(a.value)} and {text.number(b.value)}{lower_note(a.direction)}"
    apart = f", {found.apart[0]} against {found.apart[1]}" if found.apart else ""
    test = f" ({found.test}{apart})" if found.test else ""
    yield text.wrap(f"{values}: difference {difference_words(found.value, found.interval, _scale(a, b))}{_p(found.p)}{test}", indent="  ")
    yield text.wrap(found.why, indent="  ")
    told = (*_selected(one), *_over_rows(one), *_chance(one), *_seen(one), *found.notes)
    yield from (text.wrap(note.strip(), indent="  " if note == note.strip() else "    ") for note in told)
    further = more(one)
    if further:
        yield text.wrap(f"to know more: {further}")


def headline(one: Comparison, titles: Mapping[str, str] | None = None) -> str:
    """Return ``k3f9 is not shown to be better than p2m1``, or the same with titles."""
    one = one if one.evidence.value * one.a.direction >= 0 else turned(one)
    a, b = (text.clean((titles or {}).get(each.entry) or each.entry[-4:]) for each in (one.a, one.b))
    if one.verdict == "better":
        return f"{a} is better than {b}{_where(one)}"
    return f"{a} is not shown to be better than {b}" if one.evidence.value else f"{a} and {b} reached the same"


def _where(one: Comparison) -> str:
    return f" on these {one.a.rows} {one.a.part} rows" if one.evidence.unit == "seeds" else ""


def _over_rows(one: Comparison) -> Iterator[str]:
    found = one.evidence.rows
    if found is not None:
        said = difference_words(one.evidence.value, found, _scale(one.a, one.b))
        still = "other rows may well say otherwise" if found.holds(0.0) else "other rows would hardly say otherwise"
        yield f"counted over the {one.a.rows} rows instead of seeds {said}: {still}"


def short(one: Sample) -> str:
    """Return the short id of an entry."""
    return text.clean(one.entry[-4:])


def p_value(p: float | None) -> str:
    """Write a p with two digits; below 0.001 only that."""
    if p is None:
        return "-"
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def _p(p: float | None) -> str:
    if p is None:
        return ""
    said = p_value(p)
    return f", p {said}" if said.startswith("<") else f", p = {said}"


def _scale(a: Sample, b: Sample) -> float:
    return max(abs(a.value), abs(b.value))


def _role(verdict: str) -> str:
    return "look" if verdict == "not shown" else "good"


def _selected(one: Comparison) -> Iterator[str]:
    chosen = one.evidence.selection
    if chosen is None:
        return
    which = text.clean(chosen.entry[-4:])
    at_once = f": allowing for that{_p(chosen.p).replace(', ', ' ')} ({chosen.test.partition(',')[0]})" if chosen.p is not None else ""
    yield f"{which} is the best of {chosen.k}, chosen on these same {one.evidence.unit}{at_once}"
    if chosen.interval is not None:
        said = difference_words(one.evidence.value, chosen.interval, _scale(one.a, one.b))
        yield f"  for all {chosen.k} at once {said}"
    if chosen.corrected is not None:
        yield f"  {which} reached {text.number(chosen.raw)}; corrected for the choice {text.number(chosen.corrected)} (BBC)"


def _chance(one: Comparison) -> Iterator[str]:
    found = one.evidence.chance
    if found is not None:
        shares = f"{found.value:.0%} [{found.low:.0%}, {found.high:.0%}]".replace("%", " %")
        yield f"{short(one.a)} was better on {shares} of splits of these data"


def _seen(one: Comparison) -> Iterator[str]:
    least = one.evidence.smallest
    if least is not None and one.verdict == "not shown":
        amount = f"{one.evidence.n} {one.evidence.unit}"
        yield f"what {amount} could have shown: differences from about {_two_digits(least)}"


def _two_digits(value: float) -> str:
    return f"{value:.2g}" if 1e-4 <= abs(value) < 1e4 else f"{value:.1e}"


def more(one: Comparison) -> str:
    """Return what would tell more, or nothing."""
    found = one.evidence
    if found.unit == "seeds" and one.verdict != "not shown":
        return "`split: {seed: each}` in both, to know of other rows as well"
    if one.verdict != "not shown":
        return ""
    if found.unit == "seeds":
        return "more `seeds` in both; `split: {seed: each}` to know of other rows as well"
    if one.a.folds or found.unit == "splits":
        return "more data; more folds or splits of the same rows help little" if found.n >= 15 else "`split: {cv: 5, repeats: 3}` in both"
    return "more rows" if one.a.split.get("time") else "`split: {cv: 5, repeats: 3}` in both"


# ---- several


def table(comparisons: Sequence[Comparison], adjusted: Sequence[float | None], titles: Mapping[str, str], *, color: bool) -> Iterator[str]:
    """Return one against several others, each in a row with its interval drawn."""
    a = comparisons[0].a
    yield text.wrap(f"{short(a)} {text.clean(a.metric)} {text.number(a.value)}{lower_note(a.direction)}, against {len(comparisons)} others")
    yield ""
    axis = _axis([one.evidence for one in comparisons])
    columns = [
        text.Column("id", marked=True),
        text.Column("title", shrinks=True),
        text.Column(text.clean(a.metric), right=True),
        text.Column("difference", right=True),
        text.Column("p (Holm)", right=True),
        text.Column(f"{short(a)} is", marked=True),
        text.Column("interval", spare=True),
    ]
    rows, roles = [], []
    for one, p in zip(comparisons, adjusted, strict=True):
        verdict = after_holm(one, p)
        rows.append(
            [
                short(one.b),
                text.clean(titles.get(one.b.entry, "")),
                text.number(one.b.value),
                difference_words(one.evidence.value, one.evidence.sure, _scale(a, one.b)),
                p_value(p),
                verdict,
                bar(one.evidence.value, one.evidence.sure, axis),
            ]
        )
        roles.append({"better": "good", "worse": "bad"}.get(verdict, "look"))
    yield text.table(columns, rows, width=text.terminal_width() or text.WIDTH, roles=roles, color=color)
    yield ""
    tests = dict.fromkeys(one.evidence.test.partition(",")[0] for one in comparisons)
    said = f"intervals are of 95 % each; p values allow for {len(comparisons)} comparisons (Holm); {', '.join(tests)}"
    yield text.wrap(said)
    if a.k > 1:
        yield text.wrap(f"{short(a)} is the best of {a.k}: its intervals and p values allow for that")
    yield from (text.wrap(note) for note in dict.fromkeys(note for one in comparisons for note in (one.evidence.why, *one.evidence.notes)))


def after_holm(one: Comparison, p: float | None) -> str:
    """Return what a comparison shows where others were made with it."""
    return one.verdict if p is not None and p < LEVEL else "not shown"


def _axis(found: Sequence[Evidence]) -> tuple[float, float]:
    """Return the ends of an axis that holds all intervals, and 0."""
    intervals = [one.sure for one in found]
    ends = [0.0, *(end for one in intervals if one for end in (one.low, one.high)), *(one.value for one in found)]
    low, high = min(ends), max(ends)
    return (low, high) if high > low else (low - 1, high + 1)


def bar(value: float, interval: Interval | None, axis: tuple[float, float]) -> str:
    """Draw an interval in text: ``├──●──┤ │``, the bar being no difference."""
    low, high = axis

    def at(x: float) -> int:
        return max(0, min(BAR - 1, round((x - low) / (high - low) * (BAR - 1))))

    cells = [" "] * BAR
    if interval is not None:
        first, last = at(interval.low), at(interval.high)
        cells[first : last + 1] = "─" * (last - first + 1)
        cells[first], cells[last] = "├", "┤"
    cells[at(0.0)] = "│" if cells[at(0.0)] == " " else "┼"
    if math.isfinite(value):
        cells[at(value)] = "●"
    return "".join(cells).rstrip()


# ---- over data sets


def over_data_lines(found: OverData, metric: str, direction: int, *, color: bool) -> Iterator[str]:
    """Return procedures over several data sets."""
    sets = len(found.data)
    for pair in found.pairs:
        verdict = pair.verdict(direction)
        ahead, behind = (pair.a, pair.b) if pair.interval.value * direction >= 0 else (pair.b, pair.a)
        shown = "is better than" if verdict != "not shown" else "is not shown to be better than"
        yield text.paint(text.wrap(f"{text.clean(ahead)} {shown} {text.clean(behind)}"), _role(verdict), color=color)
        said = f"{metric}: median difference {difference_words(pair.interval.value, pair.interval, _widest(found))}{_p(pair.p)}"
        counted = f"{text.clean(pair.a)} won {pair.won}, lost {pair.lost}"
        yield text.wrap(f"{said} (Wilcoxon signed rank, {sets} data sets; {counted})", indent="  ")
        if len(found.pairs) > 1:
            yield text.wrap(f"allowing for {len(found.pairs)} comparisons: p = {p_value(pair.adjusted)} (Holm)", indent="  ")
    if found.friedman is not None:
        yield text.wrap(f"all {len(found.procedures)} alike over {sets} data sets: p = {p_value(found.friedman)} (Friedman)")
    yield ""
    columns = [text.Column("data", shrinks=True), *(text.Column(text.clean(one), right=True) for one in found.procedures)]
    rows = [[text.clean(name), *(text.number(found.values[one, name]) for one in found.procedures)] for name in found.data]
    rows.append(["mean rank", *(f"{found.ranks[one]:.2f}" for one in found.procedures)])
    yield text.table(columns, rows, width=text.terminal_width(), color=color)
    yield f"{metric}, {DIRECTIONS[direction]}"


def _widest(found: OverData) -> float:
    return max(abs(value) for value in found.values.values())


# ---- for programs


def as_plain(one: Comparison, adjusted: float | None) -> dict[str, Any]:
    """Return a comparison as plain values for JSON."""
    found, chosen = one.evidence, one.evidence.selection
    return {
        "a": _sample_as_plain(one.a),
        "b": _sample_as_plain(one.b),
        "metric": one.a.metric,
        "higher_is_better": one.a.direction > 0,
        "verdict": one.verdict,
        "difference": found.value,
        "interval": _ends(found.interval),
        "p": found.p,
        "p_holm": adjusted,
        "test": found.test,
        "why": found.why,
        "unit": found.unit,
        "n": found.n,
        "smallest": found.smallest,
        "chance": [found.chance.value, found.chance.low, found.chance.high] if found.chance else None,
        "best_of": chosen
        and {
            "entry": chosen.entry,
            "k": chosen.k,
            "value": chosen.raw,
            "corrected": chosen.corrected,
            "interval": _ends(chosen.interval),
            "p": chosen.p,
            "test": chosen.test,
        },
        "notes": list(found.notes),
    }


def over_data_as_plain(found: OverData, metric: str, direction: int) -> dict[str, Any]:
    """Return procedures over data sets as plain values for JSON."""
    return {
        "metric": metric,
        "higher_is_better": direction > 0,
        "procedures": found.procedures,
        "data": found.data,
        "values": {one: [found.values[one, name] for name in found.data] for one in found.procedures},
        "mean_ranks": found.ranks,
        "friedman_p": found.friedman,
        "comparisons": [
            {
                "a": pair.a,
                "b": pair.b,
                "verdict": pair.verdict(direction),
                "difference": pair.interval.value,
                "interval": _ends(pair.interval),
                "p": pair.p,
                "p_holm": pair.adjusted,
                "won": pair.won,
                "lost": pair.lost,
            }
            for pair in found.pairs
        ],
    }


def _sample_as_plain(one: Sample) -> dict[str, Any]:
    seeds = [seed for seed in one.values if seed is not None]
    return {"id": one.entry, "value": one.value, "grid": one.grid, "seeds": seeds, "best_of": one.k}


def _ends(interval: Interval | None) -> list[float] | None:
    return [interval.low, interval.high] if interval else None
