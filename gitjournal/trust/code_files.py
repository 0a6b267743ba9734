"""The static import closure of a declared Python function: found by reading its files, nothing of them is executed.

A module of the repository stands at the top of the worktree or in `src/`. What it imports is followed, as long as it lies
in the repository; a file that is read or imported in another way is named under `code`.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gitjournal.errors import EntryError
from gitjournal.paths import KeyPath, inside, open_file

SOURCES = ("", "src")  # where packages begin, in this order
_FUNCTION = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z")


@dataclass(frozen=True)
class Code:
    """A function and every file it is made of, as bytes; `modules` maps a module's name to its file, "" for a mere folder."""

    function: str
    files: dict[str, bytes]
    modules: dict[str, str]

    @property
    def hashes(self) -> dict[str, str]:
        """The sha256 of each file, by its path from the top of the worktree."""
        return {path: hashlib.sha256(content).hexdigest() for path, content in sorted(self.files.items())}

    @property
    def digest(self) -> str:
        """The identity of the function: its name and the bytes of all files."""
        lines = "".join(f"{sha256}  {path}\n" for path, sha256 in self.hashes.items())
        return hashlib.sha256(f"{self.function}\n{lines}".encode()).hexdigest()


def find_code(function: str, extra: Sequence[str], root: Path, place: KeyPath) -> Code:
    """Return what `package.module:function` is made of; `extra` are the paths under `code`.

    `place` is the key that names the function. Raises EntryError for a name that is none, a module that is not in the
    repository and a file that is no Python, TrustError for a path that is not read.
    """
    if not _FUNCTION.match(function):
        raise EntryError(f"`{function}` names no function: write package.module:function", path=place)
    module = function.partition(":")[0]
    if module.partition(".")[0] in sys.stdlib_module_names:
        raise EntryError(f"`{module}` is a module of Python itself; one of the repository needs another name", path=place)
    follower = _ImportFollower(root, place)
    if not follower.follow(module) or not follower.modules[module]:
        file = f"{module.replace('.', '/')}.py"
        raise EntryError(f"no module `{module}` in the repository: neither {file} nor src/{file} is there", path=place)
    for number, path in enumerate(extra):
        follower.follow_file(path, (*place[:-1], "code", number))
    tree = ast.parse(follower.files[follower.modules[module]])
    name = function.partition(":")[2]
    if name not in set(_bound_names(tree)):
        raise EntryError(f"{follower.modules[module]} defines no `{name}`", path=place)
    # a folder that only has the name of what is imported is no package: Python too prefers an installed one to it
    files = [name for name, path in follower.modules.items() if path]
    modules = {name: path for name, path in follower.modules.items() if path or any(inner.startswith(f"{name}.") for inner in files)}
    return Code(function, follower.files, modules)


def _bound_names(tree: ast.Module) -> Iterator[str]:
    """Give the names that a module binds at its top."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


class _ImportFollower:
    """Follows imports through the repository."""

    def __init__(self, root: Path, place: KeyPath) -> None:
        self.root = root
        self.place = place
        self.files: dict[str, bytes] = {}
        self.modules: dict[str, str] = {}

    def follow(self, module: str) -> bool:
        """Read a module, the packages it lies in, and what they import. False where it is not in the repository."""
        if module in self.modules:
            return True
        parent = module.rpartition(".")[0]
        if (parent and not self.follow(parent)) or module.partition(".")[0] in sys.stdlib_module_names:
            return False
        path = self.find(module, parent)
        if path is None:
            return False
        self.modules[module] = path
        if path:
            self.read(path, self.place)
            for imported in _imports(self.parse(path), module, package=path.endswith("/__init__.py")):
                self.follow(imported)
        return True

    def find(self, module: str, parent: str) -> str | None:
        """Return the file of a module, "" for a folder that is a package without one, None where nothing is."""
        name = module.rpartition(".")[2]
        folders = [self.folder(parent)] if parent else list(SOURCES)
        for folder in folders:
            for path in (f"{folder}/{name}/__init__.py", f"{folder}/{name}.py"):
                if (self.root / path.lstrip("/")).is_file():
                    return path.lstrip("/")
        return "" if any((self.root / folder / name).is_dir() for folder in folders) else None

    def folder(self, package: str) -> str:
        """Return where the modules of a package lie."""
        path = self.modules[package]
        if path:
            return str(PurePosixPath(path).parent) if path.endswith("/__init__.py") else path  # below a file there is nothing
        inner = package.replace(".", "/")
        return next((found for base in SOURCES if (self.root / (found := f"{base}/{inner}".lstrip("/"))).is_dir()), inner)

    def follow_file(self, path: str, place: KeyPath) -> None:
        """Read a file named under `code`; one that is a module can then be imported too."""
        plain = PurePosixPath(path).as_posix()
        self.read(plain, place)
        if plain.endswith(".py"):
            inner = plain.removeprefix("src/") if plain.startswith("src/") else plain
            module = inner.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            if all(part.isidentifier() for part in module.split(".")):
                self.follow(module)

    def read(self, path: str, place: KeyPath) -> None:
        if path not in self.files:
            with open_file(inside(path, self.root, place), path, place) as file:
                self.files[path] = file.read()

    def parse(self, path: str) -> ast.Module:
        try:
            return ast.parse(self.files[path])
        except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
            line = f":{fault.lineno}" if isinstance(fault, SyntaxError) and fault.lineno else ""
            raise EntryError(f"{path}{line} is no Python that this interpreter reads", path=self.place) from None


def _imports(tree: ast.Module, module: str, *, package: bool) -> Iterator[str]:
    """Give the names of the modules that a module may import, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            if node.level:
                parts = module.split(".") if package else module.split(".")[:-1]
                parts = parts[: len(parts) - node.level + 1]
                start = ".".join([*parts, *filter(None, [node.module])])
            if start:
                yield start
                yield from (f"{start}.{alias.name}" for alias in node.names if alias.name != "*")
