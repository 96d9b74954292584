"""How long single calls are kept. What they add up to by day stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gateway.models import Usage

BATCH = 500  # rows a transaction
MOST = 40  # batches at once: 20,000 rows a minute keep up with 300 calls a second


def prune(pause: Callable[[], object] = lambda: None) -> int:
    """Delete calls that are older than USAGE_RETENTION_DAYS, the oldest first; how many were."""
    if not settings.USAGE_RETENTION_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.USAGE_RETENTION_DAYS)
    total = 0
    for _ in range(MOST):
        deleted = delete_oldest(before)
        total += deleted
        if deleted < BATCH:
            break
        pause()
    return total


@transaction.atomic
def delete_oldest(before: datetime) -> int:
    """Those another process deletes right now are left to it."""
    old = Usage.objects.filter(at__lt=before).order_by("at", "id").select_for_update(skip_locked=True)
    return Usage.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()[0]
