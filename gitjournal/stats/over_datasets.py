"""Comparison of procedures over several data sets, one value of each on each (Demšar 2006, JMLR 7:1). Pure; scipy on use."""

from __future__ import annotations

import itertools
import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.errors import ComparisonError
from gitjournal.stats.intervals import LEVEL, Z95, Interval
from gitjournal.stats.multiple_testing import holm

FEWEST = 6  # data sets: with fewer, no outcome of the signed-rank test is rarer than 5 %
EXACT = 50  # sets up to which test and interval come from the exact distribution


@dataclass(frozen=True)
class DataScore:
    """What one entry reached on one data set, for the procedure that it stands for."""

    entry: str
    procedure: str
    data: str
    value: float


@dataclass(frozen=True)
class Pair:
    """One procedure against another: `interval` is around the Hodges-Lehmann median of the differences, a minus b."""

    a: str
    b: str
    won: int
    lost: int
    interval: Interval
    p: float
    adjusted: float

    def verdict(self, direction: int) -> str:
        """Whether a is better than b, all pairs allowed for."""
        if self.adjusted >= LEVEL:
            return "not shown"
        return "better" if self.interval.value * direction > 0 else "worse"


@dataclass(frozen=True)
class OverData:
    """The comparison of several procedures over several data sets.

    `ranks` are mean ranks (1 is best); `friedman` is the p of the test over three or more, None for two.
    """

    procedures: list[str]
    data: list[str]
    values: dict[tuple[str, str], float]
    ranks: dict[str, float]
    friedman: float | None
    pairs: list[Pair]


def over_data(cells: Sequence[DataScore], direction: int) -> OverData:
    """Compare the first procedure with each other one, over the data sets that all have.

    Wilcoxon's signed-rank test for pairs, with Holm's correction, and Friedman's over three or more. Raises ComparisonError
    where a procedure has two entries on a data set, lacks one, or there are fewer than six data sets.
    """
    procedures = list(dict.fromkeys(one.procedure for one in cells))
    data = list(dict.fromkeys(one.data for one in cells))
    values: dict[tuple[str, str], float] = {}
    owner: dict[tuple[str, str], str] = {}
    for cell in cells:
        place = (cell.procedure, cell.data)
        if place in values:
            both = f"{owner[place][-4:]} and {cell.entry[-4:]}"
            raise ComparisonError(f"{both} are both {cell.procedure} on the same data", hint="leave one out, or tell them apart: --by tag")
        values[place], owner[place] = cell.value, cell.entry
    if len(procedures) < 2:
        raise ComparisonError(f"all of these are {procedures[0]}", hint="give entries of two procedures, or tell them apart: --by tag")
    lacking = [(procedure, name) for procedure in procedures for name in data if (procedure, name) not in values]
    if lacking:
        procedure, name = lacking[0]
        raise ComparisonError(
            f"{procedure} has no entry on {name}", hint="every procedure is needed on every data set: add it, or leave out"
        )
    if len(data) < FEWEST:
        least = 2 ** (1 - len(data))
        what = f"{len(data)} data sets cannot show a difference: the smallest p that Wilcoxon's test can reach there is {least:.3g}"
        raise ComparisonError(what, hint=f"take {FEWEST} at least, or compare on one data set at a time")
    ranks = _mean_ranks(procedures, data, values, direction)
    return OverData(procedures, data, values, ranks, _friedman(procedures, data, values), _pairs(procedures, data, values, direction))


def _pairs(procedures: Sequence[str], data: Sequence[str], values: dict[tuple[str, str], float], direction: int) -> list[Pair]:
    first, *rivals = procedures
    gaps = {rival: [values[first, name] - values[rival, name] for name in data] for rival in rivals}
    ps = [signed_rank(differences) for differences in gaps.values()]
    pairs = []
    for rival, p, adjusted in zip(rivals, ps, holm(ps), strict=True):
        signs = [gap * direction for gap in gaps[rival]]
        won, lost = sum(sign > 0 for sign in signs), sum(sign < 0 for sign in signs)
        pairs.append(Pair(first, rival, won, lost, hodges_lehmann(gaps[rival]), p, adjusted))
    return pairs


def signed_rank(gaps: Sequence[float]) -> float:
    """Return the two-sided p of Wilcoxon's signed-rank test; the ranks of zeros are shared out, as Demšar does.

    Equal differences share their ranks. Up to 50 it is exact: of all ways to flip signs, the share that is as far from even.
    """
    if not any(gaps):
        return 1.0
    if len(gaps) > EXACT:
        from scipy.stats import wilcoxon

        return float(wilcoxon(gaps, zero_method="zsplit", method="approx").pvalue)
    signed = [rank if gap > 0 else -rank for rank, gap in zip(_doubled_ranks(gaps), gaps, strict=True) if gap]
    ways = [1]  # by the sum of those with a plus: the zeros, half of which count on either side, change nothing
    for rank in map(abs, signed):
        ways = [a + b for a, b in zip([*ways, *[0] * rank], [*[0] * rank, *ways], strict=True)]
    whole, observed = len(ways) - 1, abs(sum(signed))
    return sum(count for total, count in enumerate(ways) if abs(2 * total - whole) >= observed) / sum(ways)


def _doubled_ranks(gaps: Sequence[float]) -> list[int]:
    """Return twice the rank of each difference by its size, so that the mean rank of equal ones is whole."""
    sizes = [float(f"{abs(gap):.10g}") for gap in gaps]  # 0.9 - 0.8 and 0.4 - 0.3 are equal but for their last digits
    ordered = sorted(sizes)
    return [bisect_left(ordered, size) + bisect_right(ordered, size) + 1 for size in sizes]


def hodges_lehmann(gaps: Sequence[float]) -> Interval:
    """Return the median of pairwise means with its 95 % interval (Hodges and Lehmann 1963): what the signed-rank test does not rule out."""
    means = sorted((a + b) / 2 for a, b in itertools.combinations_with_replacement(gaps, 2))
    cut = _signed_rank_cut(len(gaps))
    return Interval(statistics.median(means), means[cut], means[-1 - cut])


def _signed_rank_cut(n: int) -> int:
    """Return how many of the pairwise means lie outside on each side: the largest W that the test rejects."""
    if n > EXACT:
        spread = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return max(0, math.floor(n * (n + 1) / 4 - Z95 * spread))
    ways = [1] + [0] * (n * (n + 1) // 2)
    for rank in range(1, n + 1):
        for total in range(len(ways) - 1, rank - 1, -1):
            ways[total] += ways[total - rank]
    below = 0
    for total, count in enumerate(ways):
        below += count
        if below > LEVEL / 2 * 2**n:
            return max(total - 1, 0)
    return 0


def _mean_ranks(procedures: Sequence[str], data: Sequence[str], values: dict[tuple[str, str], float], direction: int) -> dict[str, float]:
    from scipy.stats import rankdata

    losses = [[-direction * values[procedure, name] for name in data] for procedure in procedures]
    return dict(zip(procedures, rankdata(losses, axis=0).mean(axis=1).tolist(), strict=True))


def _friedman(procedures: Sequence[str], data: Sequence[str], values: dict[tuple[str, str], float]) -> float | None:
    if len(procedures) < 3:
        return None
    from scipy.stats import friedmanchisquare

    columns = [[values[procedure, name] for name in data] for procedure in procedures]
    if all(len(set(row)) == 1 for row in zip(*columns, strict=True)):
        return 1.0
    return float(friedmanchisquare(*columns).pvalue)
