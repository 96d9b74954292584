"""Chutes: OpenRouter's names for prices, but numbers in USD per million tokens. Its management list is read too."""

from __future__ import annotations

from typing import Any

from . import generic, kinds, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

AMOUNTS = {"input_mtok": "prompt", "output_mtok": "completion", "cache_read_mtok": "input_cache_read"}


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data", "items")


def listing(entry: Any) -> Listing:
    if isinstance(entry, dict) and "chute_id" in entry:
        return of_management(entry)
    model_id = reading.identity(entry, "id")
    facts = generic.facts(entry, model_id)
    facts.pop("price", None)  # texts would be read as USD per token
    pricing = reading.part(entry, "pricing")
    facts |= reading.stated(price=money.price({name: money.usd(pricing.get(field)) for name, field in AMOUNTS.items()}))
    if entry.get("confidential_compute") is True:
        facts["tags"] = ["confidential"]
    return Listing(model_id=model_id, facts=facts, entry=entry)


def of_management(entry: dict[str, Any]) -> Listing:
    model_id = reading.identity(entry, "name")
    by_token = reading.part(reading.part(entry, "current_estimated_price"), "per_million_tokens")
    facts = reading.stated(
        description=reading.text(entry.get("tagline")),
        category=kinds.by_id(model_id),
        price=money.price(
            {
                "input_mtok": money.usd(reading.part(by_token, "input").get("usd")),
                "output_mtok": money.usd(reading.part(by_token, "output").get("usd")),
            }
        ),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
