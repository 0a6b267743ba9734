"""The loop of a worker process, spoken to by hand: a line in, a line out, and its end with the pipe's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec

from gitjournal.worker.jobs import ConfusionJob, RunJob, ValidateJob
from tests.support.trees import step

CODE = "from gitjournal.worker.main import main; main()"


def test_it_says_what_it_is_and_answers_each_line_in_its_order_until_its_input_ends(tmp_path: Path) -> None:
    SVM = [step("sklearn.svm.SVC")]
    jobs = [
        b'{"do": "dance"}',
        _line(ValidateJob(procedures=[SVM])),
        _line(ConfusionJob(file=str(tmp_path / "none.npz"), sha256="0")),
        _line(RunJob(root=str(tmp_path), cache=str(tmp_path / "c"), data={"sklearn": "iris"}, procedure=SVM)),
    ]
    process = subprocess.Popen([sys.executable, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n".join([*jobs, b""]))
    process.stdin.flush()
    ready, *answers = [json.loads(process.stdout.readline()) for _ in range(len(jobs) + 2)]
    assert ready["ready"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert answers[0]["error"]["message"].startswith("not a job: ")
    assert answers[1] == {"ok": {}}
    assert answers[2]["error"]["kind"] == "data"
    assert answers[3] == {"progress": {"fold": 1, "of": 1}}
    assert answers[4]["ok"]["status"] == "done"
    process.stdin.close()
    assert process.wait(30) == 0
    assert process.stdout.read() == b""
    process.stdout.close()


def _line(job: RunJob | ValidateJob | ConfusionJob) -> bytes:
    return msgspec.json.encode(job)
