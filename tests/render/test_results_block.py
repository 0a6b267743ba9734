"""The results block: at most 40 lines whatever the grid, Markdown that no value breaks."""

from __future__ import annotations

import hashlib
from typing import Any

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Failure, Record
from gitjournal.entry.summary import summarise
from gitjournal.entry.verdict import ExpectationVerdict, Verdict, read
from gitjournal.render.results_block import results_block
from gitjournal.render.results_page import results_message
from gitjournal.stats.gain import Baseline, gain_over

ENTRY_ID = "20261121-an-entry-aaaa"
FRONT = "title: An entry\nhypothesis: why not\ndata: {sklearn: iris}\nprocedure: [SVC]\nmetrics: [METRIC]\nsplit: {dev: 0.2, test: 0.2}\n"

KINDS: list[Any] = ["exception", "crash", "memory", "timeout", "diverged", "not finite"]


def front(metric: str = "accuracy") -> FrontMatter:
    return parse(f"---\n{FRONT.replace('METRIC', metric)}---\n", entry_id=ENTRY_ID, file="e.md").front


def run(number: int, value: float, metric: str = "accuracy", *, seed: int | None = None, **grid: Any) -> Record:
    return Record(
        run=f"{number:032x}",
        fingerprint=hashlib.sha256(str(grid).encode()).hexdigest(),
        seed=seed,
        grid=grid,
        metrics={"train": {metric: 1.0}, "dev": {metric: value}},
        rows={"train": 90, "dev": 30},
        seconds=0.1,
    )


def block(records: list[Record], metric: str = "accuracy") -> str:
    return results_block(front(metric), summarise(front(metric), records), records, None, entry_id=ENTRY_ID)


def test_a_large_grid_keeps_within_forty_lines() -> None:
    grid = [run(n, 0.5 + n / 1000, a=n % 7, b=n % 5, c=n % 3, d=n % 11, e=n % 13, f=n, g=n // 2, h=n // 3, i=n // 4) for n in range(400)]
    failed = [
        Record(run=f"f{n}", fingerprint=f"f{n}", status="failed", failure=Failure(kind, f"{kind} in {n}")) for n, kind in enumerate(KINDS)
    ]
    text = block(grid + failed)
    assert len(text.splitlines()) <= 40
    assert "… and 396 more." in text
    assert "best of 400" in text  # what failed was nothing to choose from


def test_expectations_take_their_room_from_the_rest() -> None:
    grid = [run(n, 0.5 + n / 1000, **{name: n // size for size, name in enumerate("abcdefghi", start=1)}) for n in range(400)]
    grid += [Record(run=f"f{n}", fingerprint=f"f{n}", status="failed", failure=Failure(kind, kind)) for n, kind in enumerate(KINDS)]
    told = [ExpectationVerdict(f"dev.accuracy > 0.{n}", "refuted", "0.9 [0.8, 0.95] over 30 rows") for n in range(1, 6)]
    for most in (1, 2, 5):
        verdict = Verdict(told[:most], {"20261120-base-bbbb": "0123456789abcdef"})
        text = results_block(front(), summarise(front(), grid), grid, None, verdict, entry_id=ENTRY_ID)
        assert len(text.splitlines()) <= 40
        assert read(text) == verdict


def test_the_best_comes_first_in_the_direction_of_the_metric() -> None:
    text = block([run(1, 3.0, "rmse", C=1), run(2, 2.0, "rmse", C=10)], "rmse")
    assert "**dev.rmse 2.00** with C 10 (lower is better), best of 2; no baseline to compare with." in text
    rows = [line for line in text.splitlines() if line.startswith("| 1")]
    assert rows[0].startswith("| 10 |")


def test_spread_over_seeds_is_named_once_in_the_heading() -> None:
    text = block([run(1, 0.9, seed=0), run(2, 0.8, seed=1)])
    assert "| dev.accuracy ± SD | train.accuracy ± SD | runs |" in text
    assert "SD over 2 seeds" in text.splitlines()[2]
    assert text.count("SD over") == 1


def test_no_value_breaks_out_of_its_cell() -> None:
    text = block([run(1, 0.9, name="a|b\n| --- |\n<!-- gitjournal:end --> <script>[x](y)`"), run(2, 0.8, name="c")])
    assert "<script>" not in text
    assert "\\<\\!-- gitjournal:end" in text
    row = next(line for line in text.splitlines() if line.startswith("| a"))
    assert row.replace("\\|", "").count("|") == 5


def test_nothing_scored_is_said_and_failures_are_named_by_kind() -> None:
    text = block([Record(run="1", fingerprint="1", status="failed", failure=Failure("timeout", "ended after 8 s"))])
    assert "No run has ended with a result." in text
    assert "- 1 failed (timeout): ended after 8 s" in text


def test_values_that_print_the_same_are_not_called_better_and_worse() -> None:
    text = block([run(1, 0.90001, C=1), run(2, 0.90002, C=2)])
    assert "- C: 0.900 with the best of each of 2 values" in text


def test_a_smaller_error_is_a_gain_in_the_sentence_and_in_the_message() -> None:
    baseline_records, records = [run(7, 65.2, "rmse")], [run(1, 62.0, "rmse")]
    baseline = Baseline("20261120-base-bbbb", "Base", summarise(front("rmse"), baseline_records), baseline_records)
    summary = summarise(front("rmse"), records)
    gain = gain_over(summary, records, baseline)
    assert gain is not None
    text = results_block(front("rmse"), summary, records, gain, entry_id=ENTRY_ID)
    assert "**dev.rmse 62.0** (lower is better); +3.2 over 20261120-base-bbbb." in text
    entry = parse(f"---\n{FRONT.replace('METRIC', 'rmse')}---\n", entry_id=ENTRY_ID, file="e.md")
    assert results_message(entry, summary, records, gain).splitlines()[0] == "run: An entry · dev.rmse 62.0 (+3.2)"


def test_the_gain_is_in_the_sentence_and_in_the_message() -> None:
    baseline_records = [run(7, 0.8)]
    baseline = Baseline("20261120-base-bbbb", "Base", summarise(front(), baseline_records), baseline_records)
    records = [run(1, 0.9)]
    summary = summarise(front(), records)
    gain = gain_over(summary, records, baseline)
    assert gain is not None
    text = results_block(front(), summary, records, gain, entry_id=ENTRY_ID)
    assert "**dev.accuracy 0.900**; +0.100 over 20261120-base-bbbb." in text
    entry = parse(f"---\n{FRONT.replace('METRIC', 'accuracy')}---\n", entry_id=ENTRY_ID, file="e.md")
    message = results_message(entry, summary, records, gain)
    assert message.splitlines()[0] == "run: An entry · dev.accuracy 0.900 (+0.100)"
    assert f"Entry: {ENTRY_ID}\n" in message
