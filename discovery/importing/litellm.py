"""LiteLLM's price map: one object, from names such as `groq/llama-3.1-8b-instant` to facts, money in USD per token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalog.elsewhere import LITELLM
from discovery.listings import kinds, money, reading
from discovery.listings.base import UNREADABLE, Listing, Skip, WrongShape

from .base import Format, Offer, Read

# LiteLLM's name of a provider -> our slug. It has several names for some.
PROVIDERS = {theirs: ours for ours, theirs in LITELLM.items()} | {
    "azure_text": "azure-openai",
    "cohere_chat": "cohere",
    "fireworks_ai-embedding-models": "fireworks",
    "text-completion-openai": "openai",
}
VERTEX = "vertex_ai"
NO_MODEL = (
    (re.compile(r"^sample_spec$"), "explains the format"),
    (re.compile(r"(^|/)(\d+|max)-x-(\d+|max)/"), "is the price of one size of image, not a model"),
    (re.compile(r"^ft:"), "stands for all models fine-tuned from one"),
    (re.compile(r"^(together|fireworks)-ai-"), "is a price class, not a model"),
)
REGION = re.compile(r"^azure/.*/")

TOKEN_AMOUNTS = {
    "input_cost_per_token": "input_mtok",
    "output_cost_per_token": "output_mtok",
    "cache_read_input_token_cost": "cache_read_mtok",
    "cache_creation_input_token_cost": "cache_write_mtok",
    "output_cost_per_reasoning_token": "reasoning_mtok",
    "input_cost_per_audio_token": "audio_input_mtok",
    "output_cost_per_audio_token": "audio_output_mtok",
}
ABOVE = re.compile(rf"({'|'.join(TOKEN_AMOUNTS)})_above_(\d+)k_tokens")
SECONDS = {kinds.TRANSCRIPTION: "input_cost_per_second", kinds.TTS: "output_cost_per_second"}
IMAGES = {kinds.IMAGE: ("output_cost_per_image", "input_cost_per_image")}
COST = re.compile(r"_cost(_|$)")


def recognises(payload: Any) -> bool:
    first = next(iter(payload.values()), None) if isinstance(payload, dict) else None
    return isinstance(first, dict) and ("litellm_provider" in first or "mode" in first)


def read(payload: Any) -> Read:
    if not isinstance(payload, dict):
        raise WrongShape("is no object of models by name")
    found = Read()
    seen: set[tuple[str, str]] = set()
    for name, entry in payload.items():
        try:
            offer = offer_of(name, entry)
        except Skip as reason:
            found.skipped.append(f"{name[:200]}: {reason}")
        except UNREADABLE as error:
            found.skipped.append(f"{name[:200]}: unreadable ({type(error).__name__})")
        else:
            key = (offer.provider, offer.listing.model_id)
            if key not in seen:  # many stand there twice, with and without the provider's name
                seen.add(key)
                found.offers.append(offer)
    return found


def offer_of(name: str, entry: Any) -> Offer:
    for pattern, reason in NO_MODEL:
        if pattern.search(name):
            raise Skip(reason)
    if REGION.search(name):
        raise Skip("is the price of one region, not a model")
    if not isinstance(entry, dict):
        raise Skip("is no object")
    theirs = reading.text(entry.get("litellm_provider"))
    if theirs is None:
        raise Skip("names no provider")
    slug, prefix = provider_of(theirs)
    model_id = reading.usable_id(name, prefix)
    return Offer(provider=slug, listing=Listing(model_id=model_id, facts=facts_of(model_id, entry), entry=entry))


def provider_of(theirs: str) -> tuple[str, str]:
    """Our slug of a provider, or its own name, and what stands before the provider's own id of a model."""
    if theirs.startswith(VERTEX):  # vertex_ai-language-models, vertex_ai-anthropic_models, ...
        theirs = VERTEX
    slug = PROVIDERS.get(theirs, theirs)
    return slug, f"{LITELLM.get(slug, theirs)}/"


def facts_of(model_id: str, entry: dict[str, Any]) -> dict[str, Any]:
    category = kinds.by_word(entry.get("mode")) or kinds.by_id(model_id)
    return reading.stated(
        category=category,
        context_window=reading.whole(entry.get("max_input_tokens")),
        max_output_tokens=reading.whole(entry.get("max_output_tokens")),
        input_modalities=reading.modalities(entry.get("supported_modalities")),
        output_modalities=reading.modalities(entry.get("supported_output_modalities")),
        supports_streaming=reading.flag(entry.get("supports_native_streaming")),
        supports_tools=reading.flag(entry.get("supports_function_calling")),
        supports_vision=reading.flag(entry.get("supports_vision")),
        supports_reasoning=reading.flag(entry.get("supports_reasoning")),
        supports_structured_output=reading.flag(entry.get("supports_response_schema")),
        retires_at=reading.instant(entry.get("deprecation_date")),
        price=price_of(entry, category),
    )


def price_of(entry: dict[str, Any], category: str) -> dict[str, Any] | None:
    amounts = {ours: money.usd(entry.get(theirs), money.PER_TOKEN) for theirs, ours in TOKEN_AMOUNTS.items()}
    amounts["request"] = reading.first(
        money.usd, entry.get("input_cost_per_request"), entry.get("input_cost_per_query")
    )
    amounts["mchar"] = money.usd(entry.get("input_cost_per_character"), money.PER_TOKEN)
    amounts["image"] = reading.first(money.usd, *(entry.get(name) for name in IMAGES.get(category, ())))
    amounts["minute"] = per_minute(entry.get(SECONDS.get(category, "")))
    price = money.price(amounts, tiers_of(entry))
    return None if price and is_placeholder(price, entry) else price


def per_minute(per_second: Any) -> str | None:
    amount = money.usd(per_second)
    return amount and f"{(Decimal(amount) * 60).normalize():f}"


def tiers_of(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Amounts of long prompts; theirs hold above a number of tokens, ours from one on."""
    steps: dict[int, dict[str, str | None]] = {}
    for name, value in entry.items():
        match = ABOVE.fullmatch(name)
        if match:
            start = int(match[2]) * 1000 + 1
            steps.setdefault(start, {})[TOKEN_AMOUNTS[match[1]]] = money.usd(value, money.PER_TOKEN)
    for start, amounts in steps.items():
        found = money.tier(start, amounts)
        if found:
            yield found


def is_placeholder(price: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether zeros only fill the fields of tokens while the model is charged by something we keep no amount of."""
    if any(amount != "0" for amount in price.values()):
        return False
    return any(COST.search(name) and value for name, value in entry.items() if isinstance(value, int | float))


FORMAT = Format(recognises=recognises, read=read)
