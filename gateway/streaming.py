"""Passing a stream on: whole events, undecoded where the dialect is the same, translated where it is not.

The head of the answer waits for the first content, so that whatever fails before it can be tried elsewhere; after
fifteen seconds it is sent all the same, and then, as after the first content, a failure ends in an error event.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import aiohttp

from gateway.call import Call
from gateway.dialects import Renderer
from gateway.errors import GatewayError, StreamBroken, UpstreamFailed, UpstreamTimedOut
from gateway.framing import BLANK, data_of, is_object
from gateway.masking import mask
from gateway.questions import ChatExchange
from gateway.relay import trouble
from gateway.wires.base import CONTENT, Chat, Counted, Delta, Failed, Finish, replayed

T = TypeVar("T")
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

HEAD_WAIT = 15.0  # seconds a caller waits for the head of an answer; later, between signs of life
EVENT_STREAM = b"text/event-stream; charset=utf-8"
HEADERS = [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
AWAITED = (*CONTENT, Finish)

# What an event must hold to be worth reading once content flows: counts, an error by any name, how it ended. Each is
# looked for in all that passes, so there are as few as there can be; what is said last stands among the last bytes.
COUNTS_AND_ERRORS = (b'"usage":{', b'"usage": {', b'"error', b'"message"', b'"detail"', b'"msg"')
TELLING = {
    "openai": ((*COUNTS_AND_ERRORS, b'finish_reason":"', b'finish_reason": "'), b"[DONE]"),
    "anthropic": (COUNTS_AND_ERRORS, b"message_stop"),
}
LAST = 1024  # bytes
ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
MARK_OF_END = re.compile(rb'\[DONE\]$|\{\s*"type"\s*:\s*"message_stop"')
ONLY_USAGE = re.compile(rb'"choices":\s*\[\s*\]')


class Stream:
    """One stream on its way from a provider to a caller."""

    def __init__(self, call: Call, exchange: ChatExchange, send: Send, finish: Callable[[], None]) -> None:
        self.call = call
        self.exchange = exchange
        self.send = send
        self.finish = finish  # writes the record, before the last bytes leave
        self.splitter = exchange.splitter()
        self.decoder = exchange.decoder()
        self.waiting: list[bytes] = []  # what the caller gets as soon as there is content
        self.has_content = False
        self.finished = False

    # how it differs whether events pass or are translated

    async def forward(self, chunk: bytes) -> None:
        """Send what became whole with this chunk, once there is content."""
        raise NotImplementedError

    def first(self) -> bytes:
        return b""

    def last(self) -> bytes:
        return b""

    def failure(self, error: GatewayError) -> bytes:
        return self.exchange.dialect.error_in_stream(error, self.call.id)

    async def note_last(self, deltas: Iterable[Delta]) -> None:
        """What the decoder had kept for the end."""
        raise NotImplementedError

    # the way of all

    async def relay(self, response: aiohttp.ClientResponse) -> None:
        """Pass all of it on. Raises GatewayError for what failed before the head was sent."""
        try:
            await self.read(response.content)
            await self.note_last(self.decoder.close())
            if not (self.finished or self.decoder.ended):
                raise StreamBroken(f"The answer of {self.who} broke off in the middle.")
            await self.end()
        except GatewayError as error:
            if not self.call.head_sent:
                raise
            await self.fail(error)

    @property
    def who(self) -> str:
        return self.call.model.provider if self.call.model is not None else "The provider"

    async def read(self, content: aiohttp.StreamReader) -> None:
        try:
            while not self.has_content and (chunk := await self.awaited(content)):
                await self.forward(chunk)
            while chunk := await content.readany():
                await self.forward(chunk)
        except aiohttp.SocketTimeoutError as error:
            message = f"{self.who} fell silent in the middle of its answer."
            raise UpstreamTimedOut(message, upstream_status=504) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            if self.has_content:
                raise StreamBroken(f"The answer of {self.who} broke off in the middle.") from error
            raise trouble(self.who, error) from error
        rest = self.splitter.close()
        if rest.rstrip().endswith((b"}", b"]")):  # whole, without its blank line
            await self.forward(rest.rstrip() + b"\n\n")

    async def awaited(self, content: aiohttp.StreamReader) -> bytes:
        """What comes next, empty at the end. Silence sends the head, and then signs of life."""
        while True:
            try:
                async with asyncio.timeout(HEAD_WAIT):
                    return await content.readany()
            except aiohttp.SocketTimeoutError:
                raise
            except TimeoutError:
                await self.send_sign_of_life()

    async def patiently(self, answer: Awaitable[T]) -> T:
        """What a question comes to. Silence sends the head here too: some providers keep their own until the end."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        shown: list[asyncio.Task[None]] = []
        timer = loop.call_later(HEAD_WAIT, lambda: shown.append(loop.create_task(self.show_life(over))))
        try:
            return await answer
        finally:
            timer.cancel()
            over.set()
            for task in shown:
                await task

    async def show_life(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await self.send_sign_of_life()
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), HEAD_WAIT)

    def note(self, delta: Delta) -> None:
        """Take what matters for the record. Raises what the provider says of itself that failed."""
        match delta:
            case Counted():
                self.call.tokens.update(delta.tokens)
                self.call.provider_cost = delta.provider_cost or self.call.provider_cost
            case Finish():
                self.call.stop = delta.stop.value
                self.finished = True
            case Failed():
                raise delta.error

    def found_content(self) -> None:
        self.has_content = True
        self.call.note_first()

    # what leaves

    async def send_head(self) -> None:
        if not self.call.head_sent:
            self.call.head_sent = True
            headers = [*self.call.headers(EVENT_STREAM), *HEADERS]
            await self.send({"type": "http.response.start", "status": 200, "headers": headers})
            await self.send_body(self.first())

    async def send_sign_of_life(self) -> None:
        await self.send_head()
        await self.send_body(self.exchange.dialect.keep_alive)

    async def send_body(self, body: bytes) -> None:
        if body:
            await self.send({"type": "http.response.body", "body": body, "more_body": True})

    async def send_waiting(self) -> None:
        waiting, self.waiting = self.waiting, []
        await self.send_body(b"".join(waiting))

    async def end(self) -> None:
        """The stream is whole: its record first, then its last bytes."""
        await self.send_head()
        await self.send_waiting()
        self.finish()
        await self.send({"type": "http.response.body", "body": self.last(), "more_body": False})

    async def fail(self, error: GatewayError) -> None:
        """The head is out: say in the stream that it failed."""
        mask(error, self.exchange.sent)
        self.call.fail(error, 200)
        self.finish()
        await self.send({"type": "http.response.body", "body": self.failure(error), "more_body": False})


def is_last(event: bytes) -> bool:
    """Whether nothing follows, neither words nor counts. An answer may say the same words in its text."""
    return MARK_OF_END.match(data_of(event)) is not None


class Passed(Stream):
    """Events go on as they came, byte for byte; only those that tell something are read."""

    async def forward(self, chunk: bytes) -> None:
        block = self.splitter.block(chunk)
        if not self.has_content:
            block = await self.look_for_content(block)
        if block:
            await self.pass_on(block)

    async def look_for_content(self, block: bytes) -> bytes:
        """Hold events back until the first content is among them; what comes after it is returned."""
        start = 0
        while start < len(block):
            found = BLANK.search(block, start)
            end = found.end() if found is not None else len(block)
            event, start = block[start:end], end
            deltas = self.decoder.feed(event)
            for delta in deltas:
                self.note(delta)
            self.waiting.append(event)
            if any(isinstance(delta, AWAITED) for delta in deltas):
                self.found_content()
                await self.send_head()
                if is_last(event):
                    self.finish()
                await self.send_waiting()
                return block[start:]
        if self.call.head_sent:  # comments pass at once when the head is out already
            await self.send_waiting()
        return b""

    async def pass_on(self, block: bytes) -> None:
        marks, last = TELLING[self.exchange.dialect.name]
        telling = [at for mark in marks if (at := block.find(mark)) >= 0]
        if (at := block.rfind(last, -LAST)) >= 0:
            telling.append(at)
        if not telling:
            await self.send_body(block)
            return
        first = min(telling)  # what stands before the event that holds it tells nothing
        ends = ENDS if b"\r" in block else ENDS[:1]
        start = max((at + len(end) for end in ends if (at := block.rfind(end, 0, first)) >= 0), default=0)
        kept = [block[:start]]
        try:
            self.read_events(block, start, kept)
        finally:
            await self.send_body(b"".join(kept))

    def read_events(self, block: bytes, start: int, kept: list[bytes]) -> None:
        """Note what events tell; keep all but an event of usage that is ours alone."""
        while start < len(block):
            found = BLANK.search(block, start)
            end = found.end() if found is not None else len(block)
            event, start = block[start:end], end
            for delta in self.decoder.feed(event):
                self.note(delta)
            if is_last(event):
                self.finish()
            if not (self.exchange.drops_usage and b'"usage"' in event and ONLY_USAGE.search(event)):
                kept.append(event)

    async def note_last(self, deltas: Iterable[Delta]) -> None:
        for delta in deltas:
            self.note(delta)


class Translated(Stream):
    """Events are read in one protocol and said in another."""

    def __init__(
        self, call: Call, exchange: ChatExchange, send: Send, finish: Callable[[], None], chat: Chat, model: str
    ) -> None:
        super().__init__(call, exchange, send, finish)
        self.renderer: Renderer = exchange.dialect.renderer(chat, model, call.id, int(call.at))

    async def forward(self, chunk: bytes) -> None:
        await self.say(delta for event in self.splitter.feed(chunk) for delta in self.decoder.feed(event))

    async def say(self, deltas: Iterable[Delta]) -> None:
        """Render deltas; what came before one that fails is sent all the same."""
        try:
            for delta in deltas:
                self.note(delta)
                if not self.has_content and isinstance(delta, AWAITED):
                    self.found_content()
                if piece := self.renderer.feed(delta):
                    self.waiting.append(piece)
        finally:
            if self.has_content and self.waiting:
                await self.send_head()
                await self.send_waiting()

    async def note_last(self, deltas: Iterable[Delta]) -> None:
        await self.say(deltas)

    async def replay(self, body: bytes) -> None:
        """A whole answer that came where a stream was asked for. Raises UpstreamFailed if it is none."""
        if is_object(body):
            await self.say(replayed(self.exchange.wire.decode(body)))
        else:  # Gemini's other way to stream, or a stream that is called JSON
            await self.forward(body.rstrip() + b"\n\n")
            await self.say(self.decoder.close())
            if not (self.finished or self.decoder.ended):
                raise UpstreamFailed("The provider's answer could not be read.")
        await self.end()

    def first(self) -> bytes:
        return self.renderer.begin()

    def last(self) -> bytes:
        return self.renderer.end()

    def failure(self, error: GatewayError) -> bytes:
        return self.renderer.fail(error)


def passed_or_translated(call: Call, exchange: ChatExchange, send: Send, finish: Callable[[], None]) -> Stream:
    if exchange.chat is None:
        return Passed(call, exchange, send, finish)
    return Translated(call, exchange, send, finish, exchange.chat, exchange.model)


async def replay(stream: Stream, body: bytes) -> None:
    """Stream an answer that came in one piece. Raises UpstreamFailed if it is none."""
    if not isinstance(stream, Translated):
        call, exchange = stream.call, stream.exchange
        model = call.model.label if call.model is not None else ""
        chat = exchange.dialect.parse(exchange.body)
        stream = Translated(call, exchange, stream.send, stream.finish, chat, model)
        if call.head_sent:
            await stream.send_body(stream.first())
    await stream.replay(body)
