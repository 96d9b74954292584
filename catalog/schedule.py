"""Prices that begin on a day to come. The row waits; when it is due, it becomes the admin's word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from access.caller import Caller
from catalog import facts, history, pricing
from catalog.errors import Clash, Invalid, NotFound
from catalog.models import AIModel, ObjectType, Price, PriceState

CLOCK = Caller(label="schedule", source="sync", is_admin=True)


def schedule_price(model: AIModel, stated: Mapping[str, Any], begins: datetime, by: Caller, reason: str = "") -> Price:
    """A price that holds from a moment to come; amounts not named are those of the price in force.

    Raises Invalid, and Clash if another is to begin at that moment.
    """
    if begins.tzinfo is None or begins <= timezone.now():
        raise Invalid({"effective_from": "must lie in the future, with a zone"})
    with history.change_set(by, reason) as changes:
        row = facts.locked(model.pk)
        if row.prices.filter(state=PriceState.SCHEDULED, effective_from=begins).exists():
            raise Clash("Another price begins at that moment; cancel it first.", {"effective_from": "is taken"})
        whole = facts.with_whole_price(row, facts.clean({facts.PRICE: stated}))[facts.PRICE]
        new = pricing.NewPrice(model=row, stated=whole, source=facts.ADMIN, effective_from=begins)
        price = pricing.row(new, PriceState.SCHEDULED, timezone.now())
        price.save()
        changes.record(
            ObjectType.MODEL, row.pk, str(row), {}, {"scheduled_price": {"from": begins.isoformat(), **whole}}
        )
    return price


def cancel(price: Price, by: Caller, reason: str = "") -> None:
    """Take a scheduled price back before it begins. Raises NotFound if it is none any more."""
    with history.change_set(by, reason) as changes:
        row = (
            Price.objects.select_for_update(of=("self",)).select_related("model__provider").filter(pk=price.pk).first()
        )
        if row is None or row.state != PriceState.SCHEDULED:
            raise NotFound("That price is not scheduled any more.")
        stated = {"from": row.effective_from.isoformat(), **pricing.stated_by(row)}
        changes.record(ObjectType.MODEL, row.model_id, str(row.model), {"scheduled_price": stated}, {})
        row.delete()


def apply_due() -> int:
    """Put prices in force whose time has come; how many. Until then calls read them by date all the same."""
    due = Price.objects.due(timezone.now()).select_related("model").order_by("effective_from", "id")
    moved = 0
    for price in due:
        with history.change_set(CLOCK, "Scheduled price"):
            if Price.objects.filter(pk=price.pk, state=PriceState.SCHEDULED).delete()[0]:
                facts.begin_price(price.model, pricing.stated_by(price), price.effective_from, CLOCK)
                moved += 1
    return moved
