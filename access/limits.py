"""What a call may use: limits a minute and budgets a month, as values. access.slices and access.exact keep count."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, Protocol

from access.models import Unit, UserLimits
from access.snapshot import Rates, rates_of

REQUESTS, TOKENS, NANO_USD = Unit.REQUESTS.value, Unit.TOKENS.value, Unit.NANO_USD.value
NANO = Decimal(10**9)
MINUTE = 60
WORDS = {REQUESTS: "requests a minute", TOKENS: "tokens a minute"}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so much of one unit for one subject: `key:1`, `user:2`, `model:3`."""

    subject: str
    unit: str
    most: int
    allow_unpriced: bool = False  # of a budget: whether calls of unknown price pass


class Spend(NamedTuple):
    """What a call takes: before it, an estimate; after it, what it was. A price of None is unknown, 0 is free."""

    requests: int = 1
    tokens: int = 0
    usd: Decimal | None = Decimal(0)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call may not be made, what to tell, and when to come again."""

    status: int  # 429 or 402
    code: str
    message: str
    subject: str
    unit: str
    most: int
    retry_after: int | None = None  # seconds


class Claim(NamedTuple):
    """An amount taken of one limit in one window."""

    limit: Limit
    window: int  # seconds since 1970, when it began
    amount: int


class Reservation(NamedTuple):
    """What was taken for a call, to be settled when it is over."""

    claims: tuple[Claim, ...]


class Ledger(Protocol):
    """Who keeps count."""

    def reserve(self, limits: Sequence[Limit], spend: Spend, now: float) -> Reservation | Refused: ...

    def settle(self, reservation: Reservation, spend: Spend) -> None: ...


def nano(usd: Decimal) -> int:
    """Billionths of a USD, rounded up, so that nothing is free that is not."""
    return math.ceil(usd * NANO)


def limits_of(subject: str, rates: Rates) -> tuple[Limit, ...]:
    """The limits of one key, user or model. They change rarely, so who calls often keeps the result."""
    found = []
    if rates.requests is not None:
        found.append(Limit(subject, REQUESTS, rates.requests))
    if rates.tokens is not None:
        found.append(Limit(subject, TOKENS, rates.tokens))
    if rates.budget is not None:
        found.append(Limit(subject, NANO_USD, nano(rates.budget), rates.allow_unpriced))
    return tuple(found)


def limits_of_person(user_id: int) -> tuple[Limit, ...]:
    """The limits of somebody who comes without a key. Asks the database."""
    row = UserLimits.objects.filter(user=user_id).first()
    return () if row is None else limits_of(f"user:{user_id}", rates_of(row))


def claims_of(limits: Iterable[Limit], spend: Spend, now: float) -> list[Claim]:
    """What a call takes of each limit; a limit it takes nothing of does not concern it, even if it is spent."""
    minute = int(now) // MINUTE * MINUTE
    claims = []
    for limit in limits:
        unit = limit.unit
        if unit == NANO_USD:
            amount, window = nano(spend.usd) if spend.usd else 0, month_of(minute)
        else:
            amount, window = spend.requests if unit == REQUESTS else spend.tokens, minute
        if amount > 0:
            claims.append(Claim(limit, window, amount))
    return claims


def differences(reservation: Reservation, spend: Spend) -> list[Claim]:
    """What a call took more, or less, than was reserved. A price that is still unknown changes nothing."""
    found = []
    for limit, window, amount in reservation.claims:
        unit = limit.unit
        if unit == TOKENS:
            more = spend.tokens - amount
        elif unit == NANO_USD and spend.usd is not None:
            more = nano(spend.usd) - amount
        else:
            continue
        if more:
            found.append(Claim(limit, window, more))
    return found


@lru_cache(maxsize=4)
def month_of(minute: int) -> int:
    """When the month began that this minute is in, by UTC."""
    moment = datetime.fromtimestamp(minute, UTC)
    return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp())


def end_of(limit: Limit, window: int) -> int:
    if limit.unit != NANO_USD:
        return window + MINUTE
    return month_of(window + 32 * 24 * 3600)


def unpriced(limits: Iterable[Limit], spend: Spend) -> Refused | None:
    """The refusal of a call of unknown price, if a budget minds."""
    if spend.usd is not None:
        return None
    for limit in limits:
        if limit.unit == NANO_USD and not limit.allow_unpriced:
            message = f"The price of this model is unknown, and {limit.subject} has a budget."
            return Refused(402, "unpriced", message, limit.subject, limit.unit, limit.most)
    return None


def spent(claim: Claim, now: float) -> Refused:
    """The refusal of a call for which nothing is left."""
    limit, end = claim.limit, end_of(claim.limit, claim.window)
    if limit.unit == NANO_USD:
        budget = (limit.most / NANO).quantize(Decimal("0.01"))
        again = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%d")
        message = f"The monthly budget of {limit.subject}, {budget} USD, is spent. The next begins on {again}."
        return Refused(402, "budget_spent", message, limit.subject, limit.unit, limit.most, math.ceil(end - now))
    wait = max(1, math.ceil(end - now))
    if claim.amount > limit.most:
        message = f"This call alone is more than the {limit.most:,} {WORDS[limit.unit]} of {limit.subject}."
    else:
        message = f"{limit.subject} may use {limit.most:,} {WORDS[limit.unit]}. Try again in {wait} seconds."
    return Refused(429, "rate_limited", message, limit.subject, limit.unit, limit.most, wait)
