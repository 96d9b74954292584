"""What a call may use: limits a minute and budgets a month, as values. access.slices and access.exact keep count."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Protocol

from access.models import Unit
from access.snapshot import Rates

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


@dataclass(frozen=True, slots=True)
class Spend:
    """What a call takes: before it, an estimate; after it, what it was. A price of None is unknown, 0 is free."""

    requests: int = 1
    tokens: int = 0
    usd: Decimal | None = Decimal(0)

    def of(self, unit: str) -> int:
        if unit == REQUESTS:
            return self.requests
        return self.tokens if unit == TOKENS else nano(self.usd or Decimal(0))


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


@dataclass(frozen=True, slots=True)
class Claim:
    """An amount taken of one limit in one window."""

    limit: Limit
    window: int  # seconds since 1970, when it began
    amount: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was taken for a call, to be settled when it is over."""

    claims: tuple[Claim, ...]


class Ledger(Protocol):
    """Who keeps count."""

    def reserve(self, limits: Sequence[Limit], spend: Spend, now: float) -> Reservation | Refused: ...

    def settle(self, reservation: Reservation, spend: Spend) -> None: ...


def nano(usd: Decimal) -> int:
    """Billionths of a USD, rounded up, so that nothing is free that is not."""
    return int((usd * NANO).to_integral_value(ROUND_CEILING))


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


def claims_of(limits: Iterable[Limit], spend: Spend, now: float) -> list[Claim]:
    """What a call takes of each limit; a limit it takes nothing of does not concern it, even if it is spent."""
    minute = int(now) // MINUTE * MINUTE
    claims = []
    for limit in limits:
        amount = spend.of(limit.unit)
        if amount > 0:
            claims.append(Claim(limit, month_of(minute) if limit.unit == NANO_USD else minute, amount))
    return claims


def differences(reservation: Reservation, spend: Spend) -> list[Claim]:
    """What a call took more, or less, than was reserved. A price that is still unknown changes nothing."""
    found = []
    for claim in reservation.claims:
        if claim.limit.unit == REQUESTS or (claim.limit.unit == NANO_USD and spend.usd is None):
            continue
        if more := spend.of(claim.limit.unit) - claim.amount:
            found.append(Claim(claim.limit, claim.window, more))
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
