"""What lists leave out, from the price book: claims of a source that is believed less than the provider itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime

from access.caller import SYNC
from catalog import facts, lifecycle, pricing
from catalog.models import AIModel, Provider, Status
from catalog.policy import policy_of

from . import price_book
from .apply import Applied
from .claiming import claim


def enrich(provider: Provider, now: datetime) -> Applied:
    """Bring a provider's models up to date with the price book, in the caller's transaction.

    Nothing is read of them but their ids unless the ids, the book or the day has changed: prices begin on days.
    """
    if not price_book.knows(provider.slug):
        return Applied()
    rows = list(AIModel.objects.global_().filter(provider=provider).order_by("pk").values_list("pk", "model_id"))
    today = now.date()
    digest = digest_of((model_id for _, model_id in rows), today)
    if digest == provider.enriched:
        return Applied()
    known = price_book.facts_of(provider.slug, {model_id for _, model_id in rows}, today)
    claimed = claimed_before(provider)
    stated = {pk: known.get(model_id) for pk, model_id in rows if known.get(model_id) != claimed.get(pk)}
    done = claim(facts.ENRICHMENT, stated, SYNC, now)
    if policy_of(provider.policy).new == "enabled_if_priced":
        enable_priced(stated, now)
    Provider.objects.filter(pk=provider.pk).update(enriched=digest)
    provider.enriched = digest
    if done.changed:
        done.notes.append(f"{done.changed} completed from genai-prices {price_book.edition()}")
    return done


def digest_of(model_ids: Iterable[str], today: date) -> str:
    known = "\n".join([price_book.edition(), today.isoformat(), *sorted(model_ids)])
    return hashlib.blake2b(known.encode(), digest_size=16).hexdigest()


def claimed_before(provider: Provider) -> dict[int, object]:
    rows = AIModel.objects.global_().filter(provider=provider, claims__has_key=facts.ENRICHMENT)
    return dict(rows.values_list("pk", f"claims__{facts.ENRICHMENT}__facts"))


def enable_priced(ids: Iterable[int], now: datetime) -> None:
    """Enable those found just now whose price only the book knew, where the policy enables priced models."""
    found = AIModel.objects.filter(pk__in=list(ids), discovered_at=now, status=Status.PENDING).select_related("price")
    priced = [row.pk for row in found if pricing.is_whole(pricing.stated_by(row.price))]
    if priced:
        lifecycle.move(AIModel.objects.filter(pk__in=priced), "approve", SYNC, "Its price is known")
