"""The application for ASGI servers: `/v1` is the gateway's, everything else Django's.

Django gets a bounded share of the process: its work must not stall the streams.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management.base import BaseCommand, SystemCheckError
from django.db import DatabaseError, connections

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "modelregistry.settings")

TICK = 30  # seconds
LONG_TURNS, SHORT_TURNS = 0.001, 0.0001  # seconds until a thread gives way to another that waits for its turn
logger = logging.getLogger(__name__)
django = get_asgi_application()

from access.keeper import Keeper  # noqa: E402  the tables need the settings
from catalog import schedule  # noqa: E402
from gateway import handover  # noqa: E402
from gateway.app import App  # noqa: E402
from gateway.handover import Handover  # noqa: E402
from gateway.process import PROCESS  # noqa: E402
from gateway.runtime import Gateway  # noqa: E402


class Turns:
    """How long the threads of this process keep others waiting: the event loop is one of them.

    Short turns cost every call of the gateway, so they are short only while Django serves a request.
    """

    def __init__(self) -> None:
        self.served = 0
        sys.setswitchinterval(LONG_TURNS)

    @contextmanager
    def short(self) -> Iterator[None]:
        self.served += 1
        sys.setswitchinterval(SHORT_TURNS)
        try:
            yield
        finally:
            self.served -= 1
            if not self.served:
                sys.setswitchinterval(LONG_TURNS)


turns = Turns()
django_slots = asyncio.Semaphore(16)
gateway = Gateway()
v1 = App(gateway)

try:
    BaseCommand().check()
except SystemCheckError as error:
    sys.exit(str(error))


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":  # nobody here speaks it: 403
        await send({"type": "websocket.close"})
    elif is_v1(scope["path"]):
        await v1(scope, receive, send)
    else:
        await serve_django(scope, receive, send)


def is_v1(path: str) -> bool:
    """Also what a base URL with a slash too many makes of it: programs can read the gateway's errors."""
    return path.startswith(("/v1/", "//v1/")) or path == "/v1"


async def lifespan(receive: Receive, send: Send) -> None:
    """What runs beside the requests, from start to end."""
    await receive()
    keeper = Keeper()
    keeper.start()
    await gateway.start()
    PROCESS.serves(gateway)
    clock = asyncio.create_task(watch_the_clock())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    clock.cancel()
    PROCESS.leaves()
    await gateway.stop()
    await asyncio.to_thread(keeper.stop)
    await send({"type": "lifespan.shutdown.complete"})


async def watch_the_clock() -> None:
    """Put scheduled prices in force when their time comes; a database that is away is asked again next time."""
    while True:
        await asyncio.sleep(TICK)
        try:
            await asyncio.to_thread(apply_due_prices)
        except DatabaseError as error:
            logger.warning("Scheduled prices could not be looked at: %s", error)


def apply_due_prices() -> None:
    try:
        schedule.apply_due()
    finally:
        connections.close_all()


async def serve_django(scope: Message, receive: Receive, send: Send) -> None:
    """A slot is held from the whole body to the start of the answer: slow senders and readers hold none."""
    body = await read_body(scope, receive)
    if body is None:
        return
    handed = Handover()
    async with AsyncExitStack() as slot:

        async def leave_and_send(message: Mapping[str, Any]) -> None:
            if handed.is_made and message["type"] == "http.response.start":
                handed.note_head(message["status"], message["headers"])
            if not handed.is_made:
                await slot.aclose()
                await send(message)

        await slot.enter_async_context(django_slots)
        with turns.short():
            await django({**measured(scope, body), handover.KEY: handed}, replay(body, receive), leave_and_send)
    if handed.work is not None:
        await gateway.leaving.unless_left(receive, handed.work(gateway, handed.headers, send))


async def read_body(scope: Message, receive: Receive) -> bytes | None:
    """The body, None if the client left before its end.

    Of one too large no more is read than shows it: `access.middleware.body_limit` refuses it by its length.
    """
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if announced_length(scope) > limit:
        return b""
    body = bytearray()
    more = True
    while more and len(body) <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def announced_length(scope: Message) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


def measured(scope: Message, body: bytes) -> Message:
    """Give a chunked body its length: REST framework takes a request without one for empty."""
    if not body or announced_length(scope):
        return scope
    return {**scope, "headers": [*scope["headers"], (b"content-length", b"%d" % len(body))]}


def replay(body: bytes, receive: Receive) -> Receive:
    """What Django reads: the whole body in one message, then nothing but the client's leaving."""
    pending: list[Message] = [{"type": "http.request", "body": body}]

    async def receive_again() -> Message:
        if pending:
            return pending.pop()
        while (message := await receive())["type"] == "http.request":
            pass  # the rest of a body that was refused
        return message

    return receive_again
