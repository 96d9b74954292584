"""Fireworks AI: the list of what can be called, and a catalogue that knows names, limits and ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import gemini, kinds, reading
from .base import Dialect, Enrichment, Listing, Request
from .enrichment import facts_by_id
from .envelopes import rows

CATALOGUE = "/v1/accounts/fireworks/models"
SERVERLESS = {"pageSize": "200", "filter": "supports_serverless=true"}
HUB = "https://huggingface.co/"


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data", "models")


def listing(entry: Any) -> Listing:
    """An entry of either list: one writes its fields with underscores, the other with capitals."""
    model_id = reading.identity(entry, "id", "name")
    details = reading.part(entry, "baseModelDetails")
    hub = reading.text(entry.get("huggingFaceUrl")) or ""
    facts = reading.stated(
        name=reading.name(entry.get("displayName")),
        description=reading.text(entry.get("description")),
        category=kinds.by_word(entry.get("kind")) or kinds.by_id(model_id),
        context_window=reading.first(reading.whole, entry.get("context_length"), entry.get("contextLength")),
        supports_tools=reading.first(reading.flag, entry.get("supports_tools"), entry.get("supportsTools")),
        supports_vision=reading.first(reading.flag, entry.get("supports_image_input"), entry.get("supportsImageInput")),
        parameters=reading.billions(details.get("parameterCount")),
        canonical_id=reading.canonical(hub.removeprefix(HUB)) if hub.startswith(HUB) else None,
        retires_at=reading.instant(entry.get("deprecationDate")),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def catalogue(model_ids: list[str]) -> Iterable[Request]:
    return [Request(path=CATALOGUE, params=SERVERLESS, at_root=True)]


def further_facts(payload: Any, request: Request) -> dict[str, dict[str, Any]]:
    return facts_by_id(gemini.google_rows(payload, "models"), listing)


def next_of_catalogue(payload: Any, headers: Mapping[str, str]) -> Request | None:
    return gemini.following(payload, CATALOGUE, SERVERLESS)


DIALECT = Dialect(
    request=Request(path="/models"),
    entries=entries,
    listing=listing,
    enrichments=(Enrichment(requests=catalogue, facts=further_facts, next_page=next_of_catalogue, needs_key=True),),
)
