"""The file that has a forge check pull requests into the journal."""

from __future__ import annotations

from gitjournal import __version__, resources
from gitjournal.errors import GitError
from gitjournal.lab import Lab

FORGES = {"github": ".github/workflows/gitjournal.yml", "gitlab": ".gitlab-ci.yml"}


def ci_text(forge: str) -> str:
    """Return the file for a forge; everything in it but our version is the forge's own."""
    return resources.text(f"templates/ci/{forge}.yml").replace("$version", __version__)


def write_ci(lab: Lab, forge: str, *, dry_run: bool) -> str | None:
    """Write the file into the lab, for the person to commit; None where one is there already, which stays as it is.

    Raises GitError where the lab is missing.
    """
    path = lab.path / FORGES[forge]
    if path.exists():
        return None
    if not dry_run:
        if not lab.path.is_dir():
            raise GitError(f"{lab.path} is missing", hint="bring it back with: gitjournal init")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ci_text(forge), encoding="utf-8")
    return FORGES[forge]
