"""Which models a call would find a key for: what `choose` says of one model, asked of many at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Q

from catalog.models import AIModel, Credential, Provider
from catalog.models.aimodel import AIModelQuerySet

from .choice import Origin, choose


def ready(models: AIModelQuerySet, caller_id: int | None) -> AIModelQuerySet:
    """Of these models those of active providers that a call by this person could be made with. Reads all credentials
    that could serve, and no model."""
    theirs = Q(owner=caller_id) if caller_id is not None else Q(pk=None)
    stored = list(Credential.objects.usable().filter(Q(owner=None) | theirs).select_related("provider"))
    providers = list(Provider.objects.active().exclude(base_url=""))
    shared = [row.pk for row in providers if answers(AIModel(provider=row), caller_id, stored)]
    own = [row.pk for row in providers if answers(AIModel(provider=row, owner_id=caller_id or 0), caller_id, stored)]
    keyed = [row.pk for row in providers if row.needs_key]
    elsewhere = ~Q(base_url="") & ~Q(base_url=F("provider__base_url"))  # needs no key of its provider's
    with_its_own = Q(
        credential__in=[row.pk for row in stored if row.for_one_model],
        credential__provider=F("provider"),
        credential__base_url=F("provider__base_url"),
        provider__in=keyed,
    )
    of_everyone = Q(owner=None) & (Q(provider__in=shared) | (with_its_own & Q(credential__owner=None)))
    of_caller = Q(owner__isnull=False) & (Q(provider__in=own) | (with_its_own & Q(credential__owner=F("owner"))))
    return models.filter(elsewhere | of_everyone | of_caller, provider__is_active=True)


def answers(model: AIModel, caller_id: int | None, stored: Sequence[Credential]) -> bool:
    """Whether there is a key for a model that has none of its own."""
    return choose(model, caller_id, stored).origin is not Origin.MISSING
