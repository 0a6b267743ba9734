"""The import of a person's own function, from exactly the bytes that were trusted here.

Modules of the repository are made from the files that the job names and from no others: each is compiled from bytes whose
sha256 is the one that was trusted, so neither a file changed meanwhile nor a `__pycache__` gets in.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from gitjournal.errors import EntryError, TrustError
from gitjournal.paths import KeyPath

Node = dict[str, Any]
PLACE = ("procedure", "python")


def import_function(node: Node, place: KeyPath) -> Any:
    """Import the function that a node names, inside `at_home`. Raises EntryError where there is none."""
    module, _, name = node["python"].partition(":")
    try:
        function = getattr(importlib.import_module(module), name, None)
    except (TrustError, MemoryError):
        raise
    except Exception as fault:
        raise EntryError(f"`{module}` cannot be imported: {type(fault).__name__}: {fault}"[:300], path=place) from fault
    if not callable(function):
        raise EntryError(f"`{name}` of {module} is no function", path=place)
    return function


@contextlib.contextmanager
def at_home(node: Node, root: Path) -> Iterator[None]:
    """Stand at the top of the worktree, with the function's modules importable, and leave none of them behind."""
    finder = _Finder(node, root)
    for path in node["files"]:
        finder.read(path)  # what is only read by the code must be what was trusted too
    before = Path.cwd()
    sys.meta_path.insert(0, finder)
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if finder.covers(name)]:
            del sys.modules[name]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Makes the modules of one function from the files that were trusted."""

    def __init__(self, node: Node, root: Path) -> None:
        self.root = root
        self.files: dict[str, str] = node["files"]
        self.modules: dict[str, str] = node["modules"]
        self.tops = {name.partition(".")[0] for name in self.modules}

    def covers(self, name: str) -> bool:
        return name.partition(".")[0] in self.tops

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:  # noqa: ARG002
        if not self.covers(fullname):
            return None
        if fullname not in self.modules:
            raise ModuleNotFoundError(f"`{fullname}` is not among the files of this function: name its file under `code`", name=fullname)
        file = self.modules[fullname]
        if not file:
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = []
            return spec
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=str(self.root / file), is_package=file.endswith("/__init__.py"))
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations = [str((self.root / file).parent)]
        return spec

    def read(self, file: str) -> bytes:
        try:
            content = (self.root / file).read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != self.files[file]:
            raise TrustError(f"{file} is not what was planned: it changed meanwhile", hint="run the command again", path=PLACE)
        return content

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self.read(self.modules[fullname]))

    def get_code(self, fullname: str) -> CodeType:
        file = self.modules[fullname]
        code: CodeType = compile(self.read(file), str(self.root / file), "exec", dont_inherit=True)
        return code

    def is_package(self, fullname: str) -> bool:
        return self.modules[fullname].endswith("/__init__.py")
