"""Sync runs: ask all providers at once, then plan and apply each in one transaction of its own.

Fetching is asynchronous and sees no database; it runs in a thread, and what arrives is applied here, one provider
after the other. Whatever happens to one provider is its own result and no concern of the others.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from access.caller import SYNC, Caller
from catalog import facts, history, populate, schedule
from catalog.errors import CatalogError
from catalog.models import AIModel, Provider
from catalog.policy import policy_of
from catalog.upstream import UpstreamError

from . import health, leases
from .apply import Applied, apply, known_rows
from .enrichment import enrich
from .errors import LeaseLost, UnknownProvider
from .fetch import Fetched, Pace, Progress, Source, fetch_all
from .models import FRESH, SyncResult, SyncRun, SyncState
from .plan import Plan, plan, plan_unmodified
from .preview import preview
from .sources import source_of, why_curated

logger = logging.getLogger(__name__)

CONCURRENCY = 8
RENEW_EVERY = 30.0  # seconds
USUAL_PACE = Pace()
KEPT_REASONS = 200  # of entries left out; the rest is counted

Watch = Callable[[str, str], None]  # provider, what happens to it


def ignore(slug: str, what: str) -> None:
    """For callers that only want the result."""


def create_run(
    by: Caller, slugs: Iterable[str] = (), *, category: str = "", dry_run: bool = False, force: bool = False
) -> SyncRun:
    """A run over some providers, or all active ones, ready to be executed. Raises UnknownProvider naming each."""
    wanted = list(dict.fromkeys(slugs))
    providers = Provider.objects.filter(slug__in=wanted) if wanted else Provider.objects.active()
    found = {provider.slug: provider for provider in providers}
    unknown = [slug for slug in wanted if slug not in found]
    if unknown:
        raise UnknownProvider(f"No provider is called {', '.join(unknown)}.", {"providers": unknown})
    with transaction.atomic():
        run = SyncRun.objects.create(
            requested_by=by.label, source=by.source, category=category, dry_run=dry_run, force=force
        )
        SyncResult.objects.bulk_create(SyncResult(run=run, provider=provider) for provider in found.values())
    return run


def execute(run: SyncRun, watch: Watch = ignore, *, pace: Pace = USUAL_PACE) -> SyncRun:
    """Do a run: every result of it ends as succeeded, held, skipped or failed, and says why in words."""
    schedule.apply_due()
    running: dict[str, SyncResult] = {}
    sources: list[Source] = []
    for result in (
        run.results.filter(state=SyncState.QUEUED).select_related("run", "provider").order_by("provider__slug")
    ):
        source = start(result)
        if source is not None:
            running[source.slug] = result
            sources.append(source)
        watch(result.provider.slug, result.message or "asking")
    for progress in arriving(sources, pace, lambda: leases.renew(list(running.values()))):
        if progress.outcome is None:
            watch(progress.slug, f"{progress.entries} entries, page {progress.pages}")
            continue
        result = running.pop(progress.slug)
        finish(result, progress.outcome)
        watch(progress.slug, result.message)
    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at"])
    return run


def start(result: SyncResult) -> Source | None:
    """Take the lease; the source to fetch from, or None if the result is already the last word."""
    provider = result.provider
    age = provider.last_sync_age
    if age is not None and age < FRESH.total_seconds() and not (result.run.force or result.run.dry_run):
        end(result, SyncState.SKIPPED, f"Refreshed {int(age // 60)} minutes ago; force to ask again.")
        return None
    if not leases.claim(result):
        end(result, SyncState.SKIPPED, "Another sync of this provider is running.")
        return None
    try:
        use_etag = not (result.run.force or result.run.category or result.run.dry_run)
        source = source_of(provider, use_etag=use_etag) if provider.listing else None
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


def finish(result: SyncResult, outcome: Fetched | UpstreamError) -> None:
    """Plan and apply what was fetched, or say why not. Nothing is half done: one transaction."""
    if isinstance(outcome, UpstreamError):
        fail(result, str(outcome))
        return
    result.fetched = outcome.entries_seen - outcome.repeated
    result.transformed = len(outcome.listings)
    result.skipped = len(outcome.skipped)
    result.reasons = outcome.skipped[:KEPT_REASONS]
    result.warnings = outcome.warnings
    try:
        succeed(result, outcome)
    except LeaseLost as error:
        logger.warning("%s: %s", result.provider.slug, error)
    except (CatalogError, DatabaseError) as error:
        logger.exception("Applying the list of %s failed", result.provider.slug)
        fail(result, f"Applying the list failed ({type(error).__name__}); nothing was changed. The log says more.")


def succeed(result: SyncResult, fetched: Fetched) -> None:
    run, provider = result.run, result.provider
    now = timezone.now()
    with history.change_set(SYNC, run=run.pk, scope=provider.slug):
        leases.keep(result)
        provider.refresh_from_db()
        policy = policy_of(provider.policy)
        rows = known_rows(provider)
        if fetched.not_modified:
            made = plan_unmodified(rows, policy)
            result.fetched = result.transformed = made.unchanged
        else:
            made = plan(rows, fetched.listings, policy, run.category)
        count(result, made)
        if run.dry_run or made.held:
            result.plan = preview(made, provider, policy)
            end(
                result, SyncState.HELD if made.held else SyncState.SUCCEEDED, made.held or said(result, made, Applied())
            )
            return
        done = apply(made, provider, policy, now, partial=bool(fetched.warnings))
        further = enrich(provider, now)
        done.held += further.held
        done.notes += further.notes
        result.new, result.changed, result.held = done.new, done.changed, len(done.held)
        result.unchanged = made.unchanged + len(made.changed) - done.changed  # told anew, but nothing else
        result.plan = {"held": done.held} if done.held else None
        provider.last_synced_at = now
        provider.etag = "" if run.category else fetched.etag
        health.note_success(provider, fetched.warnings)
        provider.save(update_fields=["last_synced_at", "etag", "health", "health_since", "health_reason", "updated_at"])
        end(result, SyncState.SUCCEEDED, said(result, made, done))


def count(result: SyncResult, made: Plan) -> None:
    result.new, result.changed, result.unchanged = len(made.new), len(made.changed), made.unchanged
    result.missing, result.returned = len(made.missing), len(made.returned)
    result.deprecated = len(made.deprecate)


def said(result: SyncResult, made: Plan, done: Applied) -> str:
    """The result in words."""
    slug = result.provider.slug
    verb = "Would sync" if result.run.dry_run else "Synced"
    parts = [
        f"{verb} {result.transformed} models from {slug}. Fetched: {result.fetched}, "
        f"Transformed: {result.transformed}, Skipped: {result.skipped}"
    ]
    if made.not_taken:
        parts.append(f"{made.not_taken} of categories the policy does not take")
    if done.held:
        parts.append(f"{len(done.held)} prices held for an admin to look at")
    return ". ".join([*parts, *done.notes])


def use_curated(result: SyncResult, reason: str) -> None:
    """No list or no key: make sure that the models we name ourselves are there."""
    provider = result.provider
    with history.change_set(SYNC, run=result.run_id, scope=provider.slug):
        made = [] if result.run.dry_run else populate.add_curated(SYNC, [provider.slug])
        notes = [] if result.run.dry_run else enrich(provider, timezone.now()).notes
        result.new = sum(item.pk is not None for item in made)
        result.transformed = AIModel.objects.global_().filter(provider=provider, claims__has_key=facts.CURATED).count()
        using = f"Using curated list ({reason}): {result.transformed} models"
        end(result, SyncState.SUCCEEDED, ". ".join([using, *notes]) + ".")


def fail(result: SyncResult, message: str) -> None:
    """Nothing changed in the catalog; the provider's health says why."""
    with transaction.atomic():
        if not result.run.dry_run:
            health.note_failure(result.provider, message)
        end(result, SyncState.FAILED, message)


def end(result: SyncResult, state: str, message: str) -> None:
    result.state, result.message, result.lease_until = state, message, None
    result.finished_at = timezone.now()
    result.save()


def sync(
    by: Caller, slugs: Iterable[str] = (), watch: Watch = ignore, *, pace: Pace = USUAL_PACE, **options: Any
) -> SyncRun:
    """Create a run and do it."""
    return execute(create_run(by, slugs, **options), watch, pace=pace)
