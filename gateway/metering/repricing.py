"""What calls cost, computed again: from the history of prices, each call by the one that was in force when it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from catalog.models import Price, PriceState
from gateway.metering import days
from gateway.metering.costs import cost_of
from gateway.models import Usage

BATCH = 500  # calls a transaction
UNPRICED, COST = days.SUMS.index("unpriced"), days.SUMS.index("cost")


@dataclass(frozen=True, kw_only=True)
class Repriced:
    """What was found. A call without a price at its time keeps the cost it has."""

    calls: int = 0
    changed: int = 0
    without_price: int = 0
    cost_before: Decimal = Decimal(0)  # USD
    cost_after: Decimal = Decimal(0)
    unpriced_before: int = 0
    unpriced_after: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def is_one(self) -> bool:
        return any(self.before[name] != self.after[name] for name in ("cost", "price_id"))


def reprice(calls: QuerySet[Usage], *, before_first: bool = False, dry_run: bool = False) -> Repriced:
    """Compute the cost of these calls again, and move the differences into the sums of their days with them.

    `before_first`: calls older than the first known price of their model are charged by it. Small transactions, one
    after the other: whatever ends it in between, rows and sums agree, and it may be done again.
    """
    found, last, prices = Repriced(), 0, Prices(before_first=before_first)
    while True:
        with nullcontext() if dry_run else transaction.atomic():
            rows = rows_after(calls, last, locked=not dry_run)
            priced = [row for row in rows if row["model_row"] is not None]
            prices.load({row["model_row"] for row in priced})
            changes = [change for row in priced if (change := changed(row, prices)) is not None]
            if not dry_run:
                save([change for change in changes if change.is_one])
        if not rows:
            return found
        found = counted(found, rows, changes)
        last = rows[-1]["id"]


def rows_after(calls: QuerySet[Usage], last: int, *, locked: bool) -> list[Mapping[str, Any]]:
    rows = calls.filter(pk__gt=last).order_by("pk")
    return [*(rows.select_for_update() if locked else rows).values()[:BATCH]]


def changed(row: Mapping[str, Any], prices: Prices) -> Change | None:
    """None if nothing is known of the price at that time."""
    price = prices.at(row["model_row"], row["at"])
    return None if price is None else Change(row, {**row, "cost": cost_of(price, row), "price_id": price.pk})


def save(changes: Sequence[Change]) -> None:
    after = [change.after for change in changes]
    rows = [Usage(pk=row["id"], cost=row["cost"], price_id=row["price_id"]) for row in after]
    Usage.objects.bulk_update(rows, ["cost", "price_id"])
    days.save(
        (change.after, days.difference(days.sums_of(change.after), days.sums_of(change.before))) for change in changes
    )


def counted(found: Repriced, rows: Sequence[Mapping[str, Any]], changes: Iterable[Change]) -> Repriced:
    by_id = {change.after["id"]: change for change in changes}
    before = [days.sums_of(row) for row in rows]
    after = [days.sums_of(by_id[row["id"]].after if row["id"] in by_id else row) for row in rows]
    return replace(
        found,
        calls=found.calls + len(rows),
        changed=found.changed + sum(change.is_one for change in by_id.values()),
        without_price=found.without_price + len(rows) - len(by_id),
        cost_before=found.cost_before + sum(sums[COST] for sums in before),
        cost_after=found.cost_after + sum(sums[COST] for sums in after),
        unpriced_before=found.unpriced_before + sum(sums[UNPRICED] for sums in before),
        unpriced_after=found.unpriced_after + sum(sums[UNPRICED] for sums in after),
    )


class Prices:
    """The histories of the prices of some models, each read once."""

    def __init__(self, *, before_first: bool) -> None:
        self.before_first = before_first
        self.by_model: dict[int, list[Price]] = {}  # newest first

    def load(self, models: set[int]) -> None:
        wanted = models - self.by_model.keys()
        self.by_model.update({model: [] for model in wanted})
        counting = (PriceState.IN_FORCE, PriceState.SCHEDULED, PriceState.PAST)
        for price in Price.objects.filter(model__in=wanted, state__in=counting).order_by("-effective_from", "-id"):
            self.by_model[price.model_id].append(price)

    def at(self, model: int, moment: datetime) -> Price | None:
        history = self.by_model[model]
        held = next((price for price in history if price.effective_from <= moment), None)
        if held is None and self.before_first:
            known = [price for price in history if any(amount is not None for amount in price.amounts.values())]
            return known[-1] if known else None
        return held
