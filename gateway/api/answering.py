"""POST /api/chat on the event loop: a turn is answered, in one piece or in events, and kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import orjson
from django.db import DatabaseError

from access import errors as access
from catalog.api.naming import camel
from catalog.api.rendering import number
from catalog.models import AIModel
from catalog.resolution import Named, Reason
from gateway import conversations, local
from gateway.api.asking import Order
from gateway.call import Call
from gateway.conversations import Turn
from gateway.dialects.openai.answers import message_in
from gateway.errors import GatewayError
from gateway.handover import Headers, Send
from gateway.runtime import Gateway
from gateway.threads import on_a_thread
from gateway.wires.base import Delta, ReasoningDelta, RefusalDelta, TextDelta, ToolCallBegin, ToolCallDelta

JSON, EVENTS = b"application/json", b"text/event-stream; charset=utf-8"
ITSELF = (Reason.REQUESTED, Reason.PREFERENCE, Reason.FIRST_ENABLED)  # of the model that was meant
KEEP_ALIVE = b": keep-alive\n\n"
COUNTS = ("input", "output", "cache_read", "cache_write", "reasoning")
FIELDS = {"model": "modelId"}  # of the errors of calls, under the names they have here

logger = logging.getLogger("gateway.chat")


class Answering:
    """One turn on its way."""

    def __init__(self, order: Order) -> None:
        self.order = order

    async def __call__(self, gateway: Gateway, headers: Headers, send: Send) -> None:
        """Answer, whatever happens."""
        self.gateway, self.headers, self.send = gateway, headers, send
        self.call: Call | None = None
        self.head_sent = False
        try:
            reply = await self.answer()
        except GatewayError as error:
            await self.refuse(error)
        except Exception:
            logger.exception("A turn failed in a way nobody thought of.")
            await self.refuse(GatewayError("Something went wrong here; the log has it."))
        else:
            await self.finish(reply)

    async def answer(self) -> dict[str, Any]:
        order = self.order
        conversation = "" if order.conversation is None else str(order.conversation)
        self.call = call = await local.call_by(
            self.gateway, order.caller, order.limits, wanted=order.wanted, conversation=conversation
        )
        reply = await local.chat(self.gateway, call, order.body, self.hear)
        message = message_in(reply)
        kept, name = await asyncio.to_thread(on_a_thread, keep, order, call, message)
        return {
            "message": message,
            "conversationId": conversation if kept else None,
            **who_answers(call),
            "modelName": name,
            "requested": call.requested,
            "stopReason": reply.stop.value,
            "usage": {f"{camel(kind)}Tokens": getattr(call.tokens, kind) for kind in COUNTS},
            "cost": number(call.cost),
        }

    # events

    async def hear(self, deltas: list[Delta]) -> None:
        """Of a stream; no deltas are a sign of life."""
        await self.begin_events()
        events = [event(said) for delta in deltas if (said := said_in(delta))]
        await self.send_body(b"".join(events) or KEEP_ALIVE)

    async def begin_events(self) -> None:
        if not self.head_sent:
            assert self.call is not None
            await self.send_head(200, EVENTS, (b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no"))
            await self.send_body(event({"type": "start", **who_answers(self.call)}))

    # what leaves

    async def finish(self, reply: Mapping[str, Any]) -> None:
        if self.order.streamed:
            await self.begin_events()
            await self.send_body(event({"type": "reply", **reply}), is_last=True)
        else:
            await self.send_whole(200, reply)

    async def refuse(self, error: GatewayError) -> None:
        details = dict(error.details)
        if error.param:
            details.setdefault(FIELDS.get(error.param, camel(error.param)), error.message)
        body = access.body(error.code, error.message, details)
        if self.head_sent:
            await self.send_body(event({"type": "error", **body}), is_last=True)
            return
        wait = error.retry_after
        await self.send_whole(
            error.status, body, *([] if wait is None else [(b"retry-after", b"%d" % max(1, round(wait)))])
        )

    async def send_whole(self, status: int, body: Mapping[str, Any], *more: tuple[bytes, bytes]) -> None:
        written = orjson.dumps(body)
        await self.send_head(status, JSON, (b"content-length", b"%d" % len(written)), *more)
        await self.send_body(written, is_last=True)

    async def send_head(self, status: int, content_type: bytes, *more: tuple[bytes, bytes]) -> None:
        """The headers of Django's answer, with those of the call."""
        self.head_sent = True
        own = [] if self.call is None else self.call.headers(content_type)
        of_call = [line for line in own if line[0] not in (b"content-type", b"x-request-id")]
        headers = [(b"content-type", content_type), *self.headers, *of_call, *more]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def send_body(self, body: bytes, *, is_last: bool = False) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": not is_last})


def who_answers(call: Call) -> dict[str, Any]:
    assert call.candidate is not None
    model = call.candidate.model
    return {
        "modelId": model.model_id,
        "provider": model.provider,
        "reason": call.candidate.reason.value,
        "callId": call.id,
    }


def said_in(delta: Delta) -> dict[str, Any] | None:
    """What a delta tells the reader of a stream."""
    match delta:
        case TextDelta(text=text) if text:
            return {"type": "text", "text": text}
        case ReasoningDelta(text=text) if text:
            return {"type": "reasoning", "text": text}
        case RefusalDelta(text=text):
            return {"type": "refusal", "text": text}
        case ToolCallBegin():
            return {"type": "toolCall", "index": delta.index, "id": delta.id, "name": delta.name}
        case ToolCallDelta(arguments=text) if text:
            return {"type": "toolArguments", "index": delta.index, "text": text}
    return None


def event(said: Mapping[str, Any]) -> bytes:
    return b"data: %b\n\n" % orjson.dumps(said)


def keep(order: Order, call: Call, message: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Whether the turn was kept, and the name of the model that answered. A database that is away costs no answer."""
    assert call.candidate is not None
    model, meant = call.candidate.model, model_meant(call)
    try:
        name = AIModel.objects.filter(pk=model.pk).values_list("name", flat=True).first()
        if order.conversation is None or order.caller.user_id is None:
            return False, name
        turn = Turn(
            conversation=order.conversation,
            is_first=order.is_first,
            user_id=order.caller.user_id,
            asked=call.requested if meant is None else meant.label,
            asked_row=None if meant is None else meant.pk,
            said=order.new,
            answer=message,
            model=model.label,
            model_row=model.pk,
            reason=call.candidate.reason.value,
            call_id=call.id,
        )
        return conversations.keep(turn), name
    except DatabaseError as error:
        logger.error("The turn of call %s was answered but not kept: %s", call.id, type(error).__name__)
        return False, None


def model_meant(call: Call) -> Named | None:
    """The model that the name of the call stood for, even if another one answered; None for routes and providers."""
    resolved = call.resolved
    assert resolved is not None
    meant: Named | None = resolved.retired
    if meant is None and resolved.first.reason in ITSELF:
        meant = resolved.first.model
    return meant
