"""The foreign formats of files by name. Our own is catalog.restoring's; here it only has a name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catalog import restoring
from discovery.apply import named
from discovery.listings.base import WrongShape

from . import litellm, modelsdev, openrouter
from .base import Format, Offer, Read

FORMATS: dict[str, Format] = {
    "litellm": litellm.FORMAT,
    "modelsdev": modelsdev.FORMAT,
    "openrouter": openrouter.FORMAT,
}

OURS = "registry"

__all__ = ["FORMATS", "OURS", "Format", "Offer", "Read", "format_of", "read"]


def format_of(payload: Any) -> str:
    """The format a file is in. Raises WrongShape."""
    if restoring.recognises(payload):
        return OURS
    for name, known in FORMATS.items():
        if known.recognises(payload):
            return name
    raise WrongShape(f"is in none of the formats {', '.join([OURS, *FORMATS])}")


def read(name: str, payload: Any) -> Read:
    """The models of a foreign file, with the names they have across providers. Raises WrongShape."""
    found = FORMATS[name].read(payload)
    found.offers = [replace(offer, listing=replace(offer.listing, facts=facts_of(offer))) for offer in found.offers]
    return found


def facts_of(offer: Offer) -> dict[str, Any]:
    return named(offer.provider, offer.listing.model_id, offer.listing.facts)
