"""The files that have a forge check pull requests into the journal, and publish it as pages."""

from __future__ import annotations

from gitjournal import __version__, resources
from gitjournal.errors import GitError
from gitjournal.git.lab import Lab

FORGES = {"github": ".github/workflows/gitjournal.yml", "gitlab": ".gitlab-ci.yml"}
# GitLab reads one file, so its job stands in that one
PAGES = {"github": ".github/workflows/gitjournal-pages.yml", "gitlab": ".gitlab-ci.yml"}

# what a new pull request begins with; GitHub takes it from the default branch alone
PULL_REQUESTS = {"github": ".github/pull_request_template.md", "gitlab": ".gitlab/merge_request_templates/journal.md"}


def ci_text(forge: str) -> str:
    """Return the file for a forge; everything in it but our version is the forge's own."""
    return resources.text(f"templates/ci/{forge}.yml").replace("$version", __version__)


def pages_text(forge: str, branch: str) -> str:
    """Return what has a forge publish this branch."""
    return resources.text(f"templates/ci/{forge}-pages.yml").replace("$version", __version__).replace("$branch", branch)


def ci_files(lab: Lab, forge: str, *, pages: bool) -> dict[str, str]:
    """Return the files for a forge by their path in the journal."""
    files = {FORGES[forge]: ci_text(forge), PULL_REQUESTS[forge]: resources.text("templates/ci/pull_request.md")}
    if pages:
        files[PAGES[forge]] = files.get(PAGES[forge], "") + pages_text(forge, lab.branch)
    return files


def write_ci(lab: Lab, forge: str, *, pages: bool, dry_run: bool) -> tuple[list[str], list[str]]:
    """Write the files into the lab, for the person to commit, and return which; also those that are there already and stay.

    Raises GitError where the lab is missing.
    """
    written, there = [], []
    for name, text in ci_files(lab, forge, pages=pages).items():
        path = lab.path / name
        if path.exists():
            there.append(name)
            continue
        written.append(name)
        if not dry_run:
            if not lab.path.is_dir():
                raise GitError(f"{lab.path} is missing", hint="bring it back with: gitjournal init")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return written, there
