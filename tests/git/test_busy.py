from __future__ import annotations

import os
import subprocess

from tests.support.journals import (
    finish,
    planned,
)


def test_a_note_of_a_commit_that_is_over_does_not_make_busy(repo):
    lab, made = planned(repo)
    assert lab.git_dir
    over = subprocess.Popen(["true"])
    over.wait()
    for note in (str(over.pid), str(os.getpid()), "nonsense", ""):
        (lab.git_dir / "gitjournal-committing").write_text(note)
        assert finish(lab, made, block=f"by {note or 'none'}").state == "committed", note
