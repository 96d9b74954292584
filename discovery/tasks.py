"""Syncs as tasks of workers, where CELERY_BROKER_URL names their queue: a task a provider calls the one executor."""

from __future__ import annotations

import logging

from celery import Celery, Task
from kombu.exceptions import OperationalError

from catalog.schedule import CLOCK

from . import due, leases, sync
from .models import SyncRun, SyncState

logger = logging.getLogger(__name__)

LOOK_AGAIN = 10  # seconds

app = Celery("modelregistry")
app.config_from_object("django.conf:settings", namespace="CELERY")


def send(run: SyncRun) -> None:
    """Put a run into the queue, a task for each of its providers."""
    try:
        for slug in run.results.order_by("provider__slug").values_list("provider__slug", flat=True):
            sync_provider.delay(run.pk, slug)
    except OperationalError:
        logger.exception("Sync %s could not be put into the queue", run.pk)
        leases.bury(run.results.all(), "The queue of tasks does not answer. Nothing was changed; the log says more.")


@app.task(bind=True, name="sync_provider", max_retries=None)  # type: ignore[untyped-decorator]
def sync_provider(self: Task, run_id: int, slug: str) -> None:
    """Sync one provider of a run. A task that comes back because its worker was killed waits for the dead lease."""
    run = SyncRun.objects.filter(pk=run_id).first()
    if run is None:
        return
    sync.execute(run, slugs=[slug])
    if run.results.filter(provider__slug=slug, state=SyncState.RUNNING).exists():
        raise self.retry(countdown=LOOK_AGAIN)


@app.task(name="sync_due")  # type: ignore[untyped-decorator]
def sync_due() -> None:
    """What the clock calls: a run over the providers whose interval has passed."""
    if slugs := due.due_slugs():
        send(sync.create_run(CLOCK, slugs))
