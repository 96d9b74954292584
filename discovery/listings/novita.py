"""Novita AI: the common names, and prices in ten-thousandths of a USD per million tokens."""

from __future__ import annotations

from typing import Any

from . import generic, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

IN_SERVICE = 1


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    facts = generic.facts(entry, model_id) | reading.stated(price=price(entry))
    if entry.get("status", IN_SERVICE) != IN_SERVICE:
        facts["tags"] = sorted({*facts.get("tags", []), "inactive"})
    return Listing(model_id=model_id, facts=facts, entry=entry)


def price(entry: dict[str, Any]) -> dict[str, Any] | None:
    return money.price(
        {
            "input_mtok": money.usd(entry.get("input_token_price_per_m"), money.TEN_THOUSANDTHS_PER_MILLION),
            "output_mtok": money.usd(entry.get("output_token_price_per_m"), money.TEN_THOUSANDTHS_PER_MILLION),
        }
    )


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
