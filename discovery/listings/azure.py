"""Azure OpenAI: all that the region offers, with flags, a stage and the day inference ends."""

from __future__ import annotations

from typing import Any

from . import kinds, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

USUAL = ("generally-available", "succeeded")


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    embeds = reading.part(entry, "capabilities").get("embeddings") is True
    stages = [entry.get("lifecycle_status"), entry.get("status")]
    facts = reading.stated(
        # The chat flag says little: rerankers have it too. A deployment has any name, and says of which model it is.
        category=kinds.EMBEDDING if embeds else kinds.by_id(reading.text(entry.get("model")) or model_id),
        tags=reading.tags(stage for stage in stages if isinstance(stage, str) and stage not in USUAL),
        retires_at=reading.instant(reading.part(entry, "deprecation").get("inference")),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


DIALECT = Dialect(request=Request(path="/models", params={"api-version": "preview"}), entries=entries, listing=listing)
