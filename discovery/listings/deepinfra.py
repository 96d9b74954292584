"""DeepInfra: chat models with limits and prices; what the other models are is said by a list of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import kinds, money, reading
from .base import Dialect, Enrichment, Listing, Request
from .enrichment import facts_by_id
from .envelopes import rows


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    metadata = entry.get("metadata")
    facts = reading.stated(canonical_id=reading.canonical(entry.get("root")))
    if isinstance(metadata, dict):
        facts |= of_chat_model(metadata, model_id)
    else:
        facts["category"] = kinds.by_id(model_id)
    return Listing(model_id=model_id, facts=facts, entry=entry)


def of_chat_model(metadata: dict[str, Any], model_id: str) -> dict[str, Any]:
    words = reading.words(metadata.get("tags"))
    context = reading.whole(metadata.get("context_length"))
    output = reading.whole(metadata.get("max_tokens"))
    return reading.stated(
        description=reading.text(metadata.get("description")),
        category=kinds.by_modalities(model_id, ["text"]),
        context_window=context,
        max_output_tokens=output if output != context else None,  # it only repeats the context window
        supports_vision=True if "vision" in words else None,
        supports_reasoning=True if "reasoning" in words else None,  # reasoning_effort is also said of others
        tags=reading.tags(words),
        price=price(metadata.get("pricing")),
    )


def price(pricing: Any) -> dict[str, Any] | None:
    if not isinstance(pricing, dict):
        return None
    return money.price(
        {
            "input_mtok": money.usd(pricing.get("input_tokens")),
            "output_mtok": money.usd(pricing.get("output_tokens")),
            "cache_read_mtok": money.usd(pricing.get("cache_read_tokens")),
        }
    )


def all_models(model_ids: list[str]) -> Iterable[Request]:
    return [Request(path="/models/list", at_root=True)]


def further_facts(payload: Any, request: Request) -> dict[str, dict[str, Any]]:
    return facts_by_id(rows(payload, "models", bare=True), model_of_all)


def model_of_all(entry: Any) -> Listing:
    """An entry of the list of all models. Its prices are taken where the main list has none: of embeddings."""
    model_id = reading.identity(entry, "model_name")
    pricing = reading.part(entry, "pricing")
    cents = pricing.get("cents_per_input_token") if pricing.get("type") == "input_tokens" else None
    facts = reading.stated(
        description=reading.text(entry.get("description")),
        category=kind(entry.get("type"), model_id),
        retires_at=reading.instant(entry.get("deprecated")),
        price=money.price({"input_mtok": money.usd(cents, money.CENTS_PER_TOKEN)}),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def kind(word: Any, model_id: str) -> str | None:
    said = kinds.by_word(word)
    return kinds.by_modalities(model_id, ["text"]) if said == kinds.TEXT else said


DIALECT = Dialect(
    request=Request(path="/models"),
    entries=entries,
    listing=listing,
    enrichments=(Enrichment(requests=all_models, facts=further_facts),),
)
