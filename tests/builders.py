"""The smallest world a test needs."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from access.caller import SYNC, Caller, of_user
from catalog import facts, registration, routes
from catalog.credentials import Secret
from catalog.models import AIModel, Provider, Route, Status

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


def a_person(name: str = "bob", **fields: bool) -> User:
    user, _ = User.objects.get_or_create(username=name, defaults=fields)
    return user


def a_personal_model(
    owner: User,
    model_id: str = "own",
    *,
    provider: Provider | None = None,
    base_url: str = "",
    secret: Secret = registration.NO_SECRET,
    **stated: Any,
) -> AIModel:
    return registration.add_model(
        provider=provider or a_provider(),
        model_id=model_id,
        by=of_user(owner, "api"),
        stated={"name": model_id, **stated},
        decisions={"base_url": base_url} if base_url else {},
        owner_id=owner.pk,
        secret=secret,
    )


def a_route(name: str, *targets: dict[str, Any], **fields: Any) -> Route:
    """A route to these targets, such as `{"model": "acme/m-1", "weight": 1}`."""
    row, _ = routes.add_route({"name": name, "targets": list(targets), **fields}, ADMIN)
    return row
