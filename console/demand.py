"""Who asked for a model in the last 30 days: the calls it served itself, and those that others served in its place."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import CharField, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from catalog.models import AIModel
from catalog.resolution import Reason
from gateway.models import Usage, UsageDay

DAYS = 30
IN_PLACE = [Reason.SUCCESSOR, Reason.PROVIDER_DEFAULT, Reason.CURATED_DEFAULT]


def since() -> date:
    """The first of the days; today is the last."""
    return timezone.now().date() - timedelta(days=DAYS - 1)


def served(label: Any) -> QuerySet[UsageDay]:
    """The days of a model, which usage calls `provider/model_id`."""
    return UsageDay.objects.filter(model=label, day__gte=since()).order_by()


def given_away(label: Any, provider: Any, model_id: Any) -> QuerySet[Usage]:
    """The calls that named a model, whole or by its id alone, and that another one answered because it was retired."""
    named = Q(requested=label) | Q(requested=model_id, provider=provider)
    begin = datetime.combine(since(), time(), UTC)
    # Said as in the index of these calls, which is the only one that knows what was asked for.
    return Usage.objects.filter(named, ~Q(requested=F("model")), reason__in=IN_PLACE, at__gte=begin).order_by()


def served_by(model: AIModel) -> QuerySet[UsageDay]:
    return served(str(model))


def given_away_by(model: AIModel) -> QuerySet[Usage]:
    return given_away(str(model), model.provider.slug, model.model_id)


# The same in a subquery, for the model outside of it
OUTER_LABEL = Concat(OuterRef("provider__slug"), Value("/"), OuterRef("model_id"), output_field=CharField())


def served_by_outer() -> QuerySet[UsageDay]:
    return served(OUTER_LABEL)


def given_away_by_outer() -> QuerySet[Usage]:
    return given_away(OUTER_LABEL, OuterRef("provider__slug"), OuterRef("model_id"))
