"""Images in folders, one folder a class. Pixels are read when they are asked for, so a set may be larger than memory."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gitjournal.data.raw import Array, DataRequest, Raw
from gitjournal.errors import DataError, EntryError, TrustError
from gitjournal.paths import inside, open_file

if TYPE_CHECKING:
    from PIL.Image import Image

PLACE = ("data", "images")
# what Pillow decodes by itself; others call programs (EPS) or are containers of anything
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
MODES = {"rgb": "RGB", "grayscale": "L"}
CHANNELS = {"rgb": 3, "grayscale": 1}
FLAT_BYTES = 2 * 2**30  # what scikit-learn may be given at once; it takes all rows in memory


@dataclass(frozen=True)
class ImageFile:
    """One file, and what `stat` said when its header was read: pixels come later, and must be of the same file."""

    path: Path
    name: str
    size: int
    mtime: int


@dataclass(frozen=True)
class Images:
    """Rows that are images, decoded when asked for: float32 from 0 to 255, height x width x channels."""

    files: tuple[ImageFile, ...]
    size: tuple[int, int]
    color: str
    interpolation: str

    def __len__(self) -> int:
        return len(self.files)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Rows, height, width, channels: that of the array that all rows would be."""
        return (len(self.files), *self.size, CHANNELS[self.color])

    @property
    def ndim(self) -> int:
        """Always 4."""
        return 4

    def rows(self, numbers: Sequence[int] | Array) -> Images:
        """Return some rows, still undecoded."""
        return Images(tuple(self.files[int(number)] for number in numbers), self.size, self.color, self.interpolation)

    def __getitem__(self, numbers: Sequence[int] | Array | slice) -> Array:
        """Return the pixels of some rows. Raises DataError with the name of a file that cannot be read."""
        files = self.files[numbers] if isinstance(numbers, slice) else [self.files[int(number)] for number in numbers]
        pixels = np.empty((len(files), *self.shape[1:]), dtype=np.float32)
        for place, file in enumerate(files):
            pixels[place] = self._decode(file)
        return pixels

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self[:] if dtype is None else self[:].astype(dtype)

    def flat(self) -> Array:
        """Return all rows as a table of numbers, as scikit-learn takes them. Raises DataError where that is too much."""
        size = int(np.prod(self.shape)) * 4
        if size > FLAT_BYTES:
            hint = "choose a smaller `size`, or a network, which reads images in batches"
            taken = f"{len(self)} images of {self.size[0]} x {self.size[1]} take {size / 2**30:.1f} GiB"
            raise DataError(f"{taken} as a table, and scikit-learn needs all of it at once", hint=hint, path=PLACE)
        return self[:].reshape(len(self), -1)

    def _decode(self, file: ImageFile) -> Array:
        import PIL.Image

        filters = {"nearest": PIL.Image.Resampling.NEAREST, "bilinear": PIL.Image.Resampling.BILINEAR}
        with closing(open_file(file.path, file.name, PLACE)) as opened:
            now = os.fstat(opened.fileno())
            if (now.st_size, now.st_mtime_ns) != (file.size, file.mtime):
                raise DataError(f"{file.name} changed while it was in use", hint="try again when nothing writes to it", path=PLACE)
            image = _open_image(opened, file.name)
            try:
                with image:
                    plain = image.convert(MODES[self.color])
                    sized = plain.resize(self.size[::-1], filters.get(self.interpolation, PIL.Image.Resampling.BICUBIC))
            except MemoryError:
                raise
            except Exception as fault:  # noqa: BLE001 - each format has errors of its own for a damaged file
                raise DataError(f"{file.name} is broken: {str(fault)[:100]}", path=PLACE) from None
        return np.asarray(sized, dtype=np.float32).reshape(self.shape[1:])


def read_images(request: DataRequest) -> Raw:
    """Return images by class, the classes and the files in sorted order.

    Every header is read, so a file that is no image, or is a bomb, is found before any run. Raises DataError for one,
    and for a folder without classes or a class without images; EntryError for options of tables.
    """
    data = request.data
    for key in ("target", "features", "drop", "types", "na", "sep", "encoding", "decimal", "arrays", "weights"):
        if key in data:
            raise EntryError(f"`{key}` goes with tables; the class of an image is the name of its folder", path=("data", key))
    for key, column in (("group", request.group), ("time", request.time)):
        if column:
            raise DataError(f"a folder of images has no column `{column}`", path=("split", key))
    try:
        import PIL.Image  # noqa: F401 - to say what is missing
    except ImportError:
        raise DataError("reading images needs Pillow", hint="pip install 'gitjournal[images]'", path=PLACE) from None
    folder = inside(data["images"], request.root, PLACE)
    listed = list_images(folder, request.root)
    color, interpolation = data.get("color", "rgb"), data.get("interpolation", "bilinear")
    files: list[ImageFile] = []
    sizes: dict[tuple[int, int], str] = {}
    for path in (path for paths in listed.values() for path in paths):
        name = path.relative_to(request.root).as_posix()
        with closing(open_file(path, name, PLACE)) as opened:
            with _open_image(opened, name) as image:
                sizes.setdefault((image.height, image.width), name)
            status = os.fstat(opened.fileno())
        files.append(ImageFile(path, name, status.st_size, status.st_mtime_ns))
    declared = data.get("size")
    if declared is None and len(sizes) > 1:
        (first, name_of_first), (second, name_of_second) = list(sizes.items())[:2]
        message = f"images differ in size: {name_of_first} is {first[0]} x {first[1]}, {name_of_second} is {second[0]} x {second[1]}"
        raise DataError(message, hint=f"say what they become: size: [{first[0]}, {first[1]}]  (height, width)", path=("data",))
    size = tuple(declared) if declared else next(iter(sizes))
    labels = np.repeat(list(listed), [len(paths) for paths in listed.values()])
    options: dict[str, Any] = {"size": list(size), "color": color, "interpolation": interpolation}
    images = Images(tuple(files), (size[0], size[1]), color, interpolation)
    pixels = [f"x{number}" for number in range(int(np.prod(images.shape[1:])))]
    return Raw(images, labels, {"number": pixels}, options={key: value for key, value in options.items() if key not in data})


def list_images(folder: Path, root: Path) -> dict[str, list[Path]]:
    """Return the files of each class, sorted. Raises DataError for a class without images and a file that is none."""
    shown = folder.relative_to(root).as_posix()
    classes: dict[str, list[Path]] = {}
    for class_folder in sorted(folder.iterdir()):
        if class_folder.name.startswith(".") or not class_folder.is_dir() or class_folder.is_symlink():
            continue  # a licence or a read-me beside the classes is none of them; hashing has refused links
        paths: list[Path] = []
        for at, folders, names in os.walk(class_folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            paths += [Path(at, name) for name in names if not name.startswith(".")]
        odd = next((path for path in sorted(paths) if path.suffix.lower() not in SUFFIXES), None)
        if odd is not None:
            raise DataError(f"{odd.relative_to(root).as_posix()} is no image: none of {', '.join(SUFFIXES)}", path=PLACE)
        if not paths:
            raise DataError(f"{shown}/{class_folder.name} holds no images", hint="a folder is a class: fill it or remove it", path=PLACE)
        classes[class_folder.name] = sorted(paths)
    if len(classes) < 2:
        raise DataError(f"{shown} needs one folder for each class, and has {len(classes)}", path=PLACE)
    return classes


def _open_image(opened: Any, name: str) -> Image:
    """Read the header of an image. Raises TrustError for one that would fill the memory, DataError for what is none."""
    import PIL.Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
            image = PIL.Image.open(opened, formats=FORMATS)
    except (PIL.Image.DecompressionBombWarning, PIL.Image.DecompressionBombError):
        limit = (PIL.Image.MAX_IMAGE_PIXELS or 0) // 10**6
        raise TrustError(f"{name} unpacks to more than {limit} million pixels: it is refused as a bomb", path=PLACE) from None
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - likewise
        raise DataError(f"{name} is broken, or no image that is read here ({', '.join(FORMATS)})", path=PLACE) from None
    if image.mode.startswith(("I", "F")):
        image.close()
        raise DataError(f"{name} has more than 8 bits a channel", hint="save it with 8 bits a channel", path=PLACE)
    return image
