from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gitjournal.data import hashing
from gitjournal.data.hashing import hash_source
from gitjournal.errors import DataError, EntryError, TrustError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/churn.csv").write_text("age,churned\n1,no\n")
    (tmp_path / "data/more.csv").write_text("age,churned\n2,yes\n")
    return tmp_path


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("private") / "gitjournal"


def sha(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def test_a_file_hashes_to_the_sha256_of_its_bytes(root: Path, cache: Path) -> None:
    assert hash_source({"path": "data/churn.csv"}, root, cache) == "sha256:" + sha(b"age,churned\n1,no\n")


def test_several_files_hash_as_sorted_lines_of_hash_and_role(root: Path, cache: Path) -> None:
    train, dev = sha(b"age,churned\n1,no\n"), sha(b"age,churned\n2,yes\n")
    lines = "".join(sorted([f"{train}  train\n", f"{dev}  dev\n"]))
    for files in ({"train": "data/churn.csv", "dev": "data/more.csv"}, {"dev": "data/more.csv", "train": "data/churn.csv"}):
        assert hash_source({"files": files}, root, cache) == "sha256:" + sha(lines.encode())


def test_a_folder_as_a_part_says_what_takes_folders(root: Path, cache: Path) -> None:
    with pytest.raises(EntryError, match="data is a folder, and `files` takes files") as error:
        hash_source({"files": {"train": "data/churn.csv", "dev": "data"}}, root, cache)
    assert error.value.path == ("data", "files", "dev")
    assert "images: FOLDER" in error.value.hint


def test_a_folder_hashes_as_sha256sum_says_it_and_skips_dot_files(root: Path, cache: Path) -> None:
    folder = root / "data/flowers"
    for name in ("rose/1.png", "rose/2.png", "tulip/1.png", ".DS_Store", ".thumbs/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    output = subprocess.run(["sha256sum", "rose/1.png", "rose/2.png", "tulip/1.png"], cwd=folder, capture_output=True, check=True).stdout
    lines = b"".join(sorted(output.splitlines(keepends=True)))
    assert hash_source({"images": "data/flowers"}, root, cache) == "sha256:" + sha(lines)


def test_name_and_time_do_not_count(root: Path, cache: Path) -> None:
    before = hash_source({"path": "data/churn.csv"}, root, cache)
    os.utime(root / "data/churn.csv", (1, 1))
    (root / "data/churn.csv").rename(root / "data/other.csv")
    assert hash_source({"path": "data/other.csv"}, root, cache) == before


def test_a_lfs_pointer_has_the_hash_that_it_stands_for(root: Path, cache: Path) -> None:
    oid = sha(b"the real content")
    (root / "data/big.csv").write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 16\n")
    assert hash_source({"path": "data/big.csv"}, root, cache) == f"sha256:{oid}"


def test_a_file_that_only_begins_like_a_pointer_is_a_file(root: Path, cache: Path) -> None:
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 16\nand more\n"
    (root / "data/big.csv").write_text(text)
    assert hash_source({"path": "data/big.csv"}, root, cache) == "sha256:" + sha(text.encode())


@pytest.mark.parametrize(
    "name",
    [
        "../secret.csv",
        "data/../../secret.csv",
        "/etc/passwd",
        "~/secret.csv",
        ".env",
        ".git/config",
        "data/.hidden/a.csv",
        "link.csv",
        "linked/churn.csv",
        "data/pipe.csv",
        "data",
        "https://example.org/a.csv",
        "s3://bucket/a.csv",
        "file:///etc/passwd",
        "data/a\0.csv",
    ],
)
def test_what_lies_elsewhere_is_refused_and_never_quoted(name: str, root: Path, cache: Path) -> None:
    (root.parent / "secret.csv").write_text("TOP SECRET")
    (root / ".env").write_text("TOP SECRET")
    (root / "link.csv").symlink_to(root.parent / "secret.csv")
    (root / "linked").symlink_to(root / "data")
    os.mkfifo(root / "data/pipe.csv")
    with pytest.raises(TrustError) as error:
        hash_source({"path": name}, root, cache)
    assert error.value.path == ("data", "path")
    assert "SECRET" not in str(error.value)


def test_a_password_in_a_url_is_not_repeated(root: Path, cache: Path) -> None:
    with pytest.raises(TrustError) as error:
        hash_source({"path": "https://ada:hunter2@example.org/a.csv?token=abc"}, root, cache)
    assert "hunter2" not in str(error.value)
    assert "abc" not in str(error.value)


def test_a_symlink_in_an_image_folder_is_refused(root: Path, cache: Path) -> None:
    (root / "data/flowers/rose").mkdir(parents=True)
    (root / "data/flowers/rose/1.png").symlink_to(root / "data/churn.csv")
    with pytest.raises(TrustError, match="symlink"):
        hash_source({"images": "data/flowers"}, root, cache)


def test_a_missing_file_names_the_nearest(root: Path, cache: Path) -> None:
    with pytest.raises(DataError, match=r"data/chrun.csv is not there; did you mean `churn.csv`\?") as error:
        hash_source({"files": {"train": "data/churn.csv", "dev": "data/chrun.csv"}}, root, cache)
    assert error.value.path == ("data", "files", "dev")


def at_rest(path: Path) -> None:
    """Wait until the file is old enough to be trusted."""
    while time.time_ns() < path.stat().st_ctime_ns + 2 * hashing.RESTING_NS:
        time.sleep(0.01)


def planted(cache: Path, path: Path, sha256: str) -> None:
    """Change what the cache says of a file, to see whether it is asked."""
    hashes = json.loads((cache / hashing.CACHE_FILE).read_bytes())
    hashes["files"][str(path)][-1] = sha256
    (cache / hashing.CACHE_FILE).write_text(json.dumps(hashes))


def test_a_file_at_rest_is_not_read_again(root: Path, cache: Path) -> None:
    path = root / "data/churn.csv"
    at_rest(path)
    hash_source({"path": "data/churn.csv"}, root, cache)
    planted(cache, path, "0" * 64)
    assert hash_source({"path": "data/churn.csv"}, root, cache) == "sha256:" + "0" * 64


def test_a_file_hashed_just_after_it_changed_is_read_again(root: Path, cache: Path) -> None:
    path = root / "data/churn.csv"
    path.write_text("age,churned\n5,no\n")
    hash_source({"path": "data/churn.csv"}, root, cache)
    planted(cache, path, "0" * 64)
    assert hash_source({"path": "data/churn.csv"}, root, cache) == "sha256:" + sha(b"age,churned\n5,no\n")


def test_an_edit_of_the_same_size_with_its_time_set_back_is_seen(root: Path, cache: Path) -> None:
    path = root / "data/churn.csv"
    at_rest(path)
    before = path.stat()
    first = hash_source({"path": "data/churn.csv"}, root, cache)
    path.write_text("age,churned\n7,no\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert hash_source({"path": "data/churn.csv"}, root, cache) != first


@pytest.mark.parametrize("damage", [b"", b"{", b'{"files": 3}', b"\xff\xfe", b'{"files": {"a": [1]}}'])
def test_a_damaged_cache_is_ignored_and_replaced(damage: bytes, root: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / hashing.CACHE_FILE).write_bytes(damage)
    assert hash_source({"path": "data/churn.csv"}, root, cache) == "sha256:" + sha(b"age,churned\n1,no\n")
    assert str(root / "data/churn.csv") in hashing.read_cache(cache).files


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(root: Path, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    assert hash_source({"path": "data/churn.csv"}, root, tmp_path / "a file" / "gitjournal")


def test_a_scikit_learn_set_is_known_once_it_was_loaded(root: Path, cache: Path) -> None:
    assert hash_source({"sklearn": "digits"}, root, cache) is None
    hashing.remember_set("digits", "sha256:abc", cache)
    hash_source({"path": "data/churn.csv"}, root, cache)
    assert hash_source({"sklearn": "digits"}, root, cache) == "sha256:abc"


def test_hashing_loads_no_numerical_library() -> None:
    heavy: Any = "import sys, gitjournal.data.hashing, gitjournal.entry.metrics, gitjournal.worker.process\n"
    heavy += "print([m for m in ('numpy', 'pandas', 'sklearn', 'scipy', 'git', 'click') if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"
