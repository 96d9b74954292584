"""Asking for a run from a door of the web process: who may ask how often, and waiting for the answer."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence

from django.utils import timezone

from access.caller import Caller
from catalog.models import Provider

from . import leases, sync
from .errors import AlreadyRunning, TooSoon
from .launch import launch
from .models import FRESH, UNFINISHED, SyncResult, SyncRun, SyncState

ASKED_EVERY = 0.25  # seconds


def refresh(by: Caller, slugs: Sequence[str] = (), *, category: str = "", force: bool = False) -> SyncRun:
    """Start a sync of some providers, or all active ones.

    Those refreshed a moment ago are skipped, unless forced. Raises UnknownProvider, or TooSoon if that is all of them.
    """
    sync.refuse_unknown(slugs)
    if not force:
        refuse_fresh(slugs)
    return launched(sync.create_run(by, slugs, category=category, force=force))


def sync_now(by: Caller, slugs: Sequence[str] = (), *, dry_run: bool = False) -> SyncRun:
    """Start a sync however fresh the providers are. Raises UnknownProvider, or AlreadyRunning if all are at work."""
    sync.refuse_unknown(slugs)
    if not dry_run:
        refuse_running(slugs)
    return launched(sync.create_run(by, slugs, dry_run=dry_run, force=True))


def preview(by: Caller, slugs: Sequence[str] = ()) -> SyncRun:
    """Start a dry run: what a sync would do now. It neither waits nor counts."""
    return launched(sync.create_run(by, slugs, dry_run=True))


def launched(run: SyncRun) -> SyncRun:
    launch(run)
    return run


def refuse_fresh(slugs: Sequence[str]) -> None:
    """Raise TooSoon if each of the providers was refreshed a moment ago."""
    ages = {provider.slug: provider.last_sync_age for provider in sync.asked_for(slugs)}
    fresh = {slug: age for slug, age in ages.items() if age is not None and age < FRESH.total_seconds()}
    if not ages or len(fresh) < len(ages):
        return
    wait = math.ceil(FRESH.total_seconds() - max(fresh.values()))
    names = ", ".join(f"{slug} was refreshed {sync.minutes(age)} ago" for slug, age in list(fresh.items())[:5])
    more = f" (and {len(fresh) - 5} more)" if len(fresh) > 5 else ""
    raise TooSoon(f"{names}{more}. Wait {sync.minutes(wait + 59)}, or force it.", wait)


def refuse_running(slugs: Sequence[str]) -> None:
    """Raise AlreadyRunning if each of the providers is being synced."""
    providers = list(sync.asked_for(slugs))
    running = running_at(providers)
    if providers and len(running) == len(providers):
        names = ", ".join(sorted(result.provider.slug for result in running))
        raise AlreadyRunning(f"A sync of {names} is running.", {"runs": sorted({result.run_id for result in running})})


def running_at(providers: Iterable[Provider]) -> list[SyncResult]:
    """The results that are being worked on at some providers; dry runs are in nobody's way."""
    held = SyncResult.objects.filter(provider__in=list(providers), lease_until__gte=timezone.now())
    return list(held.select_related("provider"))


def wait(run: SyncRun, seconds: float) -> bool:
    """Wait until a run has ended; False if it has not within that time."""
    deadline = time.monotonic() + seconds
    while run.results.filter(state__in=UNFINISHED).exists():
        if time.monotonic() > deadline:
            return False
        leases.settle()
        time.sleep(ASKED_EVERY)
    run.refresh_from_db()
    return True


def state_of(results: Iterable[SyncResult]) -> str:
    """The state of a run: that of its results which most needs to be known."""
    states = {result.state for result in results}
    if states & set(UNFINISHED):
        return SyncState.QUEUED.value if states == {SyncState.QUEUED} else SyncState.RUNNING.value
    for state in (SyncState.FAILED, SyncState.HELD, SyncState.SUCCEEDED):
        if state in states:
            return state.value
    return SyncState.SKIPPED.value
