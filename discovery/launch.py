"""Starting runs outside the web process: reading megabytes of JSON in it would stall its streams."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading

from django.conf import settings
from django.db import connections

from . import leases
from .models import SyncResult, SyncRun

logger = logging.getLogger(__name__)

NICE = 10  # a sync can wait; who reads a page beside it cannot
STDERR = 2  # the log; also for what the command prints


def launch(run: SyncRun) -> None:
    """Have a run done by somebody else: by workers if there is a queue for them, else by a process of its own."""
    if settings.CELERY_BROKER_URL:
        from . import tasks  # celery is installed only where there is a queue

        tasks.send(run)
    else:
        start_process(run)


def start_process(run: SyncRun) -> None:
    """`manage.py sync_models --run ID`, which outlives this process. Keys travel in the environment alone."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "sync_models", "--run", str(run.pk)]
    try:
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=STDERR, start_new_session=True
        )
    except OSError as error:
        logger.exception("Sync %s could not be started", run.pk)
        leases.bury(run.results.all(), f"It could not be started ({type(error).__name__}). The log says more.")
        return
    os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    threading.Thread(target=attend, args=(process, run.pk), name=f"sync {run.pk}", daemon=True).start()


def attend(process: subprocess.Popen[bytes], run_id: int) -> None:
    """Wait for the process, and say so if it left something undone. If we die first, its lapsed lease will tell."""
    how = ending(process.wait())
    try:
        leases.bury(
            SyncResult.objects.filter(run=run_id), f"Its process {how} before it was done. Nothing was changed."
        )
    finally:
        connections.close_all()


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed ({signal.Signals(-code).name})"
    except ValueError:
        return f"was killed (signal {-code})"
