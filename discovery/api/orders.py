"""What a caller asks for, read strictly. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from catalog.api.naming import Sent
from catalog.api.orders import refuse_others
from catalog.models import Category

TRUTHS = {"true": True, "1": True, "yes": True, "": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """Which provider, or all, and which kind of models, or all."""

    slugs: list[str]
    category: str
    force: bool


def discovery_of(sent: Sent) -> Discovery:
    """Raises Invalid."""
    refuse_others(sent, ("provider", "category", "force"))
    provider, category = sent.fields.get("provider"), sent.fields.get("category")
    if provider is not None and not is_slug(provider):
        sent.refuse("provider", "must be the slug of a provider")
    if category is not None and category not in Category.values:
        sent.refuse("category", f"must be one of {', '.join(Category.values)}")
    force = sent.fields.get("force", False)
    if not isinstance(force, bool):
        sent.refuse("force", "must be true or false")
    sent.raise_if_wrong()
    return Discovery(slugs=[provider] if provider else [], category=category or "", force=force)


def is_slug(value: Any) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable()


@dataclass(frozen=True, kw_only=True)
class Sync:
    slugs: list[str]
    dry_run: bool


def sync_of(params: QueryDict) -> Sync:
    """The parameters of an address: `?dry_run=true&providers=a&providers=b`. Raises Invalid."""
    sent = Sent({})
    slugs = [slug.strip() for text in params.getlist("providers") for slug in text.split(",")]
    if not all(map(is_slug, slugs)):
        sent.refuse("providers", "must be slugs of providers")
    dry_run = TRUTHS.get(params.get("dry_run", "false").lower())
    if dry_run is None:
        sent.refuse("dry_run", "must be true or false")
    sent.raise_if_wrong()
    return Sync(slugs=slugs, dry_run=bool(dry_run))
