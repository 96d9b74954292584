"""The same model at other providers, its price beside that of the one that is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.models import AIModel

MOST = 50
SIDES = {"input_mtok": "in", "output_mtok": "out"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    name: str
    url: str
    state: SafeString
    context: str
    price: str
    compared: str


def offers_of(model: AIModel) -> list[Offer]:
    """The cheapest input first."""
    own = amounts(model)
    return [
        Offer(
            name=str(other),
            url=reverse("console-model", args=[other.pk]),
            state=display.state(other.status, other.get_status_display()),
            context=display.number(other.context_window),
            price=display.price(amounts(other) or None),
            compared=compared(amounts(other), own),
        )
        for other in AIModel.objects.offers_of(model)[:MOST]
    ]


def amounts(model: AIModel) -> Mapping[str, Any]:
    return model.price.amounts if model.price else {}


def compared(other: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """How much cheaper or dearer it is than ours, of input and output each."""
    said = {words: difference(other.get(name), own.get(name)) for name, words in SIDES.items()}
    if not any(said.values()):
        return display.UNKNOWN
    if len(set(said.values())) == 1:
        return str(said["in"])
    return ", ".join(f"{words}: {text or display.UNKNOWN}" for words, text in said.items())


def difference(other: Decimal | None, own: Decimal | None) -> str:
    """Empty where one of the two is unknown."""
    if other is None or own is None:
        return ""
    if other == own:
        return "the same"
    if own == 0:
        return "dearer"
    if other == 0:
        return "free"
    share = abs(other - own) / own * 100
    return f"{percent(share)} {'cheaper' if other < own else 'dearer'}"


def percent(share: Decimal) -> str:
    return f"{share:,.0f} %" if share >= 10 else f"{share:.1f} %"
