"""`init`: begins a journal, or brings back what is missing of it.

It looks first, refuses what is in the way before anything is written, and then does only the steps that are missing;
so a second time changes nothing, and one that was cut off goes on.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gitjournal.entry import settings
from gitjournal.errors import GitError
from gitjournal.git.lab import SETTINGS, Lab, LabSettings, find_lab, is_journal, locate, place_of, read_settings, refuse_copy
from gitjournal.git.process import git, run_git
from gitjournal.git.repository import Repository, require_identity
from gitjournal.git.setup import hooks as hook_install
from gitjournal.git.worktree import Worktree, find_standing, registered_path, same_place, worktree_at

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
_PART = re.compile(r"[^\W_][\w.-]*\Z")


@dataclass(frozen=True)
class Founded:
    """What `init` made, or (with `dry_run`) would make."""

    lab: Lab
    created: bool
    touched: list[str]
    notes: list[str] = field(default_factory=list)


def init(start: Path, *, folder: str = "lab", branch: str = "journal", dry_run: bool = False) -> Founded:
    """Begin a journal, or bring back what is missing of it; where nothing is missing, change nothing.

    Raises GitError, before anything is written, where something of the person's is in the way.
    """
    standing = find_standing(start)
    repository = standing.repository
    refuse_copy(standing)
    known = read_settings(repository)
    top = _top(repository, known, start)
    if known:
        if (folder, branch) not in (("lab", "journal"), (known.folder, known.branch)):
            raise GitError(f"this repository has its journal on the branch {known.branch} at {known.folder}/ already")
        folder, branch = known.folder, known.branch
    founding = _Founding(repository, top, place_of(repository, top, folder), folder, branch, known)
    founding.plan()
    if not dry_run:
        founding.carry_out()
    created = bool(founding.steps)
    if dry_run and created:
        return Founded(Lab(repository, founding.path, branch, None, top), True, founding.touched, founding.notes)
    return Founded(find_lab(start), created, founding.touched, founding.notes)


def _top(repository: Repository, known: LabSettings | None, start: Path) -> Path | None:
    """Return the main worktree; a git directory that lies elsewhere is known only from inside that worktree."""
    if repository.top or repository.bare:
        return repository.top
    if known and known.top:
        return Path(known.top)
    done = run_git(["rev-parse", "--path-format=absolute", "--git-dir", "--show-toplevel"], cwd=start)
    said = os.fsdecode(done.stdout).splitlines()
    if done.returncode == 0 and len(said) == 2 and same_place(Path(said[0]), repository.common):
        return Path(said[1])
    raise GitError(f"cannot tell where the main worktree of {repository.common} is", hint="run gitjournal init there")


@dataclass
class _Founding:
    """One `init`: looks first, refuses what is in the way, then does the steps that are missing."""

    repository: Repository
    top: Path | None
    path: Path
    folder: str
    branch: str
    known: LabSettings | None
    source: str | None = None
    steps: list[Callable[[], None]] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"

    def plan(self) -> None:
        """Find what is missing."""
        lab = self.standing()
        if lab is None:
            self.refuse_names()
            self.plan_branch()
            self.plan_worktree()
        elif lab.path != self.path:
            self.path = lab.path  # the person moved it with `git worktree move`
        if self.top and self.path == self.top / self.folder and not self.excluded():
            self.step(".git/info/exclude (one line)", self.exclude)
        if not (self.connected(lab) if lab else self.misled()):
            fresh = f".git/config (one section, for {self.folder}/ alone)"
            self.step(".git/gitjournal/ (settings and hooks of the lab)" if self.known else fresh, self.connect)

    def step(self, what: str, do: Callable[[], None]) -> None:
        self.touched.append(what)
        self.steps.append(do)

    def carry_out(self) -> None:
        for step in self.steps:
            step()

    def standing(self) -> Lab | None:
        """Return the lab where it stands and is ours."""
        if self.known is None:
            return None
        try:
            lab = locate(self.repository, self.known, self.top)
        except GitError:
            lab = None
        return lab if lab and lab.git_dir else None

    # -- what is in the way

    def refuse_names(self) -> None:
        parts = self.folder.split("/")
        if not all(_PART.match(part) for part in parts):
            raise GitError(f"`{self.folder}` is not a name for the folder", hint="letters, digits, dot, dash and underscore will do")
        if run_git(["check-ref-format", f"refs/heads/{self.branch}"], cwd=self.repository.common).returncode or self.branch[0] == "-":
            raise GitError(f"`{self.branch}` is not a name for a branch")
        if self.branch == self.folder:
            raise GitError(
                f"branch and folder cannot both be called `{self.branch}`: `git log {self.branch}` would not know which is meant",
                hint="choose another: gitjournal init --folder lab --branch journal",
            )
        if self.top and self.known is None:
            self.refuse_tracked(self.top)

    def refuse_tracked(self, top: Path) -> None:
        if os.path.lexists(top / self.branch):
            raise GitError(
                f"{self.branch} is a file or folder here: `git log {self.branch}` would not know which is meant",
                hint="choose another branch: gitjournal init --branch NAME",
            )
        listed = git(["ls-files", "--", self.folder], cwd=top)
        committed = self.repository.resolve(f"HEAD:{self.folder}")
        if listed or committed:
            raise GitError(f"{self.folder}/ is tracked by your repository", hint="choose another folder: gitjournal init --folder NAME")

    def refuse_folder(self) -> None:
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_dir()):
            raise GitError(f"{self.path} is in the way", hint="move it, or choose another: gitjournal init --folder NAME")
        if self.path.is_dir() and any(self.path.iterdir()):
            raise GitError(
                f"{self.path} is in the way: a folder with something in it",
                hint="move it away and run init again, or choose another: gitjournal init --folder NAME",
            )

    # -- the branch

    def plan_branch(self) -> None:
        if self.repository.resolve(self.ref):
            if not is_journal(self.repository, self.ref):
                raise GitError(
                    f"there is a branch {self.branch} already, and it is no journal (it has no {settings.FILE})",
                    hint="choose another: gitjournal init --branch NAME",
                )
            return
        clash = self.clashing_branch()
        if clash:
            raise GitError(
                f"the branch {clash} is in the way of {self.branch}: git keeps branches as files",
                hint="choose another: gitjournal init --branch NAME",
            )
        self.source = self.remote()
        if self.source:
            self.plan_from(self.source)
        else:
            require_identity(self.repository)
            self.step(f"the branch {self.branch}", self.found)

    def clashing_branch(self) -> str | None:
        names = [name.removeprefix("refs/heads/") for name in self.repository.refs("refs/heads")]
        return next((name for name in names if name.startswith(f"{self.branch}/") or self.branch.startswith(f"{name}/")), None)

    def remote(self) -> str | None:
        """Return the remote that has the branch: as far as is known here, else by asking."""
        remotes = sorted(self.repository.git("remote").splitlines(), key=lambda name: name != "origin")
        for name in remotes:
            if self.repository.resolve(f"refs/remotes/{name}/{self.branch}"):
                return name
        for name in remotes:
            asked = run_git(
                ["ls-remote", "--exit-code", "--heads", name, self.ref],
                cwd=self.repository.common,
                extra={"GIT_TERMINAL_PROMPT": "0"},
                seconds=REMOTE_SECONDS,
            )
            if asked.returncode == 0:
                return name
            if asked.returncode != 2:  # 2: asked, and it has none
                self.notes.append(f"{name} did not answer; a journal that it has can be merged later")
        return None

    def plan_from(self, remote: str) -> None:
        tracking = f"refs/remotes/{remote}/{self.branch}"
        if self.repository.resolve(tracking) is None:
            self.step(f".git/config ({remote} fetches {self.branch} too)", lambda: self.fetch(remote))
        elif not is_journal(self.repository, tracking):
            self.refuse_remote(remote)
        self.step(f"the branch {self.branch} (from {remote})", lambda: self.refuse_unless_journal(remote))

    def fetch(self, remote: str) -> None:
        """Widen a single-branch clone by the journal."""
        refspec = f"+{self.ref}:refs/remotes/{remote}/{self.branch}"
        self.repository.git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, refspec)
        self.refuse_unless_journal(remote)
        self.repository.git("config", "--add", f"remote.{remote}.fetch", refspec)

    def refuse_unless_journal(self, remote: str) -> None:
        if not is_journal(self.repository, f"refs/remotes/{remote}/{self.branch}"):
            self.refuse_remote(remote)

    def refuse_remote(self, remote: str) -> None:
        raise GitError(
            f"{remote} has a branch {self.branch}, and it is no journal (it has no {settings.FILE})",
            hint="choose another: gitjournal init --branch NAME",
        )

    def found(self) -> None:
        """Make the first two commits; the branch appears only when both are there."""
        files = {"README.md": _README, settings.FILE: settings.default_text(), ".gitattributes": _ATTRIBUTES}
        run = self.repository.git
        empty = run("mktree", stdin=b"")
        plain = ["-c", "i18n.commitEncoding=UTF-8", "--git-dir", str(self.repository.common), "commit-tree"]
        root = git([*plain, empty], cwd=self.repository.common, stdin=_ROOT_MESSAGE, extra=_ROOT)
        lines = "".join(f"100644 blob {self.repository.store(text.encode())}\t{name}\n" for name, text in files.items())
        tree = run("mktree", stdin=lines.encode())
        sign = ["-S"] if run_git(["config", "--type=bool", "commit.gpgSign"], cwd=self.repository.common).stdout.strip() == b"true" else []
        first = git([*plain, *sign, "-p", root, tree], cwd=self.repository.common, stdin=b"Begin the journal\n")
        run("update-ref", "--create-reflog", "-m", "gitjournal init", self.ref, first, "0" * len(first))

    # -- the worktree

    def plan_worktree(self) -> None:
        if self.misled():
            self.step(f"{self.path.name}/ (its link to this repository)", self.mend)
            return
        self.refuse_folder()
        holder = self.holder()
        if holder:
            raise GitError(
                f"the branch {self.branch} is checked out at {holder}",
                hint=f"switch there to another branch, or let go of it: git worktree remove {holder}",
            )
        self.step(f"the folder {self.folder}/", self.add)

    def misled(self) -> bool:
        """Whether our own lab lies at its place with a link that points elsewhere: the repository was moved or copied."""
        link = self.path / ".git"
        if self.known is None or not link.is_file() or self.path.is_symlink():
            return False
        told = link.read_text(errors="replace").strip()
        return Path(told).name == self.known.worktree and self.admin().is_dir()

    def admin(self) -> Path:
        """Return the private git directory that the lab has, or had."""
        return self.repository.common / "worktrees" / (self.known.worktree if self.known else "-")

    def mend(self) -> None:
        """Write both ends of the link. Not `git worktree repair`: in a copy it would lead the original astray."""
        admin = self.admin()
        (self.path / ".git").write_text(f"gitdir: {admin}\n")
        (admin / "gitdir").write_text(f"{self.path / '.git'}\n")

    def holder(self) -> Path | None:
        """Return where the branch is checked out, other than in a lab that is gone."""
        told = run_git(["for-each-ref", "--format=%(worktreepath)", self.ref], cwd=self.repository.common).stdout.removesuffix(b"\n")
        path = Path(os.fsdecode(told))
        if not told or (self.known and not path.exists()):
            return None
        if self.known and worktree_at(self.repository, path) is None:
            return None  # a copied repository still has the note of the original's lab
        return path

    def add(self) -> None:
        branch = self.let_go() or self.branch
        quiet = ["-c", "core.hooksPath=/dev/null", "worktree", "add", "--quiet"]
        if self.repository.resolve(f"refs/heads/{branch}"):
            what = [str(self.path), branch]
        else:
            what = ["--track", "-b", branch, str(self.path), f"{self.source}/{branch}"]
        self.repository.git(*quiet, *what)

    def let_go(self) -> str | None:
        """Forget our own worktree whose folder is gone, and no other; return the branch that it had."""
        admin = self.admin()
        if not admin.is_dir():
            return None
        if (admin / "locked").exists():
            raise GitError(f"{registered_path(admin)} is gone, and locked", hint=f"git worktree unlock {registered_path(admin)}")
        head = run_git(["--git-dir", str(admin), "symbolic-ref", "--quiet", "--short", "HEAD"], cwd=self.repository.common)
        shutil.rmtree(admin)
        name = os.fsdecode(head.stdout).removesuffix("\n")
        return name if name and self.repository.resolve(f"refs/heads/{name}") else None

    # -- what connects it

    def excluded(self) -> bool:
        file = self.repository.common / "info" / "exclude"
        return file.is_file() and f"/{self.folder}/" in file.read_text(errors="surrogateescape").splitlines()

    def exclude(self) -> None:
        file = self.repository.common / "info" / "exclude"
        file.parent.mkdir(exist_ok=True)
        before = file.read_bytes() if file.is_file() else b""
        gap = b"" if not before or before.endswith(b"\n") else b"\n"
        with file.open("ab") as out:
            out.write(gap + f"/{self.folder}/\n".encode())

    def connected(self, lab: Lab) -> bool:
        """Whether the lab's git finds our hooks, and they are those of this version, or were taken out."""
        state = hook_install.look(lab)
        return state.pointed and (state.off or (state.python_found and not any(state.problems.values())))

    def connect(self) -> None:
        """Point the lab, and no other worktree, to our hooks."""
        worktree = worktree_at(self.repository, self.path)
        if worktree is None:
            raise GitError(f"git does not know {self.path} as a worktree of {self.repository.common}")
        off = self.known is not None and self.known.hooks_off
        hooks = hook_install.folder(self.repository)
        if off:
            hooks.mkdir(parents=True, exist_ok=True)
        else:
            hook_install.write_stubs(self.repository)
        self.write_settings(worktree, os.path.relpath(hooks.resolve(), worktree.path.resolve()), off=off)
        key = f"includeIf.gitdir:./worktrees/{worktree.git_dir.name}.path"
        file = str(self.repository.common / "config")
        if run_git(["config", "-f", file, key], cwd=self.repository.common).stdout.strip() != b"gitjournal/lab.config":
            git(["config", "-f", file, key, "gitjournal/lab.config"], cwd=self.repository.common)
        if not self.connected(Lab(self.repository, self.path, self.branch, worktree.git_dir, self.top)):
            raise GitError(
                f"git does not read {self.repository.private / 'lab.config'} in {self.path}",
                hint="look for a core.hooksPath that is set later: git config --show-origin --get-all core.hooksPath",
            )

    def write_settings(self, worktree: Worktree, hooks: str, *, off: bool) -> None:
        values = {
            "core.hooksPath": hooks,
            "gitjournal.branch": self.branch,
            "gitjournal.folder": self.folder,
            "gitjournal.worktree": worktree.git_dir.name,
        }
        if off:
            values["gitjournal.hooks"] = "off"
        if self.top and self.repository.top is None:
            values["gitjournal.top"] = str(self.top)
        draft = self.repository.private / f"{SETTINGS}.new"
        draft.unlink(missing_ok=True)
        for name, value in values.items():
            git(["config", "-f", str(draft), name, value], cwd=self.repository.common)
        draft.replace(self.repository.private / SETTINGS)
