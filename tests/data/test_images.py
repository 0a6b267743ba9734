"""A folder of images: read when asked for, every file looked at before a run, nothing that fills the memory."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gitjournal.data import images
from gitjournal.data.images import Images
from gitjournal.data.loading import Table, load
from gitjournal.data.raw import DataRequest
from gitjournal.errors import DataError, EntryError, GitjournalError, TrustError
from gitjournal.worker import run as measure
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import RunJob, RunResult

FOREST = [["ridge", {"class": "sklearn.linear_model.RidgeClassifier", "params": {}}]]


def put(root: Path, name: str, pixels: Any, **save: Any) -> Path:
    path = root / "data/flowers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path, **save)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    random = np.random.RandomState(0)
    for number in range(20):
        for kind, base in (("rose", 40), ("daisy", 160)):
            put(tmp_path, f"{kind}/{number:02}.png", base + random.randint(0, 40, (6, 8, 3)))
    (tmp_path / "data/flowers/LICENSE.txt").write_text("free")
    return tmp_path


def read(root: Path, **options: Any) -> Table:
    return load(DataRequest({"images": "data/flowers", **options}, root), root / ".cache")


def refusal(root: Path, **options: Any) -> GitjournalError:
    with pytest.raises(GitjournalError) as error:
        read(root, **options)
    return error.value


def test_classes_are_folders_and_facts_say_the_shape(root: Path) -> None:
    table = read(root)
    assert table.classes == ["daisy", "rose"]
    facts = {"n_rows": 40, "n_features": 144, "shape": [6, 8, 3], "classes": ["daisy", "rose"], "columns": {"number": 144}}
    assert table.facts(named=False) == facts
    assert table.options == {"size": [6, 8], "color": "rgb", "interpolation": "bilinear"}
    assert table.y.tolist() == [0] * 20 + [1] * 20


def test_pixels_are_those_of_the_file_in_any_order_of_rows(root: Path) -> None:
    X = read(root).X
    assert isinstance(X, Images)
    batch = X[np.asarray([39, 0])]
    assert (batch.dtype, batch.shape) == (np.float32, (2, 6, 8, 3))
    for row, name in ((0, "rose/19.png"), (1, "daisy/00.png")):
        assert (batch[row] == np.asarray(Image.open(root / "data/flowers" / name))).all()
    assert (X.rows([39, 0])[:] == batch).all()
    assert (np.asarray(X)[[39, 0]] == batch).all()
    assert len(X.rows([3])) == 1


def test_size_color_and_interpolation_are_as_declared(root: Path) -> None:
    put(root, "rose/wide.jpg", np.full((4, 20), 77))
    first = refusal(root)
    assert "data/flowers/rose/wide.jpg is 4 x 20" in first.message
    assert "size: [6, 8]" in first.hint
    X = read(root, size=[3, 5], color="grayscale", interpolation="nearest").X
    assert X.shape == (41, 3, 5, 1)
    assert np.abs(X[40:41] - 77).max() <= 1
    smooth, sharp = (read(root, size=[3, 5], interpolation=kind).X[:1] for kind in ("bilinear", "nearest"))
    assert (smooth != sharp).any()


def test_nothing_is_decoded_before_it_is_asked_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    pixels = Images._decode
    monkeypatch.setattr(Images, "_decode", lambda self, file: (asked.append(file.name), pixels(self, file))[1])
    X = read(root).X
    assert asked == []
    _ = X[2:4]
    assert asked == ["data/flowers/daisy/02.png", "data/flowers/daisy/03.png"]


def test_scikit_learn_takes_them_as_rows_of_numbers_while_they_fit(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> RunResult:
        job: Any = {"root": str(root), "cache": str(root / ".cache"), "data": {"images": "data/flowers"}, "procedure": FOREST}
        return measure.run(RunJob(**job), TableCache(), print)

    assert run().metrics["dev"]["accuracy"] == 1.0
    monkeypatch.setattr(images, "FLAT_BYTES", 1000)
    with pytest.raises(DataError, match=r"40 images of 6 x 8 take 0\.0 GiB as a table, and scikit-learn needs all of it at once"):
        run()


def test_the_hash_is_of_names_and_bytes(root: Path) -> None:
    before = read(root).content
    assert read(root).content == before
    (root / "data/flowers/rose/00.png").rename(root / "data/flowers/daisy/99.png")
    assert read(root).content != before


def bomb(path: Path) -> None:
    """Write a PNG of a few hundred bytes that says it is 20,000 x 20,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))


def test_a_bomb_is_refused_before_it_is_unpacked(root: Path) -> None:
    bomb(root / "data/flowers/rose/bomb.png")
    fault = refusal(root, size=[6, 8])
    assert isinstance(fault, TrustError)
    assert "data/flowers/rose/bomb.png unpacks to more than 89 million pixels" in fault.message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rose/broken.png", b"\x89PNG\r\n\x1a\nnothing", "data/flowers/rose/broken.png is broken, or no image"),
        ("rose/text.jpg", b"hello", "data/flowers/rose/text.jpg is broken, or no image"),
        ("rose/drawing.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "rose/drawing.png is broken, or no image"),
        ("rose/notes.txt", b"hello", "data/flowers/rose/notes.txt is no image: none of .jpg"),
    ],
)
def test_a_file_that_is_no_image_is_named(root: Path, name: str, content: bytes, words: str) -> None:
    (root / "data/flowers" / name).write_bytes(content)
    assert words in refusal(root, size=[6, 8]).message


def test_a_truncated_image_is_named_when_it_is_read(root: Path) -> None:
    path = put(root, "rose/cut.jpg", np.random.RandomState(1).randint(0, 255, (64, 64, 3)))
    path.write_bytes(path.read_bytes()[:-900])
    X = read(root, size=[6, 8]).X
    with pytest.raises(DataError, match=r"data/flowers/rose/cut\.jpg is broken: image file is truncated"):
        _ = X[:]


def test_an_image_that_changes_in_use_is_noticed(root: Path) -> None:
    X = read(root).X
    put(root, "daisy/00.png", np.zeros((6, 8, 3)))
    os.utime(root / "data/flowers/daisy/00.png", ns=(1, 1))
    with pytest.raises(DataError, match=r"daisy/00\.png changed while it was in use"):
        _ = X[:1]


def test_deep_images_are_refused_and_palettes_are_read(root: Path) -> None:
    Image.fromarray(np.full((6, 8), 300, dtype=np.uint16)).save(root / "data/flowers/rose/deep.png")
    assert "rose/deep.png has more than 8 bits a channel" in refusal(root).message
    (root / "data/flowers/rose/deep.png").unlink()
    Image.fromarray(np.full((6, 8), 3, dtype=np.uint8)).convert("P").save(root / "data/flowers/rose/p.gif")
    assert read(root).X[40:].shape == (1, 6, 8, 3)


def test_empty_classes_links_and_odd_options_are_refused(root: Path) -> None:
    (root / "data/flowers/tulip").mkdir()
    assert "data/flowers/tulip holds no images" in refusal(root).message
    (root / "data/flowers/tulip/.hidden.png").write_bytes(b"")
    assert "data/flowers/tulip holds no images" in refusal(root).message
    (root / "data/flowers/tulip/one.png").symlink_to("/etc/passwd")
    assert isinstance(refusal(root), TrustError)
    (root / "data/flowers/tulip/one.png").unlink()
    (root / "data/flowers/tulip/.hidden.png").unlink()
    (root / "data/flowers/tulip").rmdir()
    assert isinstance(refusal(root, target="kind"), EntryError)
    with pytest.raises(DataError, match="needs one folder for each class, and has 0"):
        load(DataRequest({"images": "data/flowers/rose"}, root), root / ".cache")
