"""Sync runs: ask all providers at once, then plan and apply each in one transaction of its own.

Fetching is asynchronous and sees no database; it runs in a thread, and what arrives is applied here, one provider
after the other. Whatever happens to one provider is its own result and no concern of the others.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.caller import SYNC, Caller
from catalog import facts, history, populate, schedule
from catalog.errors import CatalogError
from catalog.models import AIModel, Provider
from catalog.policy import Policy, policy_of
from catalog.upstream import UpstreamError

from . import health, leases, voices
from .apply import Applied, apply, known_rows
from .choice import narrow
from .enrichment import enrich
from .errors import LeaseLost, NothingToReview, UnknownProvider
from .fetch import Fetched, Pace, Progress, Source, fetch_all
from .garbage import rarely_collected
from .models import FRESH, SyncResult, SyncRun, SyncState
from .plan import Plan, plan, plan_unmodified
from .preview import preview
from .sources import NO_LIST, source_of, why_curated

logger = logging.getLogger(__name__)

CONCURRENCY = 8
RENEW_EVERY = 30.0  # seconds
USUAL_PACE = Pace()
KEPT_REASONS = 200  # of entries left out; the rest is counted

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
    leases.note(result, f"comparing {result.transformed:,} models with the catalog", always=True)
    try:
        if result.provider.listing:
            succeed(result, outcome)
        else:
            use_curated(result, NO_LIST, outcome)
    except LeaseLost as error:
        logger.warning("%s: %s", result.provider.slug, error)
    except NothingToReview as error:
        end(result, SyncState.FAILED, error.message)
    except Exception as error:
        # Of the database, or a fault of ours: told in full here, and the other providers still get theirs.
        logger.exception("Applying the list of %s failed", result.provider.slug)
        fail(result, f"Applying the list failed ({type(error).__name__}); nothing was changed. The log says more.")


def succeed(result: SyncResult, fetched: Fetched) -> None:
    run, provider = result.run, result.provider
    now = timezone.now()
    with history.change_set(SYNC, run.reason, run=run.pk, scope=provider.slug):
        leases.keep(result)
        provider.refresh_from_db()
        policy = policy_of(provider.policy)
        rows = known_rows(provider)
        shown = shown_by(run, provider) if run.reviewed_id else {}
        if fetched.not_modified:
            made = plan_unmodified(rows, policy)
            result.fetched = result.transformed = made.unchanged
        else:
            made = plan(rows, fetched.listings, policy, run.category)
        made, left = narrow(made, shown, run.only) if run.reviewed_id else (made, [])
        count(result, made)
        if made.held and (run.dry_run or not run.accept_short):
            result.plan = preview(made, provider, policy)
            end(result, SyncState.HELD, made.held)
            return
        heard = note_voices(result, fetched, policy, now, shown)
        if run.dry_run:
            result.plan = preview(made, provider, policy) | heard.shown
            end(result, state_after(heard), said(result, made, Applied(notes=heard.notes)))
            return
        done = apply(made, provider, policy, now, partial=bool(fetched.warnings))
        further = enrich(provider, now)
        done.held += further.held
        done.notes += [*further.notes, *heard.notes]
        result.new, result.changed, result.held = done.new, done.changed, len(done.held)
        result.unchanged = made.unchanged + len(made.changed) - done.changed  # told anew, but nothing else
        result.plan = {"held": done.held, "left": left} if done.held or left else None
        if heard.held:
            result.plan = preview(Plan(held=heard.held), provider, policy) | (result.plan or {}) | heard.shown
        done.notes += [f"{len(left)} differ from what was reviewed and were left alone"] if left else []
        provider.etag = "" if run.category or run.reviewed_id else fetched.etag
        note_good_sync(result, heard, now)
        end(result, state_after(heard), said(result, made, done))


def note_voices(
    result: SyncResult, fetched: Fetched, policy: Policy, now: datetime, shown: Mapping[str, Any]
) -> voices.Heard:
    heard = voices.sync(result.provider, fetched.voices, policy, result.run, now, shown)
    result.warnings = [*result.warnings, *heard.warnings]
    result.reasons = [*result.reasons, *heard.reasons][:KEPT_REASONS]
    return heard


def state_after(heard: voices.Heard) -> SyncState:
    return SyncState.HELD if heard.held else SyncState.SUCCEEDED


def note_good_sync(result: SyncResult, heard: voices.Heard, now: datetime) -> None:
    provider = result.provider
    if not heard.held:
        provider.last_synced_at = now
    health.note_success(provider, result.warnings)
    provider.save(update_fields=["last_synced_at", "etag", "health", "health_since", "health_reason", "updated_at"])


def shown_by(run: SyncRun, provider: Provider) -> dict[str, Any]:
    """The plan for a provider that was reviewed before this run. Raises NothingToReview."""
    reviewed = SyncResult.objects.filter(run=run.reviewed_id, provider=provider).first()
    if reviewed is None or not reviewed.plan or "digests" not in reviewed.plan:
        raise NothingToReview("The plan that was reviewed is not there any more.")
    return dict(reviewed.plan)


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


def use_curated(result: SyncResult, reason: str, fetched: Fetched | None = None) -> None:
    """No list of models or no key: make sure that those we name ourselves are there. Voices may have been listed."""
    run, provider, now = result.run, result.provider, timezone.now()
    with history.change_set(SYNC, run=run.pk, scope=provider.slug):
        heard = voices.Heard()
        if fetched is not None:
            leases.keep(result)
            provider.refresh_from_db()
            policy = policy_of(provider.policy)
            shown = shown_by(run, provider) if run.reviewed_id else {}
            heard = note_voices(result, fetched, policy, now, shown)
            result.plan = preview(Plan(held=heard.held), provider, policy) | heard.shown if heard.shown else None
        made = [] if run.dry_run else populate.add_curated(SYNC, [provider.slug])
        notes = [] if run.dry_run else enrich(provider, now).notes
        result.new = sum(item.pk is not None for item in made)
        result.transformed = AIModel.objects.global_().filter(provider=provider, claims__has_key=facts.CURATED).count()
        using = f"Using curated list ({reason}): {result.transformed} models"
        if fetched is not None and not run.dry_run:
            note_good_sync(result, heard, now)
        end(result, state_after(heard), ". ".join([using, *notes, *heard.notes]) + ".")


def fail(result: SyncResult, message: str) -> None:
    """Nothing changed in the catalog; the provider's health says why."""
    with transaction.atomic():
        if not result.run.dry_run:
            health.note_failure(result.provider, message)
        end(result, SyncState.FAILED, message)


def skip(result: SyncResult, message: str) -> None:
    """Leave a result that was not begun. If another worker has it, it stays theirs."""
    now = timezone.now()
    SyncResult.objects.filter(pk=result.pk, state=SyncState.QUEUED).update(
        state=SyncState.SKIPPED, message=message, finished_at=now
    )
    result.refresh_from_db(fields=["state", "message", "finished_at"])


def end(result: SyncResult, state: str, message: str) -> None:
    """Say how it ended, unless somebody else has said so before: then this worker was thought dead."""
    mine = SyncResult.objects.filter(pk=result.pk, state=SyncState.RUNNING, started_at=result.started_at)
    result.state, result.message, result.lease_until = state, message, None
    result.finished_at = timezone.now()
    if mine.exists():
        result.save()
    else:
        logger.warning("%s: its result was ended by another worker; this was: %s", result.provider.slug, message)


def sync(
    by: Caller, slugs: Iterable[str] = (), watch: Watch = ignore, *, pace: Pace = USUAL_PACE, **options: Any
) -> SyncRun:
    """Create a run and do it."""
    return execute(create_run(by, slugs, **options), watch, pace=pace)
