"""Finds the files that ship beside the code: `hooks/` and `templates/`."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return a shipped folder: inside the package once installed, one folder up in a checkout.

    Raises FileNotFoundError where the installation is broken.
    """
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"{name}/ did not come with this installation of gitjournal")


def text(name: str) -> str:
    """Return the text of one shipped file, such as `hooks/prepare-commit-msg`."""
    first, _, rest = name.partition("/")
    return (folder(first) / rest).read_text(encoding="utf-8")
