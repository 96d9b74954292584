"""Prices: what a source states, what is in force, what a call costs. The only module that writes Price rows.

A stated price is a mapping of amount names (catalog.models.AMOUNTS) to decimal strings in USD per unit (million
tokens for `_mtok`, million characters for `mchar`), and `tiers`: amounts that hold from a number of input tokens on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from catalog.models import AMOUNTS, AIModel, Price, PriceState
from catalog.models.price import TOKEN_AMOUNTS

StatedPrice = Mapping[str, Any]

PLACES = 10
LARGEST = Decimal(1_000_000)  # USD; beyond it an amount is a mistake of unit
CHUNK = 5_000  # ids a statement
UNITS = {column.name: column.help_text for column in Price._meta.fields if column.name in AMOUNTS}
MILLION = Decimal(1_000_000)
ZERO = Decimal(0)
IMPOSSIBLE = "token counts cannot be negative, nor cached tokens and other parts more than the whole"


class Priced(Protocol):
    """What a cost is computed by: a Price row, or a frozen copy of one."""

    @property
    def amounts(self) -> Mapping[str, Decimal | None]: ...

    @property
    def tiers(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(slots=True, kw_only=True)
class Tokens:
    """What one call took, by kind. `input` holds cached and audio tokens too, `output` reasoning and audio."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0
    characters: int = 0  # of speech
    images: int = 0  # that were made

    @property
    def is_plain(self) -> bool:
        """Whether nothing but input and output was counted."""
        return not (
            self.cache_read
            or self.cache_write
            or self.reasoning
            or self.audio_input
            or self.audio_output
            or self.characters
            or self.images
        )


def clean(stated: Any) -> dict[str, Any]:
    """A stated price in its one normal form: amounts as plain decimal strings, unknown ones left out.

    Raises ValueError naming the amount that is negative, absurd or no number, or the name that is none.
    """
    if not isinstance(stated, Mapping):
        raise ValueError("a price is an object of amounts")
    unknown = set(stated) - {*AMOUNTS, "tiers"}
    if unknown:
        raise ValueError(f"unknown amount {', '.join(sorted(map(str, unknown)))}")
    price: dict[str, Any] = {name: clean_amount(name, stated[name]) for name in AMOUNTS if stated.get(name) is not None}
    tiers = stated.get("tiers") or []
    if tiers:
        price["tiers"] = sorted((clean_tier(tier) for tier in tiers), key=lambda tier: tier["from"])
    return price


def clean_tier(tier: Any) -> dict[str, Any]:
    if not isinstance(tier, Mapping) or not isinstance(tier.get("from"), int) or tier["from"] <= 0:
        raise ValueError('a tier is an object with "from", a number of input tokens, and amounts')
    return {"from": tier["from"], **clean({name: value for name, value in tier.items() if name != "from"})}


def clean_amount(name: str, value: Any) -> str:
    try:
        amount = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite():
        raise ValueError(f"{name} is not a number")
    if amount < 0:
        raise ValueError(f"{name} is negative")
    if amount > LARGEST:
        raise ValueError(f"{name} is above {LARGEST:,} USD; amounts are in USD per million tokens")
    return plain(amount)


def plain(amount: Decimal) -> str:
    """A decimal without exponent or trailing zeros, rounded to the places a row keeps."""
    text = f"{round(amount, PLACES):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def in_words(name: str) -> tuple[str, str]:
    """What an amount is charged for, and its unit: `("cache read", "USD per million tokens")`."""
    if name in TOKEN_AMOUNTS:
        return name.removesuffix("_mtok").replace("_", " "), "USD per million tokens"
    return "the price", str(UNITS[name])


def is_whole(stated: StatedPrice | None) -> bool:
    """Whether a source states both what matters of a text model: input and output."""
    return bool(stated) and stated is not None and "input_mtok" in stated and "output_mtok" in stated


def stated_by(price: Price | None) -> dict[str, Any]:
    """A price row as a source would state it."""
    if price is None:
        return {}
    stated: dict[str, Any] = {name: plain(value) for name, value in price.amounts.items() if value is not None}
    return {**stated, "tiers": price.tiers} if price.tiers else stated


@dataclass(frozen=True, kw_only=True)
class NewPrice:
    """The merged price of a model has changed to this; nothing stated means unknown from now on."""

    model: AIModel
    stated: StatedPrice | None
    source: str
    effective_from: datetime | None = None  # None = now


def write(changed: Iterable[NewPrice]) -> None:
    """Put new prices in force, one row each, and keep the old ones as history. Some statements, not one per row."""
    news = list(changed)
    if not news:
        return
    now = timezone.now()
    for start in range(0, len(news), CHUNK):
        part = news[start : start + CHUNK]
        ids = [new.model.pk for new in part]
        Price.objects.filter(model__in=ids, state=PriceState.IN_FORCE).update(state=PriceState.PAST)
        # A price that became unknown leaves a row without amounts, so that the history says since when.
        rows = [row(new, PriceState.IN_FORCE if new.stated else PriceState.PAST, now) for new in part]
        Price.objects.bulk_create(rows)
        point_at_price_in_force(ids)
        created = {price.model_id: price.pk for price in rows if price.state == PriceState.IN_FORCE}
        for new in part:
            new.model.price_id = created.get(new.model.pk)


def hold(suspicious: Iterable[NewPrice]) -> None:
    """Keep prices that a person must look at first, in place of any held before. What is in force stays so."""
    news = list(suspicious)
    now = timezone.now()
    Price.objects.filter(model__in=[new.model.pk for new in news], state=PriceState.HELD).delete()
    Price.objects.bulk_create([row(new, PriceState.HELD, now) for new in news])


def put_back(prices: Iterable[Price]) -> None:
    """Save rows as an export kept them, of models that have none yet."""
    rows = list(prices)
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        Price.objects.bulk_create(part)
        point_at_price_in_force([price.model_id for price in part if price.state == PriceState.IN_FORCE])


def row(new: NewPrice, state: str, now: datetime) -> Price:
    """The row of a stated price, not yet saved."""
    stated = new.stated or {}
    amounts = {name: Decimal(stated[name]) for name in AMOUNTS if name in stated}
    return Price(
        model=new.model,
        source=new.source,
        state=state,
        effective_from=new.effective_from or now,
        tiers=stated.get("tiers", []),
        **amounts,
    )


def point_at_price_in_force(ids: list[int]) -> None:
    in_force = Price.objects.filter(model=OuterRef("pk"), state=PriceState.IN_FORCE).values("pk")[:1]
    AIModel.objects.filter(pk__in=ids).update(price=Subquery(in_force))


def cost(price: Priced | None, tokens: Tokens) -> Decimal | None:
    """What a call costs in USD. None if the price is unknown, or unknown for a kind of token that occurs.

    From a tier's number of input tokens on, its amounts hold for the whole call (as Anthropic, Google and OpenAI bill).
    """
    if price is None:
        return None
    amounts = amounts_for(price, tokens.input) if price.tiers else price.amounts
    return charge(amounts, tokens)


def charge(amounts: Mapping[str, Decimal | None], tokens: Tokens, requests: int = 1) -> Decimal | None:
    """What tokens cost in USD at these amounts. None if one that is needed is unknown.

    Characters and images are charged by their own amount; where none is stated, the tokens or the request pay for
    them. Raises ValueError for counts that cannot be.
    """
    if tokens.is_plain:
        return charge_plain(amounts, tokens.input, tokens.output, requests)
    by_token = charge_tokens(amounts, tokens)
    by_request = amounts["request"]
    by_unit, without_amount = ZERO, False
    for count, amount, per in ((tokens.characters, amounts["mchar"], MILLION), (tokens.images, amounts["image"], 1)):
        if count < 0:
            raise ValueError(IMPOSSIBLE)
        if count and amount is not None:
            by_unit += count * amount / per
            by_token = by_token or ZERO  # the same content, counted in the way this price is not stated for
        elif count:
            without_amount = True
    if without_amount and by_request is None and not (tokens.input or tokens.output):
        return None
    return None if by_token is None else by_token + by_unit + (by_request or ZERO) * requests


def charge_plain(
    amounts: Mapping[str, Decimal | None], input_tokens: int, output_tokens: int, requests: int
) -> Decimal | None:
    """The same where nothing but input and output occurs, as in most calls."""
    into, out, by_request = amounts["input_mtok"], amounts["output_mtok"], amounts["request"]
    if input_tokens < 0 or output_tokens < 0:
        raise ValueError(IMPOSSIBLE)
    if (into is None and input_tokens) or (out is None and output_tokens):
        return None
    total = (input_tokens * (into or ZERO) + output_tokens * (out or ZERO)) / MILLION
    return total if by_request is None else total + by_request * requests


def charge_tokens(amounts: Mapping[str, Decimal | None], tokens: Tokens) -> Decimal | None:
    """Parts of the input and the output are charged like the whole where they have no amount of their own.

    Audio that was cached counts as cached.
    """
    into, out = amounts["input_mtok"], amounts["output_mtok"]
    uncached = tokens.input - tokens.cache_read - tokens.cache_write
    unreasoned = tokens.output - tokens.reasoning
    audio_in, audio_out = min(tokens.audio_input, uncached), min(tokens.audio_output, unreasoned)
    total: Decimal | None = ZERO
    for count, amount in (
        (uncached - audio_in, into),
        (unreasoned - audio_out, out),
        (tokens.cache_read, known(amounts["cache_read_mtok"], into)),
        (tokens.cache_write, known(amounts["cache_write_mtok"], into)),
        (tokens.reasoning, known(amounts["reasoning_mtok"], out)),
        (audio_in, known(amounts["audio_input_mtok"], into)),
        (audio_out, known(amounts["audio_output_mtok"], out)),
    ):
        if count < 0:
            raise ValueError(IMPOSSIBLE)
        if count:
            total = None if total is None or amount is None else total + count * amount
    return None if total is None else total / MILLION


def known(amount: Decimal | None, otherwise: Decimal | None) -> Decimal | None:
    return otherwise if amount is None else amount


def amounts_for(price: Priced, input_tokens: int) -> Mapping[str, Decimal | None]:
    """The amounts for a call of that many input tokens, its tier applied."""
    amounts = price.amounts
    for tier in price.tiers:
        if input_tokens >= tier["from"]:
            amounts = {**amounts, **{name: Decimal(tier[name]) for name in AMOUNTS if name in tier}}
    return amounts


def price_at(model: AIModel, moment: datetime) -> Price | None:
    """The price of a model that holds at a moment; scheduled prices count from their date on."""
    return Price.objects.filter(model=model).in_force_at(moment).first()
