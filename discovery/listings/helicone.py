"""Helicone: a public registry of models with the hosts that serve them. OpenRouter's names, but USD per million."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from . import generic, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

AMOUNTS = {
    "input_mtok": "prompt",
    "output_mtok": "completion",
    "cache_read_mtok": "cacheRead",
    "cache_write_mtok": "cacheWrite",
    "reasoning_mtok": "reasoning",
}


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data.models", "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    prices = map(price, reading.items(entry, "endpoints"))
    known = [found for found in prices if found and {"input_mtok", "output_mtok"} <= found.keys()]
    facts = generic.facts(entry, model_id) | reading.stated(price=min(known, key=cost, default=None))
    return Listing(model_id=model_id, facts=facts, entry=entry)


def price(host: Any) -> dict[str, Any] | None:
    pricing = reading.part(host, "pricing")
    return money.price({amount: money.usd(pricing.get(name)) for amount, name in AMOUNTS.items()})


def cost(found: dict[str, Any]) -> Decimal:
    return Decimal(found["input_mtok"]) + Decimal(found["output_mtok"])


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
