"""What an entry is called and where its files stand in the tree; and which entry a part of an id means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from gitjournal.errors import UsageError

FOLDER = "entries"
PAGE = ".md"
RECORDS = ".runs.jsonl"
MAX_CANDIDATES = 10
LETTERS = 4  # at the end of an id, which are random


def page_path(entry_id: str) -> str:
    """Return where an entry stands in the tree."""
    return f"{FOLDER}/{entry_id[:4]}/{entry_id}{PAGE}"


def records_path(entry_id: str) -> str:
    """Return where an entry's records stand in the tree."""
    return f"{FOLDER}/{entry_id[:4]}/{entry_id}{RECORDS}"


def id_of_page(path: str) -> str:
    """Return the id of the entry whose page stands at `path`."""
    return PurePosixPath(path).name.removesuffix(PAGE)


def match_id(part: str, ids: Iterable[str]) -> str:
    """Return the one id that `part` means: the whole id, else its last four characters, else any part of it.

    The path of an entry's file serves as well. Raises UsageError with at most ten candidates where none or several fit.
    """
    ids = sorted(set(ids), reverse=True)
    wanted = _id_part(part)
    if not wanted:
        raise UsageError("an empty id fits everything", hint="list the entries: gitjournal ls")
    for fits in (
        [entry_id for entry_id in ids if entry_id == wanted],
        [entry_id for entry_id in ids if entry_id.endswith(f"-{wanted}")],
        [entry_id for entry_id in ids if wanted in entry_id],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            listed = "\n  ".join(fits[:MAX_CANDIDATES])
            more = f"\n  and {len(fits) - MAX_CANDIDATES} more" if len(fits) > MAX_CANDIDATES else ""
            raise UsageError(f"`{part}` fits {len(fits)} entries; give more of the id", hint=f"{listed}{more}")
    raise UsageError(f"no entry fits `{part}`", hint="list the entries: gitjournal ls")


def make_matcher(ids: Iterable[str]) -> Callable[[str], str | None]:
    """Return what finds the one id that a part means, None for none or several: `match_id` for many questions about the same ids."""
    all_ids = list(dict.fromkeys(ids))
    ends: dict[str, list[str]] = {}
    for entry_id in all_ids:
        ends.setdefault(entry_id[-1 - LETTERS :], []).append(entry_id)
    by_part = {end[1:]: ids_with_end[0] for end, ids_with_end in ends.items() if len(ids_with_end) == 1 and end.startswith("-")}
    by_part |= {entry_id: entry_id for entry_id in all_ids}

    def find(part: str) -> str | None:
        if part in by_part:  # nearly always: the whole id, or the letters at its end
            return by_part[part]
        try:
            return match_id(part, all_ids)
        except UsageError:
            return None

    return find


def _id_part(part: str) -> str:
    return PurePosixPath(part).name.removesuffix(PAGE).lower()


def can_mean(part: str, entry_id: str) -> bool:
    """Whether `part`, as it stands in `replicates:` or `baseline:`, can mean this entry."""
    return bool(_id_part(part)) and _id_part(part) in entry_id


def short_ids(ids: Sequence[str]) -> dict[str, str]:
    """Return the shortest end of each id that means it alone: its last four characters, or more words of it."""
    alike: dict[str, list[str]] = {}
    for entry_id in dict.fromkeys(ids):
        alike.setdefault(entry_id.rpartition("-")[2], []).append(entry_id)
    return {entry_id: end if len(group) == 1 else _longer_end(entry_id, group) for end, group in alike.items() for entry_id in group}


def _longer_end(entry_id: str, alike: Sequence[str]) -> str:
    words = entry_id.split("-")
    for length in range(2, len(words)):
        end = "-".join(words[-length:])
        if sum(f"-{other}".endswith(f"-{end}") for other in alike) == 1:
            return end
    return entry_id
