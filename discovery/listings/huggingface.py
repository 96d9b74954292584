"""Hugging Face's router: each model with the hosts that serve it, each with a limit and a price of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from . import generic, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    offers = alive(reading.items(entry, "providers"))
    cheapest = min(offers, key=cost, default={})
    limits = [limit for offer in offers if (limit := reading.whole(offer.get("context_length")))]
    facts = generic.facts(entry, model_id) | reading.stated(
        context_window=reading.whole(cheapest.get("context_length")) or max(limits, default=None),
        supports_tools=some_host(offers, "supports_tools"),
        supports_structured_output=some_host(offers, "supports_structured_output"),
        price=price(cheapest),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def alive(hosts: list[Any]) -> list[dict[str, Any]]:
    """The hosts that answer now; all of them if none does."""
    found = [host for host in hosts if isinstance(host, dict)]
    return [host for host in found if host.get("status") == "live"] or found


def price(offer: dict[str, Any]) -> dict[str, Any] | None:
    pricing = reading.part(offer, "pricing")
    return money.price({"input_mtok": money.usd(pricing.get("input")), "output_mtok": money.usd(pricing.get("output"))})


def cost(offer: dict[str, Any]) -> tuple[Decimal, int, str]:
    """Cheapest first, unknown last; of equals the one with the larger window, then by name: hosts are shuffled."""
    found = price(offer) or {}
    known = "input_mtok" in found and "output_mtok" in found
    total = Decimal(found["input_mtok"]) + Decimal(found["output_mtok"]) if known else Decimal("Infinity")
    return total, -(reading.whole(offer.get("context_length")) or 0), str(offer.get("provider"))


def some_host(offers: list[dict[str, Any]], name: str) -> bool | None:
    """Whether some host can do it; unknown if none says."""
    said = [offer[name] for offer in offers if reading.flag(offer.get(name)) is not None]
    return any(said) if said else None


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
