"""`gitjournal doctor`: diagnose and repair the journal of this clone."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from gitjournal.commands.context import Context, quiet_option
from gitjournal.integrity.doctor import FIX, Ailment, diagnose, mend_all
from gitjournal.render import text


@click.command("doctor", short_help="Find and mend what is amiss in this clone: folder, hooks, locks, index.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without losing anything.")
@click.option("-n", "--dry-run", is_flag=True, help="With --fix: say what would be mended, and mend nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@quiet_option
@click.pass_obj
def command(context: Context, fix: bool, dry_run: bool, as_json: bool) -> None:
    """Say what is amiss with the journal of this clone, and how to mend it.

    It looks at the folder, its link, the hooks, what waits to be committed, locks and the index; `gitjournal check`
    looks at the entries. Exit code: 0 where nothing is amiss (any more), 1 otherwise.
    """
    if dry_run and not fix:
        raise click.UsageError("-n goes with --fix")
    ailments = diagnose(context.start)
    mended = []
    if fix and not dry_run:
        mended = mend_all(ailments)
        ailments = diagnose(context.start)
    amiss = [one for one in ailments if not one.note]
    if as_json:
        plain = [{"what": one.what, "hint": one.hint, "mendable": one.mend is not None, "note": one.note} for one in ailments]
        click.echo(json.dumps({"mended": mended, "found": plain}, indent=2))
    else:
        lines = [*(text.clean(line) for line in mended), *_ailment_lines(ailments, would=dry_run, color=context.color)]
        if not (context.quiet and not amiss):
            click.echo("\n".join([*lines, *([] if amiss else ["nothing is amiss"])]))
    sys.exit(1 if amiss else 0)


def _ailment_lines(ailments: Sequence[Ailment], *, would: bool, color: bool) -> list[str]:
    lines = []
    for ailment in ailments:
        head = text.paint("good to know" if ailment.note else "amiss", "dim" if ailment.note else "bad", color=color)
        lines.append(f"{head}: {text.clean(ailment.what)}")
        way = "would be mended" if would and ailment.mend else f"or all that can be: {FIX}" if ailment.mend and ailment.hint != FIX else ""
        lines.append(f"  {text.clean(ailment.hint)}" + (f"   ({way})" if way else ""))
    return lines
