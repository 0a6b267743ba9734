"""`exec --skip-unlikely` and the forecast before compute: real runs, their records, and what is said of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gitjournal.entry.parse import parse
from gitjournal.render import exec_output
from gitjournal.run.forecast import Forecast
from gitjournal.run.messages import Counts, Planned
from tests.support.helpers import done, git, gitjournal, write_entry

ENTRY = """\
title: {title}
hypothesis: h
data: {{sklearn: {data}}}
procedure: [StandardScaler, {model}]
grid: {grid}
"""
SVM = "{svc__C: [0.1, 1, 10], svc__gamma: [0.0001, 0.01, 1]}"
WIDE = "{svc__C: [0.01, 0.1, 0.3, 1, 3, 10, 30, 100], svc__gamma: [1.0e-05, 0.0001, 0.001, 0.01, 0.1, 1]}"


def entry(repo: Path, suffix: str, *, title: str = "SVM", data: str = "breast_cancer", model: str = "SVC", grid: str = SVM) -> Path:
    return write_entry(repo / "lab", f"20261121-an-entry-{suffix}", ENTRY.format(title=title, data=data, model=model, grid=grid))


def lines(repo: Path, suffix: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in git(repo, "show", f"journal:entries/2026/20261121-an-entry-{suffix}.runs.jsonl").splitlines()]


@pytest.fixture
def earlier_runs(repo: Path) -> Path:
    """Return a repository whose journal has run a grid of 9 on breast_cancer."""
    done(repo, "init")
    entry(repo, "aaaa")
    done(repo, "exec", "aaaa", "-q")
    return repo


@pytest.mark.slow
def test_what_is_unlikely_is_skipped_on_record_and_can_be_run_later(earlier_runs: Path) -> None:
    entry(earlier_runs, "bbbb", title="wide", grid=WIDE)
    output = done(earlier_runs, "exec", "bbbb", "--skip-unlikely", "0.01", "--jobs", "2")
    numbers = re.search(r"(\d+) runs skipped as unlikely to beat the best; (none|\d+) of the (\d+) run as a\s+control did; saved", output)
    assert numbers, output
    records = lines(earlier_runs, "bbbb")
    skipped = [one for one in records if one.get("status") == "skipped"]
    controls = [one for one in records if one.get("gate") and one.get("status") != "skipped"]
    assert len(skipped) == int(numbers[1]) > 5
    assert len(controls) == int(numbers[3]) >= 1
    assert len(records) == 48
    assert all(one["gate"]["chance"] < 0.01 and one["gate"]["best"] <= 1 and not one.get("metrics") for one in skipped)
    assert done(earlier_runs, "check") == "2 entries, nothing found\n"
    (row,) = [one for one in json.loads(done(earlier_runs, "ls", "--json")) if one["id"].endswith("bbbb")]
    assert (row["state"], row["runs"]) == ("done", 48 - len(skipped))
    page = (earlier_runs / "lab/entries/2026/20261121-an-entry-bbbb.md").read_text()
    assert f"- {len(skipped)} runs skipped as unlikely to beat the best" in page
    assert f"skipped     {len(skipped)} runs skipped" in done(earlier_runs, "show", "bbbb")
    assert done(earlier_runs, "show", "bbbb", "--runs").count("done, as a control") == len(controls)
    assert f"- {len(skipped)} runs skipped as unlikely to beat the best; " in done(earlier_runs, "report", "journal~2..journal")
    again = json.loads(done(earlier_runs, "exec", "bbbb", "--skip-unlikely", "0.01", "--json"))
    assert (again["state"], again["runs"]["skipped"], again["made"]) == ("shown", len(skipped), 0)
    # without the gate they are runs like any others, which no longer count as skipped
    ended = json.loads(done(earlier_runs, "exec", "bbbb", "--json"))
    assert (ended["made"], ended["skipped"]["runs"], len(ended["skipped"]["controls"])) == (len(skipped), 0, len(controls))
    assert done(earlier_runs, "check") == "2 entries, nothing found\n"
    # and nothing that was skipped was better than the best: what the control had said
    all_records = [*records, *lines(earlier_runs, "aaaa")]
    best = max(one["metrics"]["dev"]["accuracy"] for one in all_records if one.get("metrics"))
    later = [one["metrics"]["dev"]["accuracy"] for one in lines(earlier_runs, "bbbb")[48:]]
    assert max(later) <= best


def test_a_skipped_run_is_no_run_for_other_entries(earlier_runs: Path) -> None:
    entry(earlier_runs, "bbbb", title="wide", grid=WIDE)
    done(earlier_runs, "exec", "bbbb", "--skip-unlikely", "0.01", "-q")
    point = next(one["grid"] for one in lines(earlier_runs, "bbbb") if one.get("status") == "skipped")
    entry(earlier_runs, "cccc", title="one of them", grid=json.dumps({name: [value] for name, value in point.items()}))
    ended = json.loads(done(earlier_runs, "exec", "cccc", "--json"))
    assert (ended["state"], ended["made"], ended["runs"]["reused"]) == ("done", 1, 0)


def test_the_forecast_is_said_before_compute_and_in_a_dry_run(earlier_runs: Path) -> None:
    entry(earlier_runs, "bbbb", title="other values", grid="{svc__C: [0.001, 2], svc__gamma: [0.02]}")
    dry = done(earlier_runs, "exec", "bbbb", "-n")
    assert re.search(r"^forecast: dev\.accuracy best [01]\.\d+ \[0\.\d+, [01]\.\d+\]; \d+ % to beat 0\.\d+ \(aaaa\)", dry, re.MULTILINE), (
        dry
    )
    assert re.search(r"^  0\.\d+ \[.*\] +(\d+|below 1) %  svc__C 2, svc__gamma 0\.02$", dry, re.MULTILINE), dry
    assert "nothing was written (dry run)" in dry
    plain = json.loads(done(earlier_runs, "exec", "bbbb", "-n", "--json"))["forecast"]
    assert plain["best"]["entry"] == "20261121-an-entry-aaaa"
    assert [configuration["grid"]["svc__C"] for configuration in plain["configurations"]] == [2, 0.001], "the most promising first"
    for configuration in plain["configurations"]:
        low, high = configuration["interval"]
        assert 0 <= low <= configuration["expected"] <= high <= 1
        assert 0 <= configuration["chance"] <= 1
    assert plain["seconds"] > 0
    output = done(earlier_runs, "exec", "bbbb")
    forecast, ran = output.index("forecast: dev.accuracy"), output.index("2/2 done")
    assert forecast < ran
    assert max(map(len, output.splitlines())) <= 100
    ended = {configuration["grid"]["svc__C"]: configuration["metrics"]["dev"]["accuracy"] for configuration in lines(earlier_runs, "bbbb")}
    assert plain["configurations"][0]["interval"][0] <= ended[2]


@pytest.mark.parametrize(("seconds", "words"), [(40.0, " · about 40 s"), (0.5, ""), (None, "")])
def test_the_time_is_said_before_compute_where_it_is_long(seconds: float | None, words: str) -> None:
    entry = parse("---\ntitle: t\nhypothesis: h\ndata: {sklearn: iris}\nprocedure: [SVC]\n---\n", entry_id="20261121-t-aaaa", file="t.md")
    forecast = Forecast("accuracy", {}, {}, None, None, seconds)
    event = Planned(entry, Counts(3, 1, False, 3, 0, 0, 0, 3), "4f1c2aa0", "accuracy", None, forecast=forecast)
    assert exec_output.plan_text(event) == f"plan committed 4f1c2aa · grid of 3, 3 runs · 3 to do{words}"


def test_too_little_evidence_is_said_in_a_dry_run_and_costs_no_line_otherwise(repo: Path) -> None:
    done(repo, "init")
    entry(repo, "aaaa", grid="{svc__C: [1, 2]}")
    assert "forecast: none, too little was run on these data" in done(repo, "exec", "aaaa", "-n")
    assert "forecast" not in done(repo, "exec", "aaaa")
    entry(repo, "bbbb", title="other", grid="{svc__C: [3]}")
    assert json.loads(done(repo, "exec", "bbbb", "-n", "--json"))["forecast"]["configurations"] == []
    # and with so little nothing is skipped
    ended = json.loads(done(repo, "exec", "bbbb", "--skip-unlikely", "0.5", "--json"))
    assert (ended["made"], ended["skipped"]) == (1, None)


def test_other_data_sets_alone_make_a_forecast_and_lower_is_better_where_it_is(repo: Path) -> None:
    done(repo, "init")
    for suffix, data in (("aaaa", "iris"), ("bbbb", "wine"), ("cccc", "digits")):
        entry(repo, suffix, title=data, data=data, grid="{svc__C: [0.1, 10]}")
    done(repo, "exec", "aaaa", "bbbb", "cccc", "-q")
    entry(repo, "dddd", title="new data", grid="{svc__C: [0.1, 10]}")
    output = done(repo, "exec", "dddd", "-n")
    assert re.search(r"^forecast: dev\.accuracy best 0\.\d+ \[0\.\d+, [01]\.\d+\]$", output, re.MULTILINE), output
    ridge = "title: ridge\nhypothesis: h\ndata: {sklearn: diabetes}\nprocedure: [Ridge]\nmetrics: [rmse]\n"
    page = write_entry(repo / "lab", "20261121-an-entry-eeee", ridge + "grid: {ridge__alpha: [0.01, 0.1, 1, 10]}\n")
    done(repo, "exec", "eeee", "-q")
    write_entry(repo / "lab", "20261121-an-entry-ffff", ridge + "grid: {ridge__alpha: [0.5, 1.0e+6]}\n")
    plain = json.loads(done(repo, "exec", "ffff", "-n", "--json"))["forecast"]
    assert plain["direction"] == "lower"
    assert plain["configurations"][0]["grid"]["ridge__alpha"] == 0.5
    assert plain["best"]["value"] == min(one["metrics"]["dev"]["rmse"] for one in lines(repo, "eeee")), page


@pytest.mark.parametrize("options", [("--force", "why"), ("--final", "why")])
def test_skipping_goes_with_neither_force_nor_final(repo: Path, options: tuple[str, str]) -> None:
    ended = gitjournal(repo, "exec", "aaaa", "--skip-unlikely", "0.01", *options)
    assert ended.returncode == 2
    assert "--skip-unlikely goes with neither --force nor --final" in ended.stderr


@pytest.mark.parametrize("value", ["0", "0.6", "often"])
def test_a_chance_is_a_number_above_0_up_to_a_half(repo: Path, value: str) -> None:
    ended = gitjournal(repo, "exec", "aaaa", "--skip-unlikely", value)
    assert ended.returncode == 2
    assert "--skip-unlikely" in ended.stderr
