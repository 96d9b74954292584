"""Prices that a sync held, because they moved too far to be believed: a person accepts or refuses them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from access.caller import Caller
from catalog import facts, history, pricing
from catalog.errors import Clash, NotFound
from catalog.models import AIModel, ObjectType, Price, PriceState

FIELD = "held_price"  # as the history calls it


def accept(price: Price, by: Caller, reason: str = "") -> facts.Told:
    """Believe it: it becomes its source's word, and is in force unless a higher source states another.

    Raises NotFound if it is not held any more.
    """
    with history.change_set(by, reason) as changes:
        row, held = locked(price)
        stated = pricing.stated_by(held)
        held.delete()
        claimed = row.claims.get(held.source, {"facts": {}})["facts"]
        told = facts.tell(row, held.source, {**claimed, facts.PRICE: stated}, timezone.now())
        row.updated_by = by.label
        facts.save_many([told])
        changes.record(
            ObjectType.MODEL, row.pk, str(row), told.before | {FIELD: stated}, told.after | {FIELD: "accepted"}
        )
    return told


def refuse(price: Price, by: Caller, reason: str = "") -> None:
    """Disbelieve it: what is in force stays, and this price is not proposed again. Raises NotFound."""
    with history.change_set(by, reason) as changes:
        row, held = locked(price)
        Price.objects.filter(pk=held.pk).update(state=PriceState.REFUSED)
        changes.record(ObjectType.MODEL, row.pk, str(row), {FIELD: pricing.stated_by(held)}, {FIELD: "refused"})


def hold_again(model: AIModel, stated: Any, by: Caller, reason: str = "") -> None:
    """Undo a refusal: the price waits for a decision once more. Raises Clash if it cannot."""
    with history.change_set(by, reason) as changes:
        row = facts.locked(model.pk)
        refused = [p for p in row.prices.filter(state=PriceState.REFUSED) if pricing.stated_by(p) == stated]
        if not refused or row.prices.filter(state=PriceState.HELD).exists():
            raise Clash(f"Another price of {row} is held by now.")
        Price.objects.filter(pk=refused[0].pk).update(state=PriceState.HELD)
        changes.record(ObjectType.MODEL, row.pk, str(row), {FIELD: "refused"}, {FIELD: stated})


def locked(price: Price) -> tuple[AIModel, Price]:
    """The model, locked first as syncs do, and its held price."""
    row = facts.locked(price.model_id)
    held = Price.objects.select_for_update().filter(pk=price.pk, state=PriceState.HELD).first()
    if held is None:
        raise NotFound(f"That price of {row} is not held any more.")
    return row, held
