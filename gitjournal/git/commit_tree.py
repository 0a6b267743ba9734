"""The tree of a commit, read and changed folder by folder: what a commit changes lies in few of them, however large the journal is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from gitjournal.errors import GitError
from gitjournal.git.objects import GitObject, object_id
from gitjournal.git.repository import Repository, TreeFile

_FOLDER = "40000"
_NO_NAMES = ("", ".", "..", ".git")  # which git's index does not take either

Entries = dict[str, tuple[str, str]]  # name -> mode, object id


class CommitTree:
    """The tree of a commit, or of a ref as it was when this first asked; each folder is read once."""

    def __init__(self, repository: Repository, revision: str) -> None:
        self.repository, self.revision = repository, revision
        self._read: dict[str, Entries] = {}

    @cached_property
    def _root(self) -> GitObject:
        name = f"{self.revision}^{{tree}}"
        root = self.repository.objects.read([name]).get(name)
        if root is None:
            raise GitError(f"{self.revision} has no tree")
        return root

    def files(self, *places: str) -> dict[str, TreeFile]:
        """Return the files at these paths and below these folders, by path; a place that ends in `/` can only be a folder.

        Raises GitError where there is no such commit.
        """
        files: dict[str, TreeFile] = {}
        for place in places:
            path = place.removesuffix("/")
            mode, blob = self._entry(path) or ("", "")
            if mode == _FOLDER:
                files.update((file.path, file) for file in self._below(path))
            elif mode and path == place:
                files[path] = TreeFile(mode, blob, path)
        return files

    def _entry(self, path: str) -> tuple[str, str] | None:
        folder, _, name = path.rpartition("/")
        return self._entries(folder).get(name)

    def _below(self, folder: str) -> Iterator[TreeFile]:
        for name, (mode, blob) in self._entries(folder).items():
            path = f"{folder}/{name}"
            if mode == _FOLDER:
                yield from self._below(path)
            else:
                yield TreeFile(mode, blob, path)

    def _entries(self, folder: str) -> Entries:
        """Return what lies in a folder; nothing where there is none."""
        if folder not in self._read:
            self._read[folder] = self._read_folder(folder)
        return self._read[folder]

    def _read_folder(self, folder: str) -> Entries:
        if not folder:
            return _decode(self._root)
        mode, tree = self._entry(folder) or ("", "")
        if mode != _FOLDER:
            return {}
        stored = self.repository.objects.read([tree]).get(tree)
        if stored is None:
            raise GitError(f"the folder {folder} of {self.revision} is missing in the repository")
        return _decode(stored)

    def write(self, changes: Mapping[str, TreeFile | None]) -> str:
        """Store the tree with these files in it (None: without that file), and return its id; this one stays what it is.

        As in git's index, what is a file takes the place of a folder, and the other way round.
        """
        folders = {"": dict(self._entries(""))}
        for path, file in changes.items():
            self._change(folders, path, file)
        new_trees: dict[str, bytes] = {}
        for folder in sorted(filter(None, folders), key=lambda path: path.count("/"), reverse=True):  # a folder after those in it
            parent, _, name = folder.rpartition("/")
            if folders[folder]:
                folders[parent][name] = (_FOLDER, self._encode(folders[folder], new_trees))
            else:
                folders[parent].pop(name)
        root = self._encode(folders[""], new_trees)
        if self.repository.store_each(list(new_trees.values()), kind="tree") != list(new_trees):
            raise GitError("git has stored other trees than it was given")
        return root

    def _change(self, folders: dict[str, Entries], path: str, file: TreeFile | None) -> None:
        """Set or remove one file in the folders that are changed, which are copied as they are come upon."""
        *parents, name = path.split("/")
        if file is not None and any(part.lower() in _NO_NAMES for part in (*parents, name)):
            raise GitError(f"{path} cannot be the name of a file")
        folder = ""
        for part in parents:
            above, folder = folders[folder], f"{folder}/{part}".removeprefix("/")
            is_folder = above.get(part, ("", ""))[0] == _FOLDER
            if not is_folder and file is None:
                return
            if folder not in folders:
                folders[folder] = dict(self._entries(folder)) if is_folder else {}
            above[part] = (_FOLDER, "")
        is_folder = folders[folder].get(name, ("", ""))[0] == _FOLDER
        if file is not None:
            for below in [below for below in folders if is_folder and f"{below}/".startswith(f"{path}/")]:
                del folders[below]
            folders[folder][name] = (file.mode, file.blob)
        elif not is_folder:
            folders[folder].pop(name, None)

    def _encode(self, entries: Entries, new_trees: dict[str, bytes]) -> str:
        data = _encode(entries)
        tree = object_id("tree", data, self._root.id)
        new_trees[tree] = data
        return tree


def _decode(tree: GitObject) -> Entries:
    """Read a tree object: for each entry mode, space, name, NUL and the bytes of an id."""
    entries: Entries = {}
    end = 0
    for line in re.finditer(rb"([0-7]+) ([^\0]+)\0(.{%d})" % (len(tree.id) // 2), tree.data, re.DOTALL):
        if line.start() != end:
            break
        mode, name, blob = line.groups()
        entries[os.fsdecode(name)] = (mode.decode(), blob.hex())
        end = line.end()
    if end != len(tree.data):
        raise GitError(f"the tree {tree.id} cannot be understood")
    return entries


def _encode(entries: Entries) -> bytes:
    """Return a tree object, in git's order: that of the bytes of the names, where those of folders end in `/`."""
    lines = []
    for name, (mode, blob) in entries.items():
        raw_name = os.fsencode(name)
        line = mode.encode() + b" " + raw_name + b"\0" + bytes.fromhex(blob)
        lines.append((raw_name + b"/" if mode == _FOLDER else raw_name, line))
    return b"".join(line for _, line in sorted(lines))
