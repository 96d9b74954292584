"""The smallest world a test needs."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from access.caller import SYNC, Caller
from catalog import facts, registration
from catalog.models import AIModel, Provider, Status

ADMIN = Caller(label="alice", source="admin", is_admin=True)


def a_provider(slug: str = "acme", **fields: Any) -> Provider:
    known = Provider.objects.filter(slug=slug).first()
    if known is not None:
        return known
    usual = {"name": slug.title(), "endpoint_type": slug, "base_url": f"https://{slug}.example/v1"}
    return Provider.objects.create(slug=slug, **{**usual, **fields})


def a_model(
    model_id: str = "m-1", *, provider: Provider | None = None, status: str = Status.PENDING, **stated: Any
) -> AIModel:
    """A model as its provider's list would have made it."""
    model = registration.add_model(
        provider=provider or a_provider(),
        model_id=model_id,
        by=SYNC,
        stated={"name": model_id, **stated},
        status=status,
        source=facts.PROVIDER,
    )
    AIModel.objects.filter(pk=model.pk).update(listed_at=timezone.now(), discovered_at=timezone.now())
    model.refresh_from_db()
    return model


def some_models(count: int, provider: Provider, **fields: Any) -> list[AIModel]:
    """Many bare rows at once, named m-0, m-1, …"""
    rows = [
        AIModel(provider=provider, model_id=f"m-{number}", name=f"Model {number}", **fields) for number in range(count)
    ]
    return AIModel.objects.bulk_create(rows)
