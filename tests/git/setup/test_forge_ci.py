from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal import __version__
from gitjournal.errors import GitError
from gitjournal.git.lab import Lab
from gitjournal.git.setup.forge_ci import FORGES, ci_files, write_ci
from gitjournal.git.setup.init import init


@pytest.mark.parametrize("forge", FORGES)
def test_files_name_this_version_and_pages_the_branch(repo: Path, forge: str) -> None:
    lab = init(repo, branch="diary").lab
    checks, pages = ci_files(lab, forge, pages=False), ci_files(lab, forge, pages=True)
    assert __version__ in checks[FORGES[forge]]
    assert not any("$version" in text or "$branch" in text for text in pages.values())
    assert any("diary" in text for text in pages.values())
    assert "diary" not in checks[FORGES[forge]]


def test_a_file_of_the_person_stays_as_it_is(repo: Path) -> None:
    lab = init(repo).lab
    (lab.path / ".gitlab-ci.yml").write_text("mine\n")
    written, there = write_ci(lab, "gitlab", pages=True, dry_run=False)
    assert (written, there) == ([".gitlab/merge_request_templates/journal.md"], [".gitlab-ci.yml"])
    assert (lab.path / ".gitlab-ci.yml").read_text() == "mine\n"
    assert write_ci(lab, "gitlab", pages=True, dry_run=False)[0] == []


def test_without_a_lab_nothing_is_written(repo: Path) -> None:
    lab = init(repo).lab
    gone = Lab(lab.repository, repo / "none", lab.branch, None, lab.top)
    assert write_ci(gone, "github", pages=False, dry_run=True)[0]
    with pytest.raises(GitError, match="is missing"):
        write_ci(gone, "github", pages=False, dry_run=False)
    assert not (repo / "none").exists()
