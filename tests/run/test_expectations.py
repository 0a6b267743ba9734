"""What was expected is checked before compute, judged after it, and found again wherever one looks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitjournal.errors import EntryError
from gitjournal.git.setup.init import init
from gitjournal.render import exec_output
from gitjournal.run.messages import Limits
from gitjournal.worker.pool import WorkerPool
from tests.support.bench import Bench
from tests.support.helpers import done, git, gitjournal

BASE = "title: base\nhypothesis: h\ndata: {sklearn: digits}\nprocedure: [GaussianNB]\n"
BETTER = "title: better\ndata: {sklearn: digits}\nprocedure: [LinearDiscriminantAnalysis]\nbaseline: aaaa\n"
GRID = "title: grid\ndata: {sklearn: iris}\nprocedure: [KNeighborsClassifier]\ngrid: {kneighborsclassifier__n_neighbors: [1, 3, 5]}\n"


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1) as pool:
        yield pool


@pytest.fixture
def journal(repo: Path, pool: WorkerPool) -> Bench:
    return Bench(init(repo).lab, repo, pool)


@pytest.fixture
def pair(journal: Bench) -> Bench:
    """A baseline, and an entry that expects to beat it."""
    journal.entry("aaaa", BASE + "expect: dev.accuracy >= 0.9\n")
    journal.entry("bbbb", BETTER + "expect: [dev.accuracy > baseline + 0.05, dev.accuracy > 0.95]\n")
    journal.exec("aaaa")
    return journal


def test_a_verdict_is_found_wherever_one_looks(pair: Bench) -> None:
    ended = pair.exec("bbbb")
    assert ended.verdict
    assert [one.verdict for one in ended.verdict.outcomes] == ["supported", "inconclusive"]
    output = exec_output.outcome_text(ended, color=False)
    assert "expected dev.accuracy > baseline + 0.05: supported (+0.114 [+0.0" in output
    assert "expected dev.accuracy > 0.95: inconclusive (0.9" in output
    page = (pair.lab.path / "entries/2026/20261121-an-entry-bbbb.md").read_text()
    assert "## Results\n\n**Inconclusive**: of 2 expectations 1 supported, 1 inconclusive.\n\n- **Supported**: expected `dev" in page
    message = git(pair.top, "log", "-1", "--format=%B", "journal")
    assert "\nVerdict: inconclusive\n" in message
    assert all(f"\n{name}: " in message for name in ("Entry", "Run", "Data", "Metric", "Code"))
    assert "Verdict: refuted" in git(pair.top, "log", "--format=%B", "journal")

    listed = {one["id"][-4:]: one for one in json.loads(done(pair.top, "ls", "--json"))}
    assert (listed["aaaa"]["verdict"], listed["bbbb"]["verdict"]) == ("refuted", "inconclusive")
    negative = done(pair.top, "ls", "--verdict", "refuted").splitlines()
    assert negative[0].split() == ["id", "title", "expected", "came", "out", "age"]
    assert negative[1].split()[:5] == ["aaaa", "base", "dev.accuracy", ">=", "0.9"]
    assert len(negative) == 2
    assert [one["id"][-4:] for one in json.loads(done(pair.top, "ls", "--json", "--where", "verdict == inconclusive"))] == ["bbbb"]
    assert json.loads(done(pair.top, "ls", "--json", "--verdict", "none")) == []
    assert "            refuted: 0.8" in done(pair.top, "show", "aaaa")
    shown = json.loads(done(pair.top, "show", "bbbb", "--json"))
    assert shown["verdict"] == "inconclusive"
    assert shown["expected"][0]["interval"][0] > 0.05

    again = pair.exec("bbbb")
    assert (again.state, again.verdict, again.moved) == ("shown", ended.verdict, ())
    assert exec_output.outcome_as_plain(again)["verdict"] == "inconclusive"
    assert done(pair.top, "check") == "2 entries, nothing found\n"


def test_a_baseline_that_went_on_is_said_and_one_that_was_retracted_is_none(pair: Bench) -> None:
    pair.exec("bbbb")
    pair.edit("aaaa", "expect:", "grid: {gaussiannb__var_smoothing: [1e-9, 1e-3]}\nexpect:")
    pair.exec("aaaa")
    again = pair.exec("bbbb")
    assert [name[-4:] for name in again.moved] == ["aaaa"]
    assert "judged then: the results of aaaa have changed since\n" in exec_output.outcome_text(again, color=False)
    # it was true when it was judged
    assert "GJ108" not in gitjournal(pair.top, "check").stdout
    pair.edit("aaaa", "title: base\n", "title: base\nretracted: wrong labels\n")
    pair.commit()
    listed = {one["id"][-4:]: one for one in json.loads(done(pair.top, "ls", "--json"))}
    assert (listed["aaaa"]["verdict"], listed["bbbb"]["gain"]) == (None, None)
    assert "which is retracted" in done(pair.top, "show", "bbbb")
    pair.entry("cccc", BETTER.replace("Linear", "Quadratic") + "expect: dev.accuracy > baseline\n")
    with pytest.raises(EntryError, match="an-entry-aaaa is retracted: wrong labels"):
        pair.exec("cccc")


def test_a_look_at_the_test_part_changes_no_verdict(pair: Bench) -> None:
    pair.exec("bbbb")
    done(pair.top, "exec", "aaaa", "--final", "the paper is due")
    assert "**Refuted**: expected `dev.accuracy >= 0.9`" in (pair.lab.path / "entries/2026/20261121-an-entry-aaaa.md").read_text()
    assert pair.exec("bbbb").moved == ()
    assert done(pair.top, "check") == "2 entries, nothing found\n"


@pytest.mark.parametrize(
    ("front", "message", "place"),
    [
        (BETTER + "expect: dev.acuracy > 0.9\n", "unknown metric `acuracy`; did you mean `accuracy`", "6:9"),
        (BETTER + "expect: dev.accuracy >> 0.9\n", "`>` is not expected here", "6:23"),
        (BETTER + "expect:\n- dev.accuracy > basline\n", "no entry fits `basline`; did you mean `baseline`", "7:3"),
        (BETTER + "expect: dev.accuracy > bbbb\n", "`bbbb` is this entry itself", "6:9"),
        (BETTER.replace("digits", "iris") + "expect: dev.accuracy > baseline\n", "aaaa was run on other data", "6:9"),
        (BETTER + "split: {cv: 3}\nexpect: dev.accuracy > baseline\n", "aaaa was run on another split", "7:9"),
        (BETTER + "metrics: [f1_macro]\nexpect: dev.f1_macro > baseline\n", "did not measure dev.f1_macro", "7:9"),
        (BETTER + "expect: dev.accuracy > dddd\n", "dddd has no result yet", "6:9"),
    ],
)
def test_what_cannot_be_judged_is_refused_before_compute(pair: Bench, front: str, message: str, place: str) -> None:
    pair.entry("dddd", BASE.replace("base", "planned"))
    pair.entry("bbbb", front)
    before = git(pair.top, "rev-parse", "journal")
    with pytest.raises(EntryError) as caught:
        pair.exec("bbbb")
    assert message in caught.value.message
    assert str(caught.value.place).endswith(f"bbbb.md:{place}")
    assert git(pair.top, "rev-parse", "journal") == before


def test_a_dry_run_does_not_ask_for_results_of_a_baseline_that_is_to_be_run_first(journal: Bench) -> None:
    journal.entry("aaaa", BASE)
    journal.entry("bbbb", BETTER + "expect: dev.accuracy > baseline\n")
    assert journal.exec("bbbb", dry_run=True).state == "planned"
    with pytest.raises(EntryError, match="has no result yet"):
        journal.exec("bbbb")


def test_nothing_is_judged_before_the_last_run(journal: Bench) -> None:
    page = journal.entry("aaaa", GRID + "expect: dev.accuracy > 0.5\n")
    first = journal.exec("aaaa", limits=Limits(runs=2))
    assert (first.made, first.verdict) == (2, None)
    assert "what was expected is not judged yet: some runs are left" in exec_output.outcome_text(first, color=False)
    assert "\n\nWhat was expected is not judged yet.\n" in page.read_text()
    assert "GJ108" not in gitjournal(journal.top, "check").stdout
    ended = journal.exec("aaaa")
    assert ended.verdict
    assert ended.verdict.word == "supported"
    assert "not judged yet" not in page.read_text()


def test_an_error_on_a_holdout_is_judged_by_kept_predictions(journal: Bench) -> None:
    ridge = "title: ridge\ndata: {sklearn: diabetes}\nprocedure: [Ridge]\n"
    journal.entry("aaaa", ridge + "expect: [dev.rmse < 100, dev.rmse < 20]\n")
    verdict = journal.exec("aaaa").verdict
    assert verdict
    assert [one.verdict for one in verdict.outcomes] == ["supported", "refuted"]
    assert "] over 88 rows" in verdict.outcomes[0].came_out
    assert done(journal.top, "check") == "1 entry, nothing found\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("**Refuted**: expected", "**Supported**: expected"),
        ("**Refuted**: expected `dev.accuracy >= 0.9`", "**Refuted**: expected `dev.accuracy >= 0.8`"),
        ("**Refuted**: expected", "**Inconclusive**: expected"),
        ("**Refuted**: expected", "As expected"),
    ],
)
def test_check_finds_a_verdict_that_was_edited_and_mends_it(pair: Bench, old: str, new: str) -> None:
    pair.edit("aaaa", old, new)
    checked = gitjournal(pair.top, "check")
    assert checked.returncode == 1
    assert "GJ108" in checked.stdout
    fixed = gitjournal(pair.top, "check", "--fix")
    assert "its results block written anew" in fixed.stdout
    assert "**Refuted**: expected `dev.accuracy >= 0.9` (0.8" in (pair.lab.path / "entries/2026/20261121-an-entry-aaaa.md").read_text()
    assert fixed.returncode == 0


def test_check_finds_a_verdict_of_several_that_does_not_add_up(pair: Bench) -> None:
    pair.exec("bbbb")
    pair.edit("bbbb", "**Inconclusive**: of 2", "**Supported**: of 2")
    assert "GJ108" in gitjournal(pair.top, "check").stdout


def test_an_expectation_that_was_put_in_after_the_results_is_not_judged(journal: Bench) -> None:
    journal.entry("aaaa", BASE)
    journal.exec("aaaa")
    journal.edit("aaaa", "title:", "expect: dev.accuracy > 0.5\ntitle:")
    output = gitjournal(journal.top, "check", "--fix").stdout
    assert "GJ120 `expect` was changed after the plan" in output
    assert "GJ108" not in output
    journal.edit("aaaa", "## Results\n", "## Results\n\n**Supported**: expected `dev.accuracy > 0.5` (0.850).\n")
    assert "GJ108" in gitjournal(journal.top, "check").stdout
    gitjournal(journal.top, "check", "--fix")
    assert "**Supported**" not in (journal.lab.path / "entries/2026/20261121-an-entry-aaaa.md").read_text()


def test_what_a_grid_cannot_have_shown_is_found_without_a_numerical_library(journal: Bench) -> None:
    journal.entry("aaaa", GRID + "expect: dev.accuracy > 0.995\n")
    verdict = journal.exec("aaaa").verdict
    assert verdict
    word = verdict.word.capitalize()
    assert word != "Supported"
    journal.edit("aaaa", f"**{word}**: expected", "**Supported**: expected")
    assert "GJ108" in gitjournal(journal.top, "check").stdout


def test_new_refuses_what_cannot_be_expected(journal: Bench) -> None:
    refused = gitjournal(journal.top, "new", "x", "--data", "sklearn:iris", "--expect", "dev.acuracy > 0.9")
    assert refused.returncode == 1
    assert "unknown metric `acuracy`; did you mean `accuracy`?" in refused.stderr
    assert not list(journal.lab.path.glob("entries/*/*.md"))
    drafted = done(journal.top, "new", "x", "--data", "sklearn:iris", "--expect", "dev.accuracy > 0.9", "--confidence", "0", "--dry-run")
    assert "\nconfidence: 0.0 " in drafted
