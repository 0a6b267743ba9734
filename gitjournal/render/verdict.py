"""Verdicts on expectations, in the words that the results block, the commit message and `exec` share."""

from __future__ import annotations

from gitjournal.entry.verdict import ExpectationVerdict, Verdict
from gitjournal.render import text
from gitjournal.stats.judge import Judged, Judgement, digest_of

ROLES = {"supported": "good", "refuted": "bad", "inconclusive": "look"}
ON_ROWS = "try split: {cv: 5, repeats: 3}"  # rows of one holdout say nothing of other splits, and soon run out
MORE = {"rows": ON_ROWS, "groups": ON_ROWS, "folds": "try more repeats", "splits": "try more seeds", "seeds": "try more seeds"}


def verdict_of(judgement: Judgement) -> Verdict:
    """Return a judgement as the verdict that the results block states."""
    return Verdict([judged_words(one) for one in judgement.judged], {one.id: digest_of(one.records) for one in judgement.compared})


def judged_words(judged: Judged) -> ExpectationVerdict:
    """Return the verdict on one expectation: what was measured, and where it is inconclusive what would decide it."""
    if judged.value is None:
        return ExpectationVerdict(judged.expectation.text, judged.verdict, judged.why)
    came_out, evidence = _measurement(judged, judged.value), judged.evidence
    if judged.interval is None or evidence is None:
        return ExpectationVerdict(judged.expectation.text, judged.verdict, came_out, "; ".join(filter(None, (judged.why, MORE["rows"]))))
    units = text.count(evidence.n, evidence.unit.removesuffix("s"))
    if judged.verdict != "inconclusive":
        return ExpectationVerdict(judged.expectation.text, judged.verdict, f"{came_out} over {units}")
    decides = f"about {_round(judged.needed):,} would decide" if judged.needed else ""
    shows = f"{units} show differences from about {judged.smallest:.2g}" if judged.smallest else ""
    what = ", ".join(filter(None, (shows, decides))) or f"over {units}"
    return ExpectationVerdict(judged.expectation.text, judged.verdict, came_out, f"{what}; {MORE[evidence.unit]}")


def _round(n: int) -> int:
    """Return a number of units with two digits: it is an estimate."""
    return n if n < 100 else round(n, 2 - len(str(n)))


def _measurement(judged: Judged, value: float) -> str:
    """Return ``0.983 [0.964, 0.992]``, or with signs where it is a difference."""
    ends = [value] if judged.interval is None else [value, judged.interval.low, judged.interval.high]
    sign = "" if len(judged.expectation.sum) > 1 else "+"  # a score needs none
    shown = [text.difference(end, judged.scale).removeprefix(sign) for end in ends]
    return shown[0] if len(shown) == 1 else f"{shown[0]} [{shown[1]}, {shown[2]}]"


def verdict_line(outcome: ExpectationVerdict, *, color: bool) -> str:
    """Return ``expected dev.accuracy >= 0.95: supported (0.983 [0.964, 0.992] over 359 rows)``."""
    sentence = text.wrap(f"expected {text.clean(outcome.expectation)}: {outcome.verdict} ({text.clean(outcome.words)})")
    return sentence.replace(f": {outcome.verdict} (", f": {text.paint(outcome.verdict, ROLES[outcome.verdict], color=color)} (", 1)
