"""The body of a pull request: what a branch would bring into the journal, in Markdown that any forge shows.

What it quotes may be a stranger's: it notifies nobody, closes no issue, fetches nothing and hides nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from gitjournal.entry.summary import Summary
from gitjournal.entry.verdict import WORDS
from gitjournal.integrity.findings import Finding
from gitjournal.integrity.review import Review, ReviewedEntry
from gitjournal.render import text
from gitjournal.render.charts import terminal
from gitjournal.render.charts.entry_figures import PROFILE, entry_figures
from gitjournal.render.forecast import skips_line
from gitjournal.render.looks import look_meaning, look_number, look_score
from gitjournal.render.overlaps import finding_meaning
from gitjournal.render.results_block import markdown_cell
from gitjournal.render.score import gain_words, lower_note, score_words

MARKER = "<!-- gitjournal report -->"  # by which CI finds the comment to update
LONGEST = 2000
FINDINGS = 50
_SPECIAL = re.compile(r"[\\`*_\[\]<>|!~#&]")
_CALLS = re.compile(r"@(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\bGH)(?=-\d)", re.IGNORECASE)
_JOINER = "\u2060"  # no width and no break: what stands around it is text, no mention and no link


def pull_request_body(review: Review, *, link: str = "") -> str:
    """Return the Markdown. `link` is where a file of the branch is found on the forge, with ``{path}`` in its place."""
    lines = [MARKER, f"## {_headline(review)}", "", *_verdict_counts(review), ""]
    for reviewed in review.entries:
        lines += [*_entry_lines(reviewed, review, link), ""]
    lines += [*_finding_table(review), "", *_cost_line(review), "", "### For the reviewer", "", *_checklist(review)]
    return "\n".join(lines).rstrip("\n") + "\n"


def review_as_plain(review: Review) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "into": review.into,
        "from": review.branch,
        "commit": review.commit,
        "entries": [
            {
                "id": one.id,
                "path": one.path,
                "title": one.entry.front.title if one.entry else None,
                "new": one.is_new,
                "fault": one.fault or None,
                "metric": one.summary.deciding if one.summary else None,
                "best": one.summary.best_score.mean if one.summary and one.summary.best_score else None,
                "gain": asdict(one.gain) if one.gain else None,
                "verdict": one.verdict.word if one.verdict else None,
                "look": one.looked.number if one.looked else None,
                "looks": len(one.looks),
                "runs": one.runs,
                "seconds": one.seconds,
                "figures": list(one.figures),
            }
            for one in review.entries
        ],
        "gone": list(review.gone),
        "conflicts": list(review.conflicts),
        "findings": [asdict(one) for one in review.checked.findings],
    }


def inert(words: str) -> str:
    """Return a stranger's words on one line as plain text: no Markdown, HTML, mention, issue, link or image of their own."""
    line = " ".join(text.clean_lines(words).split())
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    return _CALLS.sub(lambda found: found[0] + _JOINER, _SPECIAL.sub(_escape, line))


def _escape(match: re.Match[str]) -> str:
    return f"\\#{_JOINER}" if match[0] == "#" else f"\\{match[0]}"


def _as_code(value: str) -> str:
    """Return a value of a stranger's as code, on one line."""
    return f"`{' '.join(text.clean_lines(value).split()).replace('`', chr(39))}`"


def _revision_name(revision: str) -> str:
    """Return a branch by its name, a commit by its beginning."""
    return _as_code(revision[:10] if re.fullmatch(r"[0-9a-f]{40,64}", revision) else revision)


def _headline(review: Review) -> str:
    runs = sum(one.runs for one in review.entries)
    return f"{text.count(len(review.entries), 'entry', 'entries')}, {text.count(runs, 'new run')} into {_revision_name(review.into)}"


def _verdict_counts(review: Review) -> Iterator[str]:
    counted = Counter(one.verdict.word for one in review.entries if one.verdict)
    words = [f"{counted[word]} {word}" for word in WORDS if counted[word]]
    silent = sum(1 for one in review.entries if not one.verdict)
    words += [f"{silent} without a verdict"] if silent and counted else []
    serious = _serious_findings(review)
    words += [text.count(len(serious), "finding") if serious else "nothing found amiss"]
    words += [f"{text.count(len(review.conflicts), 'conflict')} to solve"] if review.conflicts else []
    yield f"**{' · '.join(words)}.** From {_revision_name(review.branch)} at {_as_code(review.commit[:10])}."


def _entry_lines(reviewed: ReviewedEntry, review: Review, link: str) -> Iterator[str]:
    name = inert(reviewed.entry.front.title) if reviewed.entry else _as_code(reviewed.id)
    yield f"### {name}{'' if reviewed.is_new else ' (changed)'}"
    yield ""
    yield f"[{reviewed.id}]({_link_to(link, reviewed.path)})" if link else _as_code(reviewed.id)
    if reviewed.entry is None or reviewed.summary is None:
        yield f"\nCannot be read: {inert(reviewed.fault)}"
        return
    if reviewed.entry.front.hypothesis:
        yield f"\n> {inert(reviewed.entry.front.hypothesis)}"
    if reviewed.entry.front.retracted:
        yield f"\nRetracted: {inert(reviewed.entry.front.retracted)}"
    yield ""
    yield from _verdict_lines(reviewed)
    yield ""
    yield from _score_table(reviewed)
    yield from _look_lines(reviewed)
    yield from _summary_findings(reviewed.summary)
    yield from _plan_changes(reviewed, review)
    yield from _profile_lines(reviewed)
    for path in reviewed.figures:
        yield (
            f"\n![{inert(path.rpartition('/')[2].removesuffix('.svg'))} of {name}]({_link_to(link, path)})"
            if link
            else f"\nFigure: {_as_code(path)}"
        )


def _verdict_lines(reviewed: ReviewedEntry) -> Iterator[str]:
    if reviewed.verdict:
        for outcome in reviewed.verdict.outcomes:
            yield f"- **{outcome.verdict}**: expected {_as_code(outcome.expectation)}; {inert(outcome.words)}"
        return
    expectations = reviewed.entry.front.expectations if reviewed.entry else []
    yield from (f"- expected {_as_code(expectation)}, not judged yet" for expectation in expectations)
    if not expectations:
        yield "- Nothing was expected in numbers (`expect:`)."


def _score_table(reviewed: ReviewedEntry) -> Iterator[str]:
    summary, gain = reviewed.summary, reviewed.gain
    if summary is None or summary.best is None or summary.best_score is None:
        yield "No run has ended with a result." if summary is None or not summary.failed else f"All {summary.failed} runs failed."
        return
    of = f", best of {summary.scored}" if summary.scored > 1 else ""
    chosen = (
        f": {', '.join(f'{markdown_cell(name)} {markdown_cell(value)}' for name, value in summary.best.grid.items())}"
        if summary.best.grid
        else ""
    )
    yield f"| | {inert(summary.deciding or '')}{lower_note(summary.direction)} | gain, 95 % interval |"
    yield "| --- | --- | --- |"
    yield f"| this entry{of}{chosen} | {score_words(summary.best_score)} | {gain_words(gain, summary.direction) if gain else '-'} |"
    if gain:
        yield f"| baseline: {inert(gain.title)} | {text.number(gain.score)} | |"
    else:
        yield "\nNo baseline to compare with."


def _look_lines(reviewed: ReviewedEntry) -> Iterator[str]:
    """Yield what was seen of the test set, and what so many looks mean."""
    if reviewed.looked is None or reviewed.summary is None:
        return
    metric = reviewed.summary.metric
    meaning = look_meaning(reviewed.looked, reviewed.looks, metric)
    yield ""
    score = look_score(reviewed.looked.record, metric, len(reviewed.looks))
    yield f"- **test set**: {inert(score)}, {look_number(reviewed.looked, reviewed.looks)}"
    yield from [f"- {meaning}"] if meaning else []


def _summary_findings(summary: Summary) -> Iterator[str]:
    """Yield what the runs themselves noticed, such as rows in two parts or no convergence; and which were skipped."""
    skipped = skips_line(summary.gated)
    if summary.findings or skipped:
        yield ""
    if skipped:
        yield f"- {skipped}"
    for code, amount in summary.findings.items():
        yield f"- **finding** in {text.count(amount, 'run')}: {inert(finding_meaning(code))}"


def _profile_lines(reviewed: ReviewedEntry) -> Iterator[str]:
    """Yield what the grid said of the parameter that mattered most, as text: a forge shows a file only once it is pushed."""
    if reviewed.summary is None:
        return
    drawn = entry_figures(reviewed.summary, reviewed.records, reviewed.gain.score if reviewed.gain else None)
    chart = next((found for name, found in drawn.items() if name.startswith(PROFILE)), None)
    if chart:
        title, *lines = (line.replace("`", "'") for line in terminal.chart_lines(chart))
        yield f"\n<details><summary>{inert(title)}</summary>\n"
        yield from ("```text", *lines, "```", "\n</details>")


def _plan_changes(reviewed: ReviewedEntry, review: Review) -> Iterator[str]:
    """Yield what was edited after the plan."""
    findings = [finding for finding in review.checked.findings if finding.code == "GJ120" and finding.file == reviewed.path]
    if findings:
        yield ""
    for finding in findings:
        yield f"- **after the plan**: {inert(finding.message)}"


def _finding_table(review: Review) -> Iterator[str]:
    serious = _serious_findings(review)
    yield "### Findings on the merge result"
    yield ""
    if not serious and not review.conflicts:
        yield "None."
        return
    yield "| code | where | what | what to do |"
    yield "| --- | --- | --- | --- |"
    for finding in serious[:FINDINGS]:
        where = f"{finding.file}:{finding.line}" if finding.line else finding.file
        yield f"| {finding.code} | {_as_code(where).replace('|', '/')} | {inert(finding.message)} | {inert(finding.hint)} |"
    for path in review.conflicts:
        yield f"| - | {_as_code(path).replace('|', '/')} | git cannot merge this file | merge it in lab/, then `gitjournal check --fix` |"
    if len(serious) > FINDINGS:
        yield f"\n… and {len(serious) - FINDINGS} more: `gitjournal check --merge`"


def _cost_line(review: Review) -> Iterator[str]:
    runs, seconds = sum(one.runs for one in review.entries), sum(one.seconds for one in review.entries)
    yield f"Cost: {text.count(runs, 'run')}, {text.duration(seconds)} of computing."


def _checklist(review: Review) -> Iterator[str]:
    """Yield what a reviewer looks at; what the journal itself shows is ticked."""
    codes = {one.code for one in _serious_findings(review)}
    gone = f" (missing: {', '.join(map(_as_code, review.gone))})" if review.gone else ""
    for true, claim in (
        ("GJ101" not in codes, "no run was done twice, unless it is declared a replicate"),
        ("GJ120" not in codes, "question and expectation are as in the plan"),
        (not codes & {"GJ102", "GJ103", "GJ105", "GJ106"}, "records and results are as the runs left them"),
        (not review.gone, f"no entry was removed{gone}"),
        (not review.conflicts, "git can merge it"),
    ):
        yield f"- [{'x' if true else ' '}] {claim}"
    yield "- [ ] the question is worth asking, and the baseline is fair"
    yield "- [ ] the conclusion claims no more than the interval supports"


def _serious_findings(review: Review) -> Sequence[Finding]:
    return [one for one in review.checked.findings if not one.note]


def _link_to(link: str, path: str) -> str:
    return link.replace("{path}", quote(path))
