"""Novita AI: the common names, and prices in ten-thousandths of a USD per million tokens, for some by input length."""

from __future__ import annotations

from typing import Any

from . import generic, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

IN_SERVICE = 1
FLAT = {"input_mtok": "input_token_price_per_m", "output_mtok": "output_token_price_per_m"}
LISTED = {"input_mtok": "prompt", "output_mtok": "completion", "cache_read_mtok": "input_cache_read"}
OF_STEP = {"input_mtok": "input_pricing", "output_mtok": "output_pricing"}


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    facts = generic.facts(entry, model_id) | reading.stated(price=price(entry))
    if entry.get("status", IN_SERVICE) != IN_SERVICE:
        facts["tags"] = sorted({*facts.get("tags", []), "inactive"})
    return Listing(model_id=model_id, facts=facts, entry=entry)


def price(entry: dict[str, Any]) -> dict[str, Any] | None:
    """By steps where there are some: the flat amounts are 0 then. The first step is the price itself."""
    steps = [
        (reading.whole(step.get("min_tokens")) or 0, amounts_of_step(step))
        for step in reading.items(entry, "tiered_billing_configs")
        if isinstance(step, dict)
    ]
    if steps:
        (_, first), *longer = sorted(steps, key=lambda step: step[0])
        return money.price(first, [tier for step in longer if (tier := money.tier(*step))])
    found = money.price({amount: usd(entry.get(name)) for amount, name in FLAT.items()} | listed(entry))
    return None if entry.get("is_tiered_billing") is True and "0" in (found or {}).values() else found


def amounts_of_step(step: dict[str, Any]) -> dict[str, str | None]:
    of_old = {amount: usd(reading.part(step, name).get("pricePerM")) for amount, name in OF_STEP.items()}
    return of_old | listed(step)


def listed(entry: dict[str, Any]) -> dict[str, str | None]:
    """The amounts that stand in `pricing`, each an object of its own."""
    pricing = reading.part(entry, "pricing")
    found = {amount: usd(reading.part(pricing, name).get("price_per_m")) for amount, name in LISTED.items()}
    return {amount: value for amount, value in found.items() if value is not None}


def usd(value: Any) -> str | None:
    return money.usd(value, money.TEN_THOUSANDTHS_PER_MILLION)


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
