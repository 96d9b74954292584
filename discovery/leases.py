"""At most one sync of a provider at a time: a lease on its result, kept unique by the database."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from .errors import LeaseLost
from .models import LEASE, SyncResult, SyncState


def claim(result: SyncResult) -> bool:
    """Take the lease and start; False if another worker syncs this provider. A dry run needs no lease."""
    now = timezone.now()
    release_lapsed(result.provider_id, now)
    until = None if result.run.dry_run else now + LEASE
    try:
        with transaction.atomic():
            started = SyncResult.objects.filter(pk=result.pk, state=SyncState.QUEUED).update(
                state=SyncState.RUNNING, lease_until=until, started_at=now
            )
    except IntegrityError:
        return False
    result.refresh_from_db()
    return bool(started)


def release_lapsed(provider_id: int, now: datetime) -> None:
    """A worker that did not renew its lease is dead; what it had not applied is not in the catalog."""
    SyncResult.objects.filter(provider=provider_id, lease_until__lt=now).update(
        state=SyncState.FAILED,
        lease_until=None,
        finished_at=now,
        message="The worker died before it was done. Nothing was changed; this sync takes over.",
    )


def renew(results: list[SyncResult]) -> None:
    """Tell that this worker is alive."""
    held = [result.pk for result in results if not result.run.dry_run]
    SyncResult.objects.filter(pk__in=held, state=SyncState.RUNNING).update(lease_until=timezone.now() + LEASE)


def keep(result: SyncResult) -> None:
    """Inside the applying transaction: still ours, and locked. Raises LeaseLost."""
    if result.run.dry_run:
        return
    kept = SyncResult.objects.filter(pk=result.pk, state=SyncState.RUNNING, lease_until__isnull=False).update(
        lease_until=timezone.now() + LEASE
    )
    if not kept:
        raise LeaseLost("Another worker took this sync over; nothing was applied.")
