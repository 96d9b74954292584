"""How values read on the pages of the account."""

from __future__ import annotations

from decimal import Decimal

from django import template

from catalog.admin import display
from catalog.models import Price
from console import charts

EXACT = 6  # significant digits of a cost

register = template.Library()
register.filter("count", display.number)


@register.filter
def price(row: Price | None) -> str:
    return display.headline(row.amounts if row else None)


@register.filter
def cost(amount: Decimal | None) -> str:
    """USD without a sign, with six significant digits at most."""
    if amount is None:
        return display.UNKNOWN
    places = max(0, EXACT - 1 - amount.adjusted()) if amount else 0
    return display.money(round(amount, places))


@register.filter
def amount(value: Decimal | None) -> str:
    """A number that is estimated, so that three significant digits do."""
    return display.UNKNOWN if value is None else charts.plain(value)
