"""How much routes are called. The gateway counts; the settings name its counter, as the catalog knows no room above."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

DAYS = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """Calls of one route. Failed ones are among them, those refused by us are not."""

    calls: int = 0
    errors: int = 0


NONE = Traffic()


def of_routes(names: Collection[str]) -> Mapping[str, Traffic]:
    """The calls of these routes in the last seven days, today (UTC) included. Routes nobody called are left out."""
    count: Callable[[Collection[str], date], Mapping[str, Traffic]] = import_string(settings.CALLS_OF_ROUTES)
    return count(names, timezone.now().date() - timedelta(days=DAYS - 1)) if names else {}
