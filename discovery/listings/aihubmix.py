"""AiHubMix: lists are texts with commas, prices are numbers in USD per million tokens."""

from __future__ import annotations

from typing import Any

from . import capabilities, generic, kinds, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

AMOUNTS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
}


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "model_id", "id")
    facts = generic.facts(entry, model_id) | capabilities.listed(reading.words(entry.get("features")))
    facts |= reading.stated(
        category=reading.first(kinds.by_word, *reading.words(entry.get("types"))), price=price(entry)
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def price(entry: dict[str, Any]) -> dict[str, Any] | None:
    pricing = reading.part(entry, "pricing")
    return money.price({amount: money.usd(pricing.get(name)) for amount, name in AMOUNTS.items()})


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
