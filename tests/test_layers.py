"""The drawing of the rooms in the README, held against the imports of the code."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

PACKAGE = ROOT / "gitjournal"
ROOMS = ("Words", "Thought", "World", "Deeds", "Show", "Door")


def drawn() -> dict[str, str]:
    """Return module -> room as the table in the README draws it."""
    rows = re.findall(r"^\| \*\*(\w+)\*\* \|[^|]*\| (.*) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert [room for room, _ in rows] == list(ROOMS)
    return {module: room for room, modules in rows for module in re.findall(r"`([\w./]+)`", modules)}


@functools.cache
def modules() -> dict[str, Path]:
    files = [path for path in PACKAGE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")]
    return {path.relative_to(PACKAGE).with_suffix("").as_posix(): path for path in sorted(files)}


def room_of(module: str, rooms: dict[str, str]) -> str:
    return rooms.get(module) or rooms[f"{module.split('/', maxsplit=1)[0]}/"]


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@functools.cache
def imports(path: Path) -> tuple[set[str], set[str]]:
    """Return (own modules imported at the top, own modules imported inside functions)."""
    tree, known = parsed(path), modules()
    top: set[str] = set()
    hidden: set[str] = set()
    for node in ast.walk(tree):
        found: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gitjournal"):
            found = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found = [alias.name for alias in node.names if alias.name.startswith("gitjournal")]
        for name in found:
            parts = name.split(".")[1:]
            module = next((m for m in ("/".join(parts), "/".join(parts[:-1])) if m in known), None)
            if module:
                (top if node in tree.body else hidden).add(module)
    return top, hidden


def test_every_module_has_a_room() -> None:
    rooms = drawn()
    missing = [module for module in modules() if module not in rooms and f"{module.split('/')[0]}/" not in rooms]
    assert not missing
    assert not [module for module in rooms if not module.endswith("/") and module not in modules()]


def test_a_module_imports_only_from_its_own_room_and_the_rooms_above() -> None:
    rooms = drawn()
    wrong = [
        f"{module} ({room_of(module, rooms)}) imports {other} ({room_of(other, rooms)})"
        for module, path in modules().items()
        for other in imports(path)[0]
        if ROOMS.index(room_of(other, rooms)) > ROOMS.index(room_of(module, rooms))
    ]
    assert not wrong


def test_no_import_of_our_own_hides_in_a_function() -> None:
    assert not {module: hidden for module, path in modules().items() if (hidden := imports(path)[1])}


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: imports(path)[0] - {module} for module, path in modules().items()}
    while graph:
        free = [module for module, needs in graph.items() if not needs & set(graph)]
        assert free, f"in a circle: {sorted(graph)}"
        for module in free:
            del graph[module]


@pytest.mark.parametrize(
    ("library", "owners"),
    [
        ("click", {"cli", "commands/"}),
        ("yaml", {"yaml_text"}),
        ("git", {"history"}),
        ("sqlite3", {"index", "index_file", "index_update", "study_file"}),  # the cache, and files of strangers
        ("optuna", {"studies"}),
    ],
)
def test_a_library_has_one_owner(library: str, owners: set[str]) -> None:
    users = set()
    for module, path in modules().items():
        names = {
            name.split(".")[0]
            for node in ast.walk(parsed(path))
            for name in (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        if library in names:
            users.add(module if module in owners else f"{module.split('/')[0]}/" if "/" in module else module)
    assert users <= owners


HEAVY = ("sklearn", "keras", "tensorflow", "pandas", "numpy", "scipy", "optuna")


@pytest.mark.parametrize(
    "command",
    [
        "init",
        "new",
        "exec",
        "ls",
        "show",
        "log",
        "diff",
        "check",
        "doctor",
        "trust",
        "data",
        "model",
        "export",
        "import_",
        "config",
        "hook",
    ],
)
def test_no_command_imports_a_numerical_library(command: str) -> None:
    code = f"import sys, gitjournal.cli, gitjournal.commands.{command}; print([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_help_and_version_import_neither_git_nor_yaml() -> None:
    code = (
        "import sys, gitjournal.cli as c\n"
        "try:\n c.group.main(sys.argv[1:], standalone_mode=False)\nexcept SystemExit: pass\n"
        f"print('LOADED', [m for m in {(*HEAVY, 'git', 'yaml', 'msgspec', 'sqlite3')} if m in sys.modules])"
    )
    for option in ("--help", "--version"):
        said = subprocess.run([sys.executable, "-c", code, option], capture_output=True, text=True, check=True).stdout
        assert said.endswith("LOADED []\n")
