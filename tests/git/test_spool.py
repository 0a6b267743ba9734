from __future__ import annotations

import msgspec

from gitjournal.git.spool import Results, list_pending, spool_results
from tests.support.journals import (
    ENTRY,
    planned,
    record,
    results,
)


def test_the_spool_gives_back_what_was_put_in(repo):
    lab, plan_entry = planned(repo)
    put = results(plan_entry, record("a"), record("b"), figures={"figures/a.svg": b"\xff\x00"}, files={"environments/e.json": b"{}"})
    file = spool_results(lab, put)
    assert msgspec.json.decode(file.read_bytes(), type=Results) == put
    assert [(waiting.path, waiting.branch, waiting.runs, waiting.file) for waiting in list_pending(lab)] == [(ENTRY, "journal", 2, file)]
