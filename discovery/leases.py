"""At most one sync of a provider at a time: a lease on its result, kept unique by the database. And who died."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from .errors import LeaseLost
from .models import LEASE, UNFINISHED, SyncResult, SyncRun, SyncState

NOTED_EVERY = timedelta(seconds=1)
MOST_ATTEMPTS = 3  # a list that kills its worker is not given to a fourth
DIED = "The worker died before it was done. Nothing was changed; sync again."
GAVE_UP = f"{MOST_ATTEMPTS} workers died of it. Nothing was changed; the log may say why."
NEVER_BEGAN = "No worker began with it. Nothing was changed; the log of the server may say why."


def lapsed(now: datetime) -> Q:
    """Results whose worker has given no sign of life for too long. A dry run has no lease, but a worker."""
    return Q(state=SyncState.RUNNING) & (Q(lease_until__lt=now) | Q(lease_until=None, seen_at__lt=now - LEASE))


def abandoned(now: datetime) -> Q:
    """Lapsed results that nobody will take over: where there is a queue, it gives the task to another worker first."""
    return lapsed(now - timedelta(minutes=10) if settings.CELERY_BROKER_URL else now)


def never_began(now: datetime) -> Q:
    """Results that wait too long: a process starts in seconds, a queue of tasks may be long."""
    patience = timedelta(hours=1) if settings.CELERY_BROKER_URL else timedelta(minutes=2)
    return Q(state=SyncState.QUEUED, run__created_at__lt=now - patience)


def open_results(run: SyncRun) -> QuerySet[SyncResult]:
    """What is left to do of a run: not begun, or begun by a worker that died."""
    return run.results.filter(Q(state=SyncState.QUEUED) | lapsed(timezone.now()))


def claim(result: SyncResult) -> bool:
    """Take the lease and start, also in place of a dead worker; False if another one is at work on the provider."""
    now = timezone.now()
    dead = SyncResult.objects.filter(lapsed(now), provider=result.provider_id)
    bury(dead.exclude(pk=result.pk), DIED)
    bury(dead.filter(pk=result.pk, attempts__gte=MOST_ATTEMPTS), GAVE_UP)
    until = None if result.run.dry_run else now + LEASE
    try:
        with transaction.atomic():
            started = SyncResult.objects.filter(Q(state=SyncState.QUEUED) | lapsed(now), pk=result.pk).update(
                state=SyncState.RUNNING,
                lease_until=until,
                started_at=now,
                seen_at=now,
                attempts=F("attempts") + 1,
                message="asking",
            )
    except IntegrityError:
        return False
    result.refresh_from_db()
    return bool(started)


def settle() -> None:
    """Say of every result whose worker died or never came that it failed. Reads only, if there is none."""
    now = timezone.now()
    for condition, why in ((abandoned(now), DIED), (never_began(now), NEVER_BEGAN)):
        dead = list(SyncResult.objects.filter(condition).values_list("pk", flat=True))
        if dead:
            bury(SyncResult.objects.filter(condition, pk__in=dead), why)


def bury(results: QuerySet[SyncResult], why: str) -> None:
    """End results that nobody works on any more. What had not been applied is not in the catalog."""
    ended = results.filter(state__in=UNFINISHED).update(
        state=SyncState.FAILED, lease_until=None, finished_at=timezone.now(), message=why
    )
    if ended:
        close_runs()


def close_runs() -> None:
    """Note of runs whose results all have ended that they have ended themselves."""
    unfinished = SyncResult.objects.filter(run=OuterRef("pk"), state__in=UNFINISHED)
    SyncRun.objects.filter(~Exists(unfinished), finished_at=None).update(finished_at=timezone.now())


def renew(results: list[SyncResult]) -> None:
    """Tell that this worker is alive."""
    now = timezone.now()
    running = SyncResult.objects.filter(pk__in=[result.pk for result in results], state=SyncState.RUNNING)
    running.filter(lease_until__isnull=False).update(lease_until=now + LEASE, seen_at=now)
    running.filter(lease_until=None).update(seen_at=now)


def note(result: SyncResult, what: str, *, always: bool = False) -> None:
    """Tell how far a sync is, for the page that shows it; at most once a second."""
    now = timezone.now()
    if result.seen_at and now - result.seen_at < NOTED_EVERY and not always:
        return
    result.seen_at = now
    SyncResult.objects.filter(pk=result.pk, state=SyncState.RUNNING).update(message=what)
    renew([result])


def keep(result: SyncResult) -> None:
    """Inside the applying transaction: still ours, and locked. Raises LeaseLost."""
    if result.run.dry_run:
        return
    now = timezone.now()
    kept = SyncResult.objects.filter(pk=result.pk, state=SyncState.RUNNING, started_at=result.started_at).update(
        lease_until=now + LEASE, seen_at=now
    )
    if not kept:
        raise LeaseLost("Another worker took this sync over; nothing was applied.")
