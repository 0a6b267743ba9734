"""`tabular`: the explicit steps for a table, from the kinds of its columns. Pure."""

from __future__ import annotations

from typing import Any

from gitjournal.entry.model import Facts

Node = dict[str, Any]


def _node(path: str, **params: Any) -> Node:
    return {"class": path, "params": params}


def _numbers() -> Node:
    steps = [
        ["simpleimputer", _node("sklearn.impute.SimpleImputer", strategy="median")],
        ["standardscaler", _node("sklearn.preprocessing.StandardScaler")],
    ]
    return _node("sklearn.pipeline.Pipeline", steps={"named": steps})


def expand(facts: Facts, *, one_text: bool) -> Node | None:
    """Return one node for all columns; None where the facts name no columns.

    Numbers and dates: median for what is missing, then StandardScaler. Categories: OneHotEncoder, for which a missing cell is a
    category of its own. Text: TfidfVectorizer, one per column. The result is dense (HistGradientBoosting takes nothing else)
    unless there is text, which would not fit into memory. Where all columns are numbers no ColumnTransformer is needed.
    """
    columns = facts.columns or {}
    if one_text:
        return _node("sklearn.feature_extraction.text.TfidfVectorizer")
    by_kind = {kind: names for kind, names in columns.items() if names}
    if not by_kind:
        return None
    if set(by_kind) == {"number"}:
        return _numbers()
    listed: dict[str, list[str]] = {kind: names for kind, names in by_kind.items() if isinstance(names, list)}
    if len(listed) < len(by_kind):
        return None  # a bare count of columns cannot be told from the others
    numbers = [*listed.get("number", []), *listed.get("date", [])]
    text = listed.get("text", [])
    parts: list[list[Any]] = []
    if numbers:
        parts.append(["number", _numbers(), numbers])
    if "category" in listed:
        parts.append(["category", _node("sklearn.preprocessing.OneHotEncoder", handle_unknown="ignore"), listed["category"]])
    for number, column in enumerate(text, start=1):
        # a column given by its bare name arrives as 1-D, as vectorizers need it
        label = "text" if len(text) == 1 else f"text-{number}"
        parts.append([label, _node("sklearn.feature_extraction.text.TfidfVectorizer"), column])
    params: dict[str, Any] = {"transformers": {"named": parts}}
    if not text:
        params["sparse_threshold"] = 0
    return _node("sklearn.compose.ColumnTransformer", **params)
