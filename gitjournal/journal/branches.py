"""The journal as git holds it: which branches count, their entries and records, and drafts in the lab folder.

What is committed is read from refs; of the lab folder only files that differ from its branch are read.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from gitjournal.entry import settings as config
from gitjournal.entry.model import ID_PATTERN, MAX_BYTES, Entry, parse
from gitjournal.entry.record import Record, decode_lines
from gitjournal.errors import EntryError, GitjournalError, UsageError
from gitjournal.git.lab import Lab, current_branch
from gitjournal.git.repository import git_bytes

FOLDER = "entries"
PAGE = ".md"
RECORDS = ".runs.jsonl"
MAX_CANDIDATES = 10
LETTERS = 4  # at the end of an id, which are random


@dataclass(frozen=True)
class Draft:
    """An entry's file in the lab folder that is not what its branch holds."""

    id: str
    path: str
    text: str
    new: bool
    changed: float
    error: str = ""


def page_path(entry_id: str) -> str:
    """Return where an entry stands in the tree."""
    return f"{FOLDER}/{entry_id[:4]}/{entry_id}{PAGE}"


def records_path(entry_id: str) -> str:
    """Return where an entry's records stand in the tree."""
    return f"{FOLDER}/{entry_id[:4]}/{entry_id}{RECORDS}"


def entry_id(path: str) -> str:
    """Return the id of the entry whose page stands at `path`."""
    return PurePosixPath(path).name.removesuffix(PAGE)


def current_ref(lab: Lab) -> str:
    """Return the full name of the branch that the lab folder has checked out."""
    return f"refs/heads/{current_branch(lab).removeprefix('refs/heads/')}"


def journal_refs(lab: Lab, current: str) -> dict[str, str]:
    """Return the refs that count and their commits: `current`, the journal, its upstream, then the branches by pattern."""
    journal = f"refs/heads/{lab.branch.removeprefix('refs/heads/')}"
    listed = lab.repository.git("for-each-ref", "--format=%(refname) %(objectname) %(upstream)", "refs/heads", "refs/remotes")
    commits, upstream = {}, {}
    for line in listed.splitlines():
        name, commit, follows = line.split(" ")
        commits[name] = commit
        upstream[name] = follows
    patterns = branch_patterns(lab.repository.blob(f"{commits.get(journal, '')}:{config.FILE}"))
    matching = [name for name in commits if name != current and _matches(name, patterns)]
    # code branches may be called exp/... too: what has no settings is no journal
    settings = lab.repository.blobs(f"{name}:{config.FILE}" for name in matching)
    wanted = [current, journal, upstream.get(journal, ""), *(name for name in matching if f"{name}:{config.FILE}" in settings)]
    return {name: commits[name] for name in wanted if name in commits}


def branch_patterns(settings: bytes | None) -> tuple[str, ...]:
    """Return `branches` of journal.yaml; where that cannot be read, the default: looking must not fail for it."""
    try:
        return tuple(config.parse((settings or b"").decode()).branches)
    except (EntryError, UnicodeDecodeError):
        return tuple(config.Settings().branches)


def _matches(ref: str, patterns: Iterable[str]) -> bool:
    local, remote = ref.removeprefix("refs/heads/"), ref.removeprefix("refs/remotes/").partition("/")[2]
    short = local if ref.startswith("refs/heads/") else remote
    return any(fnmatch.fnmatchcase(short, pattern) for pattern in patterns)


def short_ref(ref: str) -> str:
    """Return a ref as people name it."""
    return ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def drafts(lab: Lab) -> list[Draft]:
    """Return the entries in the lab folder that are new or differ from the branch, in one call of git."""
    if not lab.path.is_dir():
        return []
    arguments = ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", FOLDER]
    found = []
    for line in git_bytes(arguments, cwd=lab.path).split(b"\0"):
        code, path = line[:2], os.fsdecode(line[3:])
        if path.endswith(PAGE) and b"D" not in code:
            draft = _draft(lab, path, new=code == b"??" or b"A" in code)
            if draft is not None:
                found.append(draft)
    return found


def _draft(lab: Lab, path: str, *, new: bool) -> Draft | None:
    """Read one file, and nothing that it may point to: a link could lead anywhere."""
    name = PurePosixPath(path).name.removesuffix(PAGE)
    try:
        descriptor = os.open(lab.path / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as fault:
        return Draft(name, path, "", new, 0.0, f"{path}: {fault.strerror or fault}")
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Draft(name, path, "", new, 0.0, f"{path}: not a plain file")
        content = file.read(MAX_BYTES + 1)
    error = "" if ID_PATTERN.match(name) else f"{path}: not named as an entry is (YYYYMMDD-words-xxxx.md); see gitjournal new"
    return Draft(name, path, content.decode(errors="replace"), new, status.st_mtime, error)


def match_id(part: str, ids: Iterable[str]) -> str:
    """Return the one id that `part` means: the whole id, else its last four characters, else any part of it.

    The path of an entry's file serves as well. Raises UsageError with at most ten candidates where none or several fit.
    """
    ids = sorted(set(ids), reverse=True)
    wanted = _wanted(part)
    if not wanted:
        raise UsageError("an empty id fits everything", hint="list the entries: gitjournal ls")
    for fits in (
        [one for one in ids if one == wanted],
        [one for one in ids if one.endswith(f"-{wanted}")],
        [one for one in ids if wanted in one],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            listed = "\n  ".join(fits[:MAX_CANDIDATES])
            more = f"\n  and {len(fits) - MAX_CANDIDATES} more" if len(fits) > MAX_CANDIDATES else ""
            raise UsageError(f"`{part}` fits {len(fits)} entries; give more of the id", hint=f"{listed}{more}")
    raise UsageError(f"no entry fits `{part}`", hint="list the entries: gitjournal ls")


def matcher(ids: Iterable[str]) -> Callable[[str], str | None]:
    """Return what finds the one id that a part means, None for none or several: `match_id` for many questions about the same ids."""
    known = list(dict.fromkeys(ids))
    ends: dict[str, list[str]] = {}
    for one in known:
        ends.setdefault(one[-1 - LETTERS :], []).append(one)
    quick = {end[1:]: found[0] for end, found in ends.items() if len(found) == 1 and end.startswith("-")}
    quick |= {one: one for one in known}

    def find(part: str) -> str | None:
        if part in quick:  # nearly always: the whole id, or the letters at its end
            return quick[part]
        try:
            return match_id(part, known)
        except UsageError:
            return None

    return find


def _wanted(part: str) -> str:
    return PurePosixPath(part).name.removesuffix(PAGE).lower()


def names(part: str, entry_id: str) -> bool:
    """Whether `part`, as it stands in `replicates:` or `baseline:`, can mean this entry."""
    return bool(_wanted(part)) and _wanted(part) in entry_id


def entry_ids(lab: Lab, refs: Iterable[str]) -> list[str]:
    """Return the ids of all entries of some refs, and of the drafts."""
    listed = [path for ref in refs for path in _paths(lab, ref)]
    names = [PurePosixPath(path).name.removesuffix(PAGE) for path in listed if path.endswith(PAGE)]
    known = [name for name in names if ID_PATTERN.match(name)]
    return list(dict.fromkeys([*(draft.id for draft in drafts(lab)), *known]))


def find_entry(lab: Lab, part: str) -> str:
    """Return the id that `part` means among all entries of all journal branches and the drafts.

    Raises UsageError with at most ten candidates where none or several fit.
    """
    return match_id(part, entry_ids(lab, journal_refs(lab, current_ref(lab))))


def _paths(lab: Lab, ref: str) -> list[str]:
    names = lab.repository.git("ls-tree", "-r", "-z", "--name-only", "--full-tree", ref, "--", FOLDER)
    return names.split("\0")


def entry_text(lab: Lab, entry_id: str, ref: str) -> str | None:
    """Return the text of an entry as `ref` holds it, or None where it does not."""
    blob = lab.repository.blob(f"{ref}:{page_path(entry_id)}")
    return None if blob is None else blob.decode(errors="replace")


def entry_records(lab: Lab, entry_id: str, ref: str) -> list[Record]:
    """Return the records of an entry as `ref` holds them.

    Raises EntryError with the line for one that is not a record.
    """
    path = records_path(entry_id)
    return decode_lines(lab.repository.blob(f"{ref}:{path}") or b"", file=path)


def whole_records(lab: Lab, records: Sequence[Record], refs: Iterable[str]) -> list[Record]:
    """Return records as their owners have them, for those that were taken from other entries; what is found nowhere stays as it is.

    Of this entry's own stays the grid, since another may name its parameters otherwise.
    """
    refs = list(refs)
    owners: dict[tuple[str, str], Record] = {}
    for entry_id in dict.fromkeys(one.from_ for one in records if one.from_):
        for ref in refs:
            for other in entry_records(lab, entry_id, ref):
                if other.owned:
                    owners.setdefault((entry_id, other.run), other)
    return [_whole(one, owners.get((one.from_ or "", one.run))) for one in records]


def _whole(one: Record, owner: Record | None) -> Record:
    return one if owner is None else msgspec.structs.replace(owner, grid=one.grid)


def read_entry(text: str, *, entry_id: str, file: str) -> tuple[Entry | None, str]:
    """Return an entry, or what is wrong with it: one that cannot be read never breaks a list."""
    try:
        return parse(text, entry_id=entry_id, file=file), ""
    except GitjournalError as fault:
        return None, str(fault).partition("\n")[0]
    except RecursionError:
        return None, f"{file}: nested too deep"


def shown_path(lab: Lab, path: str) -> str:
    """Return a path in the lab folder as a person types it from where they are, or whole."""
    whole = lab.path / path
    try:
        return str(whole.relative_to(Path.cwd()))
    except ValueError:
        return str(whole)
