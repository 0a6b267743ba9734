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
from gitjournal.integrity.review import Review, Reviewed
from gitjournal.render import looks, results_block, text
from gitjournal.render.charts import terminal
from gitjournal.render.charts.entry_figures import PROFILE, entry_figures
from gitjournal.render.forecast import gated_line
from gitjournal.render.overlaps import meaning
from gitjournal.render.score import gain_words, lower_note, score_words

MARKER = "<!-- gitjournal report -->"  # by which CI finds the comment to update
LONGEST = 2000
FINDINGS = 50
_SPECIAL = re.compile(r"[\\`*_\[\]<>|!~#&]")
_CALLS = re.compile(r"@(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\bGH)(?=-\d)", re.IGNORECASE)
_JOINER = "\u2060"  # no width and no break: what stands around it is text, no mention and no link


def report(review: Review, *, link: str = "") -> str:
    """Return the Markdown. `link` is where a file of the branch is found on the forge, with ``{path}`` in its place."""
    lines = [MARKER, f"## {_headline(review)}", "", *_first(review), ""]
    for one in review.entries:
        lines += [*_entry(one, review, link), ""]
    lines += [*_findings(review), "", *_cost(review), "", "### For the reviewer", "", *_checklist(review)]
    return "\n".join(lines).rstrip("\n") + "\n"


def review_as_plain(review: Review) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "into": review.ours,
        "from": review.theirs,
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


def inert(said: str) -> str:
    """Return a stranger's words on one line as plain text: no Markdown, HTML, mention, issue, link or image of their own."""
    line = " ".join(text.clean_lines(said).split())
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    return _CALLS.sub(lambda found: found[0] + _JOINER, _SPECIAL.sub(_escaped, line))


def _escaped(found: re.Match[str]) -> str:
    return f"\\#{_JOINER}" if found[0] == "#" else f"\\{found[0]}"


def _code(said: str) -> str:
    """Return a value of a stranger's as code, on one line."""
    return f"`{' '.join(text.clean_lines(said).split()).replace('`', chr(39))}`"


def _named(revision: str) -> str:
    """Return a branch by its name, a commit by its beginning."""
    return _code(revision[:10] if re.fullmatch(r"[0-9a-f]{40,64}", revision) else revision)


def _headline(review: Review) -> str:
    runs = sum(one.runs for one in review.entries)
    return f"{text.count(len(review.entries), 'entry', 'entries')}, {text.count(runs, 'new run')} into {_named(review.ours)}"


def _first(review: Review) -> Iterator[str]:
    counted = Counter(one.verdict.word for one in review.entries if one.verdict)
    words = [f"{counted[word]} {word}" for word in WORDS if counted[word]]
    silent = sum(1 for one in review.entries if not one.verdict)
    words += [f"{silent} without a verdict"] if silent and counted else []
    serious = _serious(review)
    words += [text.count(len(serious), "finding") if serious else "nothing found amiss"]
    words += [f"{text.count(len(review.conflicts), 'conflict')} to solve"] if review.conflicts else []
    yield f"**{' · '.join(words)}.** From {_named(review.theirs)} at {_code(review.commit[:10])}."


def _entry(one: Reviewed, review: Review, link: str) -> Iterator[str]:
    name = inert(one.entry.front.title) if one.entry else _code(one.id)
    yield f"### {name}{'' if one.is_new else ' (changed)'}"
    yield ""
    yield f"[{one.id}]({_linked(link, one.path)})" if link else _code(one.id)
    if one.entry is None or one.summary is None:
        yield f"\nCannot be read: {inert(one.fault)}"
        return
    if one.entry.front.hypothesis:
        yield f"\n> {inert(one.entry.front.hypothesis)}"
    if one.entry.front.retracted:
        yield f"\nRetracted: {inert(one.entry.front.retracted)}"
    yield ""
    yield from _verdict(one)
    yield ""
    yield from _table(one)
    yield from _looked(one)
    yield from _noticed(one.summary)
    yield from _changed(one, review)
    yield from _profile(one)
    for path in one.figures:
        yield (
            f"\n![{inert(path.rpartition('/')[2].removesuffix('.svg'))} of {name}]({_linked(link, path)})"
            if link
            else f"\nFigure: {_code(path)}"
        )


def _verdict(one: Reviewed) -> Iterator[str]:
    if one.verdict:
        for told in one.verdict.told:
            yield f"- **{told.verdict}**: expected {_code(told.expectation)}; {inert(told.said)}"
        return
    expected = one.entry.front.expect if one.entry else None
    yield f"- expected {_code(str(expected))}, not judged yet" if expected else "- Nothing was expected in numbers (`expect:`)."


def _table(one: Reviewed) -> Iterator[str]:
    summary, gain = one.summary, one.gain
    if summary is None or summary.best is None or summary.best_score is None:
        yield "No run has ended with a result." if summary is None or not summary.failed else f"All {summary.failed} runs failed."
        return
    of = f", best of {summary.scored}" if summary.scored > 1 else ""
    chosen = (
        f": {', '.join(f'{results_block.cell(name)} {results_block.cell(value)}' for name, value in summary.best.grid.items())}"
        if summary.best.grid
        else ""
    )
    yield f"| | {inert(summary.deciding or '')}{lower_note(summary.direction)} | gain, 95 % interval |"
    yield "| --- | --- | --- |"
    yield f"| this entry{of}{chosen} | {score_words(summary.best_score)} | {gain_words(gain) if gain else '-'} |"
    if gain:
        yield f"| baseline: {inert(gain.title)} | {text.number(gain.score)} | |"
    else:
        yield "\nNo baseline to compare with."


def _looked(one: Reviewed) -> Iterator[str]:
    """Yield what was seen of the test set, and what so many looks mean."""
    if one.looked is None or one.summary is None:
        return
    metric = one.summary.metric
    meaning = looks.meaning(one.looked, one.looks, metric)
    yield ""
    yield f"- **test set**: {inert(looks.score(one.looked.record, metric, len(one.looks)))}, {looks.which(one.looked, one.looks)}"
    yield from [f"- {meaning}"] if meaning else []


def _noticed(summary: Summary) -> Iterator[str]:
    """Yield what the runs themselves noticed, such as rows in two parts or no convergence; and which were skipped."""
    skipped = gated_line(summary.gated)
    if summary.findings or skipped:
        yield ""
    if skipped:
        yield f"- {skipped}"
    for code, amount in summary.findings.items():
        yield f"- **finding** in {text.count(amount, 'run')}: {inert(meaning(code))}"


def _profile(one: Reviewed) -> Iterator[str]:
    """Yield what the grid said of the parameter that mattered most, as text: a forge shows a file only once it is pushed."""
    if one.summary is None:
        return
    drawn = entry_figures(one.summary, one.records, one.gain.score if one.gain else None)
    chart = next((found for name, found in drawn.items() if name.startswith(PROFILE)), None)
    if chart:
        title, *lines = (line.replace("`", "'") for line in terminal.lines(chart))
        yield f"\n<details><summary>{inert(title)}</summary>\n"
        yield from ("```text", *lines, "```", "\n</details>")


def _changed(one: Reviewed, review: Review) -> Iterator[str]:
    """Yield what was edited after the plan."""
    found = [finding for finding in review.checked.findings if finding.code == "GJ120" and finding.file == one.path]
    if found:
        yield ""
    for finding in found:
        yield f"- **after the plan**: {inert(finding.message)}"


def _findings(review: Review) -> Iterator[str]:
    serious = _serious(review)
    yield "### Findings on the merge result"
    yield ""
    if not serious and not review.conflicts:
        yield "None."
        return
    yield "| code | where | what | what to do |"
    yield "| --- | --- | --- | --- |"
    for one in serious[:FINDINGS]:
        where = f"{one.file}:{one.line}" if one.line else one.file
        yield f"| {one.code} | {_code(where).replace('|', '/')} | {inert(one.message)} | {inert(one.hint)} |"
    for path in review.conflicts:
        yield f"| - | {_code(path).replace('|', '/')} | git cannot merge this file | merge it in lab/, then `gitjournal check --fix` |"
    if len(serious) > FINDINGS:
        yield f"\n… and {len(serious) - FINDINGS} more: `gitjournal check --merge`"


def _cost(review: Review) -> Iterator[str]:
    runs, seconds = sum(one.runs for one in review.entries), sum(one.seconds for one in review.entries)
    yield f"Cost: {text.count(runs, 'run')}, {text.duration(seconds)} of computing."


def _checklist(review: Review) -> Iterator[str]:
    """Yield what a reviewer looks at; what the journal itself shows is ticked."""
    codes = {one.code for one in _serious(review)}
    gone = f": {', '.join(map(_code, review.gone))} went" if review.gone else ""
    for true, said in (
        ("GJ101" not in codes, "every run was done once, or is declared a replicate"),
        ("GJ120" not in codes, "what was asked and expected is what was planned"),
        (not codes & {"GJ102", "GJ103", "GJ105", "GJ106"}, "records and results are those that were run"),
        (not review.gone, f"no entry was taken away{gone}"),
        (not review.conflicts, "git can merge it"),
    ):
        yield f"- [{'x' if true else ' '}] {said}"
    yield "- [ ] the question is worth its answer, and the baseline is a fair one"
    yield "- [ ] the conclusion says no more than the interval does"


def _serious(review: Review) -> Sequence[Finding]:
    return [one for one in review.checked.findings if not one.note]


def _linked(link: str, path: str) -> str:
    return link.replace("{path}", quote(path))
