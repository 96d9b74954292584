"""When models and stored keys were last called. Bookkeeping: no ChangeSet, and never in anyone's way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from catalog.models import AIModel, Credential

BATCH = 500
Used = TypeVar("Used", AIModel, Credential)


def note(table: type[Used], times: Mapping[int, datetime]) -> None:
    """Note these times by id, where they are news. Rows that are being changed now are left until next time."""
    ids = sorted(times)
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            rows = table._default_manager.filter(pk__in=ids[start : start + BATCH]).order_by("pk").only("last_used_at")
            newer = [
                row for row in rows.select_for_update(skip_locked=True) if is_news(row.last_used_at, times[row.pk])
            ]
            for row in newer:
                row.last_used_at = times[row.pk]
            table._default_manager.bulk_update(newer, ["last_used_at"])


def is_news(known: datetime | None, now: datetime) -> bool:
    return known is None or known < now
