"""NEAR AI: two units of price in one object, and a second list with exact prices in nano-dollars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import generic, money, reading
from .base import Dialect, Enrichment, Listing, Request
from .enrichment import facts_by_id
from .envelopes import rows

CATALOGUE = "/model/list"
PAGE = 100
AMOUNTS = {
    "input_mtok": ("inputCostPerToken", money.PER_TOKEN),
    "output_mtok": ("outputCostPerToken", money.PER_TOKEN),
    "cache_read_mtok": ("cacheReadCostPerToken", money.PER_TOKEN),
    "image": ("costPerImage", 0),
}


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    facts = generic.facts(entry, model_id)
    if "price" not in facts:
        facts |= reading.stated(price=price_per_million(reading.part(entry, "pricing")))
    if entry.get("is_ready") is False:
        facts["tags"] = ["not-ready"]
    return Listing(model_id=model_id, facts=facts, entry=entry)


def price_per_million(pricing: dict[str, Any]) -> dict[str, Any] | None:
    """`input` and `output` are USD per million tokens, `prompt` and `completion` beside them per token."""
    return money.price({"input_mtok": money.usd(pricing.get("input")), "output_mtok": money.usd(pricing.get("output"))})


def catalogue(model_ids: list[str]) -> Iterable[Request]:
    return [Request(path=CATALOGUE, params={"limit": str(PAGE), "offset": "0"})]


def further_facts(payload: Any, request: Request) -> dict[str, dict[str, Any]]:
    return facts_by_id(rows(payload, "models"), model_of_catalogue)


def model_of_catalogue(entry: Any) -> Listing:
    model_id = reading.identity(entry, "modelId")
    metadata = reading.part(entry, "metadata")
    facts = reading.stated(
        name=reading.first(reading.name, metadata.get("displayName"), metadata.get("modelDisplayName")),
        description=reading.first(reading.text, metadata.get("description"), metadata.get("modelDescription")),
        context_window=reading.whole(metadata.get("contextLength")),
        price=money.price({name: amount(entry.get(field), power) for name, (field, power) in AMOUNTS.items()}),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def amount(cost: Any, power: int) -> str | None:
    """An amount with its scale, a number of decimal places that older answers wrote as a negative one."""
    scale = cost.get("scale") if isinstance(cost, dict) else None
    if scale.__class__ is not int or abs(scale) > 30 or cost.get("currency", "USD") != "USD":
        return None
    return money.usd(cost.get("amount"), power - abs(scale))


def next_of_catalogue(payload: Any, headers: Mapping[str, str]) -> Request | None:
    entries_of_page = rows(payload, "models")
    offset = reading.whole(payload.get("offset")) or 0
    total = reading.whole(payload.get("total")) or 0
    following = offset + len(entries_of_page)
    if not entries_of_page or following >= total:
        return None
    return Request(path=CATALOGUE, params={"limit": str(PAGE), "offset": str(following)})


DIALECT = Dialect(
    request=Request(path="/models"),
    entries=entries,
    listing=listing,
    enrichments=(Enrichment(requests=catalogue, facts=further_facts, next_page=next_of_catalogue),),
)
