"""Resource files that ship beside the code: `hooks/` and `templates/`.

A module of its own, so that no other knows where they lie in a checkout and where once installed.
"""

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
    folder_name, _, path = name.partition("/")
    return (folder(folder_name) / path).read_text(encoding="utf-8")
