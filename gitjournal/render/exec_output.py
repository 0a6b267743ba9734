"""What `exec` prints: the plan, progress, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET

from gitjournal.entry.model import Entry
from gitjournal.entry.record import read_time
from gitjournal.entry.summary import Summary
from gitjournal.entry.verdict import as_plain as as_plain_verdict
from gitjournal.journal.branches import short_ref
from gitjournal.journal.index.runs import Run
from gitjournal.render import forecast, text, verdict
from gitjournal.render.changes import change_list, changes_as_plain
from gitjournal.render.overlaps import finding_lines
from gitjournal.render.score import gain_over_baseline, lower_note, no_baseline, score_words
from gitjournal.run.known_runs import Nearest, Twin
from gitjournal.run.messages import Counts, Epoch, ExecOutcome, Planned, Progress, Recovered
from gitjournal.run.plan import installed_version
from gitjournal.stats.gain import Gain

BAR = 20
LONG = 1.0  # seconds: what is quicker needs no forecast of time


def plan_text(event: Planned) -> str:
    """Return ``plan committed 4f1c2aa · 24 runs: 7 already in the journal, 17 to do``."""
    head = f"plan committed {event.commit[:7]}" if event.commit else "plan unchanged"
    seconds = event.forecast.seconds if event.forecast else None
    left = f" · about {text.duration(seconds)}" if seconds and seconds >= LONG else ""
    lines = [text.wrap_dots(f"{head} · {counts_words(event.counts)}{left}"), *nearest_lines(event.nearest, event.metric)]
    lines += [*forecast.forecast_lines(event.forecast), *overlap_lines(event.findings, event.entry)]
    if not event.entry.front.hypothesis and not event.entry.front.expect:
        lines.append("no `hypothesis`: what you expected cannot be compared with what comes out")
    return "\n".join(lines)


def overlap_lines(findings: Sequence[dict[str, Any]], entry: Entry) -> list[str]:
    """Return what stands in two parts of the split: a line each, the last with the command that shows the rows."""
    lines = [text.wrap(line) for line in finding_lines(findings)]
    return [*lines[:-1], text.wrap(f"{lines[-1]}: gitjournal data dups {entry.short_id}")] if lines else []


def nearest_lines(nearest: Nearest | None, metric: str | None) -> list[str]:
    """Return ``nearest earlier run: 7f3a, differs by svc__gamma (scale -> 0.001), dev.accuracy 0.967``, in a list, or none."""
    if nearest is None:
        return []
    run = nearest.run
    value = run.metrics.get("dev", {}).get(metric or "")
    score = "" if value is None else f", dev.{text.clean(metric or '')} {text.number(value)}"
    if not nearest.changes:
        seed = "" if run.seed is None else f" with seed {run.seed}"
        return [f"replicate: {run.entry[-4:]} ran the same configuration{seed}{score}"]
    return [text.wrap(f"nearest earlier run: {run.entry[-4:]}, differs by {change_list(nearest.changes)}{score}")]


def counts_words(counts: Counts) -> str:
    """Return the counts of a plan: ``grid of 24, 24 runs · 7 already in the journal, reused · 17 to do``."""
    grid = f"grid of {counts.points}" if counts.points > 1 else "1 configuration"
    seeds = f" x seeds {counts.seeds}" if counts.seeds > 1 else ""
    if counts.seeds > 1 and not counts.draws:
        seeds += ": nothing is random, so"
    same = counts.points * (counts.seeds if counts.draws else 1) - counts.runs
    parts = [f"{grid}{seeds}{' ' if seeds.endswith('so') else ', '}{text.count(counts.runs, 'run')}"]
    if same:
        parts.append(f"{same} the same as others")
    if counts.own:
        parts.append(f"{counts.own} done before")
    if counts.reused:
        parts.append(f"{counts.reused} already in the journal, reused")
    if counts.failed:
        parts.append(f"{counts.failed} failed before, skipped")
    if counts.skipped:
        parts.append(f"{counts.skipped} skipped before as unlikely")
    if counts.retried:
        parts.append(f"{counts.retried} failed before, tried again")
    if counts.repeated:
        parts.append(f"{counts.repeated} done before, repeated on purpose")
    return " · ".join([*parts, f"{counts.todo} to do"])


def progress_line(event: Progress, left: float, *, width: int) -> str:
    """Return one line: a bar, how many of how many, the best so far, the time left."""
    filled = round(BAR * event.finished / event.total)
    best = event.summary.best_score
    parts = [f"{event.finished}/{event.total}"]
    if event.reused:
        parts.append(f"{event.reused} reused")
    if event.failed:
        parts.append(f"{event.failed} failed")
    if best:
        parts.append(f"best {event.summary.deciding} {text.number(best.mean)}")
    if event.finished < event.total:
        parts.append(f"about {text.duration(left)} left")
    words = " · ".join(parts)
    bar = f"{'█' * filled}{'░' * (BAR - filled)} "  # what is said matters more where there is no room for both
    return text.shorten(bar + words if len(bar + words) < width else words, width - 1)


def epoch_line(event: Epoch, *, width: int) -> str:
    """Return one line: ``run 2/3 · fold 1/5 · epoch 7/30 · loss 0.431 · val_loss 0.502``."""
    progress = event.progress
    parts = [f"run {event.finished + 1}/{event.total}"] if event.total > 1 else []
    parts += [f"fold {progress.fold}/{progress.of}"] if progress.of > 1 else []
    losses = (("loss", progress.loss), ("val_loss", progress.val_loss))
    parts.append(f"epoch {progress.epoch}/{progress.epochs}")
    parts += [f"{name} {text.number(value)}" for name, value in losses if value is not UNSET]
    return text.shorten(" · ".join(parts), width - 1)


def recovery_line(event: Recovered) -> str:
    """Return whether results that an earlier call left uncommitted are committed now."""
    if event.outcome.state == "waiting":
        return f"results of an earlier call are safe and wait: {event.outcome.why}"
    return f"results of an earlier call committed: {event.outcome.path}"


def outcome_text(outcome: ExecOutcome, *, color: bool) -> str:
    """Return how an entry's `exec` ended, its last line the next command."""
    lines = {"planned": _planned_lines, "duplicate": _duplicate_lines}.get(outcome.state, _result_lines)(outcome, color)
    return "".join(f"{line}\n" for line in lines)


def _planned_lines(outcome: ExecOutcome, color: bool) -> list[str]:  # noqa: ARG001 - one signature for all
    expected = f" · about {text.duration(outcome.seconds)}" if outcome.seconds and outcome.counts.todo else ""
    head = text.wrap_dots(f"{text.clean(outcome.entry.front.title)}: {counts_words(outcome.counts)}{expected}")
    lines = nearest_lines(outcome.nearest, outcome.summary.metric)
    if outcome.counts.todo:
        lines += forecast.planned_lines(outcome.forecast)
    return [head, *lines, *overlap_lines(outcome.findings, outcome.entry), "nothing was written (dry run)"]


def plans_total(plans: Sequence[ExecOutcome]) -> str:
    """Return the total of several plans."""
    todo = sum(one.counts.todo for one in plans)
    seconds = [one.seconds for one in plans if one.seconds is not None]
    expected = f", about {text.duration(sum(seconds))}" if todo and len(seconds) == len(plans) else ""
    return f"{len(plans)} entries: {text.count(todo, 'run')} to do{expected}"


def _duplicate_lines(outcome: ExecOutcome, color: bool) -> list[str]:
    lines = [text.paint("duplicate", "look", color=color) + ": the same data, split, procedure and parameters were run"]
    for twin in outcome.twins:
        lines += _twin_lines(twin, outcome.summary)
    more = len({run.entry for run in outcome.others}) - len(outcome.twins)
    if more:
        lines.append(f"  and {text.count(more, 'more entry', 'more entries')}")
    first = outcome.twins[0]
    twin_id, here = first.run.entry[-4:], outcome.entry.short_id
    if first.otherwise:
        lines.append(text.wrap(f"it is the same run, written differently: {text.clean('; '.join(first.otherwise))}"))
    if first.version:
        version = installed_version()
        lines.append(f"it was done with scikit-learn {text.clean(first.version)}, you have {version}; to do it again:")
        lines.append(f'  gitjournal new "{text.clean(first.run.title)}, again" --replicate {twin_id}')
    seeds = [run.seed for run in outcome.others if run.seed is not None]
    seed = f"      other seed: seeds: [{max(seeds) + 1}]" if seeds else ""
    return [*lines, f"see it:        gitjournal show {twin_id}", f'run it anyway: gitjournal exec {here} --force "why"{seed}']


def _twin_lines(twin: Twin, summary: Summary) -> list[str]:
    run = twin.run
    title = f' "{text.clean(run.title)}"' if run.title else ""
    by = f", by {text.clean(twin.author)}" if twin.author else ""
    age = text.age(read_time(run.at), datetime.now(UTC))
    lines = [f"  {run.entry}{title}{by}{f', {age}' if age else ''}, on {text.clean(short_ref(run.ref))}"]
    value = run.metrics.get("dev", {}).get(summary.metric or "")
    if value is not None:
        n = f", n = {twin.n}" if twin.n else ""
        best = f" (best of {twin.runs} runs)" if twin.runs > 1 else ""
        lines.append(f"  {text.clean(summary.deciding or '')} {text.number(value)}{lower_note(summary.direction)}{n}{best}")
    return lines


def _result_lines(outcome: ExecOutcome, color: bool) -> list[str]:
    summary, counts = outcome.summary, outcome.counts
    lines = []
    if outcome.state == "shown":
        lines.append(text.wrap_dots(f"nothing to do: {counts_words(counts)}"))
    else:
        failed = text.paint(f"{summary.failed} failed", "bad", color=color) if summary.failed else "0 failed"
        lines.append(f"{summary.done}/{counts.runs} done · {failed} · {text.duration(summary.seconds)}")
    lines += [text.wrap(skipped)] if (skipped := forecast.skips_line(summary.gated)) else []
    lines += best_lines(summary, outcome.gain)
    alone = no_baseline(outcome.entry.front) if summary.best else ""
    lines += [f"baseline {alone}"] if alone else []
    lines += verdict_lines(outcome, color=color)
    lines += [f"failed ({kind}, {n}): {text.clean(summary.messages.get(kind, ''))}" for kind, n in summary.failures.items()]
    if outcome.waiting:
        lines.append(f"the results are safe, and are committed by the next command once this has ended: {outcome.waiting}")
    if outcome.state == "interrupted":
        lines.append(f"interrupted: what had finished is kept; go on with: gitjournal exec {outcome.entry.short_id}")
    elif outcome.state == "stopped":
        lines.append(
            f"{text.count(outcome.left, 'run')} not begun: {outcome.stopped}; go on with: gitjournal exec {outcome.entry.short_id}"
        )
    elif counts.failed or outcome.failed_now:
        lines.append(f"try the failed ones again: gitjournal exec {outcome.entry.short_id} --retry failed")
    else:
        lines.append(f"next: gitjournal show {outcome.entry.short_id}")
    return lines


def verdict_lines(outcome: ExecOutcome, *, color: bool) -> list[str]:
    """Return the verdict on each expectation, and which baselines have changed since it was judged."""
    expects = outcome.entry.front.expect
    if outcome.verdict is None:
        why = "some runs are left" if outcome.left else "gitjournal check --fix does it"
        return [f"what was expected is not judged yet: {why}"] if expects else []
    lines = [verdict.verdict_line(one, color=color) for one in outcome.verdict.outcomes]
    names = ", ".join(name[-4:] for name in outcome.moved)
    return [*lines, f"judged then: the results of {names} have changed since"] if names else lines


def best_lines(summary: Summary, gain: Gain | None) -> list[str]:
    """Return the best configuration and its gain over the baseline."""
    best = summary.best_score
    if best is None or summary.best is None:
        return []
    which = f"   {text.settings(summary.best.grid)}" if summary.best.grid else ""
    of = f"   (best of {summary.scored})" if summary.scored > 1 else ""
    lines = [f"best   {summary.deciding} {score_words(best)}{lower_note(summary.direction)}{which}{of}"]
    return [*lines, f"gain   {gain_over_baseline(gain, summary.direction)}"] if gain else lines


def outcome_as_plain(outcome: ExecOutcome) -> dict[str, Any]:
    """Return how it ended as plain values for JSON."""
    best, gain = outcome.summary.best, outcome.gain
    return {
        "id": outcome.entry.id,
        "title": outcome.entry.front.title,
        "state": outcome.state,
        "runs": {
            name: getattr(outcome.counts, name) for name in ("runs", "own", "reused", "failed", "todo", "retried", "repeated", "skipped")
        },
        "made": outcome.made,
        "failed_now": outcome.failed_now,
        "left": outcome.left,
        "stopped": outcome.stopped or None,
        "expected_seconds": outcome.seconds,
        "forecast": forecast.forecast_as_plain(outcome.forecast),
        "skipped": forecast.skips_as_plain(outcome.summary.gated),
        "metric": outcome.summary.deciding,
        "best": outcome.summary.best_score.mean if outcome.summary.best_score else None,
        "grid": best.grid if best else None,
        "baseline": gain.baseline if gain else None,
        "gain": gain.difference if gain else None,
        "verdict": outcome.verdict.word if outcome.verdict else None,
        "expected": as_plain_verdict(outcome.verdict),
        "changed_since": list(outcome.moved),
        "interval": [gain.interval.low, gain.interval.high] if gain and gain.interval else None,
        "same_as": [{"entry": run.entry, "run": run.run, "branch": run.ref} for run in outcome.others],
        "twins": [_twin_as_plain(twin, outcome.summary) for twin in outcome.twins],
        "nearest": _nearest_as_plain(outcome.nearest, outcome.summary) if outcome.nearest else None,
        "findings": list(outcome.findings),
        "commit": outcome.commit,
        "waiting": outcome.waiting or None,
    }


def _run_as_plain(run: Run, summary: Summary) -> dict[str, Any]:
    value = run.metrics.get("dev", {}).get(summary.metric or "")
    return {"entry": run.entry, "title": run.title, "run": run.run, "seed": run.seed, "at": run.at, "branch": run.ref, "score": value}


def _twin_as_plain(twin: Twin, summary: Summary) -> dict[str, Any]:
    more = {"runs": twin.runs, "n": twin.n, "author": twin.author or None}
    return {**_run_as_plain(twin.run, summary), **more, "written_otherwise": twin.otherwise, "scikit_learn": twin.version}


def _nearest_as_plain(nearest: Nearest, summary: Summary) -> dict[str, Any]:
    return {**_run_as_plain(nearest.run, summary), "changes": changes_as_plain(nearest.changes)}
