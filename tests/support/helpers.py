"""What several test files need: git called for real, and trees compared byte by byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path


def git(cwd: Path, *arguments: str, stdin: str | None = None, env: dict[str, str] | None = None) -> str:
    """Run git and return its output; a failure fails the test with what git said."""
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, input=stdin, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})}
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr or done.stdout}"
    return done.stdout.removesuffix("\n")


def snapshot(folder: Path, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Return every file below `folder` with its mode and the hash of its bytes (or where its link points)."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(name == part or name.startswith(f"{part}/") for part in without):
            continue
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return found


def gitjournal(cwd: Path, *arguments: str, stdin: str | None = None, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run gitjournal as its user does: a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "gitjournal", *arguments],
        cwd=cwd,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(env or {})},
    )


def done(cwd: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Run gitjournal, expect success, and return what it printed."""
    ended = gitjournal(cwd, *arguments, env=env)
    assert ended.returncode == 0, f"gitjournal {' '.join(arguments)}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def write_entry(lab: Path, entry_id: str, front: str, body: str = "") -> Path:
    """Write an entry into the lab folder, as a person with an editor does."""
    path = lab / "entries" / entry_id[:4] / f"{entry_id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{front.strip()}\n---\n{body}", encoding="utf-8")
    return path


def put(root: Path, name: str, text: str = "") -> None:
    """Write a file below a folder, with the folders that it needs."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def half_merge(lab: Path) -> None:
    """Leave the lab folder in the middle of a merge that needs a person."""
    git(lab, "switch", "-qc", "exp/other")
    (lab / "README.md").write_text("theirs\n")
    git(lab, "commit", "-qam", "theirs")
    git(lab, "switch", "-q", "journal")
    (lab / "README.md").write_text("ours\n")
    git(lab, "commit", "-qam", "ours")
    assert subprocess.run(["git", "merge", "-q", "exp/other"], cwd=lab, capture_output=True, check=False).returncode == 1


def gone(pid: int, seconds: float = 60) -> bool:
    """Whether a process ends in time; one that nobody has waited for counts as ended."""
    for _ in range(int(seconds * 20)):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
