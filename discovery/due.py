"""When providers are due for a scheduled sync, and when what is known of them is stale."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.utils import timezone

from catalog.models import Provider
from catalog.policy import policy_of

from . import leases
from .models import SyncResult, SyncState

RETRY = timedelta(hours=1)  # after a failure, if the interval is longer
STALE = timedelta(days=1)


def due_slugs() -> list[str]:
    """Active providers whose interval has passed since they were last asked. Without one they are synced by hand."""
    leases.settle()
    asked = Q(sync_results__run__dry_run=False) & ~Q(sync_results__state__in=[SyncState.SKIPPED, SyncState.QUEUED])
    waiting = SyncResult.objects.filter(state=SyncState.QUEUED, run__dry_run=False)
    providers = Provider.objects.active().exclude(pk__in=waiting.values("provider"))
    providers = providers.annotate(asked_at=Max("sync_results__started_at", filter=asked))
    return [provider.slug for provider in providers if is_due(provider, provider.asked_at, timezone.now())]


def is_due(provider: Provider, asked_at: datetime | None, now: datetime) -> bool:
    """Whether it is time to ask again; `asked_at` is the last time, whatever came of it."""
    interval = interval_of(provider)
    if not interval:
        return False
    times = [moment for moment in (provider.last_synced_at, asked_at) if moment]
    if not times:
        return True
    failed = asked_at is not None and (provider.last_synced_at is None or asked_at > provider.last_synced_at)
    return now >= max(times) + (min(interval, RETRY) if failed else interval)


def interval_of(provider: Provider) -> timedelta:
    """Zero: it is synced by hand alone."""
    return timedelta(minutes=policy_of(provider.policy).interval_minutes)


def is_stale(provider: Provider, now: datetime) -> bool:
    """Whether its last good sync is older than a day, or than two of its intervals."""
    if provider.last_synced_at is None:
        return True
    return now - provider.last_synced_at > max(STALE, 2 * interval_of(provider))
