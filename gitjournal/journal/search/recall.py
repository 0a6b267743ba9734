"""Search for similar entries, by a query or by another entry; what did not work comes first. Nothing of an entry is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gitjournal.errors import EntryError, UsageError
from gitjournal.journal.entries import read_entry
from gitjournal.journal.entry_ids import PAGE, match_id
from gitjournal.journal.journal import AT_ONCE, Journal, Listed
from gitjournal.journal.search import features, structure, words
from gitjournal.journal.search.features import SearchDocument

ENOUGH = 0.5  # of the nearest one's nearness
SHORTEST_ID = 4
AGAINST = ("refuted", "failed", "retracted")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SimilarEntry:
    """An entry that is near, from 0 to 1, and why, each reason in a few words."""

    listed: Listed
    score: float
    reasons: list[str]


@dataclass(frozen=True)
class SearchResult:
    """What is near what was asked, the first of as many as `of`. `entry` is the one that was asked about, where it was one."""

    asked: str
    near: list[SimilarEntry]
    of: int
    entry: Listed | None


def find_similar(
    journal: Journal, asked: str, every: Sequence[Listed], among: Sequence[Listed], *, limit: int | None, progress: Progress
) -> SearchResult:
    """Return the entries of `among` that are near what was asked: at least half as near as the nearest of them.

    What was refuted, failed or was retracted comes first; in each of the two parts the nearer, and of equals the order of `among`.
    `progress` is told how many of how many pages were read that were never looked at before. Raises UsageError for a question without a
    word or number, EntryError where the procedure of the entry asked about cannot be read.
    """
    entry = _find_entry(every, asked)
    query = words.parse_query(asked)
    if entry is None and not query.words and not query.numbers:
        raise UsageError(
            f"--like `{asked}` asks for nothing", hint='name words and numbers: --like "dropout 0.5"; or an entry: --like k3f9'
        )
    candidates = {listed.row.id: listed for listed in among if listed is not entry}
    documents = _read_documents(journal, [*candidates.values(), *([entry] if entry else [])], progress)
    asked_document = documents[entry.row.id] if entry else None
    if entry and asked_document and not features.procedure_variants(asked_document.key):
        raise EntryError(f"the procedure of {entry.row.id} cannot be read", hint=f"why: gitjournal exec {entry.row.id[-4:]} --dry-run")
    scores = _score(query, asked_document, {entry_id: documents[entry_id] for entry_id in candidates})
    least = ENOUGH * max(scores.values(), default=0.0)
    matches = [entry_id for entry_id in candidates if entry_id in scores and scores[entry_id] >= least]
    # what is equally near stays in order
    matches.sort(key=lambda entry_id: (outcome_word(candidates[entry_id]) not in AGAINST, -scores[entry_id]))
    near = []
    for entry_id in matches[:limit]:
        listed, document = candidates[entry_id], documents[entry_id]
        if entry and asked_document:
            reasons = [*_explain(entry, asked_document, listed, document)]
        else:
            reasons = words.explain_matches(query, document)
        near.append(SimilarEntry(listed, scores[entry_id], reasons))
    return SearchResult(asked, near, len(matches), entry)


def _score(query: words.Query, asked: SearchDocument | None, documents: Mapping[str, SearchDocument]) -> dict[str, float]:
    """Return how near entries are that are near at all, by their ids: to the procedure of an entry, else to the query."""
    if asked is None:
        scores = words.score_documents(query, documents)
    else:
        similarities = {entry_id: structure.similarity(asked, document) for entry_id, document in documents.items()}
        scores = {entry_id: similarity for entry_id, similarity in similarities.items() if similarity > 0}
    return {entry_id: round(score, 9) for entry_id, score in scores.items()}  # sums in another order are the same


def outcome_word(listed: Listed) -> str:
    """Return in a word what came of an entry: its verdict, where its state says nothing worse."""
    return listed.row.verdict if listed.row.verdict and listed.row.state != "failed" else listed.row.state


def _find_entry(every: Sequence[Listed], asked: str) -> Listed | None:
    """Return the entry that is meant by its id, the end of it or its file; any other part of an id is words."""
    name = PurePosixPath(asked.strip()).name.removesuffix(PAGE).lower()
    ids = [listed.row.id for listed in every if listed.row.id == name or listed.row.id.endswith(f"-{name}")]
    if len(name) < SHORTEST_ID or not ids:
        return None
    entry_id = match_id(name, ids)
    return next(listed for listed in every if listed.row.id == entry_id)


def _explain(entry: Listed, document: SearchDocument, similar: Listed, similar_document: SearchDocument) -> Iterator[str]:
    """Say how a similar entry differs from the one that was asked about."""
    yield from structure.explain_differences(document, similar_document) or ["the same procedure"]
    if similar.row.data != entry.row.data:
        yield f"on {similar.row.data}"


def _read_documents(journal: Journal, entries: Sequence[Listed], progress: Progress) -> dict[str, SearchDocument]:
    """Return what entries are about, by their ids; an edited one by its draft. One that cannot be read is about nothing."""
    drafts = {listed.row.id: _make_document(listed.draft.text, listed) for listed in entries if listed.draft}
    committed = [listed for listed in entries if not listed.draft]
    documents = journal.index.ideas(listed.row.page for listed in committed)
    new = list({listed.row.page: listed for listed in committed if listed.row.page not in documents}.values())
    for start in range(0, len(new), AT_ONCE):
        progress(start, len(new))
        chunk = new[start : start + AT_ONCE]
        blobs = journal.lab.repository.blobs(listed.row.page for listed in chunk if listed.row.page)
        texts = {listed.row.page: blobs.get(listed.row.page, b"").decode(errors="replace") for listed in chunk}
        encoded = {listed.row.page: features.encode_document(_make_document(texts[listed.row.page], listed)) for listed in chunk}
        journal.index.keep_ideas(encoded)
        documents |= encoded
    progress(len(new), len(new))
    return drafts | {listed.row.id: features.decode_document(documents[listed.row.page]) for listed in committed}


def _make_document(text: str, listed: Listed) -> SearchDocument:
    entry, _ = read_entry(text, entry_id=listed.row.id, file=listed.row.path)
    return features.describe_entry(entry) if entry else SearchDocument()
