"""The console blocks of a document, run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def sessions(page: str) -> list[list[tuple[str, str]]]:
    """Return, for each console block of a document, its commands and what it says they print."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        found.append([(command.partition("\n")[0], command.partition("\n")[2]) for command in parts])
    return found


def files(page: str) -> dict[str, str]:
    """Return the files that a document shows: each Python block whose first line is a comment with the file's name."""
    return {name: text for text, name in re.findall(r"```python\n(# (\w+\.py)\n.*?)```", page, re.DOTALL)}


def replay(folder: Path, session: list[tuple[str, str]]) -> None:
    """Run each command of a session in `folder`: it must print what the document says. A trailing `# exit 3` is its exit code."""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command, expected in session:
        ended = subprocess.run(
            ["sh", "-c", command], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert masked(ended.stdout) == masked(expected), command
        said = re.search(r"# exit (\d+)$", command)
        assert ended.returncode == (int(said[1]) if said else 0), command


def masked(text: str) -> str:
    """Blank out what differs from run to run: ids, commits, seconds, ages, progress."""
    text = re.sub(r"^[█░]+ .*\n", "", text, flags=re.MULTILINE)  # progress, where a run takes longer than a second
    text = re.sub(r"\d{4}/\d{8}-([a-z0-9-]+)-[a-z0-9]{4}\b", r"YEAR/DAY-\1-XXXX", text)
    text = re.sub(r"\d{8}-([a-z0-9-]+)-[a-z0-9]{4}\b", r"DAY-\1-XXXX", text)
    text = re.sub(r"(show|exec|dups)(?: [a-z0-9]{4})+$", r"\1 XXXX", text, flags=re.MULTILINE)
    text = re.sub(r"exec [a-z0-9]{4} --force", "exec XXXX --force", text)
    text = re.sub(r": [a-z0-9]{4} is the same", ": XXXX is the same", text)
    text = re.sub(r"^( +\d+  )[a-z0-9]{4} ", r"\1XXXX ", text, flags=re.MULTILINE)  # the ledger of looks
    text = re.sub(r"^([│├└─ ]*)[a-z0-9]{4}  ", r"\1XXXX  ", text, flags=re.MULTILINE)
    text = re.sub(r"^[a-z0-9]{4} (is (?:not shown to be )?better than|and) [a-z0-9]{4}\b", r"XXXX \1 XXXX", text, flags=re.MULTILINE)
    text = re.sub(r"^(\s*)[a-z0-9]{4} (is the best of|reached|was better on|dev\.)", r"\1XXXX \2", text, flags=re.MULTILINE)
    text = re.sub(r"(p \(Holm\)  |--from )[a-z0-9]{4}\b", r"\1XXXX", text)
    text = re.sub(r"nearest earlier run: [a-z0-9]{4},", "nearest earlier run: XXXX,", text)
    text = re.sub(r"\b[a-z0-9]{4}(:\w+__\w+=)|(configurations? of )[a-z0-9]{4}\b", r"\2XXXX\1", text)
    text = re.sub(r"(the procedure of )[a-z0-9]{4}\b", r"\1XXXX", text)
    text = re.sub(r"\([a-z0-9]{4}\)", "(XXXX)", text)
    # a table of times is as wide as they are
    text = re.sub(r"^(.*\d) +[0-9.]+ (?:s|min) +(\d+)$|^(avoided) +(runs) +(time) +(entries)$", _row, text, flags=re.MULTILINE)
    text = re.sub(r"\.npz [0-9a-f]{6}\b", ".npz HASH", text)  # another numpy may write the same arrays in other bytes
    # the time is said of what takes longer than a second, and may not fit on the line
    text = re.sub(r"^plan (?:.|\n)*?to do(?: ·\s+about .*)?$", _plan, text, flags=re.MULTILINE)
    text = re.sub(r"committed [0-9a-f]{7}", "committed COMMIT", text)
    text = re.sub(r"[0-9.]+ s$", "SECONDS", text, flags=re.MULTILINE)
    return re.sub(r"(now|\d+ (min|s))$", "AGE", text, flags=re.MULTILINE)


def _row(found: re.Match[str]) -> str:
    return re.sub(r" +", " ", " TIME ".join(part for part in found.groups() if part))


def _plan(found: re.Match[str]) -> str:
    return " ".join(re.sub(r" ·\s+about .*", "", found[0]).split())
