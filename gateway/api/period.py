"""`from` and `to` of an address: days in UTC, both included."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from catalog.api.naming import Sent
from gateway.metering.questions import Period

DAYS = 30  # unless said otherwise, today among them
NAMES = ("from", "to")

PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.DATE, description=f"The first day (UTC); else {DAYS} days up to the last."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="The last day (UTC), included; else today."),
]


def period_of(query: Sent) -> Period:
    """Notes in `query` what is wrong."""
    until = day(query, "to") or timezone.now().date()
    before = min(DAYS - 1, (until - date.min).days)
    since = day(query, "from") or until - timedelta(days=before)
    if since > until:
        query.refuse("from" if "from" in query.fields else "to", "the first day is after the last")
    return Period(since=since, until=min(until, date.max - timedelta(days=1)))


def day(query: Sent, name: str) -> date | None:
    values = query.fields.get(name)
    if not values:
        return None
    try:
        return date.fromisoformat(values[-1])
    except ValueError:
        query.refuse(name, "must be a day, such as 2026-01-31")
        return None
