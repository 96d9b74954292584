"""models.dev's api.json: providers by id, their models by id, money in USD per million tokens."""

from __future__ import annotations

from typing import Any

from catalog.elsewhere import MODELS_DEV
from discovery.listings import kinds, money, reading
from discovery.listings.base import UNREADABLE, Listing, Skip, WrongShape

from .base import Format, Offer, Read

PROVIDERS = {theirs: ours for ours, theirs in MODELS_DEV.items()} | {"google-vertex-anthropic": "google-vertex"}
AMOUNTS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "reasoning": "reasoning_mtok",
    "input_audio": "audio_input_mtok",
    "output_audio": "audio_output_mtok",
}
LONG = "context_over_200k"
LONG_FROM = 200_001


def recognises(payload: Any) -> bool:
    first = next(iter(payload.values()), None) if isinstance(payload, dict) else None
    return isinstance(first, dict) and isinstance(first.get("models"), dict)


def read(payload: Any) -> Read:
    if not isinstance(payload, dict):
        raise WrongShape("is no object of providers by id")
    found = Read()
    for theirs, provider in payload.items():
        for name, entry in reading.part(provider, "models").items():
            try:
                listing = listing_of(name, entry)
            except Skip as reason:
                found.skipped.append(f"{theirs}/{name}: {reason}"[:300])
            except UNREADABLE as error:
                found.skipped.append(f"{theirs}/{name}: unreadable ({type(error).__name__})"[:300])
            else:
                found.offers.append(Offer(provider=PROVIDERS.get(theirs) or str(theirs), listing=listing))
    return found


def listing_of(name: str, entry: Any) -> Listing:
    model_id = reading.usable_id(name)
    if not isinstance(entry, dict):
        raise Skip("is no object")
    modalities, limit = reading.part(entry, "modalities"), reading.part(entry, "limit")
    inputs, outputs = reading.modalities(modalities.get("input")), reading.modalities(modalities.get("output"))
    facts = reading.stated(
        name=reading.name(entry.get("name")),
        category=kinds.by_modalities(model_id, outputs),
        context_window=reading.whole(limit.get("context")),
        max_output_tokens=reading.whole(limit.get("output")),
        input_modalities=inputs,
        output_modalities=outputs,
        supports_tools=reading.flag(entry.get("tool_call")),
        supports_vision="image" in inputs if inputs else None,
        supports_reasoning=reading.flag(entry.get("reasoning")),
        supports_structured_output=reading.flag(entry.get("structured_output")),
        knowledge_cutoff=day(entry.get("knowledge")),
        price=price_of(reading.part(entry, "cost")),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def day(value: Any) -> str | None:
    """A date; a month is its first day."""
    return reading.instant(f"{value}-01" if isinstance(value, str) and len(value) == len("2025-03") else value)


def price_of(cost: dict[str, Any]) -> dict[str, Any] | None:
    long = money.tier(LONG_FROM, amounts_of(reading.part(cost, LONG)))
    return money.price(amounts_of(cost), [long] if long else ())


def amounts_of(cost: dict[str, Any]) -> dict[str, str | None]:
    return {ours: money.usd(cost.get(theirs), money.PER_MILLION) for theirs, ours in AMOUNTS.items()}


FORMAT = Format(recognises=recognises, read=read)
