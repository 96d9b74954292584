"""Our own format: everything the catalog knows and people decided, losslessly, one record a line. No keys.

`catalog.restoring` reads it. A reader must refuse a greater version than it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from django.utils import timezone

from catalog import connections, pricing
from catalog.models import AIModel, Price, Provider, Route
from catalog.routes import definition

from .rows import everyones, streamed

NAME = "model-registry"
VERSION = 1

STATUS = ("status", "status_source", "is_default", "is_system")
STAMPS = ("discovered_at", "enabled_at", "deprecated_at", "archived_at", "listed_at", "missing_since", "last_used_at")
DECISIONS = ("base_url", "requests_per_minute", "tokens_per_minute", "admin_notes")
LISTED = ("misses", "digest", "provider_metadata", "updated_by")


def written(*, personal: bool = False) -> Iterator[str]:
    """The whole document. With `personal`, the models of users too."""
    yield f'{{"format": "{NAME}", "version": {VERSION}, "exported_at": {text(timezone.now())},\n"providers": [\n'
    yield from separated(provider_record(row) for row in Provider.objects.order_by("slug").iterator())
    yield '\n],\n"models": [\n'
    yield from separated(model_records(personal=personal))
    yield '\n],\n"routes": [\n'
    yield from separated(route_record(row) for row in Route.objects.with_targets().order_by("name"))
    yield "\n]}\n"


def text(value: Any) -> str:
    return orjson.dumps(value).decode()


def separated(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for position, record in enumerate(records):
        yield (",\n" if position else "") + text(record)


def provider_record(row: Provider) -> dict[str, Any]:
    """A provider; `set` names what is not as the product brings it, for a release that brings it otherwise."""
    values = {name: getattr(row, name) for name in connections.EDITABLE}
    usual = connections.row_of(row.spec) if row.spec else None
    return {
        "slug": row.slug,
        **values,
        "set": [name for name, value in values.items() if usual is None or getattr(usual, name) != value],
    }


def model_records(*, personal: bool) -> Iterator[dict[str, Any]]:
    models = everyones().prefetch_related("prices")
    yield from map(model_record, streamed(models))
    if personal:
        owned = AIModel.objects.filter(owner__isnull=False).select_related("provider", "successor__provider", "owner")
        ordered = owned.prefetch_related("prices").order_by("owner_id", "name", "id")
        for row in streamed(ordered):
            yield {"owner": row.owner.get_username() if row.owner else "", **model_record(row)}


def model_record(row: AIModel) -> dict[str, Any]:
    return {
        "provider": row.provider.slug,
        "model_id": row.model_id,
        "category": row.category,
        **{name: getattr(row, name) for name in STATUS},
        "claims": row.claims,
        "prices": [price_record(price) for price in sorted(row.prices.all(), key=lambda price: price.pk)],
        "successor": named(row.successor),
        **{name: getattr(row, name) for name in (*DECISIONS, *STAMPS, *LISTED)},
    }


def price_record(price: Price) -> dict[str, Any]:
    return {
        "source": price.source,
        "state": price.state,
        "effective_from": price.effective_from,
        "amounts": pricing.stated_by(price),
    }


def route_record(row: Route) -> dict[str, Any]:
    """A route of `with_targets()`. The salt goes along: every conversation keeps its variant."""
    targets = list(row.targets.all())
    record = {**definition(row, targets), "salt": row.salt, "updated_by": row.updated_by}
    for written, target in zip(record["targets"], targets, strict=True):
        if target.model is not None:
            written["category"] = target.model.category
    return record


def named(model: AIModel | None) -> dict[str, str] | None:
    if model is None:
        return None
    return {"provider": model.provider.slug, "category": model.category, "model_id": model.model_id}
