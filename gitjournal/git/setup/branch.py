"""The branch of a journal: there already, taken from a remote, or begun."""

from __future__ import annotations

from gitjournal.entry import settings
from gitjournal.errors import GitError
from gitjournal.git.lab import is_journal
from gitjournal.git.process import git, run_git
from gitjournal.git.repository import require_identity
from gitjournal.git.setup.missing import Missing

REMOTE_SECONDS = 15.0

_README = """\
# Laboratory journal

One Markdown file in `entries/` for each question that was asked, with what was expected before it was computed.
Beside it, in `.runs.jsonl`, are its runs: appended by `gitjournal exec`, never edited by hand.

- write an entry: `gitjournal new "..."`
- run it: `gitjournal exec ID`
- look: `gitjournal ls`, `gitjournal show ID`, `git log`
- settings: `journal.yaml`

This branch has its own history and shares no file with the code.
"""
_ATTRIBUTES = """\
*.md text
*.runs.jsonl -text merge=union linguist-generated
figures/** linguist-generated
"""
# the same root in every repository, so that two journals begun apart can be merged
_ROOT = {
    "GIT_AUTHOR_NAME": "gitjournal",
    "GIT_AUTHOR_EMAIL": "gitjournal@localhost",
    "GIT_AUTHOR_DATE": "1000000000 +0000",
    "GIT_COMMITTER_NAME": "gitjournal",
    "GIT_COMMITTER_EMAIL": "gitjournal@localhost",
    "GIT_COMMITTER_DATE": "1000000000 +0000",
}
_ROOT_MESSAGE = b"A journal begins\n"


def plan_branch(missing: Missing) -> None:
    """Plan where the branch comes from. Raises GitError where another branch, or one that is no journal, is in the way."""
    if missing.repository.resolve(missing.ref):
        if not is_journal(missing.repository, missing.ref):
            raise GitError(
                f"there is a branch {missing.branch} already, and it is no journal (it has no {settings.FILE})",
                hint="choose another: gitjournal init --branch NAME",
            )
        return
    clash = _find_clash(missing)
    if clash:
        raise GitError(
            f"the branch {clash} is in the way of {missing.branch}: git keeps branches as files",
            hint="choose another: gitjournal init --branch NAME",
        )
    missing.source = _find_remote(missing)
    if missing.source:
        _plan_from(missing, missing.source)
    else:
        require_identity(missing.repository)
        missing.add_step(f"the branch {missing.branch}", lambda: _begin_branch(missing))


def _find_clash(missing: Missing) -> str | None:
    names = [name.removeprefix("refs/heads/") for name in missing.repository.refs("refs/heads")]
    return next((name for name in names if name.startswith(f"{missing.branch}/") or missing.branch.startswith(f"{name}/")), None)


def _find_remote(missing: Missing) -> str | None:
    """Return the remote that has the branch: as far as is known here, else by asking."""
    remotes = sorted(missing.repository.git("remote").splitlines(), key=lambda name: name != "origin")
    for name in remotes:
        if missing.repository.resolve(f"refs/remotes/{name}/{missing.branch}"):
            return name
    for name in remotes:
        answer = run_git(
            ["ls-remote", "--exit-code", "--heads", name, missing.ref],
            cwd=missing.repository.common,
            extra={"GIT_TERMINAL_PROMPT": "0"},
            seconds=REMOTE_SECONDS,
        )
        if answer.returncode == 0:
            return name
        if answer.returncode != 2:  # 2: asked, and it has none
            missing.notes.append(f"{name} did not answer; a journal that it has can be merged later")
    return None


def _plan_from(missing: Missing, remote: str) -> None:
    tracking = f"refs/remotes/{remote}/{missing.branch}"
    if missing.repository.resolve(tracking) is None:
        missing.add_step(f".git/config ({remote} fetches {missing.branch} too)", lambda: _fetch(missing, remote))
    elif not is_journal(missing.repository, tracking):
        _refuse_remote(missing, remote)
    missing.add_step(f"the branch {missing.branch} (from {remote})", lambda: _refuse_unless_journal(missing, remote))


def _fetch(missing: Missing, remote: str) -> None:
    """Widen a single-branch clone by the journal."""
    refspec = f"+{missing.ref}:refs/remotes/{remote}/{missing.branch}"
    missing.repository.git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, refspec)
    _refuse_unless_journal(missing, remote)
    missing.repository.git("config", "--add", f"remote.{remote}.fetch", refspec)


def _refuse_unless_journal(missing: Missing, remote: str) -> None:
    if not is_journal(missing.repository, f"refs/remotes/{remote}/{missing.branch}"):
        _refuse_remote(missing, remote)


def _refuse_remote(missing: Missing, remote: str) -> None:
    raise GitError(
        f"{remote} has a branch {missing.branch}, and it is no journal (it has no {settings.FILE})",
        hint="choose another: gitjournal init --branch NAME",
    )


def _begin_branch(missing: Missing) -> None:
    """Make the first two commits; the branch appears only when both are there."""
    files = {"README.md": _README, settings.FILE: settings.default_text(), ".gitattributes": _ATTRIBUTES}
    run = missing.repository.git
    empty = run("mktree", stdin=b"")
    plain = ["-c", "i18n.commitEncoding=UTF-8", "--git-dir", str(missing.repository.common), "commit-tree"]
    root = git([*plain, empty], cwd=missing.repository.common, stdin=_ROOT_MESSAGE, extra=_ROOT)
    lines = "".join(f"100644 blob {missing.repository.store(text.encode())}\t{name}\n" for name, text in files.items())
    tree = run("mktree", stdin=lines.encode())
    sign = ["-S"] if missing.repository.config.signs_commits else []
    first = git([*plain, *sign, "-p", root, tree], cwd=missing.repository.common, stdin=b"Begin the journal\n")
    run("update-ref", "--create-reflog", "-m", "gitjournal init", missing.ref, first, "0" * len(first))
