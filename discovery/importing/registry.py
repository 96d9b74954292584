"""Our own export, of models that people here have dealt with: what it says of them are claims like any other."""

from __future__ import annotations

from catalog.restoring import Restoration
from discovery.listings.base import Listing

from .base import Offer


def offers(restoration: Restoration) -> list[Offer]:
    return [
        Offer(provider=known.provider, listing=Listing(model_id=known.model_id, facts=known.facts, entry=None))
        for known in restoration.known
    ]
