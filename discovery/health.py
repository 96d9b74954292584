"""How a provider is doing, as syncs see it."""

from __future__ import annotations

from django.utils import timezone

from catalog.models import Health, Provider

from .models import SyncResult, SyncState

DOWN_AFTER = 3  # failures in a row; fewer are `degraded`


def note_success(provider: Provider, warnings: list[str]) -> None:
    """Set the columns; the caller saves them with its own."""
    turn(provider, Health.DEGRADED if warnings else Health.HEALTHY, warnings[0] if warnings else "")


def note_failure(provider: Provider, reason: str) -> None:
    """A failed sync: degraded, and down if the ones before failed as well."""
    before = SyncResult.objects.filter(provider=provider, run__dry_run=False, finished_at__isnull=False)
    states = before.exclude(state=SyncState.SKIPPED).order_by("-id").values_list("state", flat=True)[: DOWN_AFTER - 1]
    down = list(states) == [SyncState.FAILED] * (DOWN_AFTER - 1)
    turn(provider, Health.DOWN if down else Health.DEGRADED, reason)
    provider.save(update_fields=["health", "health_since", "health_reason", "updated_at"])


def turn(provider: Provider, health: Health, reason: str) -> None:
    if provider.health != health:
        provider.health, provider.health_since = health, timezone.now()
    provider.health_reason = reason[:500]
