"""How many of the organisation's models there are, asked once for a page: an index answers it without their rows."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count

from catalog.models import AIModel

Counts = Mapping[tuple[int, str, str], int]  # provider, category, status


def model_counts() -> Counts:
    rows = AIModel.objects.global_().order_by().values_list("provider", "category", "status").annotate(Count("pk"))
    return {(provider, category, status): number for provider, category, status, number in rows}


def in_status(counts: Counts, wanted: str) -> int:
    return sum(number for (_, _, status), number in counts.items() if status == wanted)
