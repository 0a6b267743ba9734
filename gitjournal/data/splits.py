"""How rows are divided into parts. Part of the identity of a run, so nothing here may depend on a library's version.

That is why the divisions are drawn by numpy's `RandomState`, whose stream is frozen (NEP 19), and are not left to
scikit-learn's splitters, which have changed (`GroupKFold` took a seed with 1.6, `StratifiedGroupKFold` was mended).
Sizes are shares of all rows, rounded half up. The test part is drawn first and from its own stream, so that dev's
share, folds, repeats and `seed: each` never move it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from gitjournal.data.loading import Table
from gitjournal.data.raw import Array
from gitjournal.errors import DataError, EntryError
from gitjournal.procedure.counts import size

Parts = dict[str, Array]
Split = dict[str, Any]

DEFAULT_SHARE = 0.2
PURPOSES = ("test", "dev", "folds", "train_dev", "watched")
SEEDS = 2**32  # RandomState takes 32 bits


def effective_split(split: Split | None, task: str) -> Split:
    """Return the split with every default written out.

    `dev` and `test` are a fifth each where neither is said; where one is, only `dev` gets a default. Rows are shuffled
    with seed 0, and stratified for a classification without group or time. Raises EntryError for what does not fit.
    """
    declared = dict(split or {})
    if declared.get("given"):
        # `group` and `time` name columns to be looked at, which are then no features
        parts: Split = {"given": True, **{key: declared[key] for key in ("group", "time") if key in declared}}
        return {**parts, "train_dev": declared["train_dev"], "seed": declared.get("seed", 0)} if "train_dev" in declared else parts
    shares: Split = {} if declared.get("cv") else {"dev": declared.get("dev", DEFAULT_SHARE)}
    if "test" in declared or not ({"dev", "cv"} & set(declared)):
        shares["test"] = declared.get("test", DEFAULT_SHARE)
    shares |= {key: declared[key] for key in ("train_dev",) if key in declared}
    if "time" in declared:
        return {**shares, "time": declared["time"], "gap": declared.get("gap", 0)}
    shuffle = declared.get("shuffle", True)
    by_class = task == "classification" and "group" not in declared and shuffle
    stratify = declared.get("stratify", by_class)
    if stratify and task != "classification":
        raise EntryError(f"`stratify` needs classes, and the task is {task}", path=("split", "stratify"))
    if stratify and "group" in declared and "cv" not in declared:
        raise EntryError("`stratify` with `group` goes with `cv` only", path=("split", "stratify"))
    how: Split = {"cv": declared["cv"], "repeats": declared.get("repeats", 1)} if declared.get("cv") else {}
    group = {"group": declared["group"]} if "group" in declared else {}
    return {**how, **shares, **group, "seed": declared.get("seed", 0), "shuffle": shuffle, "stratify": stratify}


def divide_rows(table: Table, split: Split, seed: int | None) -> list[Parts]:
    """Return the row numbers of each part, ascending: one set of parts for a holdout, one for each fold under `cv`.

    `split` is an effective one; `seed` is the run's, and counts under `seed: each` only. Parts are train, dev and where
    declared train_dev and test, the same for all folds. Raises DataError where rows do not suffice.
    """
    if split.get("given"):
        folds = [_parts_of_files(table)]
    elif "time" in split:
        folds = [_cut_by_time(table, split)]
    else:
        folds = _draw_parts(table, split, _seed_number(split, seed))
    if "train_dev" in split:
        streams = (_stream(_seed_number(split, seed), "train_dev", number) for number in range(len(folds)))
        folds = [_take_train_dev(parts, table, split, stream) for parts, stream in zip(folds, streams, strict=True)]
    _check_parts(folds, table)
    return folds


def rows_digest(rows: Iterable[Array]) -> str:
    """Return the sha256 of row numbers as 64-bit little-endian; of several folds, of all in their order."""
    digest = hashlib.sha256()
    for numbers in rows:
        digest.update(numbers.astype("<i8").tobytes())
    return digest.hexdigest()


def _seed_number(split: Split, seed: int | None) -> int:
    declared = split.get("seed", 0)
    number = (seed or 0) if declared == "each" else int(declared)
    if number >= SEEDS:
        raise EntryError(f"the seed {number} is too large: take one below {SEEDS}", path=("split", "seed"))
    return number


def _parts_of_files(table: Table) -> Parts:
    parts = dict(table.given or {})
    if "dev" not in parts:
        raise DataError("`files` has no `dev`: a given split needs rows to measure on", path=("data", "files"))
    return parts


def _cut_by_time(table: Table, split: Split) -> Parts:
    """Cut the rows in order of time: last is test, before it dev. What happened at once stays together, in the later part."""
    assert table.times is not None  # noqa: S101 - loaded with the column that the split names
    order = np.argsort(table.times, kind="stable")
    moments = table.times[order]
    cut = len(order)
    parts: Parts = {}
    for part in ("test", "dev"):
        if part in split:
            start = cut - size(split[part], len(order))
            start = int(np.searchsorted(moments, moments[start], side="left")) if 0 < start < len(order) else max(start, 0)
            parts[part] = np.sort(order[start:cut])
            cut = max(start - split["gap"], 0)
    return {"train": np.sort(order[:cut]), **parts}


def _draw_parts(table: Table, split: Split, seed: int) -> list[Parts]:
    """Return parts whose rows are drawn: a holdout, or the folds of each repeat of a cross-validation."""
    strata, shuffle = _strata(table, split), bool(split["shuffle"])
    rows = np.arange(table.n_rows)
    common: Parts = {}
    if "test" in split:
        # under `seed: each` the test rows stay where seed 0 puts them: a test set that moves with the seed is no test set
        stream = _stream(0 if split["seed"] == "each" else seed, "test")
        rows, common["test"] = _take(rows, size(split["test"], table.n_rows), table, strata, stream, shuffle=shuffle)
    if "cv" not in split:
        train, dev = _take(rows, size(split["dev"], table.n_rows), table, strata, _stream(seed, "dev"), shuffle=shuffle)
        return [{"train": train, "dev": dev, **common}]
    devs = []
    for repeat in range(split["repeats"]):
        devs += _draw_folds(rows, table, strata, _stream(seed, "folds", repeat), k=split["cv"], shuffle=shuffle)
    return [{"train": np.setdiff1d(rows, dev), "dev": dev, **common} for dev in devs]


def _stream(seed: int, purpose: str, number: int = 0) -> Any:
    """Return a stream of its own for each purpose, so that one draw never moves another."""
    return np.random.RandomState([seed, PURPOSES.index(purpose), number])


def _strata(table: Table, split: Split) -> Array | None:
    """Return the class of each row where the split goes by class. Raises DataError for a class too small for it."""
    if not split["stratify"]:
        return None
    parts = split.get("cv", 1) + sum(part in split for part in ("dev", "test", "train_dev"))
    counts = np.bincount(table.y)
    if counts.min() < parts:
        label = (table.classes or [])[int(counts.argmin())]
        message = f"the class `{label}` has {counts.min()} rows, fewer than the {parts} parts of the split"
        raise DataError(message, hint="join or drop rare classes, take fewer parts, or write `stratify: false`", path=("split",))
    return table.y


def _take(rows: Array, wanted: int, table: Table, strata: Array | None, stream: Any, *, shuffle: bool) -> tuple[Array, Array]:
    """Return the rows that are left and those taken, both ascending."""
    if wanted < 1 or wanted >= len(rows):
        raise DataError(f"a part of {wanted} of {len(rows)} rows is left empty or leaves none", path=("split",))
    if table.groups is not None:
        chosen = _choose_groups(table.groups[rows], wanted, stream, shuffle=shuffle)
    else:
        order = stream.permutation(len(rows)) if shuffle else np.arange(len(rows))[::-1]
        chosen = order[:wanted]
        if strata is not None:
            codes = strata[rows][order]
            quotas = class_quotas(np.bincount(codes), wanted)
            chosen = np.concatenate([order[codes == code][:quota] for code, quota in enumerate(quotas)])
    taken = np.zeros(len(rows), bool)
    taken[chosen] = True
    return rows[~taken], rows[taken]


def class_quotas(counts: Array, wanted: int) -> list[int]:
    """Return how many rows of each class go into a part of `wanted` rows: by largest remainder, ties to the first class.

    Each class gives one at least and keeps one at least.
    """
    if wanted < len(counts):
        raise DataError(f"a part of {wanted} rows cannot hold {len(counts)} classes", hint="write `stratify: false`", path=("split",))
    exact = counts * (wanted / counts.sum())
    quotas = np.clip(np.floor(exact).astype(np.int64), 1, counts - 1)
    while quotas.sum() != wanted:
        step = 1 if quotas.sum() < wanted else -1
        free = quotas < counts - 1 if step > 0 else quotas > 1
        if not free.any():
            raise DataError(f"a part of {wanted} rows leaves a class without rows", hint="write `stratify: false`", path=("split",))
        distance = np.where(free, (exact - quotas) * step, -np.inf)
        quotas[int(distance.argmax())] += step
    return [int(quota) for quota in quotas]


def _choose_groups(groups: Array, wanted: int, stream: Any, *, shuffle: bool) -> Array:
    """Return positions of whole groups that come as near to `wanted` rows as their sizes and order let them."""
    names, numbers, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise DataError("there is one group only: it cannot be in two parts", path=("split", "group"))
    order = stream.permutation(len(names)) if shuffle else np.arange(len(names))[::-1]
    chosen: list[int] = []
    total = 0
    for name in order[: len(names) - 1]:
        if not chosen or abs(total + sizes[name] - wanted) < abs(total - wanted):
            chosen.append(int(name))
            total += int(sizes[name])
    return np.flatnonzero(np.isin(numbers, chosen))


def _draw_folds(rows: Array, table: Table, strata: Array | None, stream: Any, *, k: int, shuffle: bool) -> list[Array]:
    """Return the rows of each validation fold, ascending."""
    if table.groups is not None:
        number = _fold_groups(table.groups[rows], None if strata is None else strata[rows], k, stream, shuffle=shuffle)
    else:
        if len(rows) < k:
            raise DataError(f"{len(rows)} rows cannot fill {k} folds", path=("split", "cv"))
        number = np.empty(len(rows), np.int64)
        order = stream.permutation(len(rows)) if shuffle else np.arange(len(rows))
        if strata is None:
            number[order] = np.arange(len(rows)) * k // len(rows)
        else:
            order = order[np.argsort(strata[rows][order], kind="stable")]
            number[order] = np.arange(len(rows)) % k  # class after class is dealt out like cards
    return [rows[number == fold] for fold in range(k)]


def _fold_groups(groups: Array, codes: Array | None, k: int, stream: Any, *, shuffle: bool) -> Array:
    """Return the fold of each row; groups stay whole, and folds come near one another in rows (and in classes).

    Each group goes where its classes are rarest so far; with no shuffle the large ones go first.
    """
    names, numbers = np.unique(groups, return_inverse=True)
    if len(names) < k:
        raise DataError(f"{len(names)} groups cannot fill {k} folds", path=("split", "group"))
    codes = np.zeros(len(groups), np.int64) if codes is None else codes
    counts = np.zeros((len(names), int(codes.max()) + 1))
    np.add.at(counts, (numbers, codes), 1)
    order = stream.permutation(len(names)) if shuffle else np.argsort(-counts.sum(axis=1), kind="stable")
    totals = np.maximum(counts.sum(axis=0), 1)
    filled = np.zeros((k, counts.shape[1]))
    fold_of = np.empty(len(names), np.int64)
    for place, name in enumerate(order):
        left = len(order) - place
        empty = np.flatnonzero(filled.sum(axis=1) == 0)
        crowding = (filled * counts[name] / totals**2).sum(axis=1)
        fold_of[name] = fold = int(empty[0] if len(empty) >= left else crowding.argmin())
        filled[fold] += counts[name]
    folds: Array = fold_of[numbers]
    return folds


def _take_train_dev(parts: Parts, table: Table, split: Split, stream: Any) -> Parts:
    """Set rows of the train part aside, as a part of their own: they tell what the model forgets from what the dev part has different."""
    strata = table.y if split.get("stratify") else None
    train, aside = _take(parts["train"], size(split["train_dev"], table.n_rows), table, strata, stream, shuffle=split.get("shuffle", True))
    return {**parts, "train": train, "train_dev": aside}


def hold_back(train: Array, table: Table, split: Split, seed: int | None, share: float, fold: int) -> tuple[Array, Array]:
    """Return the rows of a train part that are left to learn from, and a share of them for validation meanwhile, both ascending.

    The rule of the split holds here too: groups stay whole, the last moments are watched, classes are kept in proportion where
    there are rows enough.
    """
    wanted = size(share, len(train))
    if "time" in split and table.times is not None:
        order = np.argsort(table.times[train], kind="stable")
        if not 0 < wanted < len(train):
            raise DataError(f"a share of {share:g} of {len(train)} rows is empty or leaves none", path=("procedure",))
        return np.sort(train[order[:-wanted]]), np.sort(train[order[-wanted:]])
    counts = np.bincount(table.y[train]) if split.get("stratify") else np.zeros(0, np.int64)
    enough = len(counts) > 0 and wanted >= len(counts) and counts.min() >= 2
    stream = _stream(_seed_number(split, seed), "watched", fold)
    return _take(train, wanted, table, table.y if enough else None, stream, shuffle=split.get("shuffle", True))


def _check_parts(folds: list[Parts], table: Table) -> None:
    for number, parts in enumerate(folds):
        if np.bincount(np.concatenate(list(parts.values())), minlength=1).max(initial=0) > 1:
            raise DataError("a row was put into two parts; this is a bug in gitjournal, and nothing was run", path=("split",))
        for part, rows in parts.items():
            if not len(rows):
                where = f" of fold {number + 1}" if len(folds) > 1 else ""
                raise DataError(f"the {part} part{where} is empty: {table.n_rows} rows do not suffice for this split", path=("split",))
        if table.task == "classification" and len(np.unique(table.y[parts["train"]])) < 2:
            raise DataError("the train part holds one class only", hint="see `stratify`, or another seed", path=("split",))
