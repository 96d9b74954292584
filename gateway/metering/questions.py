"""What can be asked of calls and of their days: whose, when, and of which model, key, route and so on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from access.caller import Caller
from gateway.models import Outcome, Usage, UsageDay

FILTERS = ("model", "provider", "key", "user", "route", "variant", "kind")
BY_ID = ("key", "user")  # found by id or by name
DIGITS = 18  # of an id, at most
# Calls that were answered, if only in part, at a cost nobody knows; UsageDay counts the same.
UNPRICED = Q(cost=None) & (Q(outcome=Outcome.OK) | Q(first_ms__isnull=False))

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Days in UTC, both included."""

    since: date
    until: date

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """When it begins, and when the day after it does."""
        midnight = time(tzinfo=UTC)
        return datetime.combine(self.since, midnight), datetime.combine(self.until + timedelta(days=1), midnight)


def own(caller: Caller) -> Q:
    """Of calls: an admin everyone's, a person their own, a service those of its key."""
    if caller.is_admin:
        return Q()
    return Q(user_id=caller.user_id) if caller.user_id is not None else Q(user_id=0, key_id=caller.key_id or -1)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A filter is met by any of its values; one without values by everything."""

    period: Period
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def days(self, caller: Caller) -> QuerySet[UsageDay]:
        rows = UsageDay.objects.order_by().filter(own(caller), day__range=(self.period.since, self.period.until))
        return self.narrowed(rows)

    def calls(self, caller: Caller) -> QuerySet[Usage]:
        """The newest first."""
        begin, end = self.period.moments
        return self.narrowed(Usage.objects.filter(own(caller), at__gte=begin, at__lt=end).order_by("-at", "-id"))

    def narrowed(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        for name, values in self.filters.items():
            if values:
                rows = rows.filter(by_id_or_name(name, values) if name in BY_ID else Q(**{f"{name}__in": values}))
        return rows


def by_id_or_name(name: str, values: Sequence[str]) -> Q:
    ids = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) <= DIGITS]
    names = [value for value in values if not (value.isascii() and value.isdigit())]
    found = Q(**{f"{name}_id__in": ids})
    return found | Q(**{f"{name}_name__in": names}) if names else found
