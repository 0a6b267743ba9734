"""The protocol of jobs: what stands on the pipe, that it is read back as it was sent, and that it needs no numerical library."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, get_args

import msgspec
import pytest

from gitjournal.errors import DataError, EntryError, GitjournalError, Place, TrustError
from gitjournal.worker import jobs
from gitjournal.worker.jobs import (
    BootstrapJob,
    ConfusionJob,
    DuplicateRows,
    DuplicatesJob,
    ErrorReply,
    FinalJob,
    InspectJob,
    KeepJob,
    Message,
    PredictionsFile,
    PredictJob,
    PrepareJob,
    RunJob,
    RunProgress,
    RunResult,
    ScoreJob,
    SplitJob,
    ValidateJob,
)

DATA: dict[str, Any] = {"root": "/r", "cache": "/c", "data": {"sklearn": "iris"}}
RUN = RunJob(**DATA, hash="sha256:1", task="classification", split={"dev": 0.2}, metrics=["accuracy"], procedure=[["svc", {}]], seed=3)
FILE = {"file": "/p.npz", "sha256": "ab"}
ALL = [
    InspectJob(**DATA, own_metrics=True),
    ValidateJob(procedures=[[["svc", {}]]], task="regression"),
    DuplicatesJob(**DATA, digits=4, divided=True),
    SplitJob(**DATA, split={"cv": 3, "seed": "each"}, seed=4),
    RUN,
    PrepareJob.about(RUN),
    FinalJob.about(RUN, expected=None),
    KeepJob.about(RUN, folder="/f", expected="1"),
    PredictJob.about(RUN, **FILE, expected="1", predictions="2"),
    ScoreJob(**FILE, metrics=["f1"], task="classification", n_classes=2),
    ConfusionJob(**FILE),
    BootstrapJob(runs=[PredictionsFile(**FILE)], metric="mae", task="regression"),
]


def test_every_job_comes_back_as_it_was_sent() -> None:
    decoder = msgspec.json.Decoder(jobs.JOBS)
    assert [decoder.decode(msgspec.json.encode(job)) for job in ALL] == ALL
    assert {type(job) for job in ALL} == set(get_args(jobs.JOBS))


def test_what_stands_on_the_pipe_stays_what_it_is() -> None:
    assert [msgspec.to_builtins(job)["do"] for job in ALL] == [
        *("inspect", "validate", "dups", "split", "run", "prepare", "final", "keep", "predict", "score", "confuse", "draw"),
    ]
    assert msgspec.json.decode(msgspec.json.encode(RUN)) == {
        "do": "run",
        **DATA,
        "hash": "sha256:1",
        "task": "classification",
        "split": {"dev": 0.2},
        "metrics": ["accuracy"],
        "code": None,
        "procedure": [["svc", {}]],
        "seed": 3,
        "store": None,
        "memory_mb": None,
    }


def test_a_job_about_the_model_of_another_has_its_fields_but_those_that_differ() -> None:
    run = msgspec.structs.replace(RUN, store="/s", memory_mb=100)
    final = FinalJob.about(run, store=None, expected="1")
    assert (final.procedure, final.seed, final.memory_mb, final.store, final.expected) == (run.procedure, 3, 100, None, "1")
    with pytest.raises(TypeError, match="expected"):
        FinalJob.about(run)


@pytest.mark.parametrize("line", [b"{}", b'{"do": "dance"}', b'{"do": "confuse", "file": 3, "sha256": ""}', b'{"do": "score"}'])
def test_what_is_no_job_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(line, type=jobs.JOBS)


@pytest.mark.parametrize("kind", [EntryError, DataError, TrustError])
def test_an_error_is_raised_again_as_what_it_was_at_its_place(kind: type[GitjournalError]) -> None:
    sent = ErrorReply.from_error(kind("no", hint="do", path=("split", "cv", 2)), index=1)
    received = msgspec.json.decode(msgspec.json.encode(sent), type=ErrorReply)
    assert received == ErrorReply(kind.kind, "no", "do", ["split", "cv", 2], 1)
    error = received.to_error(Place("e.md", 3, 1))
    assert (type(error), error.message, error.hint, str(error.place)) == (kind, "no", "do", "e.md:3:1")


def test_an_error_of_another_kind_is_a_refusal() -> None:
    assert type(ErrorReply("crash", "gone").to_error()) is GitjournalError


def test_a_message_says_one_thing_and_an_answer_is_read_by_the_type_that_the_job_names() -> None:
    result = RunResult(status="done", metrics={"dev": {"r2": float("nan")}})
    line = msgspec.json.encode(Message(ok=msgspec.Raw(msgspec.json.encode(result))))
    assert list(msgspec.json.decode(line)) == ["ok"]
    message = msgspec.json.decode(line, type=Message)
    assert msgspec.json.decode(message.ok, type=RUN.answer) == RunResult(status="done", metrics={"dev": {"r2": None}})
    assert msgspec.json.encode(Message(error=ErrorReply("data", "gone"))) == (
        b'{"error":{"kind":"data","message":"gone","hint":"","path":[],"index":null}}'
    )
    assert msgspec.json.encode(Message(progress=RunProgress(1, 5))) == b'{"progress":{"fold":1,"of":5}}'
    epoch = msgspec.json.encode(RunProgress(1, 5, 2, 30, loss=float("nan")))
    assert epoch == b'{"fold":1,"of":5,"epoch":2,"epochs":30,"loss":null}'
    assert msgspec.json.decode(epoch, type=RunProgress) == RunProgress(1, 5, 2, 30, loss=None)


def test_rows_that_are_alike_name_parts_only_where_a_split_was_asked_about() -> None:
    assert list(msgspec.to_builtins(DuplicateRows("h", 3, 3, (0, []), (1, [2])))) == ["hash", "rows", "digits", "exact", "rounded"]


def test_the_protocol_loads_no_numerical_library() -> None:
    code = "import sys, gitjournal.worker.jobs; print({'numpy', 'pandas', 'sklearn', 'scipy', 'keras'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
