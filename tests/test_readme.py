"""Everything that the README shows is run here, and must print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tests.support.sessions import replay, sessions

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("session", sessions(README))
def test_a_session_prints_what_the_readme_says(repo: Path, session: list[tuple[str, str]]) -> None:
    replay(repo, session)
    assert (repo / "gamma.svg").read_bytes() == (ROOT / "docs/images/profile.svg").read_bytes()  # the picture above the session


def test_the_two_commands_of_a_fresh_machine_are_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    commands = re.findall(r"^make (\w+)", README, re.MULTILINE)
    assert commands == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in commands)


def test_links_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_demo_runs_and_leaves_only_its_folder(tmp_path: Path) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for name in ("AUTHOR", "COMMITTER"):
        env.pop(f"GIT_{name}_NAME", None)
        env.pop(f"GIT_{name}_EMAIL", None)
    ended = subprocess.run(
        ["sh", str(ROOT / "templates/demo/run.sh"), "demo-journal"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["demo-journal"]
    assert "dev.accuracy 0.98" in ended.stdout
    assert "nothing to do" in ended.stdout
    assert "penguins" in ended.stdout
    again = subprocess.Popen(
        ["sh", str(ROOT / "templates/demo/run.sh"), "demo-journal"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True
    )
    assert again.stdout
    assert any(line.startswith("journal: branch `journal` created") for line in again.stdout)  # the folder is a new one
    again.terminate()
    again.communicate()
    (tmp_path / "mine").mkdir()
    refused = subprocess.run(
        ["sh", str(ROOT / "templates/demo/run.sh"), "mine"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
