"""The command line: the command group, its lazily loaded commands, and the one place that turns errors into text and exit codes."""

from __future__ import annotations

import importlib
import json
import keyword
import os
import sys
import tempfile
import traceback
from pathlib import Path

import click

from gitjournal import __version__
from gitjournal.commands.context import Context, wants_color
from gitjournal.errors import GitjournalError, SpaceError, is_full, nearest
from gitjournal.render.text import clean_lines

# name -> one line of help: `--help` shows them without importing any command
COMMANDS = {
    "init": "Begin a journal: a branch of its own, checked out in a folder.",
    "new": "Write a new entry: the question, the data, the procedure.",
    "exec": "Run what entries declare, and append the results.",
    "ls": "List the entries with their best result.",
    "show": "Show one entry: what was asked, what came out.",
    "log": "Read the history of the journal.",
    "diff": "Say how two entries differ.",
    "compare": "Say whether one entry is really better than another, and how sure that is.",
    "suggest": "Say what to run next, and why.",
    "check": "Look for what is wrong: duplicates, edited records, changed plans.",
    "doctor": "Find and mend what is amiss in this clone: folder, hooks, locks, index.",
    "trust": "Look at the code of your own that an entry runs, and trust it.",
    "report": "Report on a branch, on what mattered, what was saved, or how well you were calibrated.",
    "data": "Hash data, find rows that are alike, read datasheets and looks.",
    "model": "Score runs anew, keep their models, and clear up.",
    "site": "Make pages of the journal, to read and to publish.",
    "config": "Read the settings, the schema of an entry, and see to the hooks.",
    "import": "Make an entry of what another tool has searched: a study of optuna.",
    "export": "Write runs as one table, or as a study of optuna.",
}
INTERRUPTED = 130


class Group(click.Group):
    """A group that imports a command when it is called, not before: `--help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands, the everyday ones first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"gitjournal.commands.{name}{'_' if keyword.iskeyword(name) else ''}")
        command: click.Command = module.command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Offer the nearest command for a typo."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no command `{args[0]}`{nearest(args[0], COMMANDS) or '; see gitjournal --help'}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="gitjournal", message="%(prog)s %(version)s")
@click.option("-C", "start", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Act as if started in DIR.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong.")
@click.option("-v", "--verbose", is_flag=True, help="Say more: notes of check, what models print.")
@click.pass_context
def group(ctx: click.Context, start: Path, quiet: bool, verbose: bool) -> None:
    """A laboratory journal for machine learning, in your own git repository."""
    if not start.is_dir():
        raise click.UsageError(f"-C {start}: no such folder")
    ctx.obj = Context(start.absolute(), wants_color(), quiet, verbose)


def main() -> None:
    """Run the command line. Every expected fault is one short message and an exit code; a bug leaves a log."""
    try:
        code = group.main(standalone_mode=False)
        sys.stdout.flush()
    except GitjournalError as fault:
        code = _report_refusal(fault)
    except click.exceptions.Abort:
        code = INTERRUPTED
    except click.ClickException as fault:
        fault.show()
        code = fault.exit_code
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        # the reader (such as `head`) has gone: nothing is wrong, and nothing more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as fault:
        code = _report_refusal(SpaceError(fault.filename or "a file")) if is_full(fault) else _report_bug(fault)
    except Exception as fault:  # noqa: BLE001 - a bug: say so, keep what is needed to mend it
        code = _report_bug(fault)
    sys.exit(code if isinstance(code, int) else 0)


def _report_refusal(fault: GitjournalError) -> int:
    if "--json" in sys.argv:
        place = fault.place
        answer = {
            "error": fault.kind,
            "message": fault.message,
            "hint": fault.hint,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
        }
        click.echo(json.dumps(answer))
    else:
        click.echo(clean_lines(str(fault)), err=True)
    return fault.exit_code


def _report_bug(fault: Exception) -> int:
    text = f"gitjournal {__version__}, Python {sys.version}, {sys.platform}\n\n{''.join(traceback.format_exception(fault))}"
    with tempfile.NamedTemporaryFile("w", prefix="gitjournal-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(text)
    click.echo(f"a fault in gitjournal itself: {type(fault).__name__}: {fault}", err=True)
    click.echo(f"  nothing of yours was changed by it; please report it with {log.name}", err=True)
    return 1
