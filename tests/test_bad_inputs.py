"""Each file in tests/support/bad is named for its fault, and says which exit code and which words it must get."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.helpers import done, git, gitjournal, snapshot, write_entry
from tests.support.places import PENGUINS, SUPPORT

BAD = SUPPORT / "bad"
FILES = {
    "gaps.csv": "a,b,y\n" + "".join(f"{i},{'' if i == 7 else i % 5},{i % 2}\n" for i in range(60)),
    "one-class.csv": "a,y\n" + "".join(f"{i},no\n" for i in range(60)),
    "rare.csv": "a,y\n" + "".join(f"{i},{'rare' if i == 3 else 'common'}\n" for i in range(60)),
    "groups.csv": "a,g,y\n" + "".join(f"{i},{'p' if i < 30 else 'q'},{i % 2}\n" for i in range(60)),
}


@pytest.fixture
def journal(repo: Path) -> Path:
    done(repo, "init")
    (repo / "data").mkdir()
    (repo / "data/penguins.csv").write_bytes(PENGUINS.read_bytes())
    (repo / "data/latin.csv").write_bytes(b"word,y\n" + b"caf\xe9,1\nth\xe9,0\n" * 30)
    for name, text in FILES.items():
        (repo / "data" / name).write_text(text)
    return repo


@pytest.mark.parametrize("name", sorted(path.stem for path in BAD.glob("*.md")))
def test_bad_input_gets_one_clear_message_and_loses_nothing(journal: Path, name: str) -> None:
    text = (BAD / f"{name}.md").read_text()
    code, says = re.search(r"^exit: (\d)\nsays: (.*)$", text, re.MULTILINE).groups()  # type: ignore[union-attr]
    entry_id = f"20261121-{name}-b4d1"
    path = write_entry(journal / "lab", entry_id, text.split("---\n")[1], text.split("---\n")[2])
    before = path.read_text()
    tip = git(journal, "rev-parse", "journal")
    user = snapshot(journal, without=(".git", "lab"))

    ended = gitjournal(journal, "exec", "b4d1")

    said = ended.stdout + ended.stderr
    assert ended.returncode == int(code), said
    assert says in said
    assert "Traceback" not in said
    assert "a fault in gitjournal itself" not in said
    assert snapshot(journal, without=(".git", "lab")) == user
    assert git(journal, "fsck", "--no-dangling") == ""
    assert not list((journal / ".git/gitjournal/spool").glob("*"))
    if code == "1":
        assert path.read_text() == before
        assert git(journal, "rev-parse", "journal") == tip
        assert git(journal / "lab", "status", "--porcelain", "-uall").split() == ["??", f"entries/2026/{entry_id}.md"]
    else:  # it ran and failed: that is a result, and it is on record
        assert '"status":"failed"' in git(journal, "show", f"journal:entries/2026/{entry_id}.runs.jsonl")
        assert git(journal / "lab", "status", "--porcelain") == ""
