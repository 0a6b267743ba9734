"""Intervals hold what they promise."""

from __future__ import annotations

import base64
import math
import random
import zlib

import pytest

from gitjournal.stats import paired_difference, unpack_hits


def packed(hits: list[bool]) -> str:
    bits = "".join("1" if hit else "0" for hit in hits)
    raw = bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))
    return base64.b64encode(zlib.compress(raw)).decode()


@pytest.mark.parametrize("n", [1, 7, 8, 9, 360])
def test_what_was_packed_comes_back(n: int) -> None:
    hits = [random.Random(n).random() < 0.9 for _ in range(n)]
    assert unpack_hits(packed(hits), n) == hits


def test_what_is_not_the_bits_of_so_many_rows_is_refused() -> None:
    good = packed([True] * 16)
    assert unpack_hits(good, 17) is None
    assert unpack_hits("not base64", 16) is None
    assert unpack_hits(base64.b64encode(b"not zlib").decode(), 16) is None
    assert unpack_hits(base64.b64encode(zlib.compress(b"\0" * 10_000_000)).decode(), 16) is None


def test_the_difference_is_of_accuracies_and_its_interval_holds_it() -> None:
    a, b = [True] * 355 + [False] * 5, [True] * 352 + [False] * 8
    found = paired_difference(a, b)
    assert found.value == pytest.approx(3 / 360)
    assert found.low < found.value < found.high


def test_the_interval_is_that_of_agresti_and_min() -> None:
    """Their example of n = 1144 voters: 150 against 86 discordant (Agresti, Categorical Data Analysis, table 11.1)."""
    a = [True] * 150 + [False] * 86 + [True] * 908
    b = [False] * 150 + [True] * 86 + [True] * 908
    found = paired_difference(a, b)
    n = 1146
    centre = 64 / n
    half = 1.959963984540054 * math.sqrt(237 - 64**2 / n) / n
    assert (found.low, found.high) == (pytest.approx(centre - half), pytest.approx(centre + half))


def test_two_equal_models_differ_within_the_interval_nineteen_times_in_twenty() -> None:
    draw = random.Random(0)
    missed = 0
    for _ in range(2000):
        a = [draw.random() < 0.9 for _ in range(200)]
        b = [draw.random() < 0.9 for _ in range(200)]
        found = paired_difference(a, b)
        missed += not found.low <= 0 <= found.high
    assert missed / 2000 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_rows_must_be_the_same_in_number() -> None:
    with pytest.raises(ValueError, match="longer"):
        paired_difference([True], [True, False])
