"""Vercel AI Gateway: texts in USD per token (per image for images), long prompts as tiers of each amount."""

from __future__ import annotations

from typing import Any

from . import generic, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

AMOUNTS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "input_cache_read": "cache_read_mtok",
    "input_cache_write": "cache_write_mtok",
    "audio_input_token_cost": "audio_input_mtok",
    "audio_output_token_cost": "audio_output_mtok",
}


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    facts = generic.facts(entry, model_id) | reading.stated(
        max_output_tokens=reading.whole(entry.get("max_tokens")),
        price=price(entry.get("pricing")),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def price(pricing: Any) -> dict[str, Any] | None:
    if not isinstance(pricing, dict):
        return None
    amounts = {amount: money.usd(pricing.get(name), money.PER_TOKEN) for name, amount in AMOUNTS.items()}
    return money.price(amounts | {"image": money.usd(pricing.get("image"))}, tiers(pricing))


def tiers(pricing: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps of all amounts, by the number of tokens they begin at; the first step is the price itself."""
    steps: dict[int, dict[str, str | None]] = {}
    for name, amount in AMOUNTS.items():
        for step in reading.items(pricing, f"{name}_tiers"):
            start = reading.whole(step.get("min")) if isinstance(step, dict) else None
            if start:
                steps.setdefault(start, {})[amount] = money.usd(step.get("cost"), money.PER_TOKEN)
    return [tier for start, amounts in steps.items() if (tier := money.tier(start, amounts))]


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
