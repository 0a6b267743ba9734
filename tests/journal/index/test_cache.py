from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitjournal.entry.record import Record
from gitjournal.errors import BusyError
from gitjournal.git.lab import Lab, find_lab
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.journal.index import file as index_file
from gitjournal.journal.index import rows as rows_module
from gitjournal.journal.index.cache import NAME, Index
from gitjournal.journal.index.file import IndexFile
from gitjournal.journal.index.results import configurations_on
from gitjournal.journal.index.rows import Row
from gitjournal.journal.index.runs import find_runs, list_runs
from gitjournal.journal.index.update import Update
from tests.support.helpers import git, snapshot
from tests.support.pages import LOGISTIC, RBF, TREES, begin, commit, page, record, three_entries, write

JOURNAL = "refs/heads/journal"


@contextmanager
def opened(repo: Path) -> Iterator[Index]:
    lab = find_lab(repo)
    with Index.open(lab.repository) as index:
        index.refresh(refs_of(lab))
        yield index


def refs_of(lab: Lab) -> dict[str, str]:
    return journal_refs(lab, current_ref(lab))


def file_of(repo: Path) -> Path:
    return repo / ".git" / "gitjournal" / NAME


def rows(repo: Path, ref: str = JOURNAL) -> dict[str, Row]:
    with opened(repo) as index:
        return {row.id: row for row in index.entries(ref)}


def everything(repo: Path) -> list[tuple[object, ...]]:
    """Return all that the index knows, whatever numbers it gave to it."""
    rows(repo)
    connection = sqlite3.connect(file_of(repo))
    found = connection.execute(
        "SELECT f.name, f.revision, p.stem, p.page, p.records, w.value FROM places p JOIN refs f ON f.id = p.ref "
        "LEFT JOIN rows w ON w.page = p.page AND w.records = p.records ORDER BY 1, 3"
    ).fetchall()
    found += connection.execute(
        "SELECT b.name, r.line, r.run, r.fingerprint, r.seed, r.status, r.metrics FROM runs r JOIN blobs b ON b.id = r.blob ORDER BY 1, 2"
    ).fetchall()
    connection.close()
    return found


def test_entries_are_listed_with_the_score_of_their_best_configuration(repo: Path) -> None:
    three_entries(repo)
    found = rows(repo)
    assert list(found) == [LOGISTIC, RBF, TREES]
    assert found[RBF].best == pytest.approx(0.978)
    assert found[RBF].values["train.accuracy"] == pytest.approx(0.988)
    assert (found[RBF].runs, found[RBF].failed, found[RBF].seeds, found[RBF].state) == (5, 1, 2, "partly")
    assert (found[RBF].data, found[RBF].estimator, found[RBF].tags) == ("digits", "SVC", ["svm", "kernel methods"])
    assert found[TREES].state == "planned"
    assert found[LOGISTIC].at == "2026-11-08T09:00:00Z"


def test_a_run_is_found_with_its_entry_its_branch_and_its_scores(repo: Path) -> None:
    three_entries(repo)
    with opened(repo) as index:
        found = list_runs(index, ["b" * 64])
        assert [(run.entry, run.ref, run.seed, run.metrics["dev"]["accuracy"], run.title) for run in found] == [
            (RBF, JOURNAL, 0, 0.970, "RBF beats linear"),
            (RBF, JOURNAL, 1, 0.974, "RBF beats linear"),
        ]
        assert list_runs(index, ["e" * 64]) == []


def test_runs_are_found_by_fingerprint_and_seed(repo: Path) -> None:
    three_entries(repo)
    with opened(repo) as index:
        found = find_runs(index, [("b" * 64, 1), ("a" * 64, None), ("a" * 64, 0), ("e" * 64, 0)])
        assert {(run.fingerprint[0], run.seed) for run in found} == {("b", 1), ("a", None)}
        assert find_runs(index, [("d" * 64, 0)])[0].status == "failed"
        assert find_runs(index, []) == []


def test_the_configurations_of_a_data_set_are_found_by_its_hash_and_forgotten_with_their_runs(repo: Path) -> None:
    lab = begin(repo)
    texts = [f'{{"data":{{"hash":"sha256:{digit}"}}}}' for digit in "12"]
    several = [record(f"{name}" * 64, 0.5, seed=seed, canonical=texts[number]) for number, name in enumerate("ab") for seed in (0, 1)]
    write(lab, "20261121-many-abcd", page("Many"), several)
    commit(lab)
    with opened(repo) as index:
        assert configurations_on(index, "sha256:1") == {"a" * 64: texts[0]}
        assert configurations_on(index, "sha256:3") == {}
    write(lab, "20261121-many-abcd", page("Many"), several[2:])
    commit(lab)
    with opened(repo) as index:
        assert configurations_on(index, "sha256:1") == {}
        assert configurations_on(index, "sha256:2") == {"b" * 64: texts[1]}


def test_more_keys_than_one_statement_takes_are_all_looked_up(repo: Path) -> None:
    lab = begin(repo)
    many = [record(f"{number:064}", 0.5) for number in range(1234)]
    write(lab, "20261121-many-abcd", page("Many"), many)
    commit(lab)
    with opened(repo) as index:
        assert len(find_runs(index, [one.key for one in many])) == 1234


def test_only_what_changed_is_read_again(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = three_entries(repo)
    rows(repo)
    read: list[str] = []
    parse = rows_module.read_entry

    def counted(text: str, *, entry_id: str, file: str) -> object:
        read.append(entry_id)
        return parse(text, entry_id=entry_id, file=file)

    monkeypatch.setattr(rows_module, "read_entry", counted)
    assert rows(repo)
    assert read == []
    write(lab, TREES, page("Trees, again"))
    commit(lab)
    assert rows(repo)[TREES].title == "Trees, again"
    assert read == [TREES]


def test_after_any_history_it_holds_what_one_from_nothing_holds(repo: Path) -> None:
    lab = three_entries(repo)
    rows(repo)
    git(lab, "checkout", "-q", "-b", "exp/x")
    write(lab, TREES, page("Trees"), [record("e" * 64, 0.9)])
    write(lab, "20261122-new-nnnn", page("New"), [record("f" * 64, 0.8)])
    commit(lab)
    rows(repo)
    git(lab, "checkout", "-q", "journal")
    git(lab, "rm", "-q", "-r", f"entries/2026/{LOGISTIC}.md", f"entries/2026/{LOGISTIC}.runs.jsonl")
    commit(lab)
    rows(repo)
    git(lab, "-c", "core.hooksPath=/dev/null", "merge", "-q", "--no-edit", "exp/x")
    rows(repo)
    git(lab, "branch", "-q", "-D", "exp/x")
    git(lab, "mv", f"entries/2026/{TREES}.md", "entries/2026/20261121-woods-m2c8.md")
    git(lab, "mv", f"entries/2026/{TREES}.runs.jsonl", "entries/2026/20261121-woods-m2c8.runs.jsonl")
    commit(lab)
    grown = everything(repo)
    file_of(repo).unlink()
    assert grown == everything(repo)
    assert list(rows(repo)) == ["20261121-rbf-beats-linear-k3f9", "20261121-woods-m2c8", "20261122-new-nnnn"]


def test_what_no_branch_holds_any_more_is_forgotten(repo: Path) -> None:
    lab = three_entries(repo)
    before = git(lab, "rev-parse", "HEAD")
    write(lab, TREES, page("Trees"), [record("e" * 64, 0.9)])
    commit(lab)
    with opened(repo) as index:
        assert list_runs(index, ["e" * 64])
    git(lab, "reset", "-q", "--hard", before)
    with opened(repo) as index:
        assert list_runs(index, ["e" * 64]) == []
        assert list_runs(index, ["a" * 64])


def test_a_commit_that_git_has_forgotten_is_no_obstacle(repo: Path) -> None:
    lab = three_entries(repo)
    before = git(lab, "rev-parse", "HEAD")
    write(lab, TREES, page("Trees"), [record("e" * 64, 0.9)])
    commit(lab)
    rows(repo)
    git(lab, "reset", "-q", "--hard", before)
    git(repo, "reflog", "expire", "--expire=now", "--all")
    for admin in (repo / ".git" / "worktrees").iterdir():
        (admin / "ORIG_HEAD").unlink(missing_ok=True)
    git(repo, "gc", "-q", "--prune=now")
    write(lab, "20261122-new-nnnn", page("New"), [record("f" * 64, 0.8)])
    commit(lab)
    assert set(rows(repo)) == {LOGISTIC, RBF, TREES, "20261122-new-nnnn"}
    with opened(repo) as index:
        assert list_runs(index, ["e" * 64]) == []


def test_a_run_on_two_branches_is_named_once_on_the_one_that_weighs_more(repo: Path) -> None:
    lab = three_entries(repo)
    git(lab, "branch", "exp/copy")
    with opened(repo) as index:
        assert [run.ref for run in list_runs(index, ["a" * 64])] == [JOURNAL, "refs/heads/exp/copy"]
        assert [run.ref for run in find_runs(index, [("a" * 64, None)])] == [JOURNAL]
    git(lab, "checkout", "-q", "exp/copy")
    with opened(repo) as index:
        assert [run.ref for run in find_runs(index, [("a" * 64, None)])] == ["refs/heads/exp/copy"]


def test_a_run_of_another_entry_counts_with_its_owners_scores(repo: Path) -> None:
    lab = three_entries(repo)
    user = Record(run="u", fingerprint="a" * 64, from_=LOGISTIC)
    write(lab, "20261101-user-uuuu", page("User"), [user, record("e" * 64, 0.9)])
    commit(lab)
    assert rows(repo)["20261101-user-uuuu"].best == 0.972


def test_an_owner_that_arrives_later_is_found_then(repo: Path) -> None:
    lab = begin(repo)
    write(lab, "20261101-user-uuuu", page("User"), [Record(run="u", fingerprint="a" * 64, from_=LOGISTIC)])
    commit(lab)
    assert rows(repo)["20261101-user-uuuu"].best is None
    write(lab, LOGISTIC, page("Owner"), [record("a" * 64, 0.972)])
    commit(lab)
    assert rows(repo)["20261101-user-uuuu"].best == 0.972


def test_an_entry_that_cannot_be_read_is_listed_with_its_error(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, "---\ntitle: [\n---\n", [record("e" * 64, 0.9)])
    (lab / "entries" / "2026" / "20261121-bytes-bbbb.md").write_bytes(b"\xff\xfe\0")
    commit(lab)
    found = rows(repo)
    assert found[TREES].state == found["20261121-bytes-bbbb"].state == "unreadable"
    assert f"{TREES}.md:" in found[TREES].error
    assert found[RBF].state == "partly"
    with opened(repo) as index:
        assert list_runs(index, ["e" * 64])[0].entry == TREES


def test_records_beside_a_conflict_marker_still_count_as_done(repo: Path) -> None:
    lab = three_entries(repo)
    path = lab / "entries" / "2026" / f"{LOGISTIC}.runs.jsonl"
    path.write_bytes(b"<<<<<<< HEAD\n" + path.read_bytes() + b"=======\n{}\n[1]\n")
    commit(lab)
    with opened(repo) as index:
        assert list_runs(index, ["a" * 64])[0].metrics["dev"]["accuracy"] == 0.972
    assert "runs.jsonl:1" in rows(repo)[LOGISTIC].error


def test_a_link_or_a_stray_file_in_the_tree_is_no_entry(repo: Path) -> None:
    lab = three_entries(repo)
    rows(repo)
    (lab / "entries" / "2026" / "20261121-link-llll.md").symlink_to("/etc/passwd")
    (lab / "entries" / "README.md").write_text("hello\n")
    (lab / "entries" / "2026" / "20261121-no-page-rrrr.runs.jsonl").write_bytes(b"")
    commit(lab)
    assert set(rows(repo)) == {LOGISTIC, RBF, TREES}
    file_of(repo).unlink()
    assert set(rows(repo)) == {LOGISTIC, RBF, TREES}


def test_two_entries_with_the_same_text_are_two_rows(repo: Path) -> None:
    lab = begin(repo)
    write(lab, "20261121-one-aaaa", page("Same"))
    write(lab, "20261121-two-bbbb", page("Same"))
    commit(lab)
    assert list(rows(repo)) == ["20261121-one-aaaa", "20261121-two-bbbb"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"not a database at all" * 300),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes()[:100] + os.urandom(20_000)),
        lambda path: path.write_bytes(path.read_bytes()[:8192] + b"\xff" * (path.stat().st_size - 8192)),
        lambda path: path.unlink(),
    ],
    ids=["text", "empty", "cut", "noise", "noise behind the head", "missing"],
)
def test_a_damaged_index_is_rebuilt_without_a_word(repo: Path, damage: object, capfd: pytest.CaptureFixture[str]) -> None:
    three_entries(repo)
    expected = everything(repo)
    assert callable(damage)
    damage(file_of(repo))
    with opened(repo) as index:
        assert [row.id for row in index.entries(JOURNAL)] == [LOGISTIC, RBF, TREES]
        assert list_runs(index, ["a" * 64])
    assert everything(repo) == expected
    assert capfd.readouterr() == ("", "")


def test_an_index_of_another_schema_is_rebuilt(repo: Path) -> None:
    three_entries(repo)
    expected = everything(repo)
    connection = sqlite3.connect(file_of(repo))
    connection.execute("PRAGMA user_version = 99")
    connection.execute("UPDATE rows SET value = '{}'")  # it may mean something else by the same words
    connection.commit()
    connection.close()
    assert everything(repo) == expected


def test_tables_that_were_lost_are_made_again(repo: Path) -> None:
    three_entries(repo)
    expected = everything(repo)
    connection = sqlite3.connect(file_of(repo))
    connection.execute("DROP TABLE runs")
    connection.close()
    with opened(repo) as index:
        assert list_runs(index, ["a" * 64])
    assert everything(repo) == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_where_nothing_may_be_written_it_lives_in_memory(repo: Path) -> None:
    three_entries(repo)
    folder = file_of(repo).parent
    folder.chmod(0o555)
    try:
        assert set(rows(repo)) == {LOGISTIC, RBF, TREES}
        assert not file_of(repo).exists()
    finally:
        folder.chmod(0o755)


def test_on_a_disk_that_is_full_it_lives_in_memory(repo: Path) -> None:
    lab = three_entries(repo)
    rows(repo)
    connection = sqlite3.connect(file_of(repo))
    connection.execute("CREATE TABLE still_the_same_file (x)")
    connection.close()
    write(lab, TREES, page("Trees, again"))
    commit(lab)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            os._exit(0 if rows(repo)[TREES].title == "Trees, again" else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert rows(repo)[TREES].title == "Trees, again"
    assert sqlite3.connect(file_of(repo)).execute("SELECT count(*) FROM still_the_same_file").fetchone() == (0,)


def test_a_file_in_the_way_of_the_index_is_no_obstacle(repo: Path) -> None:
    three_entries(repo)
    file_of(repo).mkdir()
    assert set(rows(repo)) == {LOGISTIC, RBF, TREES}


def test_reading_changes_nothing_but_the_index(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261121-a-draft-zzzz", page("A draft"))
    before = snapshot(repo)
    rows(repo)
    after = snapshot(repo)
    own = {f".git/gitjournal/{NAME}{end}" for end in ("", "-wal", "-shm", ".lock")}
    assert {name for name in after if after[name] != before.get(name)} <= own
    assert before.items() <= after.items()


def test_another_process_that_holds_the_index_for_too_long_is_named(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = three_entries(repo)
    rows(repo)
    write(lab, TREES, page("Trees, again"))
    commit(lab)
    monkeypatch.setattr(index_file, "WAIT_SECONDS", 0.2)
    holder = sqlite3.connect(file_of(repo), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError):
        rows(repo)
    holder.execute("ROLLBACK")
    holder.close()
    assert rows(repo)[TREES].title == "Trees, again"


def _read(repo: str, gate: multiprocessing.synchronize.Event, answers: multiprocessing.queues.Queue[object]) -> None:
    gate.wait()
    for _ in range(5):
        with opened(Path(repo)) as index:
            answers.put(([row.id for row in index.entries(JOURNAL)], len(list_runs(index, ["a" * 64]))))


@pytest.mark.parametrize("damaged", [False, True])
def test_four_processes_at_once_all_get_the_answer(repo: Path, damaged: bool) -> None:
    three_entries(repo)
    if damaged:
        rows(repo)
        file_of(repo).write_bytes(b"not a database at all" * 300)
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Event(), context.Queue()
    processes = [context.Process(target=_read, args=(str(repo), gate, answers)) for _ in range(4)]
    for process in processes:
        process.start()
    time.sleep(0.5)
    gate.set()
    found = [answers.get(timeout=60) for _ in range(20)]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert all(one == ([LOGISTIC, RBF, TREES], 1) for one in found)
    assert sqlite3.connect(file_of(repo)).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _begin(path: str, gate: multiprocessing.synchronize.Barrier, answers: multiprocessing.queues.Queue[object]) -> None:
    for number in range(100):
        gate.wait()
        try:
            answers.put(
                IndexFile(Path(path, str(number), NAME), on_disk=True).connection.execute("PRAGMA database_list").fetchone()[2] != ""
            )
        except BusyError as fault:
            answers.put(str(fault))


@pytest.mark.parametrize("damaged", [False, True])
def test_processes_that_begin_an_index_at_the_same_moment_all_have_one_on_the_disk(tmp_path: Path, damaged: bool) -> None:
    for number in range(100 if damaged else 0):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / NAME).write_bytes(b"not a database at all" * 300)
    context = multiprocessing.get_context("fork")
    gate, answers = context.Barrier(3), context.Queue()
    processes = [context.Process(target=_begin, args=(str(tmp_path), gate, answers)) for _ in range(3)]
    for process in processes:
        process.start()
    assert {answers.get(timeout=60) for _ in range(300)} == {True}
    for process in processes:
        process.join(60)


def test_a_process_killed_in_the_middle_leaves_the_index_usable(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = three_entries(repo)
    expected = everything(repo)
    write(lab, TREES, page("Trees, again"))
    commit(lab)
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(Update, "_forget", lambda _: os._exit(9))
        rows(repo)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert rows(repo)[TREES].title == "Trees, again"
    assert len(everything(repo)) == len(expected)
