"""Google Vertex AI: a short list of ids and stages; limits, abilities and prices must be known from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import gemini, kinds, reading
from .base import Dialect, Listing, Request

PATH = "/publishers/google/models"
FULL_PAGE = {"pageSize": "100"}


def entries(payload: Any) -> list[Any]:
    return gemini.google_rows(payload, "publisherModels")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "name", prefix="publishers/google/models/")
    stage = reading.text(entry.get("launchStage")) or "GA"
    facts = reading.stated(
        category=kinds.by_id(model_id),
        tags=reading.tags([stage.lower().replace("_", "-")]) if stage != "GA" else None,
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def next_page(payload: Any, headers: Mapping[str, str]) -> Request | None:
    return gemini.following(payload, PATH, FULL_PAGE)


DIALECT = Dialect(request=Request(path=PATH, params=FULL_PAGE), entries=entries, listing=listing, next_page=next_page)
