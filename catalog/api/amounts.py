"""The price in a body: `pricing` with its amounts, and the three amounts that may stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from catalog import facts, pricing

from .naming import AMOUNT_FIELDS, AMOUNT_OF, Sent

MOST_TIERS = 20
INSIDE = "pricing."


def price_of(sent: Sent, shown: Mapping[str, Any]) -> dict[str, Any]:
    """The fact `price` with the amounts a body names, None for one that is unknown; nothing if it names none."""
    whole = sent.fields.get("pricing")
    if whole is not None and not isinstance(whole, dict):
        sent.refuse("pricing", "must be an object of amounts, or null")
        return {}
    flat = flattened(sent, whole or {})
    known = shown.get("pricing")
    named = amounts_of(flat, {**shown, **{INSIDE + name: value for name, value in (known or {}).items()}})
    sent.wrong.update(flat.wrong)
    if "pricing" in sent.fields and whole is None and (not named or known is not None):
        if named:
            sent.refuse("pricing", "is null, but an amount is given beside it")
        return {facts.PRICE: None}
    return {facts.PRICE: named} if named else {}


def flattened(sent: Sent, whole: dict[str, Any]) -> Sent:
    """Every amount in one row of names: those beside `pricing`, and those in it as `pricing.input` and so on."""
    inner = Sent(whole)
    flat = Sent({name: sent.fields[name] for name in AMOUNT_FIELDS if name in sent.fields})
    flat.names = {name: sent.name(name) for name in flat.fields}
    for name, value in inner.fields.items():
        flat.fields[INSIDE + name] = value
        flat.names[INSIDE + name] = f"{sent.name('pricing')}.{inner.name(name)}"
    flat.wrong = {f"{sent.name('pricing')}.{name}": text for name, text in inner.wrong.items()}
    return flat


def amounts_of(flat: Sent, shown: Mapping[str, Any]) -> dict[str, Any]:
    """The amounts named, by their columns; `flat.wrong` is told what cannot be."""
    beside = {amount: name for name, amount in AMOUNT_FIELDS.items()}
    named: dict[str, Any] = {}
    for amount, column in AMOUNT_OF.items():
        aliases = [INSIDE + amount, *([beside[amount]] if amount in beside else [])]
        name = flat.chosen(aliases, shown)
        if name is not None:
            take(flat, name, named, column)
    if INSIDE + "tiers" in flat.fields:
        take(flat, INSIDE + "tiers", named, "tiers")
    for name in flat.fields:
        if name.startswith(INSIDE) and name.removeprefix(INSIDE) not in (*AMOUNT_OF, "tiers"):
            flat.refuse(name, "is no amount of a price")
    return named


def take(flat: Sent, name: str, named: dict[str, Any], column: str) -> None:
    try:
        named[column] = (clean_tiers if column == "tiers" else clean_amount)(flat.fields[name])
    except ValueError as error:
        flat.refuse(name, str(error).strip())


def is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def clean_amount(value: Any, name: str = "") -> str | None:
    """An amount as prices state it; None is unknown. Raises ValueError, also for a number in quotes."""
    if value is None:
        return None
    if not is_number(value):
        raise ValueError(f"{name} is not a number")
    return pricing.clean_amount(name, value)


def clean_tiers(value: Any) -> list[dict[str, Any]]:
    """Tiers as prices state them: amounts that hold from a number of input tokens on. Raises ValueError."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_TIERS or not all(isinstance(tier, dict) for tier in value):
        raise ValueError(f"must be a list of at most {MOST_TIERS} objects")
    return [pricing.clean_tier(clean_tier(tier)) for tier in value]


def clean_tier(tier: dict[str, Any]) -> dict[str, Any]:
    named = Sent(tier).fields
    try:
        begin = facts.a_count(named.pop("from", None))
    except ValueError as error:
        raise ValueError(f"from {error}") from error
    unknown = [name for name in named if name not in AMOUNT_OF]
    if unknown:
        raise ValueError(f"{unknown[0][:100]} is no amount of a price")
    return {"from": begin, **{AMOUNT_OF[name]: clean_amount(value, name) for name, value in named.items()}}
