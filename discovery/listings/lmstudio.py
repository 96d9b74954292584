"""LM Studio: a plain list of ids, and two native ones (of version 0 and 1) that know what each model is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import capabilities, kinds, reading
from .base import Dialect, Enrichment, Listing, Request
from .enrichment import facts_by_id
from .envelopes import rows

SEES = {"vlm": True, "llm": False}  # version 0 tells by the type, version 1 by a flag


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data", "models")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id", "key")
    kind = entry.get("type")
    able = entry.get("capabilities")
    facts = reading.stated(
        name=reading.name(entry.get("display_name")),
        description=reading.text(entry.get("description")),
        category=kinds.by_word(kind) or kinds.by_id(model_id),
        context_window=reading.whole(entry.get("max_context_length")),
        supports_vision=SEES.get(kind) if isinstance(kind, str) and not isinstance(able, dict) else None,
        supports_reasoning=True if isinstance(able, dict) and isinstance(able.get("reasoning"), dict) else None,
        parameters=reading.billions(entry.get("params_string")),
    )
    facts |= capabilities.listed(able) | capabilities.flagged(able)
    return Listing(model_id=model_id, facts=facts, entry=entry)


def native_list(model_ids: list[str]) -> Iterable[Request]:
    return [Request(path="/api/v1/models", at_root=True)]


def further_facts(payload: Any, request: Request) -> dict[str, dict[str, Any]]:
    return facts_by_id(entries(payload), listing)


DIALECT = Dialect(
    request=Request(path="/models"),
    entries=entries,
    listing=listing,
    enrichments=(Enrichment(requests=native_list, facts=further_facts),),
)
