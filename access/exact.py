"""Counting with Redis: exact for all processes together, in one atomic step a call."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import redis
import redis.asyncio

from access.limits import (
    Claim,
    Ledger,
    Limit,
    Refused,
    Reservation,
    Spend,
    claims_of,
    differences,
    end_of,
    spent,
    unpriced,
)

logger = logging.getLogger("access.limits")

TIMEOUT = 0.5  # seconds
KEPT = 3600  # seconds a count outlives its window, for calls that settle late
PREFIX = "model-registry"
AWAY = redis.RedisError  # what a client raises while Redis does not answer

# Refuses with the number of the first claim that does not fit, or adds them all.
# Counts stay below 2^53, where Lua's numbers are exact: nine million USD.
RESERVE = """
for i, key in ipairs(KEYS) do
  local amount, most = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  if tonumber(redis.call('GET', key) or '0') + amount > most then return i end
end
for i, key in ipairs(KEYS) do
  redis.call('INCRBY', key, ARGV[3 * i - 2])
  redis.call('EXPIRE', key, ARGV[3 * i])
end
return 0
"""


class Exact:
    """Keeps count in Redis; while it is away, another ledger does."""

    def __init__(self, client: redis.Redis, meanwhile: Ledger, prefix: str = PREFIX) -> None:
        self.client = client
        self.meanwhile = meanwhile
        self.prefix = prefix
        self.script = client.register_script(RESERVE)

    def reserve(self, limits: Sequence[Limit], spend: Spend, now: float) -> Reservation | Refused:
        if refused := unpriced(limits, spend):
            return refused
        claims = claims_of(limits, spend, now)
        if not claims:
            return Reservation(())
        keys, arguments = question(claims, self.prefix)
        try:
            return answer(claims, self.script(keys=keys, args=arguments), now)
        except redis.RedisError as error:
            logger.warning("Redis does not count, the database does: %s", type(error).__name__)
            return self.meanwhile.reserve(limits, spend, now)

    def settle(self, reservation: Reservation, spend: Spend) -> None:
        steps = self.client.pipeline(transaction=False)
        claims = differences(reservation, spend)
        for claim in claims:
            steps.incrby(key_of(claim, self.prefix), claim.amount)
            steps.expire(key_of(claim, self.prefix), kept(claim))
        try:
            if claims:
                steps.execute()
        except redis.RedisError as error:
            logger.warning("A call was not settled in Redis: %s", type(error).__name__)
            self.meanwhile.settle(reservation, spend)


def question(claims: Sequence[Claim], prefix: str = PREFIX) -> tuple[list[str], list[int]]:
    """The keys and arguments of RESERVE, for whichever client sends it."""
    arguments: list[int] = []
    for claim in claims:
        arguments += (claim.amount, claim.limit.most, kept(claim))
    return [key_of(claim, prefix) for claim in claims], arguments


def answer(claims: Sequence[Claim], reply: Any, now: float) -> Reservation | Refused:
    """What RESERVE's reply means."""
    return spent(claims[int(reply) - 1], now) if reply else Reservation(tuple(claims))


def kept(claim: Claim) -> int:
    """Seconds a count is kept after it was last touched: always past the end of its window."""
    return end_of(claim.limit, claim.window) - claim.window + KEPT


def key_of(claim: Claim, prefix: str) -> str:
    return f"{prefix}:{claim.limit.subject}:{claim.limit.unit}:{claim.window}"


def connect(url: str, meanwhile: Ledger) -> Exact:
    client = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
    return Exact(client, meanwhile)


def connect_async(url: str) -> redis.asyncio.Redis:
    """For an event loop, with the same patience."""
    return redis.asyncio.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
