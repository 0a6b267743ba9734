"""Secret scanning: keys, tokens and passwords that should be in no journal. Pure.

A short list of shapes that are hardly ever anything else. A hash, a count of tokens or a column called `password` is
none; a detector by entropy would cry at every fingerprint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# what it is, the letters without which it is none, and its shape
_SHAPES = (
    ("a private key", ("-----begin ",), r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    ("an AWS access key", ("akia", "asia"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    (
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    ),
    ("a GitLab token", ("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Hugging Face token", ("hf_",), r"\bhf_[A-Za-z]{30,}\b"),
    ("a Google key", ("aiza",), r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("a Slack token", ("xox",), r"\bxox[abeprs]-[0-9A-Za-z-]{10,}"),
    ("an API key", ("sk-",), r"\bsk-(?:proj-|ant-|live-)?[A-Za-z0-9_-]{24,}"),
    ("a JSON Web Token", ("eyj",), r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("a password in a URL", ("://",), r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'<>{}$]+:(?!\*)[^\s/@\"'<>{}$]{3,}@"),
    # a named value: at least one letter, one digit and eight characters, so that `token: 512` and `secret: sauce` pass
    (
        "a password or key",
        ("passw", "secret", "apikey", "api_key", "accesskey", "access_key", "token"),
        (
            r"(?i:\b|_)(?i:password|passwd|secret(?:_?key)?|api_?key|access_?key|(?:access|auth|api)_?token)[\"']?\s*[:=]\s*[\"']?"
            r"(?=[^\s\"']*[A-Za-z])(?=[^\s\"']*[0-9])(?!sha256:)(?P<value>[^\s\"'$<>{}(),\\]{8,})"
        ),
    ),
)
_COMPILED = [(kind, words, re.compile(shape)) for kind, words, shape in _SHAPES]


@dataclass(frozen=True)
class Leak:
    """Something secret: its line, counted from 1, and what it looks like. Never what it says."""

    line: int
    kind: str


def find_leaks(text: str) -> Iterator[Leak]:
    """Yield what looks like a secret."""
    # looking for letters is a hundred times faster than for shapes, and nearly every text has none of them
    lower = text.casefold()
    matches = [
        (match.start(), match.end(), kind)
        for kind, words, shape in _COMPILED
        if any(word in lower for word in words)
        for match in shape.finditer(text)
    ]
    last = 0
    for start, end, kind in sorted(matches):
        if start >= last:  # what is a token and the value of a key is one secret
            yield Leak(text.count("\n", 0, start) + 1, kind)
            last = end
