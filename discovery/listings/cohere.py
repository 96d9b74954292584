"""Cohere: what a model is for is the list of its endpoints; no prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import capabilities, kinds, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

PATH = "/models"
FULL_PAGE = {"page_size": "1000"}
KINDS = {  # of the first endpoint here that a model has: embedding models also classify
    "chat": kinds.TEXT,
    "generate": kinds.TEXT,
    "embed": kinds.EMBEDDING,
    "embed_image": kinds.EMBEDDING,
    "rerank": kinds.RERANK,
    "transcriptions": kinds.TRANSCRIPTION,
    "classify": kinds.OTHER,
}
SETTLED = (capabilities.TOOLS, capabilities.STRUCTURED)


def entries(payload: Any) -> list[Any]:
    return rows(payload, "models", "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "name", "id")
    endpoints = reading.words(entry.get("endpoints"))
    marks = [("finetuned", "finetuned"), ("is_deprecated", "deprecated")]
    facts = reading.stated(
        category=next((kind for name, kind in KINDS.items() if name in endpoints), kinds.by_id(model_id)),
        context_window=reading.whole(entry.get("context_length")),
        supports_vision=reading.flag(entry.get("supports_vision")),
        tags=reading.tags(mark for name, mark in marks if entry.get(name) is True),
    )
    return Listing(
        model_id=model_id, facts=facts | capabilities.listed(entry.get("features"), settles=SETTLED), entry=entry
    )


def next_page(payload: Any, headers: Mapping[str, str]) -> Request | None:
    token = reading.token(payload, "next_page_token")
    return Request(path=PATH, params=FULL_PAGE | {"page_token": token}) if token else None


DIALECT = Dialect(request=Request(path=PATH, params=FULL_PAGE), entries=entries, listing=listing, next_page=next_page)
