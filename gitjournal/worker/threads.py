"""How many threads a model may use. Loads no library: the parent, which starts workers, asks as well."""

from __future__ import annotations

import os


def wanted() -> int:
    """Return how many threads a model may use: one, unless GITJOURNAL_THREADS says otherwise."""
    declared = os.environ.get("GITJOURNAL_THREADS", "")
    return int(declared) if declared.isdigit() and int(declared) > 0 else 1
