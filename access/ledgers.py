"""Which ledger counts: Redis where there is one, else slices of the database's allowances."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from access.limits import Ledger
from access.slices import SLICES


@cache
def ledger() -> Ledger:
    if not settings.REDIS_URL:
        return SLICES
    from access import exact  # its client is an extra

    return exact.connect(settings.REDIS_URL, meanwhile=SLICES)
