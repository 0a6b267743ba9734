"""`report waste`: what was not run, why, what it would have taken, and what the control says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gitjournal.entry.summary import Control
from gitjournal.git.lab import find_lab
from gitjournal.render.reports.savings import savings_as_plain, savings_lines
from gitjournal.run import savings
from gitjournal.run.savings import Savings, SavingsReport
from tests.support.helpers import done, git, gitjournal, write_entry

NEIGHBOURS = "title: {title}\nhypothesis: h\ndata: {{sklearn: iris}}\nprocedure: [KNeighborsClassifier]\ngrid: {grid}\nseeds: {seeds}\n"


def entry(repo: Path, suffix: str, grid: str, seeds: int = 1) -> Path:
    name = f"20261121-an-entry-{suffix}"
    return write_entry(repo / "lab", name, NEIGHBOURS.format(title=suffix, grid=grid, seeds=seeds))


def read_savings(repo: Path) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(done(repo, "report", "waste", "--json"))
    return plain


def seconds(repo: Path, suffix: str) -> list[float]:
    lines = git(repo, "show", f"journal:entries/2026/20261121-an-entry-{suffix}.runs.jsonl").splitlines()
    return [one["seconds"] for one in map(json.loads, lines) if "seconds" in one]


def test_what_is_reused_refused_or_the_same_is_counted_with_what_it_would_have_taken(repo: Path) -> None:
    done(repo, "init")
    assert done(repo, "report", "waste") == "nothing was run yet, and nothing refused\n"
    # 6 points, of which p 2 and 2.0 are one; nothing draws, so 3 seeds are one run each
    entry(repo, "aaaa", "{kneighborsclassifier__n_neighbors: [1, 3], kneighborsclassifier__p: [1, 2, 2.0]}", seeds=3)
    entry(repo, "bbbb", "{kneighborsclassifier__n_neighbors: [3, 5]}")
    entry(repo, "cccc", "{kneighborsclassifier__n_neighbors: [1, 3, 5]}")
    done(repo, "exec", "-q", "aaaa")
    done(repo, "exec", "-q", "bbbb")
    for _ in range(2):
        assert gitjournal(repo, "exec", "-q", "cccc").returncode == 3
    savings = read_savings(repo)
    each = sum(seconds(repo, "aaaa")) / 4
    assert savings["made"]["runs"] == 5
    assert savings["same"] == {"runs": 2, "seconds": pytest.approx(2 * each), "entries": 1}
    assert savings["seeds"] == {"runs": 12, "seconds": pytest.approx(12 * each), "entries": 1}
    assert (savings["reused"]["runs"], savings["refused"]["runs"]) == (1, 3)
    assert savings["reused"]["seconds"] in [pytest.approx(one) for one in seconds(repo, "aaaa")]
    assert savings["refused"]["seconds"] > seconds(repo, "bbbb")[0]
    assert savings["avoided"]["runs"] == 2 + 12 + 1 + 3
    assert savings["control"] == {"configurations": 0, "beat": 0, "interval": None}
    output = done(repo, "report", "waste")
    assert output.startswith("18 of 23 runs avoided (78 %), about ")
    assert "refused: all done before (on this clone)" in output
    assert max(map(len, output.splitlines())) <= 100
    # whoever runs it after all has saved nothing, and has repeated on purpose
    done(repo, "exec", "-q", "cccc", "--force", "to be sure")
    savings = read_savings(repo)
    assert (savings["refused"]["runs"], savings["repeated"]["runs"], savings["made"]["runs"]) == (0, 3, 8)


def test_what_cannot_be_read_is_left_out_and_a_torn_line_of_refusals_too(repo: Path) -> None:
    done(repo, "init")
    entry(repo, "aaaa", "{kneighborsclassifier__n_neighbors: [1]}")
    done(repo, "exec", "-q", "aaaa")
    lab = find_lab(repo)
    savings.note_refusal(lab, "20261121-an-entry-zzzz", [1.5, None])
    with (lab.repository.private / savings.REFUSALS).open("ab") as file:
        file.write(b'{"entry": "20261121-an-en\n\xff\n')
    page = repo / "lab/entries/2026/20261121-broken-bbbb.md"
    page.write_text("---\ntitle: [\n---\n")
    git(repo / "lab", "add", "-A")
    git(repo / "lab", "-c", "core.hooksPath=/dev/null", "commit", "-qm", "broken")
    report = read_savings(repo)
    assert report["refused"] == {"runs": 2, "seconds": 1.5, "entries": 1}
    assert report["made"]["runs"] == 1


def test_the_control_and_what_chance_alone_would_have_kept_are_said() -> None:
    nothing = Savings()
    report = SavingsReport(
        reused=nothing,
        refused=nothing,
        same=nothing,
        seeds=nothing,
        skipped=Savings(30, 7200.0, 2),
        made=Savings(20, 3600.0, 2),
        failed=Savings(1, 60.0, 1),
        repeated=nothing,
        controls=[Control(0.9, 0.8, 1, beat=False)] * 3 + [Control(0.9, 0.95, 1, beat=True)],
        kept=0.4,
    )
    assert list(savings_lines(report)) == [
        "30 of 50 runs avoided (60 %), about 2 h",
        "",
        "avoided                               runs  time  entries\nskipped as unlikely to beat the best    30   2 h        2",
        "",
        "control: 4 unlikely configurations were run all the same, 1 beat the best (5 to 70 %)",
        "as many runs drawn at random would have included the best one in 40 % of cases",
        "",
        "spent: 20 runs, 60 min, 1 of them failed (60 s)",
    ]
    plain = savings_as_plain(report)
    assert plain["control"]["beat"] == 1
    assert plain["best_kept_at_random"] == 0.4
    spent = replace(report, skipped=nothing, controls=[], kept=None)
    assert list(savings_lines(spent)) == ["no run was avoided so far", "", "spent: 20 runs, 60 min, 1 of them failed (60 s)"]
