"""From what a file states to the catalog: claims of a source of their own, shown before they are made."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from access.caller import Caller
from catalog import facts, history
from catalog.errors import Invalid
from catalog.models import AIModel, Category, Provider, Status
from discovery import claiming, enrichment
from discovery.apply import Applied
from discovery.listings.base import Listing

from .base import Offer

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME = 50


@dataclass(kw_only=True)
class Part:
    """What a file means for one provider of ours."""

    provider: Provider
    new: list[Listing] = field(default_factory=list)
    stated: dict[int, dict[str, Any]] = field(default_factory=dict)  # by row id, where it states something new
    unchanged: int = 0


@dataclass(kw_only=True)
class Proposal:
    """What would be taken in. Providers nobody here has are counted, never invented."""

    source: str
    parts: list[Part] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)


def source_named(name: str) -> str:
    """The source of claims an import makes. Raises Invalid."""
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise Invalid({"as": "must be a short name of lower-case letters, digits and single hyphens"})
    return facts.IMPORT + name


def propose(offers: Iterable[Offer], source: str) -> Proposal:
    """Compare what a file states with what is known. Reads the catalog, writes nothing."""
    by_provider: dict[str, dict[str, Listing]] = {}
    for offer in offers:
        by_provider.setdefault(offer.provider, {}).setdefault(offer.listing.model_id, offer.listing)
    providers = Provider.objects.in_bulk(list(by_provider), field_name="slug")
    proposal = Proposal(source=source)
    for slug, listings in sorted(by_provider.items()):
        if slug in providers:
            proposal.parts.append(compare(providers[slug], listings.values(), source))
        else:
            proposal.unknown[slug] = len(listings)
    return proposal


def compare(provider: Provider, listings: Iterable[Listing], source: str) -> Part:
    part = Part(provider=provider)
    rows = AIModel.objects.global_().filter(provider=provider).order_by("pk")
    known: dict[str, list[tuple[int, str, Any]]] = {}
    for pk, model_id, category, claim in rows.values_list("pk", "model_id", "category", f"claims__{source}__facts"):
        known.setdefault(model_id, []).append((pk, category, claim))
    folded: dict[str, list[str]] = {}
    for model_id in known:
        folded.setdefault(model_id.casefold(), []).append(model_id)
    for listing in listings:
        names = [listing.model_id] if listing.model_id in known else folded.get(listing.model_id.casefold(), [])
        if len(names) != 1:
            part.new.append(listing)
            continue
        category = listing.facts.get("category", Category.TEXT)
        pk, _, claim = min(known[names[0]], key=lambda row: (row[1] != category, row[0]))
        if claim == listing.facts:
            part.unchanged += 1
        else:
            part.stated[pk] = listing.facts
    return part


def foresee(part: Part, source: str, now: datetime, done: Applied) -> Iterator[facts.Told]:
    """The models whose facts the part would change, before and after; what would be held is noted in `done`."""
    for told in claiming.in_memory(source, part.stated, now, done):
        yield from (item for item in told if item.is_change)


def take(proposal: Proposal, by: Caller, now: datetime, *, enable: bool) -> Applied:
    """Make the claims, add what is new, and let the price book complete it. One transaction."""
    status = Status.ENABLED if enable else Status.PENDING
    done = Applied()
    with history.change_set(by, proposal.source):
        for part in proposal.parts:
            claimed = claiming.claim(proposal.source, part.stated, by, now)
            added = claiming.add(proposal.source, part.provider, part.new, status, by, now)
            completed = enrichment.enrich(part.provider, now)
            done.new += added.new
            done.changed += claimed.changed
            for step in (claimed, added, completed):
                done.held += step.held
                done.notes += [f"{part.provider.slug}: {note}" for note in step.notes]
    return done
