"""xAI: the main list has ids, another one limits, modalities and prices in cents per 100 million tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import kinds, money, reading
from .base import Dialect, Enrichment, Listing, Request
from .enrichment import read_all
from .envelopes import rows

AMOUNTS = {
    "input_mtok": "prompt_text_token_price",
    "output_mtok": "completion_text_token_price",
    "cache_read_mtok": "cached_prompt_text_token_price",
}
PER_IMAGE = -10  # powers of ten from cents per 100 million images to USD for one


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data", "models")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    inputs = reading.modalities(entry.get("input_modalities"))
    outputs = reading.modalities(entry.get("output_modalities"))
    efforts = reading.words(reading.part(entry, "capabilities").get("reasoning_effort"))
    facts = reading.stated(
        category=kinds.by_modalities(model_id, outputs),
        context_window=reading.whole(entry.get("context_length")),
        input_modalities=inputs,
        output_modalities=outputs,
        supports_vision="image" in inputs if inputs else None,
        supports_reasoning=True if efforts else None,
        price=price(entry),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def price(entry: dict[str, Any]) -> dict[str, Any] | None:
    long = money.tier(entry.get("long_context_threshold"), amounts(entry, "_long_context"))
    image = money.usd(entry.get("image_price"), PER_IMAGE)
    of_tokens = amounts(entry, "")
    if image:  # tokens at 0 beside it are not what is paid for
        of_tokens = {name: amount for name, amount in of_tokens.items() if amount != "0"}
    return money.price(of_tokens | {"image": image}, [long] if long else [])


def amounts(entry: dict[str, Any], suffix: str) -> dict[str, str | None]:
    return {
        amount: money.usd(entry.get(field + suffix), money.CENTS_PER_HUNDRED_MILLION)
        for amount, field in AMOUNTS.items()
    }


def requests(model_ids: list[str]) -> Iterable[Request]:
    return [Request(path="/language-models")]


def further_facts(payload: Any, request: Request) -> dict[str, dict[str, Any]]:
    """By id and by alias; an alias that the main list names is tied to its model."""
    found: dict[str, dict[str, Any]] = {}
    for model in read_all(entries(payload), listing):
        aliases = reading.words(model.entry.get("aliases"))
        found |= {alias: model.facts | {"canonical_id": model.model_id} for alias in aliases}
        found[model.model_id] = model.facts
    return found


DIALECT = Dialect(
    request=Request(path="/models"),
    entries=entries,
    listing=listing,
    enrichments=(Enrichment(requests=requests, facts=further_facts, needs_key=True),),
)
