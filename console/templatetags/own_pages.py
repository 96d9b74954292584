"""How values read on the pages of the account."""

from __future__ import annotations

from django import template

from catalog.admin import display
from catalog.models import Price

register = template.Library()
register.filter("count", display.number)


@register.filter
def price(row: Price | None) -> str:
    return display.headline(row.amounts if row else None)
