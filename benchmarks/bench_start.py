"""Start-up, and what the journal costs a commit of the person's own code."""

from __future__ import annotations

from pathlib import Path

from benchmarks.timing import PYTHON, always, gitjournal, in_turns, once, repository, say


def main() -> None:
    """Print the rows."""
    costs = in_turns(
        {"pass": always(PYTHON, "-c", "pass"), "--help": always(*gitjournal("--help")), "--version": always(*gitjournal("--version"))},
        Path(),
        15,
    )
    for name in ("--help", "--version"):
        say(f"gitjournal {name} / python -c pass", f"{costs[name].wall / costs['pass'].wall:.1f}x", "<= 8x")
    with repository() as plain, repository() as journalled:
        once(gitjournal("init"), journalled)
        commit = "git commit -q --allow-empty -m x"
        commands = {name: always("sh", "-c", f"cd {where}; {commit}") for name, where in (("plain", plain), ("journalled", journalled))}
        costs = in_turns(commands, plain, 60)
        say("a commit of code with a journal / without", f"{costs['journalled'].wall / costs['plain'].wall:.2f}x", "<= 1.05x")
