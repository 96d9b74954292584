"""The rows that are exported, and how what they hold is written."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from catalog import pricing
from catalog.models import AIModel, Price
from catalog.models.aimodel import AIModelQuerySet

CHUNK = 1_000  # rows at a time


def everyones() -> AIModelQuerySet:
    """The organisation's models in one order, with what every format needs."""
    return (
        AIModel.objects.global_()
        .select_related("provider", "price", "successor__provider")
        .order_by("provider__slug", "category", "model_id", "id")
    )


def streamed(models: AIModelQuerySet) -> Iterator[AIModel]:
    return models.iterator(chunk_size=CHUNK)


def amounts(price: Price | None) -> dict[str, Decimal]:
    """The amounts that are known, in USD per unit of ours."""
    return {name: Decimal(amount) for name, amount in pricing.stated_by(price).items() if name != "tiers"}


def tiers(price: Price | None) -> list[tuple[int, dict[str, Decimal]]]:
    """For each number of input tokens the amounts that hold from it on."""
    found = price.tiers if price else []
    return [(tier["from"], {name: Decimal(tier[name]) for name in tier if name != "from"}) for tier in found]


def above(start: int) -> int | None:
    """The thousands of tokens above which a tier holds, if it begins at or just after so many."""
    thousands, rest = divmod(start, 1_000)
    return thousands if rest in (0, 1) else None
