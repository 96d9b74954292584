"""What becomes of one provider's result: planned and applied in one transaction, or held, or failed, in words."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.caller import SYNC
from catalog import facts, history, populate
from catalog.models import AIModel, Provider
from catalog.policy import Policy, policy_of
from catalog.upstream import UpstreamError

from . import health, leases, voices
from .apply import Applied, apply, known_rows
from .choice import narrow
from .enrichment import enrich
from .errors import LeaseLost, NothingToReview
from .fetch import Fetched
from .models import SyncResult, SyncRun, SyncState
from .plan import Plan, plan, plan_unmodified
from .preview import preview
from .sources import NO_LIST

logger = logging.getLogger(__name__)

KEPT_REASONS = 200  # of entries left out; the rest is counted


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
            shown_plan = preview(made, provider, policy)
            count_changes(result, made, len(shown_plan["changed"]), len(shown_plan["held"]))
            result.plan = shown_plan | heard.shown
            end(result, state_after(heard), said(result, made, Applied(notes=heard.notes)))
            return
        done = apply(made, provider, policy, now, partial=bool(fetched.warnings))
        further = enrich(provider, now)
        done.held += further.held
        done.notes += [*further.notes, *heard.notes]
        result.new = done.new
        count_changes(result, made, done.changed, len(done.held))
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


def count_changes(result: SyncResult, made: Plan, changed: int, held: int) -> None:
    """Of what is told anew some changes nothing, such as a price that is held."""
    result.changed, result.held = changed, held
    result.unchanged = made.unchanged + len(made.changed) - changed


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
