"""Files of studies: real ones of optuna, and what somebody may hand over in their place."""

from __future__ import annotations

import functools
import json
import math
import sqlite3
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from gitjournal.errors import GitjournalError, UsageError
from gitjournal.suggest.studies import files, optuna_io
from gitjournal.suggest.studies.study import Categorical, Range, Study, StudyTrial
from tests.support.helpers import snapshot

optuna.logging.set_verbosity(optuna.logging.ERROR)


def storage(path: Path) -> BaseStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return JournalStorage(JournalFileBackend(str(path))) if path.suffix == ".log" else RDBStorage(f"sqlite:///{path}")


def closed(held: BaseStorage) -> None:
    if isinstance(held, RDBStorage):
        held.remove_session()
        held.engine.dispose()


def objective(trial: optuna.Trial) -> float:
    c = trial.suggest_float("svc__C", 0.01, 100, log=True)
    kernel = trial.suggest_categorical("svc__kernel", ["rbf", "linear"])
    if kernel == "rbf":
        trial.suggest_int("degree", 1, 5)
    if trial.number == 3:
        raise optuna.TrialPruned
    if trial.number == 4:
        return math.nan
    if trial.number == 5:
        return math.inf
    return 1 - abs(math.log10(c)) / 10


@functools.cache
def made(suffix: str, trials: int) -> bytes:
    """Return the file of a real study; optuna takes about a second for one, so each is made once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"study{suffix}"
        held = storage(path)
        study = optuna.create_study(storage=held, study_name="svm", sampler=optuna.samplers.RandomSampler(seed=1), direction="maximize")
        study.optimize(objective, n_trials=trials)
        closed(held)
        return path.read_bytes()


def searched(path: Path, trials: int = 3) -> Path:
    path.write_bytes(made(path.suffix, trials))
    return path


@pytest.mark.parametrize("name", ["study.db", "study.log"])
def test_a_study_is_read_as_it_is_and_the_file_left_alone(tmp_path: Path, name: str) -> None:
    path = searched(tmp_path / name, trials=8)
    before = snapshot(tmp_path)
    (found,) = optuna_io.read_studies(path)
    assert (found.name, found.directions, found.unfinished) == ("svm", (1,), 2)  # the pruned one, and the one that reached infinity
    assert [one.number for one in found.trials if one.score is None] == [4]
    first = found.trials[0]
    assert first.distributions["svc__C"] == Range(0.01, 100, log=True)
    assert first.distributions["svc__kernel"] == Categorical(("rbf", "linear"))
    assert {name for one in found.trials for name in one.params} == {"svc__C", "svc__kernel", "degree"}
    assert first.seconds is not None
    assert 0 <= first.seconds < 60
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("name", ["study.db", "study.log"])
def test_what_is_written_is_a_study_that_optuna_goes_on_with(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    distributions = {"x": Range(0.0, 1.0), "n": Range(1, 9, whole=True, log=True), "k": Categorical(("a", None, True))}
    tried = [
        StudyTrial(number, {"x": number / 10, "n": 2, "k": None}, distributions, number / 10, attrs={"runs": ["r"]}) for number in range(9)
    ]
    failed = StudyTrial(9, {"x": 0.95, "n": 2, "k": "a"}, distributions, None)
    optuna_io.write_studies(path, [Study("mine", (1,), [*tried, failed], {"data": "wine"})])
    assert [one.name for one in tmp_path.iterdir()] == [name]
    held = storage(path)
    study = optuna.load_study(study_name="mine", storage=held, sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=1))
    assert (study.best_value, study.user_attrs, study.best_trial.user_attrs) == (0.8, {"data": "wine"}, {"runs": ["r"]})
    assert study.trials[9].state == optuna.trial.TrialState.FAIL
    for _ in range(10):
        trial = study.ask(study.trials[0].distributions)
        study.tell(trial, trial.params["x"])
    closed(held)
    (found,) = optuna_io.read_studies(path)
    assert len(found.trials) == 20
    assert found.trials[0] == tried[0] or found.trials[0].params == tried[0].params
    assert sum(one.params["x"] for one in found.trials[10:]) / 10 > 0.6  # what it was told steers where it looks


def test_a_file_with_studies_gets_others_and_a_name_is_never_taken_twice(tmp_path: Path) -> None:
    path = searched(tmp_path / "study.db")
    one = Study("other", (-1,), [StudyTrial(0, {"x": 0.5}, {"x": Range(0.0, 1.0)}, 1.0)])
    optuna_io.write_studies(path, [one])
    assert [(each.name, each.directions) for each in optuna_io.read_studies(path)] == [("svm", (1,)), ("other", (-1,))]
    with pytest.raises(UsageError, match="has a study `other` already"):
        optuna_io.write_studies(path, [Study("third", (1,), []), one])
    assert [each.name for each in optuna_io.read_studies(path)] == ["svm", "other"]


def test_a_study_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    wrong = Study("wrong", (1,), [StudyTrial(0, {"x": 5.0}, {"x": Range(0.0, 1.0)}, 1.0)])
    with pytest.raises(ValueError, match="isn't contained"):
        optuna_io.write_studies(tmp_path / "new.db", [wrong])
    assert list(tmp_path.iterdir()) == []
    path = searched(tmp_path / "study.log")
    with pytest.raises(ValueError, match="isn't contained"):
        optuna_io.write_studies(path, [wrong])
    assert [each.name for each in optuna_io.read_studies(path)] == ["svm"]
    notes = tmp_path / "notes.db"
    notes.write_text("mine")
    with pytest.raises(GitjournalError, match="is no study"):
        optuna_io.write_studies(notes, [Study("s", (1,), [])])
    assert notes.read_text() == "mine"


def test_several_objectives_are_read_as_such_without_trials(tmp_path: Path) -> None:
    held = storage(tmp_path / "study.db")
    study = optuna.create_study(storage=held, study_name="two", directions=["maximize", "minimize"])
    study.add_trial(optuna.create_trial(values=[1.0, 2.0]))
    closed(held)
    (found,) = optuna_io.read_studies(tmp_path / "study.db")
    assert (found.directions, found.trials, found.unfinished) == ((1, -1), [], 1)


def test_rows_that_are_only_in_the_second_file_of_a_database_are_read(tmp_path: Path) -> None:
    path = searched(tmp_path / "study.db")
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE studies SET study_name = 'newest'")
        writer.commit()
        before = snapshot(tmp_path)
        assert [one.name for one in optuna_io.read_studies(path)] == ["newest"]
        assert snapshot(tmp_path) == before


def test_a_database_that_is_being_written_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = searched(tmp_path / "study.db")
    rollback = tmp_path / "study.db-journal"
    rollback.write_bytes(b"x")
    monkeypatch.setattr(files, "PAUSE", 0.01)
    with pytest.raises(GitjournalError, match="is being written"):
        optuna_io.read_studies(path)
    monkeypatch.setattr(files, "PAUSE", 0.1)
    threading.Timer(0.3, rollback.unlink).start()
    began = time.monotonic()
    assert optuna_io.read_studies(path)
    assert time.monotonic() - began > 0.2


def edited(*statements: str) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return edit


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50_000])


def scribbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(bytes(content))


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut, "damaged|cannot be read as a database"),
        (scribbled, "damaged|cannot be read as a database"),
        (lambda path: path.write_bytes(b"SQLite format 3\0"), "cannot be read as a database|without a study"),
        (lambda path: path.write_text("no study"), "is no study: neither a database nor a journal log"),
        (lambda path: path.write_bytes(b""), "is no study"),
        (lambda path: path.write_text(DEEP), "is no study"),
        (edited("DROP TABLE trial_params"), "a database without a study"),
        (edited("CREATE VIEW v AS SELECT 1"), "has views, triggers or virtual tables"),
        (edited("CREATE TRIGGER t AFTER INSERT ON studies BEGIN DELETE FROM trials; END"), "has views, triggers or virtual tables"),
        (edited("CREATE VIRTUAL TABLE f USING fts5(a)"), "has views, triggers or virtual tables"),
        (
            edited(
                "ALTER TABLE trials RENAME TO t2",
                "CREATE VIEW trials AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x FROM c",
            ),
            "without a study",
        ),
        (
            edited('UPDATE trial_params SET distribution_json = \'{"name": "os.system", "attributes": {}}\''),
            "no study that optuna .* can read",
        ),
        (edited("UPDATE trial_params SET distribution_json = 'text'"), "no study that optuna .* can read"),
        (edited("UPDATE trials SET state = 'ODD'"), "no study that optuna .* can read"),
        (edited(f"INSERT INTO trial_user_attributes VALUES (1, 1, 'a', '{DEEP}')"), "no study that optuna .* can read: RecursionError"),
        (
            edited("INSERT INTO trial_user_attributes VALUES (1, 1, 'a', '\"' || hex(zeroblob(1000000)) || '\"')"),
            "no study that optuna .* can read",
        ),
        (edited("UPDATE alembic_version SET version_num = 'v2.6.0.a'"), "written by an older optuna"),
    ],
)
def test_a_file_that_is_no_study_is_refused_with_one_line_and_left_alone(tmp_path: Path, spoil: Callable[[Path], Any], said: str) -> None:
    path = searched(tmp_path / "study.db")
    spoil(path)
    before = snapshot(tmp_path)
    with pytest.raises(GitjournalError, match=said) as refused:
        optuna_io.read_studies(path)
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 400
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    "line",
    [
        {"op_code": 99},
        {"op_code": 4, "study_id": 7},
        {"op_code": 5, "trial_id": 0, "param_name": "x", "param_value_internal": 1, "distribution": "{}"},
        ["op_code"],
        {"op_code": 0, "study_name": 3, "directions": "x"},
    ],
)
def test_a_log_that_says_nonsense_is_refused_with_one_line(tmp_path: Path, line: Any) -> None:
    path = searched(tmp_path / "study.log")
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
    with pytest.raises(GitjournalError, match="no study that optuna"):
        optuna_io.read_studies(path)


def test_a_log_that_is_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    path = searched(tmp_path / "study.log")
    path.write_bytes(path.read_bytes()[:-20])
    (found,) = optuna_io.read_studies(path)
    assert len(found.trials) == 2


def test_what_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = searched(tmp_path / "study.log")
    monkeypatch.setattr(files, "MAX_TRIALS", 2)
    with pytest.raises(GitjournalError, match="3 trials; up to 2"):
        optuna_io.read_studies(path)
    with pytest.raises(GitjournalError, match="3 trials; up to 2"):
        optuna_io.read_studies(searched(tmp_path / "study.db"))
    with path.open("a") as file:
        file.write(json.dumps({"op_code": 2, "study_id": 0, "user_attr": {"a": "x" * 5_000_000}}) + "\n")
    with pytest.raises(GitjournalError, match="a line of more than 4 MB"):
        optuna_io.read_studies(path)
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    with pytest.raises(GitjournalError, match="too large"):
        optuna_io.read_studies(path)


@pytest.mark.parametrize("said", ["mysql://u:secret@host/db", "redis://host", "postgresql+psycopg2://h/d", "sqlite://", "nowhere.db", "."])
def test_only_local_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as refused:
        files.local_path(said)
    assert "secret" not in str(refused.value)
    (tmp_path / "study.db").write_text("")
    assert files.local_path("sqlite:///study.db") == Path("study.db")
