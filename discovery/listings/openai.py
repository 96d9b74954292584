"""OpenAI: ids and, since 2026, the day a model is switched off. Everything else must be known from elsewhere."""

from __future__ import annotations

from typing import Any

from . import kinds, reading
from .base import Dialect, Listing, Request
from .envelopes import rows


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    facts = reading.stated(
        category=kinds.by_id(model_id),
        retires_at=reading.instant(entry.get("shutdown_date")),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
