"""Clients that leave before their answer: what is done for them is cancelled, and with it the call upstream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]

LOOK_AFTER = 0.05  # seconds until it is watched whether a client leaves


class Leaving:
    """Watches the clients of one event loop. Most calls end before that is worth it, so they share a clock."""

    def __init__(self) -> None:
        self.young: deque[Watch] = deque()  # the oldest first

    async def unless_left(self, receive: Receive, work: Awaitable[Any]) -> None:
        """Do the work of this task; nothing of it is left to do once the client has gone."""
        task = asyncio.current_task()
        assert task is not None
        watch = Watch(receive, task)
        if not self.young:
            task.get_loop().call_later(LOOK_AFTER, self.look)
        self.young.append(watch)
        try:
            await work
        except asyncio.CancelledError:
            if not watch.has_left:  # the server stops
                raise
            task.uncancel()
        finally:
            watch.stop()

    def look(self) -> None:
        """Begin to watch those who have waited long enough, and come again for the others."""
        now = monotonic()
        while self.young and now >= self.young[0].begins_at:
            self.young.popleft().begin()
        if self.young:
            asyncio.get_running_loop().call_later(self.young[0].begins_at - now, self.look)


class Watch:
    """Cancels the serving of one call when its client leaves."""

    __slots__ = ("begins_at", "has_left", "is_over", "looking", "receive", "task")

    def __init__(self, receive: Receive, task: asyncio.Task[Any]) -> None:
        self.receive = receive
        self.task = task
        self.begins_at = monotonic() + LOOK_AFTER
        self.has_left = self.is_over = False
        self.looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        if not self.is_over:
            self.looking = self.task.get_loop().create_task(self.wait())

    async def wait(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.has_left = True
        self.task.cancel()

    def stop(self) -> None:
        self.is_over = True
        if self.looking is not None:
            self.looking.cancel()
