"""How sure people were and how often they were right, in words and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from gitjournal.render import text
from gitjournal.render.charts import figures
from gitjournal.render.charts.chart_data import Calibrated
from gitjournal.render.charts.model import Chart
from gitjournal.stats.calibration import ENOUGH, Calibration


@dataclass(frozen=True)
class Asked:
    """Whose entries were counted ("" for everybody's), and what was left out of them: amount by reason."""

    author: str
    left_out: dict[str, int]


def calibration_lines(found: Calibration | None, asked: Asked) -> Iterator[str]:
    """Yield the score, the table of reliability, and what was not counted."""
    whose = f" by {text.clean(asked.author)}" if asked.author else ""
    n = found.n if found else 0
    yield f"{text.count(n, 'verdict')} on entries with a `confidence`{whose}"
    if found is None or found.brier is None:
        yield f"a Brier score is told from {ENOUGH} on; below that it is mostly luck"
    else:
        yield from score_lines(found)
        yield ""
        yield text.table(COLUMNS, list(bin_rows(found)), width=text.terminal_width())
    left = ", ".join(f"{amount} {why}" for why, amount in asked.left_out.items() if amount)
    if left:
        yield f"not counted: {left}"


def score_lines(found: Calibration) -> Iterator[str]:
    """Yield the Brier score beside what is easily had; nothing where there are too few verdicts for one."""
    if found.brier is None:
        return
    yield f"Brier score {text.number(found.brier)} (0 is best, 0.25 is what saying 0.5 each time gives)"
    constant = f"saying {found.share:.2f} each time gives {text.number(found.constant)}"
    yield f"said {found.said:.2f} on average, came true {found.share:.2f} ({constant})"


COLUMNS = (
    text.Column("confidence"),
    text.Column("said", right=True),
    text.Column("came true"),
    text.Column("entries", right=True),
)


def bin_rows(found: Calibration) -> Iterator[list[str]]:
    """Yield the cells of the table of reliability, as `COLUMNS` heads them."""
    for one in found.bins:
        came = f"{one.share.value:.2f} [{one.share.low:.2f}, {one.share.high:.2f}]"
        yield [f"{one.low:.1f} to {one.high:.1f}", f"{one.said:.2f}", came, f"{one.supported} of {one.n}"]


def figure(found: Calibration) -> Chart:
    """Return what was said against what came true."""
    return figures.calibration([Calibrated(one.said, one.share.value, one.n, one.share.low, one.share.high) for one in found.bins])


def as_plain(found: Calibration | None, asked: Asked) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    told = asdict(found) if found else {"n": 0, "said": None, "share": None, "brier": None, "constant": None, "bins": []}
    return {"author": asked.author or None, **told, "needed": ENOUGH, "left_out": asked.left_out}
