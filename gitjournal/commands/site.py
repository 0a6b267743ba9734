"""`gitjournal site`: the journal as pages."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from gitjournal.commands.context import Context, quiet_option
from gitjournal.commands.notice import progress_reporter
from gitjournal.errors import GitjournalError
from gitjournal.git.lab import find_journal
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.journal.journal import open_journal
from gitjournal.render import text
from gitjournal.render.site.build import Build, build, build_lines
from gitjournal.render.site.folder import SiteFolder
from gitjournal.render.site.server import HOST, POLL_SECONDS, RELOAD, Server
from gitjournal.render.site.templates import policy_hash

PORT = 8321
Refs = dict[str, str]

_output = click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="The folder; by default .git/gitjournal/site."
)
_name = click.option("--name", metavar="TEXT", help="What the pages call the journal; by default the folder of the repository.")
_all = click.option("--all", "everywhere", is_flag=True, help="Also the entries that only other branches hold.")


@click.group("site", short_help="Make pages of the journal, to read and to publish.")
def command() -> None:
    """Make pages of the whole journal: questions and answers, leaderboards, one page for each entry, a comparison.

    They need no server and load nothing; what an entry says is text and never runs.
    """


@command.command("build")
@_output
@_name
@_all
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON.")
@quiet_option
@click.pass_obj
def build_(context: Context, output: Path | None, name: str | None, everywhere: bool, dry_run: bool, as_json: bool) -> None:
    """Write the pages whose contents changed; drafts are left out.

    The folder must be new, empty, or one that this command made.
    """
    built, folder, _ = _build(context, output, name, everywhere=everywhere, dry_run=dry_run, quiet=as_json or context.quiet)
    if as_json:
        plain = {"folder": str(folder), "pages": built.pages, "written": built.written, "removed": built.removed}
        click.echo(json.dumps({**plain, "entries": built.entries, "unreadable": built.unreadable}))
    elif not context.quiet:
        click.echo("\n".join(build_lines(built, folder, dry_run=dry_run)))


@command.command("serve", short_help="Show the pages on this machine, and again when they change.")
@_output
@_name
@_all
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Where to listen; 0 takes any free port.")
@quiet_option
@click.pass_obj
def serve(context: Context, output: Path | None, name: str | None, everywhere: bool, port: int) -> None:
    """Show the pages on this machine, and again after each commit to the journal. Ctrl-C ends it.

    It listens on 127.0.0.1 alone.
    """
    built, folder, refs = _build(context, output, name, everywhere=everywhere, dry_run=False, quiet=context.quiet)
    with Server(folder, port, with_reload) as server:
        server.in_background()
        if not context.quiet:
            click.echo("\n".join([next(build_lines(built, folder, dry_run=False)), f"http://{HOST}:{server.port}/  (Ctrl-C ends it)"]))
        try:
            _follow(context, server, output, name, refs, everywhere=everywhere)
        except KeyboardInterrupt:
            server.shutdown()


def with_reload(page: str) -> str:
    """Return a page that asks this server whether there is something new; its policy allows that and nothing else."""
    policy = f"script-src '{policy_hash(RELOAD)}' "
    page = page.replace("script-src ", f"connect-src &#39;self&#39;; {policy.replace(chr(39), '&#39;')}", 1)
    return page.replace("</body>", f"<script>{RELOAD}</script>\n</body>", 1)


def _follow(context: Context, server: Server, output: Path | None, name: str | None, refs: Refs, *, everywhere: bool) -> None:
    """Build again whenever a branch of the journal is not where `refs` say."""
    while True:
        time.sleep(POLL_SECONDS)
        try:
            if _read_refs(context) == refs:
                continue
            built, _, refs = _build(context, output, name, everywhere=everywhere, dry_run=False, quiet=True)
        except GitjournalError as fault:
            click.echo(text.clean_lines(str(fault)), err=True)
            continue
        if built.written or built.removed:
            server.version += 1
            if not context.quiet:
                click.echo(f"{text.count(built.written, 'page')} written anew")


def _read_refs(context: Context) -> Refs:
    lab = find_journal(context.start)
    return journal_refs(lab, current_ref(lab))


def _build(
    context: Context, output: Path | None, name: str | None, *, everywhere: bool, dry_run: bool, quiet: bool
) -> tuple[Build, Path, Refs]:
    """Build, and return what was built, where, and of which commits."""
    # on a forge the journal itself is checked out, and nobody has begun it there
    lab = find_journal(context.start)
    with open_journal(context.start, lab) as journal:
        folder = SiteFolder.open(lab, output, start=context.start, dry_run=dry_run)
        called = name or (lab.top or lab.path).name
        built = build(journal, folder, name=called, everywhere=everywhere, progress=progress_reporter("page", quiet=quiet))
        return built, folder.path, dict(journal.index.refs)
