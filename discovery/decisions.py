"""What people decide about plans and lists that waited for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from access.caller import Caller

from . import sync
from .errors import NothingToReview
from .launch import launch
from .models import Decision, SyncResult, SyncRun, SyncState


def apply_reviewed(result: SyncResult, by: Caller, *, only: Sequence[str] | None = None, reason: str = "") -> SyncRun:
    """Do what a plan showed for a provider, or only with the models chosen: asks the provider anew, and does no more.

    Of a list that was held this is its acceptance. Raises NothingToReview.
    """
    refuse_without_plan(result)
    run = result.run
    with transaction.atomic():
        if result.state == SyncState.HELD:
            decide(result, Decision.ACCEPTED, by, reason)
        made = sync.create_run(
            by,
            [result.provider.slug],
            category=run.category,
            force=True,
            reason=reason,
            reviewed=run,
            only=None if only is None else list(only),
            accept_short=result.state == SyncState.HELD,
        )
    launch(made)
    return made


def apply_all(run: SyncRun, by: Caller, reason: str = "") -> SyncRun:
    """Do what a dry run showed, at all providers where it can be done. Held lists are decided one by one.

    Raises NothingToReview.
    """
    results = reviewable(run.results.select_related("provider").defer("plan").filter(plan__has_key="digests"))
    slugs = [result.provider.slug for result in results]
    if not slugs or not run.dry_run:
        raise NothingToReview("There is nothing in it that could be applied.")
    made = sync.create_run(by, slugs, category=run.category, force=True, reason=reason, reviewed=run)
    launch(made)
    return made


def reviewable(results: Iterable[SyncResult]) -> list[SyncResult]:
    return [result for result in results if result.state == SyncState.SUCCEEDED]


def refuse_list(result: SyncResult, by: Caller, reason: str = "") -> None:
    """Note that a held list is not believed: nothing changes. Raises NothingToReview."""
    with transaction.atomic():
        decide(result, Decision.REFUSED, by, reason)


def decide(result: SyncResult, decision: Decision, by: Caller, reason: str) -> None:
    """Once for each list: the second of two admins is told so."""
    waiting = SyncResult.objects.filter(pk=result.pk, state=SyncState.HELD, decision="")
    if not waiting.update(
        decision=decision, decided_by=by.label, decided_at=timezone.now(), decision_reason=reason[:500]
    ):
        raise NothingToReview("That list does not wait for a decision any more.")


def refuse_without_plan(result: SyncResult) -> None:
    shows_a_plan = result.run.dry_run or result.state == SyncState.HELD
    if not shows_a_plan or not result.plan or "digests" not in result.plan:
        raise NothingToReview("There is no plan to apply.")
