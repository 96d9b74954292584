"""What waits for a person's decision: lists and prices that were held, and sources that disagree."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery

from catalog import disagreements
from catalog.models import AIModel, Price, PriceState
from discovery.models import UNFINISHED, SyncResult, SyncState


def counts() -> dict[str, int]:
    return {
        "lists": held_lists().count(),
        "prices": held_prices().count(),
        "conflicts": conflict_count(),
    }


def held_lists() -> QuerySet[SyncResult]:
    """Lists that were held and that no later sync has replaced."""
    tried = SyncResult.objects.filter(provider=OuterRef("provider"), run__dry_run=False).exclude(
        state__in=[SyncState.SKIPPED, *UNFINISHED]
    )
    last = Subquery(tried.order_by("-id").values("pk")[:1])
    held = SyncResult.objects.filter(pk=last, state=SyncState.HELD, decision="")
    return held.select_related("run", "provider").order_by("provider__slug")


def held_prices() -> QuerySet[Price]:
    held = Price.objects.filter(state=PriceState.HELD)
    return held.select_related("model__provider", "model__price").order_by("model__provider__slug", "model__model_id")


def conflicting() -> QuerySet[AIModel]:
    found = AIModel.objects.global_().unarchived().exclude(conflicts=[])
    return found.select_related("provider", "price").order_by("provider__slug", "model_id")


def conflicting_ids() -> list[int]:
    """Models with a conflict that nobody has settled, told apart row by row: there are not many."""
    return [pk for pk, count in unsettled() if count]


def conflict_count() -> int:
    return sum(count for _, count in unsettled())


def unsettled() -> list[tuple[int, int]]:
    """Models with conflicts, each with how many of them nobody has settled."""
    rows = conflicting().values_list("pk", "conflicts")
    return [(pk, sum(disagreements.KEPT not in conflict for conflict in conflicts)) for pk, conflicts in rows]
