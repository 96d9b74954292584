"""What the genai-prices data set, installed with the product, knows of a provider's models. Offline and pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from catalog import facts, pricing

if TYPE_CHECKING:
    from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice

# Our slug -> the data set's. Only where it speaks of the provider's own offers: not of what Hugging Face routes to,
# and not of OpenRouter, whose prices there are an older copy of the list we read ourselves.
DATA_SETS = {
    "anthropic": "anthropic",
    "azure-openai": "azure",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "cursor": "cursor",
    "deepseek": "deepseek",
    "elevenlabs": "elevenlabs",
    "fireworks": "fireworks",
    "gemini": "google",
    "google-vertex": "google",
    "groq": "groq",
    "meta": "meta",
    "mistral": "mistral",
    "novita": "novita",
    "openai": "openai",
    "perplexity": "perplexity",
    "together": "together",
    "xai": "x-ai",
}

# The data set's name of an amount -> ours, and how many of its units make one of ours.
AMOUNTS = {
    "input_mtok": ("input_mtok", 1),
    "output_mtok": ("output_mtok", 1),
    "cache_read_mtok": ("cache_read_mtok", 1),
    "cache_write_mtok": ("cache_write_mtok", 1),
    "output_reasoning_mtok": ("reasoning_mtok", 1),
    "input_audio_mtok": ("audio_input_mtok", 1),
    "output_audio_mtok": ("audio_output_mtok", 1),
    "input_mchars": ("mchar", 1),
    "requests_kcount": ("request", 1000),
    "audio_hours": ("minute", 60),
}
SPELLING = re.compile(r"[^a-z0-9]")


def edition() -> str:
    """The version of the installed data; known without loading it."""
    return version("genai-prices")


def knows(slug: str) -> bool:
    return slug in DATA_SETS


def facts_of(slug: str, model_ids: Iterable[str], today: date) -> dict[str, dict[str, Any]]:
    """For each model of a provider that the data set knows: its facts, JSON-ready, with the price of that day."""
    # Loaded here, not above: it takes 20 MB that the web process, which imports this room too, shall not spend.
    from genai_prices.data import providers

    provider = next(item for item in providers if item.id == DATA_SETS[slug])
    found = {}
    for model_id in model_ids:
        # Without its fallbacks: they would lend one provider's price to another's offer.
        model = provider.find_model(model_id)
        stated = facts_in(model, model_id, today) if model else {}
        if stated:
            found[model_id] = stated
    return found


def facts_in(model: ModelInfo, model_id: str, today: date) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    if model.name and names(model.name, model_id):
        stated["name"] = model.name
    if model.context_window:
        stated["context_window"] = model.context_window
    price = stated_price(price_on(model.prices, today))
    if price:
        stated[facts.PRICE] = price
    return facts.clean(stated)


def names(name: str, model_id: str) -> bool:
    """Whether a name is this id as people write it: one entry speaks of many ids, and many names are bare ids."""
    return name != name.lower() and spelled(name) == spelled(model_id.rpartition("/")[2])


def spelled(name: str) -> str:
    return SPELLING.sub("", name.lower())


def price_on(prices: ModelPrice | list[ConditionalPrice], day: date) -> ModelPrice:
    """The price of a day. What holds at some hours only is left out: the price in force may not change twice a day."""
    if not isinstance(prices, list):
        return prices
    noon = datetime.combine(day, time(12), UTC)
    lasting = [
        item.prices
        for item in prices
        if item.constraint is None or (hasattr(item.constraint, "start_date") and item.constraint.active(noon))
    ]
    return lasting[-1] if lasting else prices[0].prices


def stated_price(price: ModelPrice) -> dict[str, Any]:
    """A price in our amounts and units; empty if nothing of it has a place there."""
    flat: dict[str, Decimal] = {}
    tiers: dict[int, dict[str, Any]] = {}
    for theirs, (ours, units) in AMOUNTS.items():
        amount = price.__dict__.get(theirs)
        if amount is None:
            continue
        flat[ours] = getattr(amount, "base", amount) / units
        for tier in getattr(amount, "tiers", ()):  # theirs begins above its number of tokens, ours at it
            tiers.setdefault(tier.start + 1, {"from": tier.start + 1})[ours] = tier.price / units
    return pricing.clean({**flat, "tiers": list(tiers.values())}) if flat else {}
