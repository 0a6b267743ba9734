"""The order of the packages in docs/architecture.md, held against the imports of the code."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import DOCS, ROOT

PACKAGE = ROOT / "gitjournal"
RESERVED = {"checks/"}  # the rules of good training will stand there


@functools.cache
def levels() -> dict[str, int]:
    """Return how far down the page draws each package and each module of the top folder; those of one row stand on one level."""
    table = (DOCS / "architecture.md").read_text().partition("| --- | --- |\n")[2].partition("\n\n")[0]
    rows = [re.findall(r"`([\w/]+)`", row.split("|")[1]) for row in table.splitlines()]
    return {name: number for number, names in enumerate(rows) for name in names}


def place(module: str) -> str:
    """Return what stands in the table for a module."""
    return f"{module.partition('/')[0]}/" if "/" in module else module


@functools.cache
def modules() -> dict[str, Path]:
    files = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    return {path.relative_to(PACKAGE).with_suffix("").as_posix(): path for path in sorted(files)}


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


def test_every_package_and_module_stands_in_the_order_and_every_name_of_it_is_there() -> None:
    assert {place(module) for module in modules()} == set(levels()) - RESERVED
    assert not any((PACKAGE / name).exists() for name in RESERVED)


def test_a_package_imports_only_what_stands_above_it() -> None:
    wrong = [
        f"{module} imports {needed}"
        for module, path in modules().items()
        for needed in imports(path)[0]
        if levels()[place(needed)] > levels()[place(module)]
    ]
    assert not wrong


def answers() -> list[tuple[str, str, str]]:
    """Return (subject, module, name) for each row of the table of subjects."""
    table = (DOCS / "architecture.md").read_text().partition("## Where a line belongs")[2]
    return re.findall(r"^\| (.+?) \| `([\w/]+\.py)`: `(\w+)` \|$", table, re.MULTILINE)


def test_twenty_subjects_and_more_have_their_place() -> None:
    rows = (DOCS / "architecture.md").read_text().partition("## Where a line belongs")[2].count("\n| ") - 2
    assert len(answers()) == rows >= 20


@pytest.mark.parametrize(("subject", "module", "name"), answers())
def test_a_line_about_a_subject_stands_where_the_page_says(subject: str, module: str, name: str) -> None:
    top = parsed(PACKAGE / module).body
    assigned = {target.id for node in top if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}
    assert name in assigned | {node.name for node in top if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def test_every_module_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`([\w/]+\.py)`", (DOCS / "architecture.md").read_text())) - {"tests/test_layers.py"}
    assert not [name for name in named if not (PACKAGE / name).exists()]


def test_a_package_says_what_it_is_for_and_imports_nothing() -> None:
    packages = [path for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE]
    assert not [path for path in packages if not ast.get_docstring(parsed(path)) or len(parsed(path).body) > 1]


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
        ("git", {"journal/history"}),
        (
            "sqlite3",
            {
                "journal/index/cache",
                "journal/index/file",
                "journal/index/update",
                "suggest/studies/files",
            },  # the cache, and files of strangers
        ),
        ("optuna", {"suggest/studies/optuna_io"}),
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


def test_a_test_file_lies_with_what_it_tests() -> None:
    stories = set(re.findall(r"`((?:\w+/)*test_\w+)`", (ROOT / "tests/README.md").read_text().partition("| --- | --- |")[2]))
    files = {path.relative_to(ROOT / "tests").with_suffix("") for path in (ROOT / "tests").rglob("test_*.py")}
    assert stories <= {file.as_posix() for file in files}
    nowhere = []
    for file in sorted(files):
        package = PACKAGE / file.parent
        names = {path.stem.rstrip("_") for path in package.iterdir()} if package.is_dir() else set()
        about = file.name.removeprefix("test_")
        if file.as_posix() not in stories and not any(about == name or about.startswith(f"{name}_") for name in names - {""}):
            nowhere.append(file.as_posix())
    assert not nowhere, "name a module of the package, or list it as a story in tests/README.md"
