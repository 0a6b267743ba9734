"""How many threads a model and its BLAS may use. Loads no library: the parent, which starts workers, asks as well."""

from __future__ import annotations

import os

# BLAS splits a sum among its threads, so that its last digit follows their number: all of them give what one gives
BLAS = 1


def wanted() -> int:
    """Return how many threads a model may use: one, unless GITJOURNAL_THREADS says otherwise."""
    declared = os.environ.get("GITJOURNAL_THREADS", "")
    return int(declared) if declared.isdigit() and int(declared) > 0 else 1
