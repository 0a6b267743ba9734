"""What skipping unlikely runs came to, and what the control says of it: from the records of an entry. Pure."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.entry.record import Gate, Record, runs_among, skipped_among


@dataclass(frozen=True)
class Control:
    """A configuration that was unlikely to beat `best` and was run all the same: its score, None where it failed."""

    best: float
    score: float | None
    runs: int
    beat: bool


@dataclass(frozen=True)
class Gated:
    """Runs that were `skipped`, of how many configurations, the seconds they would have taken (None: not known), and the control."""

    skipped: int
    configurations: int
    seconds: float | None
    controls: Sequence[Control]

    @property
    def beat(self) -> int:
        """How many of the control did beat the best as it was then."""
        return sum(one.beat for one in self.controls)


def gated(records: Sequence[Record], metric: str | None, sign: int) -> Gated | None:
    """Return what was skipped and how the control did in `dev.<metric>`; None where nothing was ever skipped."""
    skipped = skipped_among(records)
    controls: dict[str, list[Record]] = defaultdict(list)
    for one in runs_among(records):
        if one.gate is not None:
            controls[one.fingerprint].append(one)
    if not skipped and not controls:
        return None
    known = [one.gate.seconds for one in skipped if one.gate and one.gate.seconds is not None]
    seconds = sum(known) if len(known) == len(skipped) else None
    told = [_control(runs, metric, sign) for runs in controls.values()]
    return Gated(len(skipped), len({one.fingerprint for one in skipped}), seconds, [one for one in told if one])


def _control(runs: Sequence[Record], metric: str | None, sign: int) -> Control | None:
    gate: Gate | None = runs[0].gate
    if gate is None:
        return None
    found = [one.metrics.get("dev", {}).get(metric or "") for one in runs]
    scores = [score for score in found if score is not None]
    score = statistics.fmean(scores) if scores else None
    return Control(gate.best, score, len(runs), score is not None and sign * score > sign * gate.best)
