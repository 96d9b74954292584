"""The gateway of this process: the one that serves `/v1` here, else one of its own on a thread in the background.

So code that is no request, such as a command or a task, calls models like everybody else: resolved, limited, metered.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from access.keeper import Keeper
from gateway.runtime import Gateway

T = TypeVar("T")
START, STOP = 60.0, 10.0  # seconds


class Misplaced(RuntimeError):
    """Called on the event loop that would have to do the work: it would wait for itself."""

    def __init__(self) -> None:
        super().__init__("This waits for an answer: call it on another thread, as with asgiref's sync_to_async.")


class Process:
    """Finds the gateway, or starts one. Used from any thread."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.serving: tuple[Gateway, asyncio.AbstractEventLoop] | None = None
        self.own: Background | None = None

    def serves(self, gateway: Gateway) -> None:
        """Said on the event loop of a gateway that was started."""
        self.serving = gateway, asyncio.get_running_loop()

    def leaves(self) -> None:
        self.serving = None

    def at_hand(self) -> tuple[Gateway, asyncio.AbstractEventLoop]:
        if self.serving is not None:
            return self.serving
        with self.lock:
            if self.own is None:
                self.own = Background()
            return self.own.gateway, self.own.loop

    def run(self, work: Callable[[Gateway], Coroutine[Any, Any, T]]) -> T:
        """What a coroutine of the gateway returns, or raises. Interrupting it cancels the coroutine."""
        gateway, loop = self.at_hand()
        if loop is running_loop():
            raise Misplaced
        future = asyncio.run_coroutine_threadsafe(work(gateway), loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def close(self) -> None:
        """Stop the gateway that was started here, if one was; its records are brought in."""
        with self.lock:
            own, self.own = self.own, None
        if own is not None:
            own.close()

    def forget(self) -> None:
        """After a fork: threads and loops are the parent's."""
        self.lock = threading.Lock()
        self.serving = self.own = None


def running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Background:
    """A gateway with an event loop on a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="gateway", daemon=True)
        self.thread.start()
        self.keeper = Keeper()
        self.keeper.start()
        self.gateway = asyncio.run_coroutine_threadsafe(self.begin(), self.loop).result(START)

    @staticmethod
    async def begin() -> Gateway:
        gateway = Gateway()
        await gateway.start()
        return gateway

    def close(self) -> None:
        """On another thread, also while the interpreter ends: then no new threads can be had."""
        self.gateway.watcher.stop()
        asyncio.run_coroutine_threadsafe(self.gateway.relay.close(), self.loop).result(STOP)
        self.gateway.flusher.stop()
        self.keeper.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(STOP)
        self.loop.close()


PROCESS = Process()
atexit.register(PROCESS.close)
os.register_at_fork(after_in_child=PROCESS.forget)
