"""Finds what should not be in a journal for everyone to read: keys, tokens, passwords. Pure.

A short list of shapes that are hardly ever anything else. A hash, a count of tokens or a column called `password` is
none; a detector by entropy would cry at every fingerprint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SHAPES = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a Hugging Face token": r"\bhf_[A-Za-z]{30,}\b",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a Slack token": r"\bxox[abeprs]-[0-9A-Za-z-]{10,}",
    "an API key": r"\bsk-(?:proj-|ant-|live-)?[A-Za-z0-9_-]{24,}",
    "a JSON Web Token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a password in a URL": r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'<>{}$]+:(?!\*)[^\s/@\"'<>{}$]{3,}@",
}
# a named value: at least one letter, one digit and eight characters, so that `token: 512` and `secret: sauce` pass
_NAMED = (
    r"(?i:\b|_)(?i:password|passwd|secret(?:_?key)?|api_?key|access_?key|(?:access|auth|api)_?token)[\"']?\s*[:=]\s*[\"']?"
    r"(?=[^\s\"']*[A-Za-z])(?=[^\s\"']*[0-9])(?!sha256:)(?P<value>[^\s\"'$<>{}(),\\]{8,})"
)
_ANY = re.compile("|".join(f"(?P<k{number}>{shape})" for number, shape in enumerate(_SHAPES.values())) + f"|(?P<named>{_NAMED})")
_KINDS = list(_SHAPES)


@dataclass(frozen=True)
class Leak:
    """Something secret: its line, counted from 1, and what it looks like. Never what it says."""

    line: int
    kind: str


def find_leaks(text: str) -> Iterator[Leak]:
    """Yield what looks like a secret."""
    for match in _ANY.finditer(text):
        name = match.lastgroup or ""
        kind = _KINDS[int(name[1:])] if name.startswith("k") and name[1:].isdigit() else "a password or key"
        yield Leak(text.count("\n", 0, match.start()) + 1, kind)
