"""Testing a connection: is the provider reached, the key accepted, the model there, and does it answer.

All but the last is asked for nothing; an answer costs a few tokens or one small image, and is asked for only by those
who say so. What cannot be known that way stays unknown. No message holds a key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from access.caller import Caller
from gateway.process import PROCESS

from .looking import look
from .outcome import Tested
from .settings import Settings, of_model, of_provider
from .trial import call

__all__ = ["Settings", "Tested", "look_at_all", "of_model", "of_provider", "test", "with_call"]

AT_ONCE = 8


def test(settings: Settings, by: Caller, *, bill: bool = False) -> Tested:
    """Look, and call if that is to be paid. Waits for the provider; not to be called where an event loop runs."""
    [looked] = look_at_all([settings])
    return with_call(settings, looked, by) if bill else looked


def look_at_all(all_settings: Sequence[Settings]) -> list[Tested]:
    """What can be learned of each for nothing, some at once."""
    return asyncio.run(looks(all_settings))


async def looks(all_settings: Sequence[Settings]) -> list[Tested]:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(settings: Settings) -> Tested:
        async with places:
            return await look(settings)

    return await asyncio.gather(*map(one, all_settings))


def with_call(settings: Settings, looked: Tested, by: Caller) -> Tested:
    """The same, after a real call: metered, and within the caller's limits."""
    if looked.reachable is False or settings.lacks_key or not settings.model.model_id:
        return looked
    return PROCESS.run(lambda gateway: call(gateway, settings, looked, by))
