"""A record: one run as one line of JSON beside its entry. Values only; no disk.

Lines are appended by `exec` and never edited.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from gitjournal.errors import EntryError, Place

MAX_ROWS = 20_000  # whose right/wrong bits are kept
MAX_LINE = 4096  # bytes of a record; what is larger leaves its right/wrong bits to the local predictions

Scores = dict[str, dict[str, float | None]]


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a run failed."""

    kind: Literal["exception", "crash", "memory", "timeout", "diverged", "not finite"]
    message: str


class GateForecast(msgspec.Struct, frozen=True, omit_defaults=True):
    """The forecast that the gate for unlikely runs had of a configuration: its chance to beat `best`, and the seconds it would take.

    A run that holds this and was made all the same is one of the control.
    """

    chance: float
    best: float
    seconds: float | None = None


# groups and moments that stand in two parts; not rows (GJ311): the code does not say of how many, and one of many changes nothing
_LEAKS = frozenset({"GJ313", "GJ314"})

Status = Literal["done", "failed", "again", "final", "skipped"]


class Record(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of a records file: a run, a look or a skip in one struct, since `status` tells a run by three words and msgspec by one.

    A run is one execution of one configuration with one seed. With `status: final` it is one look at the test part. With
    `status: skipped` it is a run that was not made, as unlikely (`gate`) to beat the best; it may still be made later.

    `metrics` and `folds` are keyed by part (train, train_dev, dev, test) and metric. A record with `from` says that
    another entry owns the run: only its name stands here. A look holds the test metrics of one configuration, as means over
    `seeds` where it has several, their standard errors over rows, the number that it was when it was taken (`look`), and
    why the budget of looks was overdrawn (`forced`).
    """

    run: str
    fingerprint: str
    seed: int | None = None
    status: Status = "done"
    from_: str | None = msgspec.field(default=None, name="from")
    repeats: str | None = None
    reason: str | None = None
    failure: Failure | None = None
    plan: str | None = None
    grid: dict[str, Any] = {}
    metrics: Scores = {}
    folds: dict[str, dict[str, list[float | None]]] = {}
    rows: dict[str, int] = {}
    parts: dict[str, str] = {}
    seeds: list[int | None] = []
    errors: dict[str, float] = {}
    look: int | None = None
    forced: str | None = None
    gate: GateForecast | None = None
    hits: str | None = None
    predictions: str | None = None
    curves: dict[str, list[float | None]] = {}
    findings: list[str] = []
    at: str | None = None
    seconds: float | None = None
    memory_mb: int | None = None
    environment: str | None = None
    kernel: str | None = None
    threads: int | None = None
    blas_threads: int | None = None
    flags: dict[str, str] = {}
    code: str | None = None
    dirty: bool = False
    artifacts: dict[str, str] = {}
    canonical: str | None = None

    @property
    def key(self) -> tuple[str, int | None]:
        """The identity of the run: fingerprint and seed; the seed is None where nothing draws."""
        return (self.fingerprint, self.seed)

    @property
    def is_run(self) -> bool:
        """Whether something was run: it is neither a look at the test part nor a run that was skipped."""
        return self.status not in ("final", "skipped")

    @property
    def owned(self) -> bool:
        """Whether the entry ran it itself."""
        return self.from_ is None


def is_believable(findings: Iterable[str]) -> bool:
    """Whether a run with these findings says how good its model is: not where dev has groups or moments that it learned from.

    A finding is a code, with more after a space.

    >>> is_believable(["GJ301", "GJ311"]), is_believable(["GJ313 dev"])
    (True, False)
    """
    return _LEAKS.isdisjoint(finding.partition(" ")[0] for finding in findings)


def runs_among(records: Iterable[Record]) -> list[Record]:
    """Return the records that are runs."""
    return [one for one in records if one.is_run]


def skipped_among(records: Iterable[Record]) -> list[Record]:
    """Return the records of runs that were skipped as unlikely, and not made since."""
    listed = list(records)
    run_keys = {one.key for one in runs_among(listed)}
    return [one for one in listed if one.status == "skipped" and one.key not in run_keys]


_encoder = msgspec.json.Encoder()  # fields and mappings keep their order: a grid reads as it was declared
_decoder = msgspec.json.Decoder(Record)


class _OwnedLine(Record, frozen=True, omit_defaults=True, kw_only=True):
    """A record on the line of its owner, which names its status whatever it is: others than we read these lines, too."""

    status: Status


def encode(record: Record) -> bytes:
    """Return the record as one line, its end included."""
    line = _OwnedLine(**{name: getattr(record, name) for name in Record.__struct_fields__}) if record.owned else record
    return _encoder.encode(line) + b"\n"


def trim_record(record: Record) -> Record:
    """Return the record as its line holds it: no metrics of another entry's run, no bits or curves that make the line too long."""
    if not record.owned:
        return msgspec.structs.replace(record, metrics={})
    if record.hits and len(encode(record)) > MAX_LINE:
        record = msgspec.structs.replace(record, hits=None)
    while record.curves and len(encode(record)) > MAX_LINE:
        record = msgspec.structs.replace(record, curves=_thin_curves(record.curves))
    return record


def _thin_curves(curves: dict[str, list[float | None]]) -> dict[str, list[float | None]]:
    """Return curves that take less room: without what is not the loss, then with every second point, then none."""
    losses = {name: values for name, values in curves.items() if name in ("epoch", "loss", "val_loss")}
    if len(losses) < len(curves):
        return losses
    return {name: values[::2] for name, values in curves.items()} if len(curves["loss"]) > 10 else {}


def digest(records: Sequence[Record]) -> str:
    """Return the digest of records that their results block prints: a block that belongs to other records shows by it."""
    # of what will stay as it is: a later version may add fields to a record, and an old block must not look wrong then
    content = [[one.run, one.fingerprint, one.seed, one.status, trim_record(one).metrics] for one in records]
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]


def decode_lines(blob: bytes, *, file: str) -> list[Record]:
    """Read the records of one entry.

    Raises EntryError with the line for one that is not a record, such as a conflict marker.
    """
    records = []
    for number, line in enumerate(blob.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(_decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise EntryError(
                f"not a record: {fault}", place=Place(file, number), hint="records are appended by `gitjournal exec` and never edited"
            ) from None
    return records


def read_time(text: str | None) -> datetime | None:
    """Read a time as records hold it (ISO 8601, UTC where it names no zone); None for anything else."""
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def hit_bits(packed: str, n: int) -> int | None:
    """Return the right/wrong bits of a record's `hits` as one number, the first row highest; None where it does not hold `n` rows."""
    if not 0 < n <= MAX_ROWS:
        return None
    try:
        unzip = zlib.decompressobj()
        raw = unzip.decompress(base64.b64decode(packed, validate=True), MAX_ROWS // 8 + 1)
    except (binascii.Error, zlib.error, ValueError):
        return None
    if len(raw) != math.ceil(n / 8):
        return None
    return int.from_bytes(raw) >> (-n % 8)
