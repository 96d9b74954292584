"""Google Gemini: names, limits and methods; what a model does is told by its methods and its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import kinds, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

PATH = "/models"
FULL_PAGE = {"pageSize": "1000"}
KINDS = {  # of the first method here that a model has; generateContent alone leaves the kind open
    "embedContent": kinds.EMBEDDING,
    "embedText": kinds.EMBEDDING,
    "predictLongRunning": kinds.VIDEO,
    "predict": kinds.IMAGE,
}


def entries(payload: Any) -> list[Any]:
    return google_rows(payload, "models")


def google_rows(payload: Any, key: str) -> list[Any]:
    """The list under a key; Google leaves an empty list out altogether."""
    if isinstance(payload, dict) and payload.keys() <= {"nextPageToken"}:
        return []
    return rows(payload, key)


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "name", prefix="models/")
    methods = reading.words(entry.get("supportedGenerationMethods"))
    facts = reading.stated(
        name=reading.name(entry.get("displayName")),
        description=reading.text(entry.get("description")),
        category=kind(model_id, methods),
        context_window=reading.whole(entry.get("inputTokenLimit")),
        max_output_tokens=reading.whole(entry.get("outputTokenLimit")),
        supports_reasoning=reading.flag(entry.get("thinking")),
        canonical_id=reading.canonical(entry.get("baseModelId")),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def kind(model_id: str, methods: list[str]) -> str:
    for method, found in KINDS.items():
        if method in methods:
            return found
    if methods and "generateContent" not in methods:
        return kinds.OTHER  # live audio, attributed answers: nothing a chat call reaches
    return kinds.by_id(model_id)


def next_page(payload: Any, headers: Mapping[str, str]) -> Request | None:
    return following(payload, PATH, FULL_PAGE)


def following(payload: Any, path: str, params: dict[str, str]) -> Request | None:
    """The page Google's token leads to; there is none on the last page."""
    token = reading.token(payload, "nextPageToken")
    return Request(path=path, params=params | {"pageToken": token}) if token else None


DIALECT = Dialect(request=Request(path=PATH, params=FULL_PAGE), entries=entries, listing=listing, next_page=next_page)
