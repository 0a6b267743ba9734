"""Everything that the README shows is run here, and must print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def sessions() -> list[list[tuple[str, str]]]:
    """Return, for each console block, its commands and what they print."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        found.append([(command.partition("\n")[0], command.partition("\n")[2]) for command in parts])
    return found


def masked(text: str) -> str:
    """Blank out what differs from run to run: ids, commits, seconds, ages, progress."""
    text = re.sub(r"^[█░]+ .*\n", "", text, flags=re.MULTILINE)  # progress, where a run takes longer than a second
    text = re.sub(r"\d{4}/\d{8}-([a-z0-9-]+)-[a-z0-9]{4}\b", r"YEAR/DAY-\1-XXXX", text)
    text = re.sub(r"\d{8}-([a-z0-9-]+)-[a-z0-9]{4}\b", r"DAY-\1-XXXX", text)
    text = re.sub(r"(show|exec) [a-z0-9]{4}$", r"\1 XXXX", text, flags=re.MULTILINE)
    text = re.sub(r"^[a-z0-9]{4}  ", "XXXX  ", text, flags=re.MULTILINE)
    text = re.sub(r"^[█░]+ .*\n", "", text, flags=re.MULTILINE)  # what takes longer than a second here
    text = re.sub(r"nearest earlier run: [a-z0-9]{4},", "nearest earlier run: XXXX,", text)
    text = re.sub(r"committed [0-9a-f]{7}", "committed COMMIT", text)
    text = re.sub(r"[0-9.]+ s$", "SECONDS", text, flags=re.MULTILINE)
    return re.sub(r"(now|\d+ min)$", "AGE", text, flags=re.MULTILINE)


@pytest.mark.parametrize("session", sessions())
def test_a_session_prints_what_the_readme_says(repo: Path, session: list[tuple[str, str]]) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command, expected in session:
        ended = subprocess.run(
            ["sh", "-c", command], cwd=repo, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert masked(ended.stdout) == masked(expected), command
        assert ended.returncode == 0


def test_the_two_commands_of_a_fresh_machine_are_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    commands = re.findall(r"^make (\w+)", README, re.MULTILINE)
    assert commands == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in commands)


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
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
    again = subprocess.run(
        ["sh", str(ROOT / "templates/demo/run.sh"), "demo-journal"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0
    (tmp_path / "mine").mkdir()
    refused = subprocess.run(
        ["sh", str(ROOT / "templates/demo/run.sh"), "mine"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
