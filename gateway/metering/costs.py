"""What a call costs by our prices: the counts of a Usage row, of which some may be unknown, times a price."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from catalog import pricing
from catalog.pricing import Priced, Tokens
from gateway.metering.records import PLACES
from gateway.models import Kind

UNIT_OF = {Kind.SPEECH: "mchar", Kind.IMAGE: "image"}


def cost_of(price: Priced | None, call: Mapping[str, Any]) -> Decimal | None:
    """USD, rounded as rows keep it. None if the price is unknown, or a count that it needs, or if counts cannot be."""
    if price is None or not is_counted(price, call):
        return None
    tokens = Tokens(
        input=call["input_tokens"] or 0,
        output=call["output_tokens"] or 0,
        cache_read=call["cache_read_tokens"] or 0,
        cache_write=call["cache_write_tokens"] or 0,
        reasoning=call["reasoning_tokens"] or 0,
        audio_input=call["audio_input_tokens"] or 0,
        audio_output=call["audio_output_tokens"] or 0,
        characters=call["characters"] or 0,
        images=call["images"] or 0,
    )
    try:
        cost = pricing.cost(price, tokens)
    except ValueError:  # a provider that counts more cached tokens than there are
        return None
    return None if cost is None else cost.quantize(PLACES)


def is_counted(price: Priced, call: Mapping[str, Any]) -> bool:
    """Whether enough was counted. Where a unit is charged, tokens may be unknown; else all of them or none are."""
    has_input, has_output = call["input_tokens"] is not None, call["output_tokens"] is not None
    if call["kind"] == Kind.CHAT:
        return has_input and has_output
    if call["kind"] == Kind.EMBEDDING:
        return has_input
    return has_input == has_output or price.amounts[UNIT_OF[call["kind"]]] is not None
