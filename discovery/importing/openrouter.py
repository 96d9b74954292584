"""A list of OpenRouter that somebody saved."""

from __future__ import annotations

from typing import Any

from discovery.listings import openrouter
from discovery.listings.base import parse

from .base import Format, Offer, Read


def recognises(payload: Any) -> bool:
    return isinstance(payload, dict) and isinstance(payload.get("data"), list)


def read(payload: Any) -> Read:
    parsed = parse(openrouter.DIALECT, payload)
    offers = [Offer(provider="openrouter", listing=listing) for listing in parsed.listings]
    return Read(offers=offers, skipped=parsed.skipped)


FORMAT = Format(recognises=recognises, read=read)
