"""How the prices of a model went: a step for each change, those to come among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.safestring import SafeString

from catalog.admin.display import AMOUNT_WORDS
from catalog.models import Price, PriceState
from catalog.models.price import TOKEN_AMOUNTS, UNIT_AMOUNTS
from console.charts import MONEY, PATTERNS, Series, line_chart

DRAWN = (PriceState.IN_FORCE, PriceState.PAST, PriceState.SCHEDULED)  # held and refused ones were never in force
WORDS = {"input_mtok": "input", "output_mtok": "output", **AMOUNT_WORDS}


def charts(prices: Sequence[Price]) -> Iterator[SafeString]:
    """One of all that is charged by tokens, and one of each other unit."""
    drawn = sorted((price for price in prices if price.state in DRAWN), key=lambda price: price.effective_from)
    by_token = [name for name in TOKEN_AMOUNTS if is_known(name, drawn)][:PATTERNS]
    if by_token:
        yield chart(drawn, by_token, "USD per million tokens")
    for name in UNIT_AMOUNTS:
        if is_known(name, drawn):
            yield chart(drawn, [name], f"USD {WORDS[name]}")


def is_known(name: str, prices: Sequence[Price]) -> bool:
    return any(getattr(price, name) is not None for price in prices)


def chart(prices: Sequence[Price], names: Sequence[str], title: str) -> SafeString:
    now = timezone.now()  # once, or each line would end at a moment of its own
    return line_chart([series(prices, name, now) for name in names], title=title, unit=MONEY, stepped=True)


def series(prices: Sequence[Price], name: str, now: datetime) -> Series:
    """The amount of each change, and the last again today, so that its line goes on until then."""
    points = [(price.effective_from, getattr(price, name)) for price in prices]
    past = [amount for moment, amount in points if moment <= now]
    if past and len(past) == len(points):
        points.append((now, past[-1]))
    return Series(name=WORDS[name], points=points)
