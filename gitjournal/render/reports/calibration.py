"""The report on calibration: how sure people were and how often they were right, in words, as a figure and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from gitjournal.render import text
from gitjournal.render.charts import figures
from gitjournal.render.charts.chart_data import CalibrationBin
from gitjournal.render.charts.model import Chart
from gitjournal.stats.calibration import ENOUGH, Calibration


@dataclass(frozen=True)
class CalibrationScope:
    """Whose entries were counted ("" for everybody's), and what was left out of them: amount by reason."""

    author: str
    left_out: dict[str, int]


def calibration_lines(calibration: Calibration | None, scope: CalibrationScope) -> Iterator[str]:
    """Yield the score, the reliability table, and what was not counted."""
    whose = f" by {text.clean(scope.author)}" if scope.author else ""
    n = calibration.n if calibration else 0
    yield f"{text.count(n, 'verdict')} on entries with a `confidence`{whose}"
    if calibration is None or calibration.brier is None:
        yield f"a Brier score needs {ENOUGH} verdicts: of fewer it is mostly luck"
    else:
        yield from score_lines(calibration)
        yield ""
        yield text.table(COLUMNS, list(bin_rows(calibration)), width=text.terminal_width())
    left = ", ".join(f"{amount} {why}" for why, amount in scope.left_out.items() if amount)
    if left:
        yield f"not counted: {left}"


def score_lines(calibration: Calibration) -> Iterator[str]:
    """Yield the Brier score beside that of constant predictions; nothing where there are too few verdicts for one."""
    if calibration.brier is None:
        return
    yield f"Brier score {text.number(calibration.brier)} (0 is best; a constant 0.5 scores 0.25)"
    constant = f"a constant {calibration.share:.2f} would score {text.number(calibration.constant)}"
    yield f"mean confidence {calibration.said:.2f}, share that came true {calibration.share:.2f} ({constant})"


COLUMNS = (
    text.Column("confidence"),
    text.Column("said", right=True),
    text.Column("came true"),
    text.Column("entries", right=True),
)


def bin_rows(calibration: Calibration) -> Iterator[list[str]]:
    """Yield the cells of the reliability table, as `COLUMNS` heads them."""
    for group in calibration.bins:
        came = f"{group.share.value:.2f} [{group.share.low:.2f}, {group.share.high:.2f}]"
        yield [f"{group.low:.1f} to {group.high:.1f}", f"{group.said:.2f}", came, f"{group.supported} of {group.n}"]


def calibration_chart(calibration: Calibration) -> Chart:
    """Return the reliability diagram."""
    return figures.calibration(
        [CalibrationBin(one.said, one.share.value, one.n, one.share.low, one.share.high) for one in calibration.bins]
    )


def calibration_as_plain(calibration: Calibration | None, scope: CalibrationScope) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    values = asdict(calibration) if calibration else {"n": 0, "said": None, "share": None, "brier": None, "constant": None, "bins": []}
    return {"author": scope.author or None, **values, "needed": ENOUGH, "left_out": scope.left_out}
