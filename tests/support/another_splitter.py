"""Another program that divides rows, by docs/reference/splits.md alone: it imports nothing of gitjournal, and of numpy the generator."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

PURPOSES = ["test", "dev", "folds", "train_dev", "watched"]
Rows = list[int]


class Splitter:
    """The rows of one vector, and its split."""

    def __init__(self, vector: dict[str, Any]) -> None:
        self.n_rows, self.split, self.given = vector["rows"], vector["split"], vector.get("given")
        labels, groups = vector.get("labels"), vector.get("groups")
        stratified = self.split.get("stratify")
        self.codes = [sorted(set(labels)).index(label) for label in labels] if stratified and labels else [0] * self.n_rows
        self.groups = [list(dict.fromkeys(groups)).index(group) for group in groups] if groups else None
        self.times = vector.get("times")
        self.shuffled = self.split.get("shuffle", True)
        self.each = self.split.get("seed") == "each"
        self.seed = vector["seed"] if self.each else self.split.get("seed", 0)

    def divide(self) -> list[dict[str, Rows]]:
        folds = [self.in_time() if self.times else self.of_files()] if self.times or self.given else self.drawn()
        if "train_dev" in self.split:
            for number, parts in enumerate(folds):
                parts["train_dev"] = self.take(parts["train"], "train_dev", number)
                parts["train"] = [row for row in parts["train"] if row not in parts["train_dev"]]
        return folds

    def order(self, n_items: int, purpose: str, number: int = 0) -> list[int]:
        """Return a permutation, drawn from the stream of a purpose."""
        seed = 0 if purpose == "test" and self.each else self.seed
        return permute(np.random.RandomState([seed, PURPOSES.index(purpose), number]), n_items)

    def size(self, part: str) -> int:
        return math.floor(self.split[part] * self.n_rows + 0.5)

    def take(self, rows: Rows, part: str, number: int = 0) -> Rows:
        wanted = self.size(part)
        if self.groups:
            return self.take_groups(rows, wanted, part, number)
        ordered = [rows[place] for place in self.order(len(rows), part, number)] if self.shuffled else rows[::-1]
        counts = Counter(self.codes[row] for row in rows)
        quotas = quotas_of([counts[code] for code in range(len(counts))], wanted)
        return sorted(row for code, quota in enumerate(quotas) for row in [row for row in ordered if self.codes[row] == code][:quota])

    def take_groups(self, rows: Rows, wanted: int, part: str, number: int) -> Rows:
        assert self.groups
        names = sorted({self.groups[row] for row in rows})
        ordered = [names[place] for place in self.order(len(names), part, number)] if self.shuffled else names[::-1]
        taken: Rows = []
        for name in ordered[:-1]:
            more = [row for row in rows if self.groups[row] == name]
            if not taken or abs(len(taken) + len(more) - wanted) < abs(len(taken) - wanted):
                taken += more
        return sorted(taken)

    def drawn(self) -> list[dict[str, Rows]]:
        rows, test = list(range(self.n_rows)), {}
        if "test" in self.split:
            test["test"] = self.take(rows, "test")
            rows = [row for row in rows if row not in test["test"]]
        if "cv" not in self.split:
            devs = [self.take(rows, "dev")]
        else:
            deal = self.deal_groups if self.groups else self.deal
            devs = [dev for repeat in range(self.split["repeats"]) for dev in deal(rows, repeat)]
        return [{"train": [row for row in rows if row not in dev], "dev": dev, **test} for dev in devs]

    def deal(self, rows: Rows, repeat: int) -> list[Rows]:
        k = self.split["cv"]
        ordered = [rows[place] for place in self.order(len(rows), "folds", repeat)] if self.shuffled else rows
        if self.split["stratify"]:
            ordered = sorted(ordered, key=lambda row: self.codes[row])
            return [sorted(ordered[fold::k]) for fold in range(k)]
        return [sorted(row for place, row in enumerate(ordered) if place * k // len(rows) == fold) for fold in range(k)]

    def deal_groups(self, rows: Rows, repeat: int) -> list[Rows]:
        assert self.groups
        k = self.split["cv"]
        members = {name: [row for row in rows if self.groups[row] == name] for name in sorted({self.groups[row] for row in rows})}
        names = list(members)
        by_size = sorted(names, key=lambda name: -len(members[name]))
        ordered = [names[place] for place in self.order(len(names), "folds", repeat)] if self.shuffled else by_size
        totals = Counter(self.codes[row] for row in rows)
        codes = range(max(totals) + 1)
        folds: list[Rows] = [[] for _ in range(k)]
        for place, name in enumerate(ordered):
            counts = Counter(self.codes[row] for row in members[name])
            inside = [Counter(self.codes[row] for row in fold) for fold in folds]
            crowding = [total([fold[code] * counts[code] / max(totals[code], 1) ** 2 for code in codes]) for fold in inside]
            empty = [fold for fold in range(k) if not folds[fold]]
            folds[empty[0] if len(empty) >= len(ordered) - place else crowding.index(min(crowding))] += members[name]
        return [sorted(fold) for fold in folds]

    def in_time(self) -> dict[str, Rows]:
        assert self.times
        left = sorted(range(self.n_rows), key=lambda row: self.times[row])
        parts = {}
        for part in ("test", "dev"):
            if part in self.split:
                begin = len(left) - self.size(part)
                while begin > 0 and self.times[left[begin - 1]] == self.times[left[begin]]:
                    begin -= 1
                parts[part] = sorted(left[begin:])
                left = left[: max(begin - self.split["gap"], 0)]
        return {"train": sorted(left), **parts}

    def of_files(self) -> dict[str, Rows]:
        parts, begin = {}, 0
        for part, n_rows in self.given.items():
            parts[part] = list(range(begin, begin + n_rows))
            begin += n_rows
        return parts


def total(terms: list[float]) -> float:
    """Add in the order of the page: equal sums decide, so that the last bit counts."""
    eights = len(terms) // 8 * 8
    start = 0.0
    if eights:
        a, b, c, d, e, f, g, h = (add(terms[place:eights:8]) for place in range(8))
        start = ((a + b) + (c + d)) + ((e + f) + (g + h))
    return add([start, *terms[eights:]])


def add(terms: list[float]) -> float:
    result = 0.0
    for term in terms:
        result += term
    return result


def permute(stream: Any, n_items: int) -> list[int]:
    """Permute by the 32-bit words of a stream."""
    places = list(range(n_items))
    for last in range(n_items - 1, 0, -1):
        while (place := int.from_bytes(stream.bytes(4), "little") & (2 ** last.bit_length() - 1)) > last:
            pass
        places[last], places[place] = places[place], places[last]
    return places


def quotas_of(counts: list[int], wanted: int) -> list[int]:
    exact = [count * (wanted / sum(counts)) for count in counts]
    quotas = [min(max(math.floor(share), 1), count - 1) for share, count in zip(exact, counts, strict=True)]
    while sum(quotas) != wanted:
        step = 1 if sum(quotas) < wanted else -1
        free = [code for code, quota in enumerate(quotas) if (quota < counts[code] - 1 if step > 0 else quota > 1)]
        quotas[max(free, key=lambda code: (exact[code] - quotas[code]) * step)] += step
    return quotas
