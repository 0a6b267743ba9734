"""`exec --final`: the sealed test part is scored by the model of the record, once, counted, and committed by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitjournal.entry.record import MAX_LINE
from gitjournal.errors import GitjournalError
from gitjournal.git.lab import Lab, find_lab
from gitjournal.git.setup.init import init
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.journal.entries import entry_records
from gitjournal.journal.index.cache import Index
from gitjournal.journal.journal import open_journal
from gitjournal.render import final_output
from gitjournal.render.looks import look_score
from gitjournal.render.results_page import compose_results
from gitjournal.run import sealed_set
from gitjournal.run.call import ExecCall
from gitjournal.run.execute import execute
from gitjournal.run.final import LookOutcome, take_look
from gitjournal.run.messages import Options
from gitjournal.run.sealed_set import list_looks
from gitjournal.stats import looks
from gitjournal.stats.looks import Look
from gitjournal.worker.pool import WorkerPool
from tests.support.helpers import done, git, gitjournal, write_entry

FRONT = "title: {title}\nhypothesis: h\ndata: {{sklearn: {data}}}\nprocedure: [{procedure}]\nsplit: {split}\n{more}"


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool() as started:
        yield started


@pytest.fixture
def lab(repo: Path) -> Lab:
    return init(repo).lab


def run(
    lab: Lab, pool: WorkerPool, name: str, procedure: str = "SVC", data: str = "iris", split: str = "{dev: 0.2, test: 0.2}", more: str = ""
) -> str:
    entry_id = f"20261121-an-entry-{name}"
    write_entry(lab.path, entry_id, FRONT.format(title=name, data=data, procedure=procedure, split=split, more=more))
    with open_journal(lab.path, lab) as journal:
        assert execute(ExecCall(journal, lab.path, pool, compose_results), entry_id).summary.done
    return entry_id


def look(lab: Lab, pool: WorkerPool, entry_id: str, reason: str = "to report", **more: object) -> LookOutcome:
    options = Options(**more)  # type: ignore[arg-type]
    with open_journal(lab.path, lab) as journal:
        return take_look(ExecCall(journal, lab.path, pool, compose_results, options), entry_id, reason, final_output.final_message)


def ledger(lab: Lab, data: str) -> list[Look]:
    refs = journal_refs(lab, current_ref(lab))
    with Index.open(lab.repository) as index:
        index.refresh(refs)
        return list_looks(lab, index, data)


def data_of(lab: Lab) -> str:
    return sealed_set.read_sheets(lab, [current_ref(lab)])[0][1].hash


def test_a_look_is_a_commit_of_its_own_and_is_never_taken_twice(lab: Lab, pool: WorkerPool) -> None:
    first = run(lab, pool, "aaaa")
    before = git(lab.path, "rev-parse", "journal")
    ended = look(lab, pool, first, 'because "we" publish')
    assert (ended.state, ended.proven) == ("looked", True)
    assert git(lab.path, "rev-parse", "journal^") == before
    message = git(lab.path, "log", "-1", "--format=%B", "journal")
    assert message.startswith("final: aaaa · test.accuracy 0.9")
    assert "(look 1)" in message.splitlines()[0]
    assert f"Entry: {first}" in message
    assert 'Reason: because "we" publish' in message
    assert git(lab.path, "status", "--porcelain") == ""
    (*_, line) = (lab.path / f"entries/2026/{first}.runs.jsonl").read_bytes().splitlines()
    assert len(line) <= MAX_LINE
    record = entry_records(lab, first, "refs/heads/journal")[-1]
    assert looks.is_look(record)
    assert (record.look, record.rows) == (1, {"train": 90, "test": 30})
    assert "look 1 on this test set" in (lab.path / f"entries/2026/{first}.md").read_text()
    # again: told, not computed
    tip = git(lab.path, "rev-parse", "journal")
    again = look(lab, pool, first, "once more")
    assert (again.state, again.look and again.look.record.run) == ("shown", record.run)
    assert git(lab.path, "rev-parse", "journal") == tip
    # a run that is asked for again is still done, and the journal is in order
    with open_journal(lab.path, lab) as journal:
        assert execute(ExecCall(journal, lab.path, pool, compose_results), first).state == "shown"
    assert "nothing found" in done(lab.path, "check")


def test_several_seeds_are_one_look_and_the_second_look_says_what_two_mean(lab: Lab, pool: WorkerPool) -> None:
    forest = "{RandomForestClassifier: {n_estimators: 5}}"
    first = look(lab, pool, run(lab, pool, "aaaa"))
    second = look(lab, pool, run(lab, pool, "bbbb", forest, more="seeds: 3\nbaseline: aaaa"))
    assert second.look
    assert second.look.record.seeds == [0, 1, 2]
    assert [one.entry[-4:] for one in ledger(lab, data_of(lab))] == ["aaaa", "bbbb"]
    assert "the first look at these 30 rows" in final_output.look_text(first)
    assert "look 2 of 2 on these 30 rows" in final_output.look_text(second)
    assert "after 2 looks differences below about" in final_output.look_text(second)
    listed = done(lab.path, "ls", "--data", "iris")
    assert "(look 1 of 2)" in listed
    assert "(look 2 of 2)" in listed
    assert "test set: looked at 2 times" in listed
    shown = done(lab.path, "show", "bbbb")
    assert "look 2 of 2 on this test set" in shown
    sheet = done(lab.path, "data", "sheet", "iris")
    assert "looked at 2 times" in sheet
    assert "to report" in sheet


def test_a_budget_holds_until_somebody_says_why_not(lab: Lab, pool: WorkerPool) -> None:
    look(lab, pool, run(lab, pool, "aaaa"))
    second = run(lab, pool, "bbbb", "GaussianNB")
    sheet = lab.path / "data" / "iris.md"
    sheet.write_text(sheet.read_text().replace("---\n\n#", "looks: 1\n---\n\n#", 1))
    git(lab.path, "commit", "-qam", "One look is enough")
    with pytest.raises(GitjournalError, match="may be looked at 1 times"):
        look(lab, pool, second)
    assert len(ledger(lab, data_of(lab))) == 1
    forced = look(lab, pool, second, force="the reviewer asked")
    assert forced.look
    assert forced.look.record.forced == "the reviewer asked"
    assert "Forced: the reviewer asked" in git(lab.path, "log", "-1", "--format=%B", "journal")


def test_looks_of_two_branches_are_counted_once_before_and_after_a_merge(lab: Lab, pool: WorkerPool) -> None:
    first, second = run(lab, pool, "aaaa"), run(lab, pool, "bbbb", "GaussianNB")
    git(lab.path, "switch", "-qc", "exp/a")
    look(lab, pool, first)
    git(lab.path, "switch", "-q", "journal")
    here = look(lab, pool, second)
    assert here.look
    assert here.look.number == 2
    git(lab.path, "merge", "-q", "exp/a", "-m", "both")
    assert [one.number for one in ledger(find_lab(lab.path), data_of(lab))] == [1, 2]
    assert look(lab, pool, first).state == "shown"


def test_what_cannot_be_looked_at_is_refused_with_the_way_out(lab: Lab, pool: WorkerPool) -> None:
    sealed = run(lab, pool, "aaaa")
    write_entry(
        lab.path, "20261121-no-run-cccc", FRONT.format(title="c", data="iris", procedure="SVC", split="{dev: 0.3, test: 0.2}", more="")
    )
    with pytest.raises(GitjournalError, match="has no result"):
        look(lab, pool, "20261121-no-run-cccc")
    untested = run(lab, pool, "bbbb", split="{dev: 0.2}")
    with pytest.raises(GitjournalError, match="no `test`"):
        look(lab, pool, untested)
    page = lab.path / f"entries/2026/{sealed}.md"
    page.write_text(page.read_text().replace("hypothesis: h", "hypothesis: other"))
    with pytest.raises(GitjournalError, match="changed after results"):
        look(lab, pool, sealed)
    assert ledger(lab, data_of(lab)) == []
    assert gitjournal(lab.path, "exec", "aaaa", "--final", " ").returncode == 2


def test_a_model_that_comes_out_otherwise_does_not_see_the_test_part(lab: Lab, pool: WorkerPool) -> None:
    first = run(lab, pool, "aaaa")
    records = lab.path / f"entries/2026/{first}.runs.jsonl"
    record = entry_records(lab, first, "refs/heads/journal")[0]
    assert record.predictions
    records.write_text(records.read_text().replace(record.predictions, "0" * 64))
    git(lab.path, "-c", "core.hooksPath=/dev/null", "commit", "-qam", "another environment")
    with pytest.raises(GitjournalError, match="predicts dev otherwise"):
        look(lab, pool, first)
    assert ledger(lab, data_of(lab)) == []


def test_a_dry_run_says_which_look_it_would_be(lab: Lab, pool: WorkerPool) -> None:
    first = run(lab, pool, "aaaa")
    tip = git(lab.path, "rev-parse", "journal")
    ended = look(lab, pool, first, dry_run=True)
    assert "would be look 1" in final_output.look_text(ended)
    assert git(lab.path, "rev-parse", "journal") == tip


def test_under_cross_validation_one_model_learns_from_all_rows_outside_the_test_part(lab: Lab, pool: WorkerPool) -> None:
    ended = look(lab, pool, run(lab, pool, "aaaa", "Ridge", "diabetes", "{cv: 3, test: 0.2}"))
    assert ended.look
    assert ended.look.record.rows == {"train": 354, "test": 88}
    assert not ended.proven
    error = ended.look.record.errors["rmse"]
    assert 0 < error < 10
    assert "[" in look_score(ended.look.record, "rmse", 1)
