"""Calls made inside this process: the same serving as behind `/v1`, without HTTP, with answers in the neutral form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from access.caller import Caller
from access.limits import Limit
from access.scopes import Scope
from gateway import unary
from gateway.call import Call, Wanted
from gateway.dialects import OPENAI
from gateway.errors import BadRequest, Forbidden, GatewayError
from gateway.framing import Splitter
from gateway.pipeline import Serving
from gateway.questions import ChatQuestion, Question
from gateway.runtime import Gateway
from gateway.wires import WIRES
from gateway.wires.base import Delta, Gatherer, Reply

Hear = Callable[[list[Delta]], Awaitable[None]]
ANY_MODEL = "default"  # stands in a body where the call itself says what is wanted
TAKEN = b"\0"  # stands for what was taken before it was written as bytes


async def call_by(
    gateway: Gateway,
    caller: Caller,
    limits: tuple[Limit, ...],
    *,
    wanted: Sequence[Wanted] | None = None,
    conversation: str = "",
) -> Call:
    """A call of somebody who is known. Raises Forbidden, and Unavailable until the catalog has been read."""
    if not caller.may(Scope.GATEWAY):
        raise Forbidden(f"{caller.label} may not call models: the scope gateway is missing.")
    call = Call(gateway.snapshot)
    call.caller, call.limits, call.client_request_id = caller, limits, caller.request_id
    call.person = await gateway.person(call.snapshot, caller.user_id)
    call.conversation = conversation[:64]
    call.wanted = None if wanted is None else tuple(wanted)
    return call


async def serve(gateway: Gateway, call: Call, question: Question, send: Any) -> None:
    """Answer as on `/v1`; what it ended with is raised. Cancelling it cancels the call upstream."""
    try:
        await Serving(gateway, call, question, send).serve()
    except ConnectionAbortedError:  # how an answer ends that had begun
        if call.error is None:
            raise
    if call.error is not None:
        raise call.error


async def chat(gateway: Gateway, call: Call, body: Mapping[str, Any], hear: Hear | None = None) -> Reply:
    """The answer to a chat in OpenAI's dialect. Raises GatewayError.

    If the body asks for a stream, `hear` is told its deltas, and by none of them that the model is still at it.
    """
    ear = Ear(call, hear)

    def read() -> ChatQuestion:
        refuse_choices(body)
        return ChatQuestion(ear.dialect, written(body), {})

    question = recorded(gateway, call, read)
    await serve(gateway, call, question, ear.send)
    return ear.reply


async def speech(gateway: Gateway, call: Call, body: Mapping[str, Any]) -> Data:
    """The sound of a text, asked for in OpenAI's dialect. Raises GatewayError."""
    data = Data()
    await serve(gateway, call, recorded(gateway, call, lambda: unary.speech(written(body), {})), data.send)
    return data


def recorded(gateway: Gateway, call: Call, read: Callable[[], Question]) -> Question:
    """A question as it is read; one that cannot be read is refused, and that recorded, as on `/v1`."""
    try:
        return read()
    except GatewayError as error:
        call.fail(error)
        gateway.record(call.record())
        raise


def refuse_choices(body: Mapping[str, Any]) -> None:
    """Raises BadRequest where several answers are asked for: only one would be read, but all be paid for."""
    if body.get("n") not in (None, 1):
        raise BadRequest("n must be 1 here: call as often as answers are needed.", param="n")


def written(body: Mapping[str, Any]) -> bytes:
    """Raises BadRequest for what is no JSON."""
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise BadRequest(f"The call cannot be written as JSON: {error}.") from error


class Data:
    """Takes an answer as it is, with its headers."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    async def send(self, message: Mapping[str, Any]) -> None:
        for name, value in message.get("headers", ()):
            self.headers[name.decode("latin-1")] = value.decode("latin-1")
        self.body += message.get("body", b"")


class Ear:
    """Takes an answer where it leaves the gateway.

    What passes as it came is read, as a client reads it. What would be translated is taken before: this is the dialect
    and the renderer that keep it as it is.
    """

    def __init__(self, call: Call, hear: Hear | None = None) -> None:
        self.call = call
        self.hear = hear
        self.reply = Reply()
        self.gatherer = Gatherer()
        self.taken: list[Delta] = []
        self.wire = WIRES[OPENAI.name]
        self.splitter, self.decoder = Splitter(self.wire.framing), self.wire.decoder()
        self.dialect = replace(OPENAI, render=self.take_whole, renderer=self.anew)

    def take_whole(self, reply: Reply, **said: Any) -> bytes:
        self.reply = reply
        return TAKEN

    def anew(self, *said: Any) -> Ear:
        self.taken = []  # of a model that failed before its first content
        return self

    # what a renderer does

    def begin(self) -> bytes:
        return b""

    def feed(self, delta: Delta) -> bytes:
        self.taken.append(delta)
        return TAKEN

    def end(self) -> bytes:
        return b""

    def fail(self, error: GatewayError) -> bytes:
        return b""

    # what is sent

    async def send(self, message: Mapping[str, Any]) -> None:
        """An error is not read: whoever called gets it as it is."""
        body: bytes = message.get("body", b"")
        if self.call.error is not None or not body:
            return
        if self.call.streamed:
            await self.note(self.deltas_in(body))
        elif body != TAKEN:
            self.reply = self.wire.decode(body)

    def deltas_in(self, body: bytes) -> list[Delta]:
        if body.strip(TAKEN):
            return [delta for event in self.splitter.feed(body) for delta in self.decoder.feed(event)]
        taken, self.taken = self.taken, []
        return taken

    async def note(self, deltas: list[Delta]) -> None:
        for delta in deltas:
            self.gatherer.add(delta)
        self.reply = self.gatherer.reply
        if self.hear is not None:
            await self.hear(deltas)
