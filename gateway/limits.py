"""Limits and budgets on the path of a call: taken before it, settled after it, without a database in between.

Without Redis the slices of this process serve, leased in a thread when they run out; with Redis one atomic step a call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from time import time
from typing import Any, Protocol
from weakref import WeakValueDictionary

from django.conf import settings

from access.caller import Caller
from access.limits import (
    REQUESTS,
    Claim,
    Limit,
    Refused,
    Reservation,
    Spend,
    claims_of,
    limits_of,
    limits_of_person,
    spent,
    unpriced,
)
from access.slices import SLICES
from access.snapshot import KEYS, Entry
from catalog.pricing import Tokens as Priced
from catalog.pricing import cost
from gateway.errors import LimitReached
from gateway.snapshot import FrozenPrice
from gateway.threads import on_a_thread

CHARACTERS_A_TOKEN = 4  # of English text, by OpenAI's rule of thumb
IMAGE_TOKENS = 1_000  # a large image at most providers; only an estimate, settled afterwards
USUAL_OUTPUT = 1_000  # tokens, where a call does not say
LARGE = 50_000  # bytes
TEXTS = ("messages", "system", "tools", "input", "prompt")
LEASES = 3

logger = logging.getLogger("gateway.limits")


class Counter(Protocol):
    async def reserve(self, limits: Sequence[Limit], spend: Spend) -> Reservation:
        """Take what a call will need. Raises LimitReached."""

    def settle(self, reservation: Reservation, spend: Spend) -> None:
        """Give back what it did not need, or owe what it needed more."""


class SliceCounter:
    """Counts in slices of this process. Calls that find none left wait for one of them to get it, not each for its own:
    else the first calls of a minute would take all there is from the other processes.
    """

    def __init__(self) -> None:
        self.leasing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def reserve(self, limits: Sequence[Limit], spend: Spend) -> Reservation:
        now = time()
        missing = self.taken(limits, spend, now)
        if isinstance(missing, Reservation):
            return missing
        subject = missing[0].limit.subject
        lock = self.leasing.get(subject)
        if lock is None:
            lock = self.leasing[subject] = asyncio.Lock()
        async with lock:
            for _ in range(LEASES):
                found = self.taken(limits, spend, now)
                if isinstance(found, Reservation):
                    return found
                missing = found
                await asyncio.to_thread(on_a_thread, SLICES.lease, missing)
        raise refusal(spent(missing[0], now))

    @staticmethod
    def taken(limits: Sequence[Limit], spend: Spend, now: float) -> Reservation | list[Claim]:
        found = SLICES.take(limits, spend, now)
        if isinstance(found, Refused):
            raise refusal(found)
        return found

    def settle(self, reservation: Reservation, spend: Spend) -> None:
        SLICES.settle(reservation, spend)


class RedisCounter:
    """Counts in Redis, exactly for all processes; while it is away, in slices."""

    def __init__(self, url: str) -> None:
        from access import exact  # its client is an extra

        self.exact = exact
        self.ledger = exact.connect(url, meanwhile=SLICES)
        self.client = exact.connect_async(url)
        self.script = self.client.register_script(exact.RESERVE)
        self.slices = SliceCounter()
        self.tasks: set[asyncio.Task[None]] = set()

    async def reserve(self, limits: Sequence[Limit], spend: Spend) -> Reservation:
        now = time()
        if refused := unpriced(limits, spend):
            raise refusal(refused)
        claims = claims_of(limits, spend, now)
        if not claims:
            return Reservation(())
        keys, arguments = self.exact.question(claims)
        try:
            found = self.exact.answer(claims, await self.script(keys=keys, args=arguments), now)
        except self.exact.AWAY as error:
            logger.warning("Redis does not count, the database does: %s", type(error).__name__)
            return await self.slices.reserve(limits, spend)
        if isinstance(found, Refused):
            raise refusal(found)
        return found

    def settle(self, reservation: Reservation, spend: Spend) -> None:
        if reservation.claims:
            task = asyncio.ensure_future(asyncio.to_thread(self.ledger.settle, reservation, spend))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


def limits_of_key(entry: Entry) -> tuple[Limit, ...]:
    """The limits of a key and of its owner."""
    caller = entry.caller
    found = limits_of(f"key:{caller.key_id}", entry.rates)
    if caller.user_id is not None:
        found += limits_of(f"user:{caller.user_id}", entry.owner_rates)
    return found


def limits_of_caller(caller: Caller) -> tuple[Limit, ...]:
    """The same for whoever came by another door. Asks the database about a person."""
    entry = KEYS.entry_of(caller.key_id) if caller.key_id is not None else None
    if entry is not None:
        return limits_of_key(entry)
    return limits_of_person(caller.user_id) if caller.user_id is not None else ()


def counter() -> Counter:
    """What counts here: Redis where there is one."""
    return RedisCounter(settings.REDIS_URL) if settings.REDIS_URL else SliceCounter()


def refusal(refused: Refused) -> LimitReached:
    return LimitReached(refused.message, status=refused.status, code=refused.code, retry_after=refused.retry_after)


def minds_tokens(limits: Sequence[Limit]) -> bool:
    """Whether what a call will use must be estimated at all."""
    return any(limit.unit != REQUESTS for limit in limits)


def estimate(body: Mapping[str, Any], length: int, price: FrozenPrice | None) -> Spend:
    """What a call is likely to use, from its length and the most tokens it asks for; settled when it is over.

    A body of up to `LARGE` bytes is taken for text as a whole; in a larger one images are told from it.
    """
    output = body.get("max_completion_tokens") or body.get("max_tokens")
    output = output if isinstance(output, int) and output > 0 else USUAL_OUTPUT
    characters = length if length <= LARGE else sum(size(body.get(name)) for name in TEXTS)
    tokens = Priced(input=characters // CHARACTERS_A_TOKEN, output=output)
    return Spend(tokens=tokens.input + output, usd=cost(price, tokens))


def size(value: Any) -> int:
    """The characters in a value; what looks like data in base64 or an address counts as an image."""
    if isinstance(value, str):
        return IMAGE_TOKENS * CHARACTERS_A_TOKEN if value.startswith("data:") and len(value) > 1_000 else len(value)
    if isinstance(value, Mapping):
        if "data" in value and "media_type" in value:
            return IMAGE_TOKENS * CHARACTERS_A_TOKEN
        return sum(map(size, value.values()))
    if isinstance(value, list):
        return sum(map(size, value))
    return 0
