"""Intervals and tests. Pure: numbers in, numbers out."""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054  # the 97.5 % point of the normal distribution
MAX_ROWS = 20_000


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


def unpack_hits(packed: str, n: int) -> list[bool] | None:
    """Return one right/wrong value per row from a record's `hits`, or None where it does not hold `n` rows."""
    if n > MAX_ROWS:
        return None
    try:
        unzip = zlib.decompressobj()
        raw = unzip.decompress(base64.b64decode(packed, validate=True), MAX_ROWS // 8 + 1)
    except (binascii.Error, zlib.error, ValueError):
        return None
    if len(raw) != math.ceil(n / 8):
        return None
    return [bool(raw[row >> 3] >> (7 - (row & 7)) & 1) for row in range(n)]


def paired_difference(a: Sequence[bool], b: Sequence[bool]) -> Interval:
    """Return accuracy of `a` minus accuracy of `b` on the same rows, with a 95 % interval.

    The Wald interval with one half added to each discordant and concordant cell (Agresti and Min 2005, Statistics in
    Medicine 24:729), which keeps its level for small counts. Raises ValueError where the rows differ in number.
    """
    only_a = sum(x and not y for x, y in zip(a, b, strict=True))
    only_b = sum(y and not x for x, y in zip(a, b, strict=True))
    n = len(a)
    more, fewer, total = only_a + 0.5, only_b + 0.5, n + 2
    centre = (more - fewer) / total
    half = Z95 * math.sqrt(max(more + fewer - (more - fewer) ** 2 / total, 0.0)) / total
    return Interval((only_a - only_b) / n, centre - half, centre + half)
