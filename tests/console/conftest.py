"""Usage as the gateway would have counted it, and pages read by their rows and numbers."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from catalog.models import AIModel
from gateway.models import Usage, UsageDay

NEEDS = re.compile(r'<a href="([^"]*)" class="box"><strong>([\d,]+)</strong> <span>([^<]*)</span>')


def some_usage(model: AIModel | str, calls: int = 1, *, days_ago: int = 0, **fields: Any) -> UsageDay:
    name = str(model)
    usual = {"provider": name.partition("/")[0], "answered": calls, "priced": calls, "cost": Decimal(calls)}
    day = timezone.now().date() - timedelta(days=days_ago)
    return UsageDay.objects.create(day=day, model=name, calls=calls, **{**usual, **fields})


def a_call_in_place(requested: str, served: str, reason: str = "provider-default", **fields: Any) -> Usage:
    """A call that named one model and was answered by another."""
    usual = {"at": timezone.now(), "provider": served.partition("/")[0], "outcome": "ok", "status": 200}
    number = Usage.objects.count()
    return Usage.objects.create(
        call_id=f"call-{number}", requested=requested, model=served, reason=reason, duration_ms=1, **{**usual, **fields}
    )


def needs_on(client: Client) -> dict[str, tuple[int, str]]:
    """What the first page says waits: its words, with the number and the address."""
    found = NEEDS.findall(client.get("/admin/").content.decode())
    return {label: (int(number.replace(",", "")), url.replace("&amp;", "&")) for url, number, label in found}
