"""The sessions in docs/test-set.md and docs/baselines.md print what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_readme import masked

DOCS = Path(__file__).parent.parent / "docs"


def session(name: str) -> list[tuple[str, str]]:
    """Return the commands of all console blocks of a page, in one, and what they print."""
    blocks = re.findall(r"```console\n(.*?)```", (DOCS / name).read_text(), re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def blank(text: str) -> str:
    """Blank out ids and ages, as in the README, and where this session has more of them."""
    text = re.sub(r"next: gitjournal exec( [a-z0-9]{4})+$", "next: gitjournal exec XXXX", masked(text), flags=re.MULTILINE)
    text = re.sub(r"data dups [a-z0-9]{4}$", "data dups XXXX", text, flags=re.MULTILINE)
    text = re.sub(r": [a-z0-9]{4} is the same", ": XXXX is the same", text)
    return re.sub(r"^( +\d  )[a-z0-9]{4} ", r"\1XXXX ", text, flags=re.MULTILINE)


@pytest.mark.parametrize("page", ["test-set.md", "baselines.md"])
def test_a_session_prints_what_the_page_says(page: str, repo: Path) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command, expected in session(page):
        ended = subprocess.run(
            ["sh", "-c", command], cwd=repo, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert blank(ended.stdout) == blank(expected), command
        assert ended.returncode == 0
