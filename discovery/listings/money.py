"""Amounts of money: from the unit a provider writes them in to plain decimal strings in USD per unit of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from . import kinds
from .reading import whole

STEP = Decimal("1e-10")
LARGEST = Decimal(1_000_000)  # USD; beyond it an amount is a mistake of unit
LONGEST = 60  # characters of an amount
LARGEST_WRITTEN = 10**30

PER_TOKEN = 6  # powers of ten from a provider's unit to USD per million tokens
PER_MILLION = 0
CENTS_PER_TOKEN = 4
CENTS_PER_HUNDRED_MILLION = -4
TEN_THOUSANDTHS_PER_MILLION = -4

TOKEN_AMOUNTS = {
    "prompt": "input_mtok",
    "completion": "output_mtok",
    "input_cache_read": "cache_read_mtok",
    "input_cache_write": "cache_write_mtok",
    "internal_reasoning": "reasoning_mtok",
    "audio": "audio_input_mtok",
    "audio_output": "audio_output_mtok",
}
READ = {*TOKEN_AMOUNTS, "request", "image", "overrides", "web_search", "discount"}  # the last two concern no token
ALWAYS_MEANT = ("input_mtok", "output_mtok", "tiers")
FREE = re.compile(r"(^|[^a-z])free([^a-z]|$)", re.IGNORECASE)


def usd(value: Any, power: int = 0) -> str | None:
    """An amount times ten to a power; None if it is no amount. A negative one means "decided at run time"."""
    kind = value.__class__
    if kind is str:
        return scaled(value, power) if len(value) <= LONGEST else None
    if kind is float or (kind is int and abs(value) < LARGEST_WRITTEN):
        return scaled(repr(value), power)
    return None


@lru_cache(maxsize=16_384)
def scaled(written: str, power: int) -> str | None:
    try:
        number = Decimal(written.strip().removeprefix("$")).scaleb(power)
        if not number.is_finite() or number < 0 or number > LARGEST:
            return None
        rounded = number.quantize(STEP)
    except ArithmeticError:  # no number, or one beyond all bounds
        return None
    if not rounded:
        return None if number else "0"
    plain = f"{rounded:f}"
    return plain.rstrip("0").rstrip(".")


def price(amounts: dict[str, str | None], tiers: Iterable[dict[str, Any]] = ()) -> dict[str, Any] | None:
    """A stated price; None if no amount is known."""
    known: dict[str, Any] = {name: amount for name, amount in amounts.items() if amount is not None}
    if known and tiers:
        steps = sorted(tiers, key=lambda tier: tier["from"])
        known |= {"tiers": steps} if steps else {}
    return charged(known) if known else None


def charged(amounts: dict[str, Any]) -> dict[str, Any]:
    """Beside real prices a further 0 says "not charged separately", not "free": reasoning at 0 is output as usual."""
    if "0" not in amounts.values() or all(amount == "0" for amount in amounts.values()):
        return amounts
    return {name: amount for name, amount in amounts.items() if amount != "0" or name in ALWAYS_MEANT}


def believed(model_id: str, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a model without a price of nothing but zeros, where that says "not by the token", not "free"."""
    stated = facts.get("price")
    if not stated or any(amount != "0" for amount in stated.values()):
        return facts
    if facts.get("category", kinds.TEXT) in kinds.BY_TOKEN or FREE.search(f"{model_id} {facts.get('name', '')}"):
        return facts
    return {name: value for name, value in facts.items() if name != "price"}


def tier(start: Any, amounts: dict[str, str | None]) -> dict[str, Any] | None:
    """The amounts from a number of input tokens on; None if either is not known."""
    tokens = whole(start)
    known = charged({name: amount for name, amount in amounts.items() if amount is not None})
    return {"from": tokens, **known} if tokens and known else None


def per_token(pricing: Any) -> dict[str, Any] | None:
    """A price written with OpenRouter's names in USD per token, as many providers do.

    A negative amount says that it depends on the call. Tokens at 0 beside a charge that we cannot keep are not free:
    it is unknown what they cost; and where images that come out cost other than text does, so does the output.
    """
    if not isinstance(pricing, dict) or is_negative(pricing.get("prompt")) or is_negative(pricing.get("completion")):
        return None
    amounts = token_amounts(pricing)
    if usd(pricing.get("image_output"), PER_TOKEN) not in (None, amounts.get("output_mtok")):
        amounts["output_mtok"] = None
    if any(name not in READ and usd(value) not in (None, "0") for name, value in pricing.items()):
        amounts = {name: amount for name, amount in amounts.items() if amount != "0"}
    if "request" in pricing:
        amounts["request"] = usd(pricing["request"])
    # Where `image` repeats `prompt` it is the price of a token of an image, otherwise that of an image.
    if "image" in pricing and pricing["image"] != pricing.get("prompt"):
        amounts["image"] = usd(pricing["image"])
    overrides = pricing.get("overrides")
    return price(amounts, long_prompts(overrides) if overrides.__class__ is list else ())


def is_negative(value: Any) -> bool:
    """Whether it is an amount below 0, a number or written as text."""
    return value.__class__ in (int, float, str) and str(value).strip().startswith("-")


def price_of_speech(pricing: dict[str, Any]) -> dict[str, Any] | None:
    """Speech whose `prompt` is USD per character."""
    return price({"mchar": usd(pricing.get("prompt"), PER_TOKEN)})


def token_amounts(pricing: dict[str, Any]) -> dict[str, str | None]:
    return {TOKEN_AMOUNTS[name]: usd(pricing[name], PER_TOKEN) for name in pricing if name in TOKEN_AMOUNTS}


def long_prompts(overrides: list[Any]) -> Iterable[dict[str, Any]]:
    """Tiers of long prompts; windows of the day are left out."""
    for override in overrides:
        if isinstance(override, dict) and "utc_start" not in override and "utc_end" not in override:
            found = tier(override.get("min_prompt_tokens"), token_amounts(override))
            if found:
                yield found
