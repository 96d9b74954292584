"""Answers piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from gateway import local
from gateway.process import PROCESS
from gateway.runtime import Gateway
from gateway.wires.base import Delta, TextDelta

from .answers import Answer, Message, answer_of
from .asking import Asking, Model, Who
from .chats import Messages, Tools, body_of, messages_in

AHEAD = 64  # batches a stream may be ahead of its reader

Heard = asyncio.Queue[list[Delta] | Answer | Exception]


def stream(
    model: Model,
    messages: Messages,
    *,
    tools: Tools | None = None,
    user: Who = None,
    conversation: str = "",
    **options: Any,
) -> Stream:
    """As `chat`, piece by piece and without a handler. Errors are raised while it is read."""
    said = messages_in(messages)
    return Stream(Asking.of(model, user, conversation), said, body_of(said, tools, {**options, "stream": True}))


class Stream:
    """The text of an answer as it comes; `deltas` for all of it, `answer` afterwards. Leaving it ends the call."""

    def __init__(self, asking: Asking, said: Sequence[Message], body: Message) -> None:
        self.asking, self.said, self.body = asking, said, body
        self.answer: Answer | None = None

    def __iter__(self) -> Iterator[str]:
        for delta in self.deltas():
            if isinstance(delta, TextDelta) and delta.text:
                yield delta.text

    def deltas(self) -> Iterator[Delta]:
        """Everything, in the neutral form. A stream is read once."""
        gateway, loop = PROCESS.at_hand()
        heard: Heard = asyncio.Queue(AHEAD)
        work: Future[None] = asyncio.run_coroutine_threadsafe(self.listen(gateway, heard), loop)
        try:
            while True:
                item = PROCESS.run(lambda _: heard.get())
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, Answer):
                    self.answer = item
                    return
                yield from item
        finally:
            work.cancel()

    async def listen(self, gateway: Gateway, heard: Heard) -> None:
        try:
            call = await self.asking.call(gateway)
            reply = await local.chat(gateway, call, self.body, heard.put)
        except Exception as error:  # the reader's to raise, on its own thread
            await heard.put(error)
        else:
            await heard.put(answer_of(call, reply, self.said))
