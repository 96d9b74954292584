"""Together AI: a bare list. What a price is of depends on the type, and 0 is both "free" and "not by the token"."""

from __future__ import annotations

from typing import Any

from . import kinds, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

KINDS = {"audio": kinds.TTS}  # its own word; transcribing is `transcribe`


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data", bare=True)


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    name = reading.name(entry.get("display_name"))
    kind = category(entry.get("type"), model_id)
    facts = reading.stated(
        name=name,
        category=kind,
        context_window=reading.whole(entry.get("context_length")),
        max_output_tokens=reading.whole(reading.part(entry, "config").get("max_output_length")),
        price=price(reading.part(entry, "pricing"), kind, free=bool(money.FREE.search(f"{model_id} {name}"))),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def category(word: Any, model_id: str) -> str:
    if isinstance(word, str) and word in KINDS:
        return KINDS[word]
    return kinds.by_word(word) or kinds.by_id(model_id)


def price(pricing: dict[str, Any], kind: str, *, free: bool) -> dict[str, Any] | None:
    into, out = money.usd(pricing.get("input")), money.usd(pricing.get("output"))
    if kind == kinds.TTS and out == "0" and into != "0":
        return money.price({"mchar": into})  # speech is priced by the million characters
    if kind not in kinds.BY_TOKEN or (into == out == "0" and not free):
        return None
    cached = money.usd(pricing.get("cached_input"))
    return money.price({"input_mtok": into, "output_mtok": out, "cache_read_mtok": cached})


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
