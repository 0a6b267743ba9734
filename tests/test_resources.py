"""What ships beside the code is found, in a checkout and once installed."""

from __future__ import annotations

import pytest

from gitjournal import resources


def test_shipped_files_are_found() -> None:
    assert resources.text("hooks/prepare-commit-msg").startswith("#!/bin/sh\n")
    assert resources.folder("templates").is_dir()


def test_a_broken_installation_is_told() -> None:
    with pytest.raises(FileNotFoundError, match="nothing/ did not come with this installation"):
        resources.folder("nothing")
    with pytest.raises(FileNotFoundError, match="no-such-hook"):
        resources.text("hooks/no-such-hook")
