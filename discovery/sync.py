"""Sync runs: ask all providers at once, then see to each one's result.

Fetching is asynchronous and sees no database; it runs in a thread, and what arrives is applied here, one provider
after the other. Whatever happens to one provider is its own result and no concern of the others.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from access.caller import Caller
from catalog import schedule
from catalog.errors import CatalogError
from catalog.models import Provider

from . import leases, voices
from .errors import UnknownProvider
from .fetch import Pace, Progress, Source, fetch_all
from .garbage import rarely_collected
from .models import FRESH, SyncResult, SyncRun
from .results import fail, finish, skip, use_curated
from .sources import source_of, why_curated

CONCURRENCY = 8
RENEW_EVERY = 30.0  # seconds
USUAL_PACE = Pace()

Watch = Callable[[str, str], None]  # provider, what happens to it


def ignore(slug: str, what: str) -> None:
    """For callers that only want the result."""


def create_run(by: Caller, slugs: Iterable[str] = (), **options: Any) -> SyncRun:
    """A run over some providers, or all active ones, ready to be executed; options are columns of SyncRun.

    Raises UnknownProvider naming each.
    """
    wanted = list(slugs)
    refuse_unknown(wanted)
    providers = list(asked_for(wanted))
    with transaction.atomic():
        run = SyncRun.objects.create(requested_by=by.label, source=by.source, **options)
        SyncResult.objects.bulk_create(SyncResult(run=run, provider=provider) for provider in providers)
    return run


def asked_for(slugs: Iterable[str]) -> QuerySet[Provider]:
    """The providers of these names; no names mean all active ones."""
    wanted = list(slugs)
    return Provider.objects.filter(slug__in=wanted) if wanted else Provider.objects.active()


def refuse_unknown(slugs: Iterable[str]) -> None:
    wanted = list(dict.fromkeys(slugs))
    known = set(asked_for(wanted).values_list("slug", flat=True)) if wanted else set()
    unknown = [slug for slug in wanted if slug not in known]
    if unknown:
        raise UnknownProvider(f"No provider is called {', '.join(unknown)}.", {"providers": unknown})


@rarely_collected()
def execute(run: SyncRun, watch: Watch = ignore, *, slugs: Iterable[str] = (), pace: Pace = USUAL_PACE) -> SyncRun:
    """Do a run, or its part at some providers.

    Every result ends as succeeded, held, skipped or failed, and says why in words. What another worker began and did
    not end, because it died, is begun again.
    """
    schedule.apply_due()
    running: dict[str, SyncResult] = {}
    sources: list[Source] = []
    for result in waiting(run, list(slugs)):
        source = start(result)
        if source is not None:
            running[source.slug] = result
            sources.append(source)
        watch(result.provider.slug, result.message or "asking")
    for progress in arriving(sources, pace, lambda: leases.renew(list(running.values()))):
        if progress.outcome is None:
            what = f"{progress.entries:,} entries read, page {progress.pages}"
            leases.note(running[progress.slug], what)
            watch(progress.slug, what)
            continue
        result = running.pop(progress.slug)
        finish(result, progress.outcome)
        watch(progress.slug, result.message)
    leases.close_runs()
    run.refresh_from_db()
    return run


def waiting(run: SyncRun, slugs: list[str]) -> list[SyncResult]:
    results = leases.open_results(run).select_related("run", "provider").order_by("provider__slug")
    return list(results.filter(provider__slug__in=slugs) if slugs else results)


def start(result: SyncResult) -> Source | None:
    """Take the lease; the source to fetch from, or None if the result is already the last word."""
    provider = result.provider
    age = provider.last_sync_age
    if age is not None and age < FRESH.total_seconds() and not (result.run.force or result.run.dry_run):
        skip(result, f"Refreshed {minutes(age)} ago; force to ask again.")
        return None
    if not leases.claim(result):
        skip(result, "Another sync of this provider is running.")
        return None
    try:
        run = result.run
        use_etag = not (run.force or run.category or run.dry_run or run.reviewed_id)
        source = source_of(provider, use_etag=use_etag, with_voices=voices.concern(run))
    except CatalogError as error:
        fail(result, error.message)
        return None
    reason = why_curated(provider, source)
    if reason:
        use_curated(result, reason)
        return None
    if source is not None and not source.base_url and not source.list_url:
        fail(result, "The provider has no address. Enter its base URL on the provider's page.")
        return None
    return source


def minutes(seconds: float) -> str:
    count = int(seconds // 60)
    return "a moment" if count == 0 else "1 minute" if count == 1 else f"{count} minutes"


def arriving(sources: list[Source], pace: Pace, on_wait: Callable[[], None]) -> Iterator[Progress]:
    """What fetching tells, as it arrives; `on_wait` is called every now and then while nothing does."""
    if not sources:
        return
    told: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            asyncio.run(fetch_all(sources, concurrency=CONCURRENCY, on_progress=told.put, pace=pace))
        finally:
            told.put(None)

    thread = threading.Thread(target=work, name="fetch", daemon=True)
    thread.start()
    while True:
        try:
            progress = told.get(timeout=RENEW_EVERY)
        except queue.Empty:
            on_wait()
            continue
        if progress is None:
            break
        if progress.outcome is not None:
            on_wait()
        yield progress
    thread.join()


def sync(
    by: Caller, slugs: Iterable[str] = (), watch: Watch = ignore, *, pace: Pace = USUAL_PACE, **options: Any
) -> SyncRun:
    """Create a run and do it."""
    return execute(create_run(by, slugs, **options), watch, pace=pace)
