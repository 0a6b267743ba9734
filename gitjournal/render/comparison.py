"""What `compare` prints: the conclusion, its evidence, the smallest difference that could have been found, how to know more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gitjournal.entry.labels import point_label
from gitjournal.render import text
from gitjournal.render.score import DIRECTIONS, difference_words, lower_note
from gitjournal.stats.evidence import Comparison, StatisticalEvidence, reverse
from gitjournal.stats.intervals import LEVEL, Interval
from gitjournal.stats.over_datasets import OverData
from gitjournal.stats.sample import Sample

BAR = 20  # cells of an interval drawn in text


def comparison_lines(comparison: Comparison, *, color: bool) -> Iterator[str]:
    """Yield the comparison of two entries, the one that leads first, line by line."""
    comparison = comparison if comparison.evidence.value * comparison.a.direction >= 0 else reverse(comparison)
    a, b, evidence = comparison.a, comparison.b, comparison.evidence
    yield text.paint(text.wrap(headline(comparison)), _role(comparison.verdict), color=color)
    values = f"{text.clean(a.metric)} {text.number(a.value)} and {text.number(b.value)}{lower_note(a.direction)}"
    apart = f", {evidence.apart[0]} against {evidence.apart[1]}" if evidence.apart else ""
    test = f" ({evidence.test}{apart})" if evidence.test else ""
    yield text.wrap(
        f"{values}: difference {difference_words(evidence.value, evidence.interval, _scale(a, b))}{_p_words(evidence.p)}{test}", indent="  "
    )
    yield text.wrap(evidence.why, indent="  ")
    notes = (
        *_selection_lines(comparison),
        *_row_interval_line(comparison),
        *_chance_line(comparison),
        *_power_line(comparison),
        *evidence.notes,
    )
    yield from (text.wrap(note.strip(), indent="  " if note == note.strip() else "    ") for note in notes)
    further = how_to_know_more(comparison)
    if further:
        yield text.wrap(f"to know more: {further}")


def headline(comparison: Comparison, titles: Mapping[str, str] | None = None) -> str:
    """Return ``k3f9 is not shown to be better than p2m1``, or the same with titles."""
    comparison = comparison if comparison.evidence.value * comparison.a.direction >= 0 else reverse(comparison)
    a, b = (
        text.clean(((titles or {}).get(each.entry) or each.entry[-4:]) + configuration_words(each)) for each in (comparison.a, comparison.b)
    )
    if comparison.verdict == "better":
        return f"{a} is better than {b}{_scope_words(comparison)}"
    return f"{a} is not shown to be better than {b}" if comparison.evidence.value else f"{a} and {b} reached the same"


def _scope_words(comparison: Comparison) -> str:
    return f" on these {comparison.a.rows} {comparison.a.part} rows" if comparison.evidence.unit == "seeds" else ""


def _row_interval_line(comparison: Comparison) -> Iterator[str]:
    interval = comparison.evidence.rows
    if interval is not None:
        difference = difference_words(comparison.evidence.value, interval, _scale(comparison.a, comparison.b))
        still = "other rows may well say otherwise" if interval.holds(0.0) else "other rows would hardly say otherwise"
        yield f"counted over the {comparison.a.rows} rows instead of seeds {difference}: {still}"


def short_id(sample: Sample) -> str:
    """Return the short id of an entry, with the configuration that was named."""
    return text.clean(sample.entry[-4:] + configuration_words(sample))


def configuration_words(sample: Sample) -> str:
    """Return ``:svc__C=10`` for a configuration that was named, nothing for the best of an entry."""
    return f":{point_label(sample.grid) or sample.fingerprint[:8]}" if sample.named else ""


def p_value(p: float | None) -> str:
    """Write a p value with two digits; below 0.001 only that it is."""
    if p is None:
        return "-"
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def _p_words(p: float | None) -> str:
    if p is None:
        return ""
    value = p_value(p)
    return f", p {value}" if value.startswith("<") else f", p = {value}"


def _scale(a: Sample, b: Sample) -> float:
    return max(abs(a.value), abs(b.value))


def _role(verdict: str) -> str:
    return "look" if verdict == "not shown" else "good"


def _selection_lines(comparison: Comparison) -> Iterator[str]:
    selection = comparison.evidence.selection
    if selection is None:
        return
    which = text.clean(selection.entry[-4:])
    at_once = (
        f": allowing for that{_p_words(selection.p).replace(', ', ' ')} ({selection.test.partition(',')[0]})"
        if selection.p is not None
        else ""
    )
    if selection.named:
        yield f"named among the {selection.k} configurations of {which}, on these same {comparison.evidence.unit}{at_once}"
    else:
        yield f"{which} is the best of {selection.k}, chosen on these same {comparison.evidence.unit}{at_once}"
    if selection.interval is not None:
        difference = difference_words(comparison.evidence.value, selection.interval, _scale(comparison.a, comparison.b))
        yield f"  for all {selection.k} at once {difference}"
    if selection.corrected is not None:
        yield f"  {which} reached {text.number(selection.raw)}; corrected for the choice {text.number(selection.corrected)} (BBC)"


def _chance_line(comparison: Comparison) -> Iterator[str]:
    chance = comparison.evidence.chance
    if chance is not None:
        shares = f"{chance.value:.0%} [{chance.low:.0%}, {chance.high:.0%}]".replace("%", " %")
        yield f"{short_id(comparison.a)} was better on {shares} of splits of these data"


def _power_line(comparison: Comparison) -> Iterator[str]:
    least = comparison.evidence.smallest
    if least is not None and comparison.verdict == "not shown":
        amount = f"{comparison.evidence.n} {comparison.evidence.unit}"
        yield f"what {amount} could have shown: differences from about {_two_digits(least)}"


def _two_digits(value: float) -> str:
    return f"{value:.2g}" if 1e-4 <= abs(value) < 1e4 else f"{value:.1e}"


def how_to_know_more(comparison: Comparison) -> str:
    """Return what would make the answer surer; "" where nothing cheap would."""
    evidence = comparison.evidence
    if evidence.unit == "seeds" and comparison.verdict != "not shown":
        return "`split: {seed: each}` in both, to know of other rows as well"
    if comparison.verdict != "not shown":
        return ""
    if evidence.unit == "seeds":
        return "more `seeds` in both; `split: {seed: each}` to know of other rows as well"
    if comparison.a.folds or evidence.unit == "splits":
        return (
            "more data; more folds or splits of the same rows help little" if evidence.n >= 15 else "`split: {cv: 5, repeats: 3}` in both"
        )
    return "more rows" if comparison.a.split.get("time") else "`split: {cv: 5, repeats: 3}` in both"


# ---- several


def comparison_table(
    comparisons: Sequence[Comparison], adjusted: Sequence[float | None], titles: Mapping[str, str], *, color: bool
) -> Iterator[str]:
    """Yield a table of one entry against several others, each in a row with its interval drawn; `adjusted` are p values after Holm."""
    a = comparisons[0].a
    yield text.wrap(
        f"{short_id(a)} {text.clean(a.metric)} {text.number(a.value)}{lower_note(a.direction)}, against {len(comparisons)} others"
    )
    yield ""
    axis = _axis_ends([one.evidence for one in comparisons])
    columns = [
        text.Column("id", marked=True),
        text.Column("title", shrinks=True),
        text.Column(text.clean(a.metric), right=True),
        text.Column("difference", right=True),
        text.Column("p (Holm)", right=True),
        text.Column(f"{short_id(a)} is", marked=True),
        text.Column("interval", spare=True),
    ]
    rows, roles = [], []
    for comparison, p in zip(comparisons, adjusted, strict=True):
        verdict = verdict_after_holm(comparison, p)
        rows.append(
            [
                short_id(comparison.b),
                text.clean(titles.get(comparison.b.entry, "")),
                text.number(comparison.b.value),
                difference_words(comparison.evidence.value, comparison.evidence.sure, _scale(a, comparison.b)),
                p_value(p),
                verdict,
                bar(comparison.evidence.value, comparison.evidence.sure, axis),
            ]
        )
        roles.append({"better": "good", "worse": "bad"}.get(verdict, "look"))
    yield text.table(columns, rows, width=text.terminal_width() or text.WIDTH, roles=roles, color=color)
    yield ""
    tests = dict.fromkeys(one.evidence.test.partition(",")[0] for one in comparisons)
    remark = f"intervals are of 95 % each; p values allow for {len(comparisons)} comparisons (Holm); {', '.join(tests)}"
    yield text.wrap(remark)
    if a.k > 1:
        is_chosen = f"is one of {a.k}" if a.named else f"is the best of {a.k}"
        yield text.wrap(f"{short_id(a)} {is_chosen}: its intervals and p values allow for that")
    yield from (text.wrap(note) for note in dict.fromkeys(note for one in comparisons for note in (one.evidence.why, *one.evidence.notes)))


def verdict_after_holm(comparison: Comparison, p: float | None) -> str:
    """Return the verdict of a comparison by its p value after Holm's correction."""
    return comparison.verdict if p is not None and p < LEVEL else "not shown"


def _axis_ends(evidence: Sequence[StatisticalEvidence]) -> tuple[float, float]:
    """Return the ends of an axis that holds all intervals, and 0."""
    intervals = [one.sure for one in evidence]
    ends = [0.0, *(end for one in intervals if one for end in (one.low, one.high)), *(one.value for one in evidence)]
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


def over_data_lines(over_data: OverData, metric: str, direction: int, *, color: bool) -> Iterator[str]:
    """Yield the comparison of procedures over several data sets, line by line."""
    sets = len(over_data.data)
    for pair in over_data.pairs:
        verdict = pair.verdict(direction)
        ahead, behind = (pair.a, pair.b) if pair.interval.value * direction >= 0 else (pair.b, pair.a)
        shown = "is better than" if verdict != "not shown" else "is not shown to be better than"
        yield text.paint(text.wrap(f"{text.clean(ahead)} {shown} {text.clean(behind)}"), _role(verdict), color=color)
        difference = f"median difference {difference_words(pair.interval.value, pair.interval, _largest_value(over_data))}"
        counted = f"{text.clean(pair.a)} won {pair.won}, lost {pair.lost}"
        yield text.wrap(f"{metric}: {difference}{_p_words(pair.p)} (Wilcoxon signed rank, {sets} data sets; {counted})", indent="  ")
        if len(over_data.pairs) > 1:
            yield text.wrap(f"allowing for {len(over_data.pairs)} comparisons: p = {p_value(pair.adjusted)} (Holm)", indent="  ")
    if over_data.friedman is not None:
        yield text.wrap(f"all {len(over_data.procedures)} alike over {sets} data sets: p = {p_value(over_data.friedman)} (Friedman)")
    yield ""
    columns = [text.Column("data", shrinks=True), *(text.Column(text.clean(one), right=True) for one in over_data.procedures)]
    rows = [[text.clean(name), *(text.number(over_data.values[one, name]) for one in over_data.procedures)] for name in over_data.data]
    rows.append(["mean rank", *(f"{over_data.ranks[one]:.2f}" for one in over_data.procedures)])
    yield text.table(columns, rows, width=text.terminal_width(), color=color)
    yield f"{metric}, {DIRECTIONS[direction]}"


def _largest_value(over_data: OverData) -> float:
    return max(abs(value) for value in over_data.values.values())


# ---- for programs


def comparison_as_plain(comparison: Comparison, adjusted: float | None) -> dict[str, Any]:
    """Return a comparison as plain values for JSON."""
    evidence, selection = comparison.evidence, comparison.evidence.selection
    return {
        "a": _sample_as_plain(comparison.a),
        "b": _sample_as_plain(comparison.b),
        "metric": comparison.a.metric,
        "higher_is_better": comparison.a.direction > 0,
        "verdict": comparison.verdict,
        "difference": evidence.value,
        "interval": _ends(evidence.interval),
        "p": evidence.p,
        "p_holm": adjusted,
        "test": evidence.test,
        "why": evidence.why,
        "unit": evidence.unit,
        "n": evidence.n,
        "smallest": evidence.smallest,
        "chance": [evidence.chance.value, evidence.chance.low, evidence.chance.high] if evidence.chance else None,
        "best_of": selection
        and {
            "entry": selection.entry,
            "k": selection.k,
            "value": selection.raw,
            "corrected": selection.corrected,
            "interval": _ends(selection.interval),
            "p": selection.p,
            "test": selection.test,
        },
        "notes": list(evidence.notes),
    }


def over_data_as_plain(over_data: OverData, metric: str, direction: int) -> dict[str, Any]:
    """Return procedures over data sets as plain values for JSON."""
    return {
        "metric": metric,
        "higher_is_better": direction > 0,
        "procedures": over_data.procedures,
        "data": over_data.data,
        "values": {one: [over_data.values[one, name] for name in over_data.data] for one in over_data.procedures},
        "mean_ranks": over_data.ranks,
        "friedman_p": over_data.friedman,
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
            for pair in over_data.pairs
        ],
    }


def _sample_as_plain(sample: Sample) -> dict[str, Any]:
    seeds = [seed for seed in sample.values if seed is not None]
    return {
        "id": sample.entry,
        "fingerprint": sample.fingerprint,
        "named": sample.named,
        "value": sample.value,
        "grid": sample.grid,
        "seeds": seeds,
        "best_of": sample.k,
    }


def _ends(interval: Interval | None) -> list[float] | None:
    return [interval.low, interval.high] if interval else None
