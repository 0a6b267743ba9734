"""What a record's line holds, and what it leaves out."""

from __future__ import annotations

import base64
import random
import zlib
from datetime import UTC, datetime

import pytest

from gitjournal.entry import record
from gitjournal.entry.record import MAX_LINE, Record, hit_bits, read_time, trim_record


def test_a_run_of_another_entry_is_a_short_line_without_its_metrics() -> None:
    line = record.encode(trim_record(Record(run="r", fingerprint="f", from_="20261121-x-aaaa", metrics={"dev": {"accuracy": 0.9}})))
    assert line == b'{"run":"r","fingerprint":"f","from":"20261121-x-aaaa"}\n'


def test_a_line_of_an_owner_names_its_status_whatever_it_is() -> None:
    line = b'{"run":"r","fingerprint":"f","seed":3,"status":"done"}\n'
    assert record.encode(Record(run="r", fingerprint="f", seed=3)) == line
    assert [record.encode(read) for read in record.decode_lines(line, file="x")] == [line]


def test_bits_that_make_a_line_too_long_are_left_out_and_others_stay() -> None:
    noise = base64.b64encode(random.Random(0).randbytes(2500)).decode()
    long = Record(run="r", fingerprint="f", hits=noise, canonical="x" * 1000)
    assert len(record.encode(long)) > MAX_LINE
    assert trim_record(long).hits is None
    assert trim_record(long).canonical == long.canonical
    short = Record(run="r", fingerprint="f", hits="eJw=")
    assert trim_record(short) == short


def test_a_time_is_read_as_utc_unless_it_says_otherwise() -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert read_time("2026-11-21T12:00:00Z") == noon
    assert read_time("2026-11-21T12:00:00") == noon
    assert read_time("2026-11-21T13:00:00+01:00") == noon
    assert read_time("yesterday") is None
    assert read_time(None) is None


def pack(text: str) -> str:
    """Return bits, such as 1011, as a record holds them."""
    raw = bytes(int(text[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(text), 8))
    return base64.b64encode(zlib.compress(raw)).decode()


@pytest.mark.parametrize("n", [1, 7, 8, 9, 360])
def test_bits_come_back_with_the_first_row_highest(n: int) -> None:
    text = "".join(random.Random(n).choice("01") for _ in range(n))
    assert hit_bits(pack(text), n) == int(text, 2)


def test_what_is_not_the_bits_of_so_many_rows_is_refused() -> None:
    good = pack("1" * 16)
    assert hit_bits(good, 16) == 2**16 - 1
    assert [hit_bits(good, n) for n in (17, 8, 0, -1, 10**9)] == [None] * 5
    assert hit_bits("not base64", 16) is None
    assert hit_bits(base64.b64encode(b"not zlib").decode(), 16) is None
    assert hit_bits(base64.b64encode(zlib.compress(b"\0" * 10_000_000)).decode(), 16) is None
