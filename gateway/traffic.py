"""Calls of routes, for the pages of the catalog."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Sum

from catalog.traffic import Traffic
from gateway.models import UsageDay


def calls_of_routes(names: Collection[str], since: date) -> Mapping[str, Traffic]:
    rows = UsageDay.objects.filter(route__in=names, day__gte=since).order_by().values("route")
    sums = rows.annotate(all_calls=Sum("calls"), failed=Sum("errors"), turned_away=Sum("refused"))
    return {row["route"]: Traffic(calls=row["all_calls"] - row["turned_away"], errors=row["failed"]) for row in sums}
