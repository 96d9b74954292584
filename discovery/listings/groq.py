"""Groq: the common names, and speech whose `prompt` is priced per character."""

from __future__ import annotations

from typing import Any

from . import generic, kinds, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    facts = generic.facts(entry, model_id)
    if facts["category"] == kinds.TTS and "price" in facts:
        facts |= reading.stated(price=money.price_of_speech(reading.part(entry, "pricing")))
    if entry.get("active") is False:
        facts["tags"] = ["inactive"]
    return Listing(model_id=model_id, facts=facts, entry=entry)


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
