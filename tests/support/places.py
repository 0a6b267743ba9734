"""Where the files of the project lie that tests read."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PENGUINS = ROOT / "templates/demo/penguins.csv"
SUPPORT = Path(__file__).parent
